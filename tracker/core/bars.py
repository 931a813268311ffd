"""
Bars: aggregates of one market's rows on the grid of the epoch, from which long windows are computed.

Made by ``bar_making.make_bars``, joined on a coarser grid by ``bar_merging.merge_bars``.
Imports only numpy and plain standard library.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.exchange_codes import OWN_EXCHANGE
from tracker.core.ticks import Origin
from tracker.core.weight_columns import join_columns, join_intervals

POINTS = 5 * MINUTE  # ms between the multiples since the epoch at which log returns are taken
FINE, MEDIUM, COARSE = 5 * MINUTE, HOUR, DAY  # the steps of bars that are kept, ms; each divides the next
_STEP_UP_TO = ((31 * DAY, FINE), (400 * DAY, MEDIUM))

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


def step_for(span: int) -> int | None:
    """Return the step of the bars that a window of *span* ms is computed from; None for rows, up to 25 h."""
    if span <= 25 * HOUR:
        return None
    return next((step for longest, step in _STEP_UP_TO if span <= longest), COARSE)


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """
    Bars of one market in time order, as columns of equal length; a time without rows has no bar.

    A bar holds the rows with ``start < time <= start + step`` and what these alone say: its weights, coverage and
    gaps are those of a ``Window`` of just these rows, between the first and the last of them. Neighbours merge
    exactly unless their rows overlap, see ``overlapping``. What lies between the last row of a bar and the first of the
    next follows from ``last_time`` of one and ``opening_time`` and ``opening_interval`` of the other.

    Prices are in quote currency, times epoch milliseconds UTC. Integers are int64, numbers float64.

    Attributes:
        step: ms; starts are its multiples.
        start: ascending, each once; the bar begins after it.
        count: rows, at least 1.
        first_time, first_price, first_interval: the first row.
        last_time, last_price, last_interval: the last row.
        opening_time, opening_interval: the row whose time, (time - interval, time], begins first; of several the
            first. It decides whether a gap lies before the bar, see ``Window.gaps``.
        open: the first row's, see ``Ticks.firsts``.
        low, low_time: the lowest of the rows, see ``Ticks.lows``; and the time of the first row with it.
        high, high_time: likewise.
        candle_count: rows with a first, low or high of their own; where 0, the bar's are of prices alone.
        lowest, highest: of the rows' prices alone; drawdown goes by them.
        weight: sum of the rows' weights, ms. It is the time that they cover, also before ``start``.
        weight_squared: sum of the squared weights.
        mean_distance: weighted mean of the prices minus ``first_price``.
        m2: sum of weight * (price - weighted mean)**2; exactly 0 for equal prices.
        returns: number of log returns, each between two neighbouring multiples of POINTS between the first and the
            last row that both have a price, see ``Window.prices_at``.
        squared_returns: sum of their squares.
        first_point, last_point: the prices at the first and the last such multiple; nan where it lies in a gap or
            where there is none.
        drawdown: the largest fall from a price to a later one, as a share of the former; 0 for one row.
        changed_time: the first row of the last run of equal prices.
        changed_count: rows of that run.
        origin_weight, origin_count: n x 5, ``weight`` and ``count`` by Origin.
        intervals: ascending; the rows' intervals, ms. Some may weigh nothing. Rounded if there are too many, see
            ``weight_columns.interval_columns``.
        interval_weight: n x len(intervals), ``weight`` by interval.
        exchange_names: see ``Ticks.exchange_names``.
        exchange_weight, exchange_count: n x len(exchange_names), ``weight`` and ``count`` by exchange.
        gap_start, gap_end: the gaps (start, end] between rows of one bar, of all bars, ascending.

    Raises:
        ValueError: columns differ in length, the step is not above 0, or starts are not ascending multiples of it.
    """

    step: int
    start: _Ints
    count: _Ints
    first_time: _Ints
    first_price: _Floats
    first_interval: _Ints
    last_time: _Ints
    last_price: _Floats
    last_interval: _Ints
    opening_time: _Ints
    opening_interval: _Ints
    open: _Floats
    low: _Floats
    low_time: _Ints
    high: _Floats
    high_time: _Ints
    candle_count: _Ints
    lowest: _Floats
    highest: _Floats
    weight: _Ints
    weight_squared: _Floats
    mean_distance: _Floats
    m2: _Floats
    returns: _Ints
    squared_returns: _Floats
    first_point: _Floats
    last_point: _Floats
    drawdown: _Floats
    changed_time: _Ints
    changed_count: _Ints
    origin_weight: _Ints
    origin_count: _Ints
    intervals: tuple[int, ...]
    interval_weight: _Ints
    exchange_names: tuple[str, ...]
    exchange_weight: _Ints
    exchange_count: _Ints
    gap_start: _Ints
    gap_end: _Ints

    def __post_init__(self) -> None:
        size = self.start.size
        shapes = [getattr(self, name).shape for name in COLUMNS]
        expected = {name: (size, width) for name, width in matrix_widths(self.intervals, self.exchange_names).items()}
        matrices = {name: getattr(self, name).shape for name in MATRICES}
        if any(shape != (size,) for shape in shapes) or matrices != expected:
            raise ValueError("bars: columns differ in length")
        if self.gap_start.shape != self.gap_end.shape:
            raise ValueError("bars: gaps need a start and an end each")
        if self.step <= 0 or bool((self.start % self.step).any()) or bool((self.start[1:] <= self.start[:-1]).any()):
            raise ValueError(f"bars: starts must be ascending multiples of the step, {self.step} ms")

    def __len__(self) -> int:
        return int(self.start.size)

    def __repr__(self) -> str:
        span = f", {self.start[0]}..{self.end[-1]}" if len(self) else ""
        return f"Bars({len(self)} x {self.step}{span})"

    def __getitem__(self, bars: slice) -> "Bars":
        """Return neighbouring bars, with the gaps inside them; *bars* has no step of its own."""
        first, stop, step = bars.indices(len(self))
        if step != 1:
            raise ValueError("bars: only neighbouring ones can be taken")
        if (first, stop) == (0, len(self)):
            return self
        gaps = slice(0, 0)
        if first < stop:  # a gap begins with a row and ends before another of the same bar
            begin, end = np.searchsorted(self.gap_start, (self.first_time[first], self.last_time[stop - 1]))
            gaps = slice(int(begin), int(end))
        taken: dict[str, Any] = {name: getattr(self, name)[first:stop] for name in (*COLUMNS, *MATRICES)}
        return self._with(gap_start=self.gap_start[gaps], gap_end=self.gap_end[gaps], **taken)

    def _with(self, **changes: Any) -> "Bars":
        """Return these bars with *changes*, which are right: a check takes longer than all else."""
        bars = object.__new__(Bars)
        for name in Bars.__slots__:
            object.__setattr__(bars, name, changes[name] if name in changes else getattr(self, name))
        return bars

    @property
    def end(self) -> _Ints:
        """The last time that each bar can hold."""
        return self.start + self.step

    @property
    def reach(self) -> _Ints:
        """How much of the time before its start each bar's rows cover, ms."""
        return np.maximum(self.start - (self.opening_time - self.opening_interval), 0)

    @property
    def covered(self) -> _Ints:
        """How much of each bar's own time its rows cover, ms."""
        return self.weight - self.reach

    def as_finer(self, step: int) -> "Bars":
        """Return the same bars under the name of a shorter *step*, ms, of which theirs is a multiple."""
        return self._with(step=step)

    def inside(self, start: int, end: int) -> "Bars":
        """Return the bars that lie in (start, end] as a whole."""
        first, stop = np.searchsorted(self.start, (start, end - self.step + 1))
        return self[int(first) : max(int(first), int(stop))]

    @classmethod
    def none(cls, step: int) -> "Bars":
        """Return bars of *step* ms without any."""
        return _none(step)

    @classmethod
    def concat(cls, parts: Sequence["Bars"]) -> "Bars":
        """
        Return the bars of *parts*, one part after the other.

        Raises:
            ValueError: there is no part, steps differ, or a part begins before the end of the one before.
        """
        if len({part.step for part in parts}) != 1:
            raise ValueError("bars: parts must have one step")
        exchanges = tuple(dict.fromkeys(name for part in parts for name in part.exchange_names))
        intervals, interval_weight = join_intervals([(part.intervals, part.interval_weight) for part in parts])
        joined: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in (*COLUMNS, "origin_weight", "origin_count", "gap_start", "gap_end")
        }
        for name in ("exchange_weight", "exchange_count"):
            _, joined[name] = join_columns([(part.exchange_names, getattr(part, name)) for part in parts], exchanges)
        return cls(
            step=parts[0].step,
            intervals=intervals,
            exchange_names=exchanges,
            interval_weight=interval_weight,
            **joined,
        )


