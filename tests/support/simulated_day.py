"""A simulated day that several processes share: its clock, and rows and requests that appear as it goes on."""

import mmap
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.alerts.states.mutes import PREFIX, Mute, MuteRequests
from tracker.core.market import Market
from tracker.core.ticks import Ticks

MINUTE = 60_000  # ms


class SharedClock:
    """A clock that all processes share, and that each moves on from *start*, epoch ms."""

    speed = 1.0

    def __init__(self, start: int) -> None:
        self._memory = mmap.mmap(-1, 8)
        self.move_to(start)

    def now(self) -> int:
        return int(struct.unpack("q", self._memory)[0])

    def move_to(self, time: int) -> None:
        self._memory[:] = struct.pack("q", time)

    def monotonic(self) -> float:
        return self.now() / 1000

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class DayStore(MemoryStore):
    """A store in which rows appear when the clock has reached them."""

    def __init__(self, rows: Mapping[Market, Ticks], now: Callable[[], int]) -> None:
        super().__init__()
        self.day, self._now = rows, now

    def _of(self, market: Market) -> Ticks:
        rows = self.day[market]
        return rows[: int(np.searchsorted(rows.time, self._now(), "right"))]

    def poll(self, cursor: Any) -> tuple[Mapping[Market, Ticks], Any]:
        now = self._now()
        if cursor is None:
            return {}, now
        first_and_stop = {
            market: np.searchsorted(rows.time, (cursor, now), "right") for market, rows in self.day.items()
        }
        arrived = {market: self.day[market][int(first) : int(stop)] for market, (first, stop) in first_and_stop.items()}
        return {market: rows for market, rows in arrived.items() if len(rows)}, now


class DayRequests(MemoryCoordination):
    """A coordination in which requests to mute appear at their times; a process that removes one does so for all."""

    def __init__(self, mutes: Iterable[tuple[int, Mute]], now: Callable[[], int]) -> None:
        super().__init__()
        for at, mute in mutes:
            MuteRequests(self).submit(mute.rule, mute.market, mute.until or None, at)
        self._all, self._time = super().names(), now
        self._removed = mmap.mmap(-1, len(self._all))

    def names(self, prefix: str = "") -> tuple[str, ...]:
        later = f"{PREFIX}{self._time() + 1:015}"
        return tuple(name for at, name in enumerate(self._all) if name < later and not self._removed[at])

    def remove(self, name: str) -> None:
        self._removed[self._all.index(name)] = 1


def day_rows(markets: Sequence[Market], seed: int, start: int, end: int, every: int) -> dict[Market, Ticks]:
    """Return prices around 100 of each of *markets* from *start* to *end* (epoch ms), with some gaps."""
    rows = {}
    for number, market in enumerate(markets):
        chance = np.random.default_rng([seed, number])
        times = start + every * np.arange(1, (end - start) // every + 1)
        wave = 1.2 * np.sin(np.arange(times.size) * every / MINUTE / 40 + number)
        prices = 100 + wave + chance.normal(0, 0.3, times.size)
        gaps = (np.arange(times.size)[:, None] - chance.integers(10, times.size, times.size // 120)) // 5 == 0
        is_there = ~gaps.any(axis=1)
        rows[market] = Ticks.of(times[is_there], prices[is_there], every)
    return rows
