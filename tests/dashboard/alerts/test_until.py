"""Until when a rule is muted, as viewers type it."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from tests.support.page_states import NOW
from tracker.dashboard.alerts.until import read_until

MINUTE = 60_000
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "zone", "minutes"),
    [
        ("16:10", UTC, 60),
        ("16.10", UTC, 60),
        ("15:10", UTC, 1440),  # it is that now
        ("9:05", UTC, 1075),
        ("24:00", UTC, 530),
        ("16:20", BERLIN, 10),
        ("2h", UTC, 120),
        (" 90 min ", UTC, 90),
        ("2022-11-09 16:10", UTC, 60),
        ("2022-11-09 17:10", BERLIN, 60),
        ("2022-11-09T17:10+01:00", UTC, 60),
        ("2022-11-09T17:10+01", BERLIN, 60),
        ("2022-11-09T16:10Z", BERLIN, 60),
        ("2022-11-10", UTC, 530),
        ("2023-03-27 09:00", BERLIN, 198_230),  # in summer time, which it is not now
    ],
)
def test_a_time_of_day_a_length_or_a_date(typed, zone, minutes):
    assert read_until(typed, NOW, zone) == NOW + minutes * MINUTE  # 15:10 UTC


@pytest.mark.parametrize("typed", ["", "soon", "24:59", "25:00", "18:60", "2022-13-01", "<b>"])
def test_anything_else_is_an_error_that_says_what_to_type(typed):
    with pytest.raises(ValueError, match="expected a time such as 18:00, a length such as 2h"):
        read_until(typed, NOW, UTC)


@pytest.mark.parametrize("typed", ["2y", "2024-01-01"])
def test_what_is_far_away_is_refused(typed):
    with pytest.raises(ValueError, match="is not within the year to come"):
        read_until(typed, NOW, UTC)


@pytest.mark.parametrize(
    ("typed", "means"), [("2022-11-09", "00:00"), ("2022-11-09 15:10", "15:10"), ("2021-01-01", "1 Jan 2021 00:00")]
)
def test_of_a_time_that_is_over_it_says_what_it_means(typed, means):
    with pytest.raises(ValueError, match=f"^{typed} is over: it means {means}$"):
        read_until(typed, NOW, UTC)


def test_a_time_on_the_day_when_the_clocks_change_is_that_of_the_clocks():
    before = 1_667_080_800_000  # 30 Oct 2022 00:00 in Berlin (22:00 UTC); at 3:00 it is 2:00 again
    assert read_until("06:00", before, BERLIN) == before + 7 * 60 * MINUTE
    assert read_until("2022-10-30 01:30", before, BERLIN) == before + 90 * MINUTE
    assert read_until("2022-10-30 04:00", before, BERLIN) == before + 300 * MINUTE
