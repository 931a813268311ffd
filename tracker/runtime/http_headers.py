"""Reads the headers of HTTP answers that state a time, or how long to wait."""

import math
from email.utils import parsedate_to_datetime


def read_date(header: str | None) -> float | None:
    """Return the epoch seconds of an HTTP date; None for anything else."""
    try:
        seconds = parsedate_to_datetime(header or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return seconds if math.isfinite(seconds) else None


def read_retry_after(header: str | None, now: float) -> float | None:
    """
    Return the seconds that a ``Retry-After`` asks to wait; None if it is no such header.

    Args:
        header: seconds, or a date.
        now: epoch seconds by the server's clock, as this computer's may be wrong.
    """
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until = read_date(text)
    return None if until is None else max(0.0, until - now)
