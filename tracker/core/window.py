"""
Window: the last span of one market, with the time each price stands for, coverage and gaps.

Imports only numpy and plain standard library.
"""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tracker.core.price_frame import PriceFrame, ticks_of_frame
from tracker.core.ticks import Origin, Ticks
from tracker.core.time_cover import Segments, cover, opening_rows

MIN_SPAN = 30_000  # ms; a page with a shorter range would show nothing more
GAP_FACTOR = 2.5  # a price older than this many of its own intervals is no longer valid


@dataclass(frozen=True, eq=False)
class Window:
    """
    The rows with ``start < time <= end`` of one market, in time order, each time once.

    A row covers the time (time - interval, time]. Built by ``Window.of`` or ``RollingWindow.window``.

    Attributes:
        ticks: the rows.
        start: epoch milliseconds, UTC.
        end: epoch milliseconds, UTC.

    Raises:
        ValueError: a row lies outside, or end is before start.
    """

    ticks: Ticks
    start: int
    end: int

    def __post_init__(self) -> None:
        time = self.ticks.time
        if self.end < self.start or (time.size and not self.start < time[0] <= time[-1] <= self.end):
            raise ValueError(f"window ({self.start}, {self.end}]: rows must lie inside, in order: {self.ticks!r}")

    @classmethod
    def of(cls, ticks: Ticks | PriceFrame, span: int | None = None, now: int | None = None) -> Self:
        """
        Return the last *span* milliseconds up to and with *now*, of rows in any order.

        Args:
            ticks: the rows, or a frame of ``tracker.prices``; of several for one time one is kept, see
                ``Ticks.in_order``.
            span: above 0; without it, from where the first row's own time begins.
            now: epoch milliseconds; without it, the last row's time.

        Raises:
            ValueError: *span* is not above 0.
            ConfigError: a frame has another form than those of ``tracker.prices``.
        """
        if span is not None and span <= 0:
            raise ValueError(f"window: span {span} ms, expected above 0")
        rows = (ticks if isinstance(ticks, Ticks) else ticks_of_frame(ticks)).in_order()
        end = now if now is not None else int(rows.time[-1]) if len(rows) else 0
        rows = rows[: int(np.searchsorted(rows.time, end, side="right"))]
        earliest = int(rows.time[0] - rows.interval[0]) if len(rows) else end
        start = earliest if span is None else end - span
        return cls(rows[int(np.searchsorted(rows.time, start, side="right")) :], start, end)

    @property
    def span(self) -> int:
        """Length in milliseconds."""
        return self.end - self.start

    @property
    def count(self) -> int:
        """Number of rows."""
        return len(self.ticks)

    @property
    def first_time(self) -> int:
        """Epoch milliseconds of the first row. Raises IndexError without rows, as ``last_time`` does."""
        return int(self.ticks.time[0])

    @property
    def last_time(self) -> int:
        """Epoch milliseconds of the last row."""
        return int(self.ticks.time[-1])

    @property
    def first_price(self) -> float:
        """Price of the first row; nan without rows, as the other prices are."""
        return float(self.ticks.price[0]) if self.count else math.nan

    @property
    def last_price(self) -> float:
        """Price of the last row."""
        return float(self.ticks.price[-1]) if self.count else math.nan

    @property
    def candle_count(self) -> int:
        """Number of rows with a first, low or high of their own; if 0, ``low`` and ``high`` are of prices alone."""
        return int(self.ticks.has_candle().sum())

    @property
    def low(self) -> float:
        """The lowest price, by the lows of candles where rows have them; nan without rows, as ``high`` is."""
        return float(self.ticks.lows().min()) if self.count else math.nan

    @property
    def high(self) -> float:
        """The highest price, by the highs of candles where rows have them."""
        return float(self.ticks.highs().max()) if self.count else math.nan

    @property
    def low_time(self) -> int:
        """Epoch milliseconds of the first row with the lowest price. Raises ValueError without rows."""
        return int(self.ticks.time[self.ticks.lows().argmin()])

    @property
    def high_time(self) -> int:
        """Epoch milliseconds of the first row with the highest price. Raises ValueError without rows."""
        return int(self.ticks.time[self.ticks.highs().argmax()])

    @property
    def interval_weights(self) -> dict[int, float]:
        """The milliseconds that the prices of each interval (ms) stand for together; of intervals that have any."""
        intervals, codes = np.unique(self.ticks.interval, return_inverse=True)
        sums = np.bincount(codes, self.weight, minlength=intervals.size)
        pairs = zip(intervals.tolist(), sums.tolist(), strict=True)
        return {interval: weight for interval, weight in pairs if weight}

    @property
    def weight(self) -> NDArray[np.float64]:
        """
        The milliseconds that each price stands for; no time is counted twice.

        Where rows overlap, the time is that of the row with the shortest interval, and of
        equal ones that of the earlier: a candle hidden by ticks weighs nothing. A row that
        reaches over the window's start is not cut, so equal intervals weigh exactly the same.
        """
        return self._cover[0]

    @property
    def origin_counts(self) -> dict[Origin, int]:
        """The number of rows of each origin that has any."""
        numbers = np.bincount(self.ticks.origin, minlength=len(Origin)).tolist()
        return {origin: number for origin, number in zip(Origin, numbers, strict=True) if number}

    @property
    def exchange_counts(self) -> dict[str, int]:
        """The number of rows of each exchange that has any; ``""`` is the market's own."""
        numbers = np.bincount(self.ticks.exchange, minlength=len(self.ticks.exchange_names)).tolist()
        return {name: number for name, number in zip(self.ticks.exchange_names, numbers, strict=True) if number}

    @cached_property
    def coverage(self) -> float:
        """Share of the window's time that rows cover, 0 to 1; 0 for a window without length."""
        _, (starts, ends) = self._cover
        covered = int((ends - np.maximum(starts, self.start)).sum())
        return covered / self.span if self.span else 0.0

    @cached_property
    def gaps(self) -> list[tuple[int, int]]:
        """
        The parts (from, to], epoch milliseconds, where no price is valid, oldest first.

        Time that no row covers is a gap if from its beginning to the row that ends it are
        more than GAP_FACTOR of that row's intervals (of rows that begin together, the
        shortest). The same goes for the time before the first row; after the last row its
        own interval counts, up to the window's end.
        """
        ticks = self.ticks
        if not len(ticks):
            return [(self.start, self.end)] if self.span else []
        _, (starts, ends) = self._cover
        heads = opening_rows(ticks.time, ticks.interval, starts)
        before = np.concatenate(([self.start], ends[:-1]))
        is_gap = ticks.time[heads] - before > GAP_FACTOR * ticks.interval[heads]
        gaps = list(zip(before[is_gap].tolist(), starts[is_gap].tolist(), strict=True))
        last = int(ticks.time[-1])
        if self.end - last > GAP_FACTOR * ticks.interval[-1]:
            gaps.append((last, self.end))
        return gaps

    def prices_at(self, times: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """
        Return the last price up to each of *times*, and whether there is one that is valid then.

        A time has a price if it lies in no gap and not after the last row. Between a gap and the row that
        ends it there is none either: the price known then is the one from before the gap.

        Args:
            times: epoch milliseconds, in any order.

        Returns:
            Two columns of the length of *times*: prices, meaningless where there is none, and a mask.
        """
        if not self.count:
            return np.full(times.shape, np.nan), np.zeros(times.shape, dtype=bool)
        row_time, price = self.last_rows(times)
        gap_starts = np.array([start for start, _ in self.gaps], dtype=np.int64)
        # A gap holds no row, so one that starts after a time's last row starts between the two.
        has_gap = np.searchsorted(gap_starts, times) > np.searchsorted(gap_starts, row_time)
        return price, (times >= self.first_time) & (times <= self.last_time) & ~has_gap

    def last_rows(self, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return time and price of the last row up to each of *times*, of the first row before it. There is a row."""
        row = np.maximum(np.searchsorted(self.ticks.time, times, side="right") - 1, 0)
        return self.ticks.time[row], self.ticks.price[row]

    @cached_property
    def _cover(self) -> tuple[NDArray[np.float64], Segments]:
        """Each row's weight, and the time that all rows cover together."""
        return cover(self.ticks.time, self.ticks.interval)
