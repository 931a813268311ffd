"""Playback: the clock of a replay that the viewer controls."""

import asyncio
import time
from collections.abc import Callable

FASTEST = 10_000  # the highest speed on offer: a year in 53 minutes


class Playback:
    """
    Clock from *start* to *end* that the viewer can pause, speed up and set; it stops at *end*.

    Because it may go back, only readers of stored rows can use it, not schedules.

    Args:
        start: first time shown, epoch ms.
        end: last time shown, epoch ms.
        at: the time to begin at, epoch ms.
        speed: seconds of this clock per real second.
        real: returns real seconds, monotonic.

    Attributes:
        is_simulated_day: whether it plays the simulated day of the package, in place of stored prices.
    """

    def __init__(
        self, start: int, end: int, at: int, speed: float = 60.0, real: Callable[[], float] = time.monotonic
    ) -> None:
        self.start, self.end = start, end
        self._real = real
        self._at, self._since = min(max(at, start), end), real()
        self._initial = self._at
        self._speed = speed
        self._playing = True
        self.is_simulated_day = False

    @property
    def speed(self) -> float:
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        if not speed > 0:
            raise ValueError(f"speed {speed}: expected above 0")
        self.seek(self.now())
        self._speed = speed

    @property
    def playing(self) -> bool:
        """Whether the clock is running."""
        return self._playing and self.now() < self.end

    def now(self) -> int:
        elapsed = (self._real() - self._since) * self._speed * 1000 if self._playing else 0
        return min(self.end, self._at + round(elapsed))

    def monotonic(self) -> float:
        return self._real()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self._speed))

    def play(self) -> None:
        """Run on, from the start if the end was reached."""
        now = self.now()
        self.seek(self.start if now >= self.end else now)
        self._playing = True

    def pause(self) -> None:
        """Stop the clock at its present time."""
        self.seek(self.now())
        self._playing = False

    def restart(self) -> None:
        """Go back to the time it began at."""
        self.seek(self._initial)

    def seek(self, time: int) -> None:
        """Set the clock to *time* (epoch ms), or to the nearest end."""
        self._at, self._since = min(max(time, self.start), self.end), self._real()