@cache
def _none(step: int) -> Bars:
    columns: dict[str, Any] = {name: np.empty(0, dtype) for name, dtype in COLUMNS.items()}
    for name, width in matrix_widths((), OWN_EXCHANGE).items():
        columns[name] = np.empty((0, width), np.int64)
    gaps = np.empty(0, np.int64)
    return Bars(step=step, intervals=(), exchange_names=OWN_EXCHANGE, gap_start=gaps, gap_end=gaps, **columns)


def matrix_widths(intervals: tuple[int, ...], exchange_names: tuple[str, ...]) -> dict[str, int]:
    """Return for each of MATRICES how many columns it has in bars of these intervals and exchanges."""
    origins = dict.fromkeys(("origin_weight", "origin_count"), len(Origin))
    exchanges = dict.fromkeys(("exchange_weight", "exchange_count"), len(exchange_names))
    return {**origins, "interval_weight": len(intervals), **exchanges}


MATRICES = tuple(matrix_widths((), ()))
# Columns with one number a bar, with their types; a copy of bars in a file holds these, the matrices and the rest.
COLUMNS: dict[str, type[np.int64] | type[np.float64]] = {
    field.name: np.float64 if field.type is _Floats else np.int64
    for field in fields(Bars)
    if field.type in (_Ints, _Floats) and field.name not in (*MATRICES, "gap_start", "gap_end")
}
