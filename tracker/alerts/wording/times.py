"""Times in the words of alerts: always with the name of their zone."""

from datetime import tzinfo

from tracker.core.durations import MINUTE
from tracker.render.format import time_text


def moment(ms: int, now: int, zone: tzinfo) -> str:
    """Return ``14:10 CET``, with its day if that is not the day of *now*: ``8 Nov 14:10 CET``."""
    return f"{time_text.moment(ms, now, zone)} {time_text.zone_name(ms, zone)}"


def exact_moment(ms: int, zone: tzinfo) -> str:
    """Return ``9 Nov 2026 14:10:05 CET``."""
    return _dated(ms, time_text.hour_minute_second(ms, zone), zone)


def short_moment(ms: int, zone: tzinfo) -> str:
    """Return the same, of a whole minute without its seconds: ``9 Nov 2026 14:10 CET``."""
    return exact_moment(ms, zone) if ms % MINUTE else _dated(ms, time_text.hour_minute(ms, zone), zone)


def _dated(ms: int, clock: str, zone: tzinfo) -> str:
    return f"{time_text.date(ms, zone)} {clock} {time_text.zone_name(ms, zone)}"
