"""A store with sixty days of rows, and what a page keeps of it, by a clock that a test sets."""

import threading

import numpy as np
import pytest

from tests.support.memory_store import MemoryStore
from tracker.core.contracts import Store
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.history.bar_reader import read_window
from tracker.history.follower import Follower
from tracker.history.windows import Windows

EUR, GBP = (Market("kraken", "BTC", quote) for quote in ("EUR", "GBP"))
NOW = 1_668_006_600_000  # 9 Nov 2022 15:10:00 UTC
LENGTH = 60 * DAY


class Counted(MemoryStore):
    """Counts the bars and the rows that were read, by any thread; not the rows of which bars were made."""

    def __init__(self) -> None:
        super().__init__()
        self.bars_read = self.rows_read = 0
        self._lock, self._here = threading.Lock(), threading.local()

    def read(self, market, start, end):
        rows = super().read(market, start, end)
        if not getattr(self._here, "is_making_bars", False):
            with self._lock:
                self.rows_read += len(rows)
        return rows

    def bars(self, market, start, end, step):
        self._here.is_making_bars = True
        try:
            made = super().bars(market, start, end, step)
        finally:
            self._here.is_making_bars = False
        with self._lock:
            self.bars_read += len(made)
        return made


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> int:
        return self.time


class World:
    """
    *store* with *length* ms of rows, ten minutes apart, and what a page keeps of it.

    Attributes:
        real: seconds, by which older prices are read again.
    """

    def __init__(self, store: Store, length: int = LENGTH) -> None:
        self.store, self.clock, self.real = store, Clock(), 0.0
        for market, price in ((EUR, 100.0), (GBP, 50.0)):
            self.store.append({market: rows(NOW - length, NOW, price)})
        self.follower = Follower(self.store, [EUR, GBP], self.clock)
        self.follower.load(DAY)
        self.windows = Windows(self.store, [EUR, GBP], self.follower, lambda: self.real)

    def arrive(self, ticks: Ticks) -> None:
        self.store.append({EUR: ticks})
        self.follower.refresh()
        self.windows.rows_changed(self.follower.arrived())

    def assert_true(self, span: int, end: int) -> None:
        """The window has what one of all rows has."""
        window, expected = self.windows.window(EUR, span, end), read_window(self.store, EUR, span, end)
        assert (window.count, window.first_time, window.last_time) == (
            expected.count,
            expected.first_time,
            expected.last_time,
        )
        assert window.coverage == expected.coverage
        assert window.gaps == expected.gaps
        for measure in MEASURES.values():
            assert measure.function(window) == pytest.approx(measure.function(expected), rel=1e-9, nan_ok=True)


def rows(start: int, end: int, price: float, origin: int = Origin.LIVE) -> Ticks:
    time = np.arange(start + 10 * MINUTE, end + 1, 10 * MINUTE)
    return Ticks.of(time, price * (1 + 0.1 * np.sin(time / DAY)), 10 * MINUTE, origin)
