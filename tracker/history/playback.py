"""Split from clock."""

import asyncio
import time
from collections.abc import Callable


class Playback:
    """
    A clock that its viewer winds, from *start* to *end* (epoch ms), where it stops by itself.

    It may go back: only what reads stored rows can follow it, no schedule. *real* is what moves it, in seconds.
    """

    def __init__(
        self, start: int, end: int, at: int, speed: float = 60.0, real: Callable[[], float] = time.monotonic
    ) -> None:
        self.start, self.end = start, end
        self._real = real
        self._at, self._since = min(max(at, start), end), real()
        self._began = self._at
        self._speed = speed
        self._playing = True

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
        """Whether it moves."""
        return self._playing and self.now() < self.end

    def now(self) -> int:
        gone = (self._real() - self._since) * self._speed * 1000 if self._playing else 0
        return min(self.end, self._at + round(gone))

    def monotonic(self) -> float:
        return self._real()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds / self._speed))

    def play(self) -> None:
        """Go on; from the start if it had come to the end."""
        now = self.now()
        self.seek(self.start if now >= self.end else now)
        self._playing = True

    def pause(self) -> None:
        """Stand still."""
        self.seek(self.now())
        self._playing = False

    def restart(self) -> None:
        """Go to where it began."""
        self.seek(self._began)

    def seek(self, time: int) -> None:
        """Go to *time*, as far as it lies within."""
        self._at, self._since = min(max(time, self.start), self.end), self._real()
