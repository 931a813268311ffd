"""Typed dates: what each form means, what is refused, and that the page's own texts are read back."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.date_text import parse_period
from tracker.render.format import time_text

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 29, 11, 30, tzinfo=BERLIN)


def ms(*date, zone=BERLIN):
    return round(datetime(*date, tzinfo=zone).timestamp() * 1000)


def read(text, **more):
    return parse_period(text, round(NOW.timestamp() * 1000), BERLIN, **more)


@pytest.mark.parametrize(
    "text",
    [
        *("5 Apr 2018", "5 april 2018", "Apr 5, 2018", "April 5 2018", "5apr2018", "5. Apr. 2018", "5th Apr 2018"),
        *("2018-04-05", "2018/4/5", " 2018.04.05 ", "Thu 5 Apr 2018", "Thursday, April 5, 2018"),
    ],
)
def test_a_date_is_the_whole_day_in_the_viewers_zone(text):
    assert read(text) == (ms(2018, 4, 5), ms(2018, 4, 6))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        *((text, ms(2018, 4, 5, 13)) for text in ("2018-04-05 13:00", "2018-04-05T13:00:00.000", "5 Apr 2018, 13:00")),
        *(("2018-04-05T13:00" + mark, ms(2018, 4, 5, 13, zone=UTC)) for mark in ("Z", " UTC", "+00:00", "-0000")),
        ("2018-04-05 13:00+05:30", ms(2018, 4, 5, 13, zone=timezone(timedelta(hours=5.5)))),
        ("5 Apr 24:00", ms(2026, 4, 6)),
        ("9:30", ms(2026, 11, 29, 9, 30)),
        ("13:00", ms(2026, 11, 28, 13)),  # not yet on that day
        ("yesterday 9:30:05", ms(2026, 11, 28, 9, 30, 5)),
        ("now", ms(2026, 11, 29, 11, 30)),
        ("25 Oct 2026 02:30", ms(2026, 10, 25, 0, 30, zone=UTC)),  # the first of both
    ],
)
def test_a_time_is_a_moment(text, moment):
    assert read(text) == (moment, moment)


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("today", (2026, 11, 29), (2026, 11, 30)),
        ("Yesterday", (2026, 11, 28), (2026, 11, 29)),
        ("5 Apr", (2026, 4, 5), (2026, 4, 6)),
        ("30 Dec", (2025, 12, 30), (2025, 12, 31)),
        ("29 Feb", (2024, 2, 29), (2024, 3, 1)),
        ("Apr 2018", (2018, 4, 1), (2018, 5, 1)),
        ("2018-12", (2018, 12, 1), (2019, 1, 1)),
        ("december", (2025, 12, 1), (2026, 1, 1)),
        ("2018", (2018, 1, 1), (2019, 1, 1)),
        ("13/4/2018", (2018, 4, 13), (2018, 4, 14)),
        ("4/13/2018", (2018, 4, 13), (2018, 4, 14)),
        ("5.5.2018", (2018, 5, 5), (2018, 5, 6)),
        ("25 Oct 2026", (2026, 10, 25), (2026, 10, 26)),  # 25 hours long
    ],
)
def test_other_periods_and_what_is_left_out(text, first, after):
    assert read(text) == (ms(*first), ms(*after))


def test_a_replay_may_go_ahead_to_what_is_later_than_its_clock():
    latest = ms(2027, 6, 1)
    assert read("30 Dec", latest=latest)[0] == ms(2026, 12, 30)
    assert read("13:00", latest=latest)[0] == ms(2026, 11, 29, 13)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5/4/2018", "'5/4/2018': is that 5 Apr or 4 May 2018? Type 5 Apr 2018 or 4 May 2018"),
        ("05.04.2018 13:00", "is that 5 Apr or 4 May 2018? Type 5 Apr 2018 or 4 May 2018"),
        ("Fri 5 Apr 2018", "'Fri 5 Apr 2018': 5 Apr 2018 is a Thursday; leave the weekday out"),
        ("31 Feb", "'31 Feb': Feb 2026 has the days 1 to 28; type e.g. 28 Feb 2026"),
        ("13/13/2018", "there is no month 13"),
        ("25:00", "hours go from 0 to 23, minutes and seconds from 0 to 59; type e.g. 13:00"),
        ("Apr 2018 13:00", "a time needs a day; type e.g. 5 Apr 2018 13:00"),
        ("29 Mar 2026 02:30", "the clocks skipped 02:30 on 29 Mar 2026; type 03:30, or add Z for UTC"),
        ("1 Apr 1960", "years from 1970 on are known here"),
        ("9999", "years from 1970 on are known here"),
        ("5 Apr 2018 13:00+99:00", "+99:00 is no offset from UTC"),
        ("5/4/18", "this is no date or time that is known here; type e.g. 5 Apr 2018, 2018-04-05 13:00, 13:00"),
        *(
            (text, "this is no date or time that is known here")
            for text in ("", "ma 5", "mayhem", "1522886400", "٥ Apr")
        ),
        *((text, "this is no date or time that is known here") for text in ("1pm", "5 Apr 2018 1pm")),
        ("x" * 1_000_000, "'" + 40 * "x" + "': this is no date"),
        ("\x1b[31m", "\N{REPLACEMENT CHARACTER}[31m"),
    ],
)
def test_what_is_unclear_is_refused_and_the_message_says_what_to_type(text, message):
    with pytest.raises(ValueError, match=re.escape(message)) as error:
        read(text)
    assert len(str(error.value)) < 200


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1)),
    st.sampled_from([UTC, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")]),
)
def test_a_time_that_the_page_writes_is_read_back(at, zone):
    time = round(at.replace(microsecond=0, tzinfo=UTC).timestamp() * 1000)
    text = f"{time_text.weekday_and_date(time, zone)}, {time_text.hour_minute_second(time, zone)}"
    start, end = parse_period(text, time, zone)
    assert start == end
    assert start in (time, time - 3_600_000)  # of an hour that came twice, the first
    day_start, day_end = parse_period(time_text.date(time, zone), time, zone)
    assert day_start <= time < day_end
    assert parse_period(time_text.iso_seconds(time), time, zone)[0] == time


@given(st.text(max_size=30))
def test_any_other_text_is_read_or_refused_but_never_breaks(text):
    with suppress(ValueError):
        start, end = read(text)
        assert start <= end
