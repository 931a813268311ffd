"""The time axis: round hours of the viewer's wall clock, also on the days when it is put forward or back."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.price_charts import labels_in
from tracker.render.axes.chart_frame import TimeRange
from tracker.render.axes.time_axis import tick_text, time_ticks
from tracker.render.html.time_axis import axis_html
from tracker.render.page.state import SPANS

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu")
# The moments when some of them change, by 1 h or by half an hour, and one at which none does.
CHANGES = [
    datetime.fromisoformat(f"{text}+00:00")
    for text in (
        *("2026-03-29T01:00", "2026-10-25T01:00"),  # Berlin
        *("2026-04-04T15:00", "2026-10-03T15:30"),  # Lord Howe, by half an hour
        *("2026-03-08T05:30", "2026-11-01T04:30"),  # St. John's
        "2026-07-01T00:00",
    )
]
MOMENTS = st.builds(
    lambda change, seconds: round((change + timedelta(seconds=seconds)).timestamp() * 1000),
    st.sampled_from(CHANGES),
    st.integers(-1_800, 10_000) | st.integers(-86_400, 604_800),
)
LENGTHS = st.sampled_from([span for span in SPANS if span <= 604_800]) | st.integers(10, 604_800)


def time_range(end: int, span: int) -> TimeRange:
    """*span* seconds up to *end*, with the room at the right that the charts leave."""
    return TimeRange.of(end - 1000 * span, end, end + 10 * span)


def wall_times(times: list[int], zone: ZoneInfo) -> list[datetime]:
    return [datetime.fromtimestamp(time / 1000, zone) for time in times]


@settings(max_examples=300)
@given(MOMENTS, LENGTHS, st.sampled_from(ZONES))
def test_ticks_ascend_within_the_range_at_round_wall_clock_times(end, span, name):
    zone, shown = ZoneInfo(name), time_range(end, span)
    times = time_ticks(shown, zone)
    assert times == sorted(set(times))
    assert all(shown.start <= time <= shown.end for time in times)
    for wall in wall_times(times, zone):
        past_midnight = wall.hour * 3_600 + wall.minute * 60 + wall.second
        step = next(step for span_, step in ROUND if span <= span_ * 1.01)
        assert past_midnight % step == 0
        assert wall.microsecond == 0


# The ticks' distance in seconds, up to which span; written out, so that a slip in the code's table shows.
ROUND = (
    *((60, 10), (120, 20), (300, 60), (600, 120), (1_800, 300), (3_600, 600), (7_200, 1_200), (21_600, 3_600)),
    *((43_200, 7_200), (86_400, 10_800), (172_800, 21_600), (700_000, 86_400)),
)


@settings(max_examples=300)
@given(MOMENTS, LENGTHS, st.sampled_from(ZONES))
def test_no_round_time_is_missing(end, span, name):
    """Every visible minute at a round wall-clock time is a tick, those of a repeated hour too."""
    zone, shown = ZoneInfo(name), time_range(end, span)
    step = next(step for span_, step in ROUND if span <= span_ * 1.01)
    times = set(time_ticks(shown, zone))
    grid = min(step, 900) * 1000
    for time in range(-(-shown.start // grid) * grid, shown.end + 1, grid):
        wall = datetime.fromtimestamp(time / 1000, zone)
        if (wall.hour * 3_600 + wall.minute * 60 + wall.second) % step == 0:
            assert time in times, wall


@pytest.mark.parametrize(
    ("name", "end", "expected"),
    [
        # In Berlin the hour from 2 to 3 is skipped, then doubled.
        ("Europe/Berlin", "2026-03-29T03:30", ["23:00", "00:00", "01:00", "03:00", "04:00", "05:00"]),
        ("Europe/Berlin", "2026-10-25T03:30", ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]),
        ("Asia/Kolkata", "2026-10-25T03:29", ["03:00", "04:00", "05:00", "06:00", "07:00", "08:00", "09:00"]),
        # On Lord Howe the clock is put back from 2:00 to 1:30, and forward from 2:00 to 2:30.
        ("Australia/Lord_Howe", "2026-04-04T18:00", ["23:00", "00:00", "01:00", "02:00", "03:00", "04:00"]),
        ("Australia/Lord_Howe", "2026-10-03T18:00", ["23:00", "00:00", "01:00", "03:00", "04:00", "05:00"]),
    ],
)
def test_six_hours_across_a_daylight_saving_change(name, end, expected):
    moment = round(datetime.fromisoformat(f"{end}+00:00").timestamp() * 1000)
    zone = ZoneInfo(name)
    assert [f"{wall:%H:%M}" for wall in wall_times(time_ticks(time_range(moment, 21_600), zone), zone)] == expected


@pytest.mark.parametrize("name", ZONES)
def test_a_week_has_a_tick_at_each_midnight(name):
    zone = ZoneInfo(name)
    for day in CHANGES:
        end = round((day + timedelta(days=3, hours=5)).timestamp() * 1000)
        times = wall_times(time_ticks(time_range(end, 604_800), zone), zone)
        assert len(times) in (7, 8)  # the room at the right may hold one more
        assert {f"{wall:%H:%M:%S}" for wall in times} == {"00:00:00"}


def test_ticks_stay_while_the_time_range_moves():
    """Otherwise each redraw would send all of them."""
    zone = ZoneInfo("Europe/Berlin")
    end = round(datetime(2026, 10, 25, 12, 7, tzinfo=UTC).timestamp() * 1000)
    for span in SPANS:
        ticks, later_ticks = (set(time_ticks(time_range(at, span), zone)) for at in (end, end + 10 * span))
        assert len(ticks ^ later_ticks) <= 2


def test_the_axis_names_the_zone_and_labels_both_ends():
    end = round(datetime(2026, 10, 25, 12, 7, tzinfo=UTC).timestamp() * 1000)
    zone = ZoneInfo("Europe/Berlin")
    shown = time_range(end, 21_600)
    html = axis_html(shown, time_ticks(shown, zone), zone)
    assert "Time in CET" in html
    assert '<span class="first">07:07</span>' in html
    assert ">13:07</b>" in html
    assert labels_in(html, width=900) == ["07:07", *(f"{hour:02}:00" for hour in range(8, 13)), "13:07"]
    assert labels_in(html, width=2_000)[-2:] == ["13:00", "13:07"]


@pytest.mark.parametrize("span", [240, 600, 1_700, 2_000, 3_600, 21_600])
@pytest.mark.parametrize("seconds", [0, 5, 50, 59])
def test_no_two_labels_read_alike(span, seconds):
    end = round(datetime(2026, 10, 25, 12, 8, seconds, tzinfo=UTC).timestamp() * 1000)
    shown = time_range(end, span)
    labels = re.findall(r"(?:\d+ \w+ )?\d\d:\d\d(?::\d\d)?", axis_html(shown, time_ticks(shown, UTC), UTC))
    assert len(labels) > 2
    assert len(set(labels)) == len(labels)


def test_the_ends_of_ten_minutes_have_seconds_and_its_round_times_none():
    end = round(datetime(2026, 10, 25, 12, 8, 50, tzinfo=UTC).timestamp() * 1000)
    shown = time_range(end, 600)
    html = axis_html(shown, time_ticks(shown, UTC), UTC)
    assert '<span class="first">11:58:50</span>' in html
    assert ">12:08:50</b>" in html
    assert ">12:04<" in html


YEARS = st.integers(1, 10 * 365 * 86_400)


@settings(max_examples=200)
@given(MOMENTS, YEARS, st.sampled_from(ZONES))
def test_an_axis_has_from_two_to_fourteen_labelled_ticks_and_finer_ones_between_them(end, span, name):
    zone, shown = ZoneInfo(name), time_range(end, max(span, 30))
    times, minor = time_ticks(shown, zone), time_ticks(shown, zone, minor=True)
    is_moved = len({wall.utcoffset() for wall in wall_times([shown.start, shown.end], zone)}) > 1
    assert 2 - is_moved <= len(times) <= 14  # two hours put forward by half an hour may have one
    assert len(times) <= len(minor) <= 80
    assert set(times) <= set(minor)


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (12, "15 Oct 17 Oct 19 Oct 21 Oct 23 Oct 25 Oct"),
        (30, "28 Sep 5 Oct 12 Oct 19 Oct"),  # Mondays
        (100, "20 Jul 3 Aug 17 Aug 31 Aug 14 Sep 28 Sep 12 Oct 26 Oct"),
        (365, "Nov Dec 2026 Feb Mar Apr May Jun Jul Aug Sep Oct"),
        (730, "2025 Apr Jul Oct 2026 Apr Jul Oct"),
        (1_500, "2023 Jul 2024 Jul 2025 Jul 2026 Jul"),
        (3_650, "2017 2018 2019 2020 2021 2022 2023 2024 2025 2026"),
        (10_000, "2000 2010 2020"),
    ],
)
def test_long_ranges_have_days_then_months_then_years(days, labels):
    shown = time_range(round(datetime(2026, 10, 25, 12, 7, tzinfo=UTC).timestamp() * 1000), days * 86_400)
    assert " ".join(tick_text(time, shown, UTC) for time in time_ticks(shown, UTC)) == labels


@pytest.mark.parametrize("days", [12, 30, 100, 365, 730, 3_650])
def test_days_and_months_stay_while_the_range_moves(days):
    end = round(datetime(2026, 10, 25, 12, 7, tzinfo=UTC).timestamp() * 1000)
    ticks, later = (set(time_ticks(time_range(at, days * 86_400), UTC)) for at in (end, end + days * 3_600_000))
    assert len(ticks ^ later) <= 2


def test_the_axis_of_a_year_counts_the_days_of_utc_and_names_both_years():
    end = round(datetime(2026, 10, 25, 12, 7, tzinfo=UTC).timestamp() * 1000)
    shown = time_range(end, 365 * 86_400)
    html = axis_html(shown, time_ticks(shown, UTC), UTC)
    assert "Days in UTC" in html
    assert '<span class="first">25 Oct 2025</span>' in html
    assert ">25 Oct 2026</b>" in html


def test_a_label_has_no_room_beside_a_date_in_a_narrow_plot():
    end = round(datetime(2026, 11, 29, 12, 38, tzinfo=UTC).timestamp() * 1000)
    shown = time_range(end, 365 * 86_400)
    html = axis_html(shown, time_ticks(shown, UTC), UTC)
    in_wide, in_narrow = ("2026 Feb Mar Apr May Jun Jul Aug Sep Oct Nov", "Feb Mar Apr May Jun Jul Aug Sep Oct")
    for width, between in ((960, in_wide), (470, in_narrow)):
        assert " ".join(labels_in(html, width)) == f"29 Nov 2025 {between} 29 Nov 2026"
    assert ">Dec</span>" not in html, "it would touch 29 Nov 2025 in any window"
