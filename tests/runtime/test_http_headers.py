"""Times in HTTP headers."""

import pytest

from tracker.runtime.http_headers import read_date, read_retry_after

NOON = 1_795_953_600.0  # 2026-11-29 12:00 UTC


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 120 ", 120.0),
        ("Sun, 29 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 29 Nov 2026 11:59:00 GMT", 0.0),
        ("9" * 30, 999_999_999.0),
        ("soon", None),
        ("-5", None),
        ("٥", None),
        ("", None),
        (None, None),
    ],
)
def test_a_waiting_time_is_seconds_or_a_date(header, seconds):
    assert read_retry_after(header, NOON) == seconds


def test_a_date_is_epoch_seconds():
    assert read_date("Sun, 29 Nov 2026 12:00:00 GMT") == NOON
    assert read_date("yesterday") is None
