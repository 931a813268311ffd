"""Split from setting_types."""

import re
from contextlib import suppress
from datetime import UTC, datetime

from tracker.core.errors import ConfigError

_UNITS = {"ms": 1, "s": 1000, "min": 60_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


LONGEST = 100 * 365 * 86_400_000  # ms; beyond it there is a typing mistake


_YEAR_10000 = 253_402_300_800_000  # ms; no calendar here reaches further


_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")


def parse_duration(text: object) -> int:
    """Milliseconds of ``10s``, ``500ms``, ``1.5 h``, ``90d``. Raises ValueError."""
    found = _DURATION.fullmatch(str(text).strip().lower())
    if found is None or found[2] not in _UNITS or not 1 <= float(found[1]) * _UNITS[found[2]] <= LONGEST:
        raise ValueError(f"{text!r} is not a duration; expected a number and a unit, e.g. 10s, 5min, 24h, 90d")
    return round(float(found[1]) * _UNITS[found[2]])


def parse_moment(text: str | None, option: str) -> int | None:
    """
    Epoch ms of an ISO 8601 time from 1970 to 9999, UTC if it names no zone; None for None.

    Raises ConfigError, naming *option*.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r}: expected a time such as 2018-04-05T09:00Z") from None
    time = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if not 0 <= time < _YEAR_10000:
        raise ConfigError(f"{option} {text!r}: expected a time from 1970 to 9999, such as 2018-04-05T09:00Z")
    return time


def parse_since(text: str, now: int, option: str) -> int:
    """Epoch ms of ``90d`` before *now*, or of a time as in parse_moment. Raises ConfigError, naming *option*."""
    with suppress(ValueError):
        since = now - parse_duration(text)
        if since < 0:
            raise ConfigError(f"{option} {text!r} reaches back before 1970; expected {now // 86_400_000}d at most")
        return since
    with suppress(ValueError):
        datetime.fromisoformat(text)
        return parse_moment(text, option) or 0
    raise ConfigError(f"{option} {text!r}: expected a duration or a time, e.g. 90d, 2026-01-31")
