"""A simulated day that several processes share, one after the other: its clock, and rows that appear as it goes on."""

import mmap
import struct
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.ticks import Ticks


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
