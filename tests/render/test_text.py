"""Times, durations and sentences as text."""

from datetime import UTC, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tracker.render.format import plain_text, time_text

NOW = 1_668_006_600_000  # 9 Nov 2022 15:10:00 UTC


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(10, "10 s"), (60, "1 min"), (600, "10 min"), (3_600, "1 h"), (86_400, "24 h"), (604_800, "7 d"), (90, "90 s")],
)
def test_an_exact_duration_has_the_largest_unit_that_divides_it(seconds, text):
    assert time_text.exact_duration(seconds) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (-5, "0 s"),
        (2_999, "2 s"),
        (192_000, "3 min 12 s"),
        (3_600_000, "1 h"),
        (187_200_000, "2 d 4 h"),
        (60_000, "1 min"),
    ],
)
def test_a_rough_duration_has_its_two_largest_units(ms, text):
    assert time_text.rough_duration(ms) == text


def test_dates_and_moments_are_written_in_the_zone_of_the_viewer():
    kolkata = ZoneInfo("Asia/Kolkata")
    evening = NOW + 4 * 3_600_000  # 19:10 UTC, past midnight in India
    assert (time_text.date(evening), time_text.date(evening, kolkata)) == ("9 Nov 2022", "10 Nov 2022")
    assert time_text.weekday_and_date(evening, kolkata) == "Thu 10 Nov 2022"
    assert time_text.iso_seconds(NOW + 999) == "2022-11-09T15:10:00Z"


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("Asia/Kolkata", "UTC+05:30"),
        ("Asia/Jerusalem", "UTC+02:00"),
        ("America/Chicago", "UTC-06:00"),
        ("Asia/Kathmandu", "UTC+05:45"),
        ("America/Sao_Paulo", "UTC-03:00"),
        ("Europe/Berlin", "CET"),
        ("Europe/London", "GMT"),
        ("America/New_York", "EST"),
    ],
)
def test_a_zone_whose_name_others_have_too_is_written_as_its_offset(zone, name):
    assert time_text.zone_name(NOW, ZoneInfo(zone)) == name


@pytest.mark.parametrize(
    ("zone", "identifier"),
    [(ZoneInfo("Asia/Kolkata"), "Asia/Kolkata"), (UTC, "UTC"), (timezone(timedelta(hours=-3.5)), "-03:30")],
)
def test_a_browser_knows_the_identifier_of_a_zone(zone, identifier):
    assert time_text.zone_id(zone) == identifier


def test_a_time_names_its_day_only_if_it_differs_from_today():
    assert time_text.moment(NOW - 360_000, NOW) == "15:04"
    assert time_text.moment(NOW - 86_400_000, NOW) == "8 Nov 15:10"
    assert time_text.moment(NOW - 365 * 86_400_000, NOW) == "9 Nov 2021 15:10", "else it looks like today's date"
    assert time_text.moment(NOW + 365 * 86_400_000, NOW) == "9 Nov 2023 15:10"
    assert time_text.time_range(NOW - 21_600_000, NOW) == "9 Nov, 09:10–15:10"
    assert time_text.time_range(NOW - 86_400_000, NOW) == "8 Nov, 15:10 – 9 Nov, 15:10"
    midnight = NOW // 86_400_000 * 86_400_000
    assert time_text.time_range(midnight - 86_400_000, midnight) == "8 Nov, 00:00–24:00"
    assert time_text.time_range(midnight, midnight + 30_000) == "9 Nov, 00:00:00–00:00:30"
    assert time_text.time_range(midnight - 30_000, midnight) == "8 Nov, 23:59:30–24:00"
    assert time_text.time_range(NOW - 365 * 86_400_000, NOW) == "9 Nov 2021, 15:10 – 9 Nov 2022, 15:10"
    assert time_text.time_range(midnight - 9 * 86_400_000, midnight) == "31 Oct, 00:00 – 8 Nov, 24:00"


@pytest.mark.parametrize(
    ("words", "text"), [([], ""), (["EUR"], "EUR"), (["EUR", "GBP"], "EUR and GBP"), (["A", "B", "C"], "A, B and C")]
)
def test_words_are_joined_like_a_sentence(words, text):
    assert plain_text.join_words(words) == text
