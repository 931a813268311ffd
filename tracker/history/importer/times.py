"""Reads the times in price files: seconds, milliseconds, microseconds or nanoseconds since 1970, or ISO 8601."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from tracker.core.errors import ConfigError
from tracker.core.parsing import GENESIS

SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS = 1, 10**3, 10**6, 10**9  # units a second
UNITS = (SECONDS, MILLISECONDS, MICROSECONDS, NANOSECONDS)

_NUMBER = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)")
ROUNDED = re.compile(rb"\d(?:\.\d+)?[eE]\+?\d+")  # as spreadsheets write large numbers
_CLOCK = r"[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
_DAY = r"\d{4}-\d\d-\d\d"
ISO = re.compile(  # a day without a time of day has no zone
    rf"({_DAY}{_CLOCK}) ?(Z|UTC|[+-]\d\d(?::?\d\d)?)?|({_DAY})".encode(), re.IGNORECASE
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class UnclearTimeError(ValueError):
    """A local time that comes twice or never, because clocks were changed."""


@dataclass(frozen=True)
class NumberTimes:
    """
    Times as numbers.

    Attributes:
        units: how many of the unit make a second; of several, the one in which a time is later than bitcoin's start.
        offset: in the file's unit, added to each: 1 for the last instant of a candle.
    """

    units: tuple[int, ...]
    offset: int = 0

    def read(self, text: bytes, now: int) -> int:
        """Return epoch ms. Raises ValueError for other text, or a time before bitcoin's or after *now*."""
        if not _NUMBER.fullmatch(text):
            raise ValueError
        number = float(text) + self.offset
        for unit in self.units:
            time = round(number * 1000) if unit == SECONDS else round(number / (unit / 1000))
            if GENESIS < time <= now:
                return time
        raise ValueError


@dataclass(frozen=True)
class IsoTimes:
    """
    Times in ISO 8601, such as ``2021-10-30T21:44:30Z``.

    Attributes:
        zone: of times that name none; None: they are not read.
    """

    zone: tzinfo | None = None

    def read(self, text: bytes, now: int) -> int:
        """
        Return epoch ms.

        Raises:
            UnclearTimeError: the local time comes twice or never.
            ValueError: the text is no such time, or one before bitcoin's or after *now*.
        """
        match = ISO.fullmatch(text)
        if match is None:
            raise ValueError
        name = (match[2] or b"").decode().upper()
        moment = datetime.fromisoformat((match[1] or match[3]).decode() + ("+00:00" if name in ("Z", "UTC") else name))
        if not name:
            moment = self._local(moment)
        time = (moment - _EPOCH) // _MILLISECOND
        if not GENESIS < time <= now:
            raise ValueError
        return time

    def _local(self, moment: datetime) -> datetime:
        if self.zone is None:
            raise ValueError
        local = moment.replace(tzinfo=self.zone)
        if local.utcoffset() != local.replace(fold=1).utcoffset():
            raise UnclearTimeError(f"{moment} comes twice or never")
        return local


def parse_zone(text: str) -> tzinfo:
    """Return the time zone *text*, such as ``Europe/Berlin``. Raises ConfigError."""
    from zoneinfo import ZoneInfo

    try:
        return UTC if text.upper() in ("UTC", "Z") else ZoneInfo(text)
    except (ValueError, OSError, LookupError):
        raise ConfigError(f"--zone {text!r}: no such time zone; expected e.g. Europe/Berlin, or UTC") from None
