"""Times and durations: parsed or rejected with what was expected, and written as text."""

import pytest

from tracker.core.durations import parse_duration, parse_moment, parse_since, utc_text
from tracker.core.errors import ConfigError

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
LAST = 253_402_300_799_999  # the end of 9999


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T01:00+01:00", 0),
        ("2026-11-23T15:00Z", NOW),
        ("2026-11-23T15:00", NOW),
        ("9999-12-31T23:59:59.999Z", LAST),
    ],
)
def test_a_time_from_1970_to_9999_is_utc_unless_it_has_a_zone(text, time):
    assert parse_moment(text, "--at") == parse_since(text, NOW, "--since") == time


@pytest.mark.parametrize(
    "text",
    [
        *("0001-01-01", "0001-01-01T00:00+05:00", "1969-12-31T23:59:59.999Z", "1970-01-01T00:00+00:01"),
        *("9999-12-31T23:59-05:00", "9999-12-31T23:59:59.9999"),
    ],
)
def test_an_earlier_or_later_time_is_rejected_with_its_option(text):
    for parse in (lambda: parse_moment(text, "--since"), lambda: parse_since(text, NOW, "--since")):
        with pytest.raises(ConfigError, match=r"--since '.*': expected a time from 1970 to 9999, such as 2018-"):
            parse()


@pytest.mark.parametrize("text", ["0000-01-01", "10000-01-01", "soon", "2026-13-01", ""])
def test_an_invalid_time_is_rejected_with_what_was_expected(text):
    with pytest.raises(ConfigError, match=r"--at .*: expected a time such as 2018-04-05T09:00Z"):
        parse_moment(text, "--at")
    with pytest.raises(ConfigError, match=r"--since .*: expected a duration or a time, e\.g\. 90d, 2026-01-31"):
        parse_since(text, NOW, "--since")


def test_the_letter_that_means_minutes_or_months_is_a_question():
    with pytest.raises(ValueError, match=r"^'1.5 M' could mean a minute or a month; which\? type 1.5min or 45d$"):
        parse_duration("1.5 M")
    assert [parse_duration(text) for text in ("1m", "1MIN", "1 MS", "1H")] == [60_000, 60_000, 1, 3_600_000]


def test_a_duration_counts_back_from_now_but_not_beyond_1970():
    assert parse_since("90d", NOW, "--since") == NOW - 90 * 86_400_000
    assert parse_since("2y", NOW, "--since") == NOW - 730 * 86_400_000
    assert parse_since("20780d", NOW, "--since") == NOW - 20_780 * 86_400_000
    with pytest.raises(ConfigError, match="--last '100000h' reaches back before 1970; expected 4d at most"):
        parse_since("100000h", 4 * 86_400_000, "--last")
    with pytest.raises(ConfigError, match="--since '36500d' reaches back before 1970; expected 20780d at most"):
        parse_since("36500d", NOW, "--since")


def test_without_an_option_there_is_no_time():
    assert parse_moment(None, "--at") is None


def test_a_time_is_written_with_its_day_its_seconds_and_its_zone():
    assert utc_text(NOW) == "23 Nov 2026 15:00:00 UTC"
    assert utc_text(999) == "1 Jan 1970 00:00:00 UTC"
