"""Holds a market's stored rows in memory, to fill gaps page by page."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

BLOCK = DAY  # ms
BESIDE = 3  # rows on each side of a gap that its candles are compared with

CandleFilter: TypeAlias = Callable[[Ticks, Ticks, Ticks], NDArray[np.bool_]]


def missing_candles(candles: Ticks, window: Window) -> Ticks:
    """
    Return the candles that cover part of a gap of *window*, at times without a row.

    A candle at the time of a stored row is left out, so no stored row is ever replaced.
    """
    gaps = np.array(window.gaps, dtype=np.int64).reshape(-1, 2)
    gap = np.searchsorted(
        gaps[:, 1], candles.time - candles.interval, side="right"
    )  # index of the first gap that ends after the candle begins
    begins = np.append(gaps[:, 0], np.iinfo(np.int64).max)
    wanted = begins[gap] < candles.time
    wanted &= ~np.isin(candles.time, window.ticks.time)
    wanted &= (candles.time > window.start) & (candles.time <= window.end)
    return candles[wanted]


class StoredPast:
    """
    One market's rows of the last *span* ms up to *now*, to which candles can be added.

    ``add`` and ``missing`` cost no more than the rows around a page; building one and ``refresh_gaps`` cost as much
    as all rows. Not thread-safe.

    Args:
        rows: the stored rows, in order.
        span: ms.
        now: epoch ms, the end of the span.
        candle_filter: which candles of a gap are plausible, given up to BESIDE rows before and after the gap (either
            may be empty).
        outside: the last rows before the span and the first after it, which its candles are compared with, too.

    Attributes:
        start: epoch ms, the start of the span.
        end: epoch ms, the end of the span.
        count: number of rows.
        completed: how many rows gained a first, low or high that the store has taken.
        gaps: as ``Window.gaps``, at the last ``refresh_gaps``.
    """

    def __init__(
        self,
        rows: Ticks,
        span: int,
        now: int,
        candle_filter: CandleFilter,
        outside: tuple[Ticks, Ticks],
    ) -> None:
        self._candle_filter = candle_filter
        self._before_span, self._after_span = outside
        window = Window.of(rows, span, now)
        self.start, self.end = window.start, window.end
        self.gaps = window.gaps
        self.count = self.completed = 0
        self._blocks: dict[int, Ticks] = {}  # by time // BLOCK; no block is empty
        self._numbers: list[int] = []  # keys of _blocks, ascending
        self._longest = 0  # interval of any row, ms
        self.add(window.ticks)

    def add(self, rows: Ticks) -> None:
        """Add *rows*, in order, within the span, at times without a row."""
        if not len(rows):
            return
        self.count += len(rows)
        self._longest = max(self._longest, int(rows.interval.max()))
        numbers = rows.time // BLOCK
        edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(rows)]
        for first, end in pairwise(edges):
            number, part = int(numbers[first]), rows[first:end]
            if number in self._blocks:
                part = Ticks.concat([self._blocks[number], part]).in_order()
            else:
                insort(self._numbers, number)
            self._blocks[number] = part

    def refresh_gaps(self) -> None:
        """Compute the gaps again."""
        whole = Ticks.concat([self._blocks[number] for number in self._numbers])
        self.gaps = Window(whole, self.start, self.end).gaps

    def missing(self, candles: Ticks) -> Ticks:
        """
        Return the plausible *candles* (in order) that cover part of a present gap.

        See ``missing_candles``; the candle filter checks the candles of each gap against the rows around it.
        """
        if not len(candles):
            return candles
        context = self._context(int((candles.time - candles.interval).min()), int(candles.time[-1]))
        wanted = missing_candles(candles, context)
        is_plausible = np.ones(len(wanted), dtype=bool)
        for start, end in context.gaps:
            inside = (wanted.time > start) & (wanted.time - wanted.interval < end)
            if inside.any():
                is_plausible[inside] = self._candle_filter(wanted[inside], *self._rows_beside(start, end))
        return wanted[is_plausible]

    def without_candles(self, exchange: str) -> list[tuple[int, int]]:
        """Return the stretches (start, end) of backfilled rows of *exchange* whose first, low and high are unknown."""
        stretches: list[tuple[int, int]] = []
        for number in self._numbers:
            rows = self._of(number, exchange)
            rows = rows[(rows.origin == Origin.BACKFILL) & ~rows.has_candle()]
            if not len(rows):
                continue
            starts = rows.time - rows.interval
            first = np.flatnonzero(np.append(True, starts[1:] > rows.time[:-1]))
            last = np.append(first[1:], len(rows)) - 1
            stretches += zip(starts[first].tolist(), rows.time[last].tolist(), strict=True)
        return stretches

    def complete(self, candles: Ticks, exchange: str) -> Ticks:
        """Add first, low and high of *candles* (in order) to equal rows of *exchange*, and return those that gain."""
        if candles.low is None or not len(candles):
            return candles[:0]
        gaining = []
        first, last = int(candles.time[0]) // BLOCK, int(candles.time[-1]) // BLOCK
        for number in self._numbers[bisect_left(self._numbers, first) : bisect_right(self._numbers, last)]:
            rows, gains = self._of(number, exchange).with_candles(candles)
            if gains.any():
                gaining.append(rows[gains])
                self._blocks[number], _ = self._blocks[number].with_candles(gaining[-1])
        return Ticks.concat(gaining)

    def _of(self, number: int, exchange: str) -> Ticks:
        """Return the rows of a block that are from *exchange*; ``""`` for the market's own."""
        block = self._blocks[number]
        if exchange not in block.exchange_names:
            return block[:0]
        return block[block.exchange == block.exchange_names.index(exchange)]

    def _context(self, start: int, end: int) -> Window:
        """Return a part of the rows that has the same gaps between *start* and *end* as all of them."""
        # A row that covers time up to the first row after *end* ends at most one longest interval after that row.
        since, until = self._before(start), self._after(end) + self._longest
        numbers = self._numbers[
            bisect_left(self._numbers, since // BLOCK) : bisect_right(self._numbers, until // BLOCK)
        ]
        rows = Ticks.concat([self._blocks[number] for number in numbers])
        rows = rows[(rows.time >= since) & (rows.time <= until)]
        first = since - 1 if len(rows) and int(rows.time[0]) == since else self.start
        return Window(rows, first, self.end if until >= self.end else int(rows.time[-1]))

    def _rows_beside(self, start: int, end: int) -> tuple[Ticks, Ticks]:
        """Return the last BESIDE rows up to *start* and the first from *end* on."""
        # A block has a row or more; that of *start* or *end* may have its rows on the other side.
        until = self._numbers[: bisect_right(self._numbers, start // BLOCK)][-BESIDE - 1 :]
        since = self._numbers[bisect_left(self._numbers, end // BLOCK) :][: BESIDE + 1]
        before = [self._before_span, *(self._blocks[number] for number in until)]
        after = [*(self._blocks[number] for number in since), self._after_span]
        rows_before = [block[: int(np.searchsorted(block.time, start, "right"))][-BESIDE:] for block in before]
        rows_after = [block[int(np.searchsorted(block.time, end)) :][:BESIDE] for block in after]
        return Ticks.concat(rows_before)[-BESIDE:], Ticks.concat(rows_after)[:BESIDE]

    def _before(self, time: int) -> int:
        """Return the time of the last row up to *time*, or else the first time a row can have."""
        for number in reversed(self._numbers[: bisect_right(self._numbers, time // BLOCK)][-2:]):
            times = self._blocks[number].time
            if times[0] <= time:
                return int(times[np.searchsorted(times, time, side="right") - 1])
        return self.start + 1

    def _after(self, time: int) -> int:
        """Return the time of the first row after *time*, or else the end of the span."""
        first = bisect_left(self._numbers, time // BLOCK)
        for number in self._numbers[first : first + 2]:
            times = self._blocks[number].time
            if times[-1] > time:
                return int(times[np.searchsorted(times, time, side="right")])
        return self.end
