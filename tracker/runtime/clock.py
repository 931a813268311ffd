"""
Clocks, passed as arguments: the wall clock, or a clock that replays a past day at any speed.

Schedules use monotonic time, timestamps the wall clock.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tracker.core.errors import ConfigError


class Clock(Protocol):
    """Source of time for the collector and the page. Seconds are this clock's own seconds."""

    @property
    def speed(self) -> float:
        """Seconds of this clock per real second."""

    def now(self) -> int:
        """Return epoch milliseconds, UTC."""

    def monotonic(self) -> float:
        """Return seconds that never jump; only differences are meaningful."""

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds* of this clock."""


# The first is Linux's; on macOS the second goes on during sleep, unlike time.monotonic(); Windows has neither.
_AWAKE_AND_ASLEEP: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))


def seconds_since_boot() -> float:
    """Return seconds that never jump, and that count the time in which the computer sleeps."""
    return time.monotonic() if _AWAKE_AND_ASLEEP is None else time.clock_gettime(_AWAKE_AND_ASLEEP)


@dataclass(frozen=True, slots=True)
class WallClock:
    """The clock of this machine."""

    speed: float = 1.0

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


@dataclass(frozen=True, slots=True)
class ReplayClock:
    """
    Clock that showed *origin* at the real time *started* and runs *speed* times as fast.

    Its text form holds all three, so every process of one replay shows the same time:
    ``2018-04-05T09:00:00Z@1763929200.123x60``.
    """

    origin: int  # epoch ms
    started: int  # epoch ms of the wall clock
    speed: float

    def now(self) -> int:
        return self.origin + round((time.time_ns() // 1_000_000 - self.started) * self.speed)

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.speed))

    def __str__(self) -> str:
        origin = datetime.fromtimestamp(self.origin / 1000, UTC).isoformat().replace("+00:00", "Z")
        return f"{origin}@{self.started / 1000:.3f}x{self.speed:g}"


_REPLAY = re.compile(r"(?P<origin>[^@]+)@(?P<started>\d+(\.\d+)?)x(?P<speed>\d+(\.\d+)?)")


def parse_clock(text: str) -> Clock:
    """
    Return the clock written as ``live`` or as the text of a ReplayClock.

    Raises:
        ConfigError: *text* is neither.
    """
    if text == "live":
        return WallClock()
    match = _REPLAY.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        origin = datetime.fromisoformat(match["origin"])
        speed = float(match["speed"])
        if origin.tzinfo is None or not speed > 0:
            raise ValueError
    except ValueError:
        raise ConfigError(
            f"clock {text!r}: expected live, or TIME@START x SPEED such as 2018-04-05T09:00:00Z@1763929200x60"
        ) from None
    return ReplayClock(round(origin.timestamp() * 1000), round(float(match["started"]) * 1000), speed)
