"""
BarWindow: a long span of one market as bars, with its rows at both ends; and what a Window of its rows would state.

Imports only numpy and plain standard library.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_joining import gaps_of_parts, join_parts, parts_apart
from tracker.core.bar_making import make_one_bar
from tracker.core.bars import FINE, Bars
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import GAP_FACTOR, Window

ReadRows: TypeAlias = Callable[[int, int], Ticks]  # the rows with start < time <= end, epoch ms


@dataclass(frozen=True, eq=False)
class BarWindow:
    """
    The rows with ``start < time <= end`` of one market, most of them as bars. Built by ``BarWindow.of``.

    Measures, coverage, gaps, ranking, standstill and cross-market figures are those of a ``Window`` of all rows.

    Attributes:
        head: the rows before the bars, in order.
        bars: the bars in time order; each part has one step, the longer steps are in the middle.
        tail: the rows after the bars.
        joinable: head, bars and tail as bars of which no two share time; none if there is no row.
        start: epoch milliseconds, UTC.
        end: epoch milliseconds, UTC.
        read: returns rows that the bars were made of; called only for a time inside a bar. It may block.
    """

    head: Ticks
    bars: tuple[Bars, ...]
    tail: Ticks
    joinable: tuple[Bars, ...]
    start: int
    end: int
    read: ReadRows

    @classmethod
    def of(cls, head: Ticks, bars: Sequence[Bars], tail: Ticks, start: int, end: int, read: ReadRows) -> Self:
        """
        Return the window of these parts, which hold all rows of (*start*, *end*], in time order.

        Bars whose rows overlap others are made anew from their rows, which *read* returns.

        Args:
            head: see the attributes, as the others.
            bars: steps are FINE or multiples of it, and *head* ends and *tail* begins at a multiple of FINE.
            tail: see the attributes.
            start: epoch ms.
            end: epoch ms.
            read: returns the rows with start < time <= end.

        Raises:
            ValueError: parts overlap or lie outside, or *end* is before *start*.
        """
        parts = make_one_bar(head, FINE), *(part.as_finer(FINE) for part in bars), make_one_bar(tail, FINE)
        filled = [part for part in parts if len(part)]
        is_inside = not filled or start < filled[0].first_time[0] <= filled[-1].last_time[-1] <= end
        if end < start or not is_inside or any(a.last_time[-1] >= b.first_time[0] for a, b in pairwise(filled)):
            raise ValueError(f"window ({start}, {end}]: bars and rows must lie inside, in order: {parts!r}")
        return cls(head, tuple(bars), tail, parts_apart(filled, read), start, end, read)

    @cached_property
    def total(self) -> Bars:
        """Head, bars and tail as one bar; none if there is no row. A chart needs no more than their gaps."""
        return join_parts(self.joinable)

    @property
    def span(self) -> int:
        """Length in milliseconds."""
        return self.end - self.start

    @cached_property
    def count(self) -> int:
        """Number of rows."""
        return sum(int(part.count.sum()) for part in self.joinable)

    @property
    def first_time(self) -> int:
        """Epoch milliseconds of the first row. Raises IndexError without rows, as ``last_time`` does."""
        return int(self.joinable[0].first_time[0])

    @property
    def last_time(self) -> int:
        """Epoch milliseconds of the last row."""
        return int(self.joinable[-1].last_time[-1])

    @property
    def first_price(self) -> float:
        """Price of the first row; nan without rows, as the other prices are."""
        return float(self.joinable[0].first_price[0]) if self.count else math.nan

    @property
    def last_price(self) -> float:
        """Price of the last row."""
        return float(self.joinable[-1].last_price[-1]) if self.count else math.nan

    @property
    def candle_count(self) -> int:
        """Number of rows with a first, low or high of their own; if 0, ``low`` and ``high`` are of prices alone."""
        return int(self.total.candle_count.sum())

    @property
    def low(self) -> float:
        """The lowest price, by the lows of candles where they are known."""
        return float(self.total.low[0]) if self.count else math.nan

    @property
    def high(self) -> float:
        """The highest price, by the highs of candles where they are known."""
        return float(self.total.high[0]) if self.count else math.nan

    @property
    def low_time(self) -> int:
        """Epoch milliseconds of the first row with the lowest price. Raises IndexError without rows, as the next."""
        return int(self.total.low_time[0])

    @property
    def high_time(self) -> int:
        """Epoch milliseconds of the first row with the highest price. Raises IndexError without rows."""
        return int(self.total.high_time[0])

    @property
    def interval_weights(self) -> dict[int, float]:
        """The milliseconds that the prices of each interval (ms) stand for together; of intervals that have any."""
        pairs = zip(self.total.intervals, self.total.interval_weight.sum(axis=0).tolist(), strict=True)
        return {interval: float(weight) for interval, weight in pairs if weight}

    @property
    def origin_counts(self) -> dict[Origin, int]:
        """The number of rows of each origin that has any."""
        pairs = zip(Origin, self.total.origin_count.sum(axis=0).tolist(), strict=True)
        return {origin: number for origin, number in pairs if number}

    @property
    def exchange_counts(self) -> dict[str, int]:
        """The number of rows of each exchange that has any; ``""`` is the market's own."""
        numbers = self.total.exchange_count.sum(axis=0).tolist()
        return {name: number for name, number in zip(self.total.exchange_names, numbers, strict=True) if number}

    @cached_property
    def coverage(self) -> float:
        """Share of the window's time that rows cover, 0 to 1; 0 for a window without length."""
        if not self.count:
            return 0.0
        before = max(0, self.start - self._opening)  # all rows that reach there reach over the start
        return (int(self.total.weight[0]) - before) / self.span

    @cached_property
    def gaps(self) -> list[tuple[int, int]]:
        """The parts (from, to], epoch milliseconds, where no price is valid, oldest first; see ``Window.gaps``."""
        if not self.count:
            return [(self.start, self.end)] if self.span else []
        first, gaps = self.joinable[0], gaps_of_parts(self.joinable)
        if int(first.opening_time[0]) - self.start > GAP_FACTOR * int(first.opening_interval[0]):
            gaps.insert(0, (self.start, self._opening))
        if self.end - self.last_time > GAP_FACTOR * int(self.joinable[-1].last_interval[-1]):
            gaps.append((self.last_time, self.end))
        return gaps

    def prices_at(self, times: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """
        Return the last price up to each of *times*, and whether there is one that is valid then.

        The same as ``Window.prices_at``. For times inside of bars it reads the rows of these; it reads nothing for
        multiples of the bars' steps, and between the rows at both ends.
        """
        if not self.count:
            return np.full(times.shape, np.nan), np.zeros(times.shape, dtype=bool)
        row_time, price = self.last_rows(times)
        gap_starts = np.array([start for start, _ in self.gaps], dtype=np.int64)
        # A gap holds no row, so one that starts after a time's last row starts between the two.
        has_gap = np.searchsorted(gap_starts, times) > np.searchsorted(gap_starts, row_time)
        return price, (times >= self.first_time) & (times <= self.last_time) & ~has_gap & np.isfinite(price)

    def last_rows(self, times: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return time and price of the last row up to each of *times*, of the first row before it. There is a row."""
        known, prices, opens_bar = self._known_rows
        row = np.maximum(np.searchsorted(known, times, side="right") - 1, 0)
        row_time, price = known[row], prices[row]
        inside = opens_bar[row] & (times > row_time)
        for first in np.unique(row[inside]):  # the next known row is the bar's last
            rows = self.read(int(known[first]) - 1, int(known[first + 1]))
            asked = inside & (row == first)
            place = np.searchsorted(rows.time, times[asked], side="right") - 1
            is_there = place >= 0  # unless it was purged meanwhile
            row_time[asked], price[asked] = known[first], np.nan
            row_time[np.flatnonzero(asked)[is_there]] = rows.time[place[is_there]]
            price[np.flatnonzero(asked)[is_there]] = rows.price[place[is_there]]
        return row_time, price

    def parts_back(self, end: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
        """
        Yield times and prices of the rows up to *end* (epoch ms), the newest part first; each part is in time order.

        It reads rows as they are asked for, a bar's at a time; of a bar with a single price it yields the first alone.
        """
        yield _up_to(self.tail, end)
        for part in reversed(self.bars):
            for bar in range(int(np.searchsorted(part.first_time, end, side="right")))[::-1]:
                if part.lowest[bar] == part.highest[bar]:
                    yield part.first_time[bar : bar + 1], part.first_price[bar : bar + 1]
                else:
                    last = min(end, int(part.last_time[bar]))
                    yield _up_to(self.read(int(part.first_time[bar]) - 1, last), end)
        yield _up_to(self.head, end)

    @property
    def _opening(self) -> int:
        """The time from which the rows cover, which may be before the start."""
        return int(self.joinable[0].opening_time[0] - self.joinable[0].opening_interval[0])

    @cached_property
    def _known_rows(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Times and prices of the rows at both ends and of each bar's first and last, and which are such firsts."""
        times = [np.column_stack((part.first_time, part.last_time)).ravel() for part in self.bars]
        prices = [np.column_stack((part.first_price, part.last_price)).ravel() for part in self.bars]
        opens_bar = [np.tile([True, False], len(part)) for part in self.bars]
        return (
            np.concatenate([self.head.time, *times, self.tail.time]),
            np.concatenate([self.head.price, *prices, self.tail.price]),
            np.concatenate([np.zeros(len(self.head), dtype=bool), *opens_bar, np.zeros(len(self.tail), dtype=bool)]),
        )


AnyWindow: TypeAlias = Window | BarWindow


def parts_of(window: AnyWindow) -> Sequence[Ticks | Bars]:
    """Return the rows and bars of *window*, in order of time."""
    return (window.ticks,) if isinstance(window, Window) else (window.head, *window.bars, window.tail)


def _up_to(rows: Ticks, end: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    stop = int(np.searchsorted(rows.time, end, side="right"))
    return rows.time[:stop], rows.price[:stop]
