"""Durations and moments: read from what a user types, and written as text."""

import re
from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from tracker.core.errors import ConfigError

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000  # ms
YEAR = 365 * DAY  # ms; a year of a duration, as of annualised volatility, has no leap day
LONGEST = 100 * YEAR  # ms; a longer duration is a typing mistake
_LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_UNITS = {"ms": 1, "s": SECOND, "min": MINUTE, "m": MINUTE, "h": HOUR, "d": DAY, "y": YEAR}
_YEAR_10000 = 253_402_300_800_000  # ms; datetime ends there
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
MONTHS = "M"  # in ISO 8601 and charts, but to others minutes; no unit here


def parse_duration(text: object) -> int:
    """
    Return the milliseconds of ``10s``, ``500ms``, ``1.5 h``, ``90d`` or ``2y``.

    Raises:
        ValueError: *text* is not a duration, or not between 1 ms and LONGEST.
    """
    match = _DURATION.fullmatch(str(text).strip())
    if match is not None and match[2] == MONTHS:
        days = f"{30 * float(match[1]):.10g}d"
        raise ValueError(f"{text!r} could mean a minute or a month; which? type {match[1]}min or {days}")
    size = 0 if match is None else _UNITS.get(match[2].lower(), 0)
    if match is None or not 1 <= float(match[1]) * size <= LONGEST:
        raise ValueError(f"{text!r} is not a duration; expected a number and a unit, e.g. 10s, 5min, 24h, 90d")
    return round(float(match[1]) * size)


def duration_text(ms: int) -> str:
    """Return *ms* as parse_duration reads it, in the largest unit that divides it: ``10s``, ``24h``, ``7d``."""
    sizes = {"d": DAY, "h": HOUR, "min": MINUTE, "s": SECOND, "ms": 1}
    unit = next(unit for unit, size in sizes.items() if ms % size == 0 and not (unit == "d" and ms == DAY))
    return f"{ms // sizes[unit]}{unit}"


def rough_duration(ms: float) -> str:
    """Return *ms* in its two largest units: ``2 s``, ``3 min 12 s``, ``2 d 4 h``; ``0 s`` if negative."""
    left = max(0, int(ms // 1000))
    parts: list[tuple[int, str]] = []
    for size, unit in _LENGTHS:
        if parts or left >= size or size == 1:
            parts.append((left // size, unit))
            left %= size
    return " ".join(f"{count} {unit}" for count, unit in parts[:2] if count) or "0 s"


def parse_moment(text: str | None, option: str, zone: tzinfo = UTC) -> int | None:
    """
    Return the epoch ms of an ISO 8601 time from 1970 to 9999; None for None.

    Args:
        text: what the user typed.
        option: the option's name, for the error.
        zone: of a time that names none.

    Raises:
        ConfigError: *text* is not such a time.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r}: expected a time such as 2018-04-05T09:00Z") from None
    time = round((moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp() * 1000)
    if not 0 <= time < _YEAR_10000:
        raise ConfigError(f"{option} {text!r}: expected a time from 1970 to 9999, such as 2018-04-05T09:00Z")
    return time


def utc_text(time: int) -> str:
    """Return *time* (epoch ms) as ``23 Nov 2025 12:45:00 UTC``."""
    at = datetime.fromtimestamp(time / 1000, UTC)
    return f"{at.day} {at:%b %Y %H:%M:%S} UTC"


def parse_since(text: str, now: int, option: str) -> int:
    """
    Return the epoch ms of ``90d`` before *now*, or of a time as in parse_moment.

    Args:
        text: what the user typed.
        now: epoch ms.
        option: the option's name, for the error.

    Raises:
        ConfigError: *text* is neither, or lies before 1970.
    """
    with suppress(ValueError):
        since = now - parse_duration(text)
        if since < 0:
            raise ConfigError(f"{option} {text!r} reaches back before 1970; expected {now // DAY}d at most")
        return since
    with suppress(ValueError):
        datetime.fromisoformat(text)
        return parse_moment(text, option) or 0
    raise ConfigError(f"{option} {text!r}: expected a duration or a time, e.g. 90d, 2026-01-31")
