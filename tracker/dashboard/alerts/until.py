"""Reads until when a viewer mutes a rule: a time of day, a date, or a length of time."""

import re
from datetime import timedelta, tzinfo

from tracker.core.durations import YEAR, parse_duration, parse_moment
from tracker.core.errors import ConfigError
from tracker.render.format import time_text

_CLOCK = re.compile(r"(?!24[:.](?!00))([01]?\d|2[0-4])[:.]([0-5]\d)")
_EXPECTED = "expected a time such as 18:00, a length such as 2h, or a date such as 2026-11-30"


def read_until(typed: str, now: int, zone: tzinfo) -> int:
    """
    Return the next ``18:00``, ``2h`` from *now*, or ``2026-11-30 18:00``, as epoch ms; times are those of *zone*.

    Raises:
        ValueError: *typed* is none of these, is over, or not within the year to come; the message is for viewers.
    """
    text = typed.strip()
    until = _read(text, now, zone)
    if until <= now:
        raise ValueError(f"{text} is over: it means {time_text.moment(until, now, zone)}")
    if until > now + YEAR:
        raise ValueError(f"{text} is not within the year to come")
    return until


def _read(text: str, now: int, zone: tzinfo) -> int:
    if clock := _CLOCK.fullmatch(text):
        today = time_text.to_datetime(now, zone)
        days, hour = divmod(int(clock[1]), 24)
        wanted = today.replace(hour=hour, minute=int(clock[2]), second=0, microsecond=0) + timedelta(days=days)
        if wanted <= today:
            wanted += timedelta(days=1)
        return round(wanted.timestamp() * 1000)
    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    try:
        moment = parse_moment(text, "until", zone)
    except ConfigError:
        moment = None
    if moment is None:
        raise ValueError(f"{text or 'Nothing typed'}: {_EXPECTED}")
    return moment
