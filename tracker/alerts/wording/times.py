"""Times in the words of alerts: always with the name of their zone."""

from datetime import tzinfo

from tracker.render.format import time_text


def moment(ms: int, now: int, zone: tzinfo) -> str:
    """Return ``14:10 CET``, with its day if that is not the day of *now*: ``8 Nov 14:10 CET``."""
    return f"{time_text.moment(ms, now, zone)} {time_text.zone_name(ms, zone)}"


def exact_moment(ms: int, zone: tzinfo) -> str:
    """Return ``9 Nov 2026 14:10:05 CET``."""
    text = f"{time_text.date(ms, zone)} {time_text.hour_minute_second(ms, zone)}"
    return f"{text} {time_text.zone_name(ms, zone)}"
