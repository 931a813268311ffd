"""
When prices of a market came from an exchange other than its own.

Imports only numpy and plain standard library.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, BarWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.ticks import Ticks

_Ints = NDArray[np.int64]


class StandIn(NamedTuple):
    """The prices of one exchange that stood in for the market's own."""

    rows: int
    periods: list[tuple[int, int]]  # (from, to], epoch ms, with its prices only; oldest first


class _Stretches(NamedTuple):
    """Neighbouring rows of one exchange each: where their time begins and ends, and the exchange, as a code."""

    begin: _Ints
    end: _Ints
    exchange: NDArray[np.int64]


def stand_ins(window: AnyWindow) -> dict[str, StandIn]:
    """
    Return the exchanges other than the market's own that prices of *window* came from, by name.

    Of bars with prices of several exchanges the rows are read.
    """
    counts = window.exchange_counts
    names = sorted(name for name in counts if name)
    if not names:
        return {}
    codes = {"": 0} | {name: number for number, name in enumerate(names, 1)}
    begin, end, exchange = (np.concatenate(column) for column in zip(*_stretches(window, codes), strict=True))
    return {name: StandIn(counts[name], _periods(window.start, begin, end, exchange == codes[name])) for name in names}


def _periods(start: int, begin: _Ints, end: _Ints, is_meant: NDArray[np.bool_]) -> list[tuple[int, int]]:
    borders = np.diff(is_meant.astype(np.int8), prepend=0, append=0)
    first, last = np.flatnonzero(borders == 1), np.flatnonzero(borders == -1) - 1
    return list(zip(np.maximum(begin[first], start).tolist(), end[last].tolist(), strict=True))


def _stretches(window: AnyWindow, codes: dict[str, int]) -> Iterator[_Stretches]:
    for part in parts_of(window):
        if isinstance(part, Bars) and isinstance(window, BarWindow):
            yield from _of_bars(window, part, codes)
        elif isinstance(part, Ticks):
            yield _of_rows(part, codes)


def _of_rows(ticks: Ticks, codes: dict[str, int]) -> _Stretches:
    code_of = np.array([codes.get(name, 0) for name in ticks.exchange_names])
    return _Stretches(ticks.time - ticks.interval, ticks.time, code_of[ticks.exchange])


def _of_bars(window: BarWindow, bars: Bars, codes: dict[str, int]) -> Iterator[_Stretches]:
    code_of = np.array([codes.get(name, 0) for name in bars.exchange_names])
    main = bars.exchange_count.argmax(axis=1)
    is_mixed = bars.exchange_count.max(axis=1, initial=0) < bars.count
    borders = np.flatnonzero(np.diff(is_mixed, prepend=False, append=False))
    for number, run in enumerate(np.split(np.arange(len(bars)), borders)):
        if number % 2:
            first, last = int(bars.first_time[run[0]]), int(bars.last_time[run[-1]])
            yield _of_rows(window.read(first - 1, last), codes)
        else:
            begin = bars.first_time[run] - bars.first_interval[run]
            yield _Stretches(begin, bars.last_time[run], code_of[main[run]])
