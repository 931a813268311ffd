"""Quiet hours: what is read, when it is quiet, and when that ends, on nights on which clocks are set too."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.core.durations import DAY, MINUTE, SECOND, parse_moment


def ms(text: str) -> int:
    return parse_moment(text, "time") or 0


BERLIN, LORD_HOWE = "Europe/Berlin", "Australia/Lord_Howe"
SPRING, AUTUMN = ms("2026-03-29T00:00Z"), ms("2026-10-25T00:00Z")  # the clocks of Berlin are set at 01:00 UTC
HALF_HOUR_BACK, HALF_HOUR_ON = ms("2026-04-04T12:00Z"), ms("2026-10-03T12:00Z")  # at 15:00 and 15:30 UTC
NIGHTS = (SPRING, AUTUMN, HALF_HOUR_BACK, HALF_HOUR_ON, ms("2011-12-29T12:00Z"), ms("1972-01-06T12:00Z"))
# The last two: Samoa skipped a day; the clocks of Liberia were set by 44 min 30 s.
ZONES = ("UTC", BERLIN, LORD_HOWE, "Pacific/Apia", "Africa/Monrovia", "Asia/Kathmandu", "America/New_York")


@pytest.mark.parametrize(
    ("text", "quiet", "loud"),
    [
        ("22:00-07:00", ["22:00:00", "23:59:59.999", "00:00", "06:59:59.999"], ["07:00", "12:00", "21:59:59.999"]),
        ("12:30-13:00", ["12:30", "12:59:59.999"], ["12:29:59.999", "13:00", "00:00"]),
        ("22:00-24:00", ["22:00", "23:59:59.999"], ["00:00", "21:59:59.999"]),
        ("22:00-00:00", ["22:00", "23:59:59.999"], ["00:00", "21:59:59.999"]),
        ("00:00-7:00", ["00:00", "06:59:59.999"], ["07:00", "23:59:59.999"]),
        ("24:00 – 07:00", ["00:00", "06:59:59.999"], ["07:00", "23:59:59.999"]),
        ("18:00−20:00", ["18:00"], ["20:00"]),
    ],
)
def test_the_start_is_quiet_and_the_end_is_not_across_midnight_too(text, quiet, loud):
    hours = QuietHours.parse(text, BERLIN)
    zone = ZoneInfo(BERLIN)

    def is_quiet(clock: str) -> bool:
        return hours.is_quiet(
            round(datetime.fromisoformat(f"2026-07-01T{clock}").replace(tzinfo=zone).timestamp() * 1000)
        )

    assert [clock for clock in (*quiet, *loud) if is_quiet(clock)] == quiet


@pytest.mark.parametrize(
    ("text", "zone", "message"),
    [
        ("22-7", BERLIN, "'22-7' is not a range of clock times; expected e.g. 22:00-07:00, within 00:00-24:00"),
        ("22:00-07:60", BERLIN, "is not a range of clock times"),
        ("22:00-24:01", BERLIN, "is not a range of clock times"),
        ("25:00-07:00", BERLIN, "is not a range of clock times"),
        ("22:00-07:00, 12:00-13:00", BERLIN, "is not a range of clock times"),
        ("", BERLIN, "is not a range of clock times"),
        ("22:00-22:00", BERLIN, "'22:00-22:00' could mean the whole day or no time at all; which?"),
        ("24:00-24:00", BERLIN, "could mean the whole day or no time at all; which?"),
        ("00:00-24:00", BERLIN, "is the whole day, so nothing would ever be sent"),
        ("24:00-00:00", BERLIN, "is the whole day, so nothing would ever be sent"),
        ("22:00-07:00", "Europe/Berln", "no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("22:00-07:00", "../etc/passwd", "no time zone '../etc/passwd'; expected e.g. Europe/Berlin, or UTC"),
        ("22:00-07:00", "Europe", "no time zone 'Europe'"),
        ("22:00-07:00", "", "no time zone ''"),
    ],
)
def test_what_is_no_range_or_no_zone_is_refused_with_what_was_expected(text, zone, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        QuietHours.parse(text, zone)


def test_quiet_hours_are_written_as_they_are_read():
    assert str(QuietHours.parse("9:05-24:00", BERLIN)) == "09:05-24:00 Europe/Berlin"


@pytest.mark.parametrize(
    ("zone", "text", "at", "end"),
    [
        (BERLIN, "22:00-07:00", "2026-07-01T21:00Z", "2026-07-02T05:00Z"),
        (BERLIN, "22:00-07:00", "2026-07-01T19:59:59Z", "2026-07-01T19:59:59Z"),  # not quiet yet
        (BERLIN, "22:00-07:00", "2026-07-02T05:00Z", "2026-07-02T05:00Z"),  # no longer
        (BERLIN, "22:00-24:00", "2026-07-01T21:00Z", "2026-07-01T22:00Z"),
        # Spring: 02:00 to 03:00 is not shown.
        (BERLIN, "22:00-07:00", "2026-03-28T22:00Z", "2026-03-29T05:00Z"),
        (BERLIN, "22:00-02:30", "2026-03-28T22:00Z", "2026-03-29T01:00Z"),  # ends where the hour is missing
        (BERLIN, "22:00-03:00", "2026-03-28T22:00Z", "2026-03-29T01:00Z"),
        (BERLIN, "02:30-03:30", "2026-03-29T00:59:59Z", "2026-03-29T00:59:59Z"),
        (BERLIN, "02:30-03:30", "2026-03-29T01:00Z", "2026-03-29T01:30Z"),  # begins there: at 03:00
        (BERLIN, "02:10-02:50", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),  # lies in it: no quiet hours that night
        # Autumn: 02:00 to 03:00 is shown twice.
        (BERLIN, "22:00-07:00", "2026-10-24T20:00Z", "2026-10-25T06:00Z"),
        (BERLIN, "22:00-02:30", "2026-10-24T20:00Z", "2026-10-25T00:30Z"),  # the first 02:30
        (BERLIN, "22:00-02:30", "2026-10-25T00:45Z", "2026-10-25T00:45Z"),  # 02:45, for the first time
        (BERLIN, "22:00-02:30", "2026-10-25T01:00Z", "2026-10-25T01:30Z"),  # 02:00 again
        (BERLIN, "22:00-03:00", "2026-10-24T20:00Z", "2026-10-25T02:00Z"),
        (BERLIN, "02:30-03:00", "2026-10-25T00:30Z", "2026-10-25T01:00Z"),
        (BERLIN, "02:30-03:00", "2026-10-25T01:30Z", "2026-10-25T02:00Z"),
        # Lord Howe Island: 01:30 to 02:00 is shown twice in April; 02:00 to 02:30 is not shown in October.
        (LORD_HOWE, "22:00-01:45", "2026-04-04T12:00Z", "2026-04-04T14:45Z"),
        (LORD_HOWE, "22:00-01:45", "2026-04-04T15:00Z", "2026-04-04T15:15Z"),
        (LORD_HOWE, "22:00-07:00", "2026-04-04T12:00Z", "2026-04-04T20:30Z"),
        (LORD_HOWE, "22:00-02:15", "2026-10-03T12:00Z", "2026-10-03T15:30Z"),
        (LORD_HOWE, "02:15-02:45", "2026-10-03T15:30Z", "2026-10-03T15:45Z"),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(zone, text, at, end):
    assert datetime.fromtimestamp(QuietHours.parse(text, zone).end_of(ms(at)) / 1000, UTC) == datetime.fromisoformat(
        end
    )


def shows_a_quiet_time(text: str, zone: str, at: int) -> bool:
    """Return the same as ``is_quiet`` by comparing what the clock shows, as text."""
    start, end = text.replace("24:00", "00:00").split("-")
    shown = f"{(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone)):%H:%M}"
    return start <= shown < (end if end > start else "24:00") or (end < start and shown < end)


clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 10, 15, 29, 30, 44, 45, 59]))
times = st.one_of(
    st.builds(lambda night, later: night + later, st.sampled_from(NIGHTS), st.integers(-DAY, DAY)),
    st.integers(0, 70 * 365 * DAY),
)


@given(clock_times, st.one_of(clock_times, st.just("24:00")), st.sampled_from(ZONES), times)
@example("22:00", "00:00", "Pacific/Apia", ms("2011-12-30T09:59:59.999Z"))
def test_quiet_hours_agree_with_a_walk_over_every_minute(start, end, zone, at):
    if start == end.replace("24:00", "00:00"):
        return
    text = f"{start}-{end}"
    hours = QuietHours.parse(text, zone)
    assert hours.is_quiet(at) == shows_a_quiet_time(text, zone, at)
    # The clocks of Liberia were 44 min 30 s behind: seconds where the others need minutes.
    step = MINUTE if zone != "Africa/Monrovia" else 30 * SECOND
    walked = at
    while shows_a_quiet_time(text, zone, walked):
        walked = (walked // step + 1) * step
    assert hours.end_of(at) == walked
