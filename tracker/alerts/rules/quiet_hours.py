"""
Quiet hours: a daily range of clock times, in a zone, during which nothing is sent.

It is quiet whenever the clocks of the zone show a time in the range, so nights on which they are set need no rule of
their own: times that the clocks skip are never shown, and times that they show twice count both times.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tracker.core.durations import DAY, MINUTE
from tracker.core.errors import did_you_mean

_RANGE = re.compile(r"(\d{1,2}):(\d{2})\s*[-–−]\s*(\d{1,2}):(\d{2})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """
    A daily range of clock times; one whose end is before its start crosses midnight.

    Attributes:
        start: minutes since midnight, 0 to 1439; the first that is quiet.
        end: minutes since midnight, 0 to 1440; the first that is not.
        zone: whose clocks are meant.
    """

    start: int
    end: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str) -> "QuietHours":
        """
        Read ``22:00-07:00`` or ``18:00-24:00``, in the time zone that is named *zone*, such as ``Europe/Berlin``.

        Raises:
            ValueError: *text* is not a range, could be read two ways or never ends, or there is no such zone.
        """
        match = _RANGE.fullmatch(text.strip())
        start, end = (_minutes(match[1], match[2]), _minutes(match[3], match[4])) if match else (None, None)
        if start is None or end is None:
            raise ValueError(f"{text!r} is not a range of clock times; expected e.g. 22:00-07:00, within 00:00-24:00")
        if start == end:
            raise ValueError(
                f"{text!r} could mean the whole day or no time at all; which? "
                "For no time leave quiet out, for the whole day leave notify out"
            )
        day = DAY // MINUTE
        if start % day == end % day:
            raise ValueError(f"{text!r} is the whole day, so nothing would ever be sent; for that, leave notify out")
        return cls(start % day, end, find_zone(zone))

    @property
    def clock_times(self) -> tuple[str, str]:
        """Start and end as clocks show them: ``22:00`` and ``07:00``."""
        return _clock_time(self.start), _clock_time(self.end)

    def __str__(self) -> str:
        return f"{'-'.join(self.clock_times)} {self.zone.key}"

    def is_quiet(self, at: int) -> bool:
        """Return whether it is quiet at *at* (epoch ms)."""
        start, end, clock = self.start * MINUTE, self.end * MINUTE, self._clock_and_offset(at)[0]
        return start <= clock < end if start < end else not end <= clock < start

    def end_of(self, at: int) -> int:
        """Return the first time (epoch ms) from *at* on at which it is not quiet; *at* itself if it is not then."""
        while self.is_quiet(at):
            clock, offset = self._clock_and_offset(at)
            at = self._first_with_another_offset(at, at + (self.end * MINUTE - clock) % DAY, offset)
        return at

    def _clock_and_offset(self, at: int) -> tuple[int, int]:
        """Return what the clock shows at *at*, in ms since midnight, and how far it is ahead of UTC, in ms."""
        local = (_EPOCH + timedelta(milliseconds=at)).astimezone(self.zone)
        offset = (local.utcoffset() or timedelta()) // timedelta(milliseconds=1)
        return (at + offset) % DAY, offset

    def _first_with_another_offset(self, early: int, late: int, offset: int) -> int:
        """Return when, between two times less than a day apart, clocks that have *offset* are set; else *late*."""
        if self._clock_and_offset(late)[1] == offset:
            return late
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if self._clock_and_offset(middle)[1] == offset else (early, middle)
        return late


def _clock_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(hours: str, minutes: str) -> int | None:
    """Return the minutes since midnight of a clock time from 00:00 to 24:00; None for others."""
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= DAY // MINUTE else None


def find_zone(name: str) -> ZoneInfo:
    """
    Return the time zone *name*, such as ``Europe/Berlin``.

    Raises:
        ValueError: there is none; the message names one that is spelt nearly so.
    """
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        hint = did_you_mean(name, available_timezones()) or "expected e.g. Europe/Berlin, or UTC"
        raise ValueError(f"no time zone {name!r}; {hint}") from None
