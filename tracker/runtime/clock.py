"""
Time as an argument: the wall clock, or a clock that replays a past day faster than it passed.

Schedules use monotonic time, stamps the wall clock. Every part that waits or stamps is given one of these.
"""

import asyncio
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from tracker.core.errors import ConfigError


class Clock(Protocol):
    """What the collector and the page take their time from. Seconds are this clock's own seconds."""

    @property
    def speed(self) -> float:
        """How many of its seconds pass in a real one."""

    def now(self) -> int:
        """Epoch milliseconds, UTC."""

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds* of this clock."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """The computer's own clock."""

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
    Runs from *origin* on since the real moment *started*, *speed* times as fast.

    Its text form carries all three, so that every process of one replay has the same time:
    ``2018-04-05T09:00:00Z@1763929200.123x60``.
    """

    origin: int  # epoch ms shown at the real moment *started*
    started: int  # epoch ms of the real clock
    speed: float

    def now(self) -> int:
        return self.origin + round((time.time_ns() // 1_000_000 - self.started) * self.speed)

    def monotonic(self) -> float:
        return time.monotonic() * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self.speed))

    def __str__(self) -> str:
        shown = datetime.fromtimestamp(self.origin / 1000, UTC).isoformat().replace("+00:00", "Z")
        return f"{shown}@{self.started / 1000:.3f}x{self.speed:g}"


_REPLAY = re.compile(r"(?P<origin>[^@]+)@(?P<started>\d+(\.\d+)?)x(?P<speed>\d+(\.\d+)?)")


def parse_clock(text: str) -> Clock:
    """
    ``live``, or the text of a ReplayClock.

    Raises:
        ConfigError: neither.
    """
    if text == "live":
        return WallClock()
    found = _REPLAY.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        origin = datetime.fromisoformat(found["origin"])
        speed = float(found["speed"])
        if origin.tzinfo is None or not speed > 0:
            raise ValueError
    except ValueError:
        raise ConfigError(
            f"clock {text!r}: expected live, or TIME@START x SPEED such as 2018-04-05T09:00:00Z@1763929200x60"
        ) from None
    return ReplayClock(round(origin.timestamp() * 1000), round(float(found["started"]) * 1000), speed)
