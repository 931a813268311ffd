"""
Which origins and exchanges the prices of a window are of.

Imports only numpy and plain standard library.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

_Periods: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]  # begins, ends, which


def origin_counts(window: AnyWindow) -> dict[Origin, int]:
    """Return the number of rows of each origin that has any."""
    if isinstance(window, Window):
        counts = np.bincount(window.ticks.origin, minlength=len(Origin))
    else:
        counts = window.total.origin_count.sum(axis=0)
    return {origin: int(counts[origin]) for origin in Origin if counts[origin]}


def exchange_counts(window: AnyWindow) -> dict[str, int]:
    """Return the number of rows of each exchange that has any; ``""`` is the market's own."""
    if isinstance(window, Window):
        names = window.ticks.exchange_names
        counts = np.bincount(window.ticks.exchange, minlength=len(names))
    else:
        names, counts = window.total.exchange_names, window.total.exchange_count.sum(axis=0)
    return {name: int(count) for name, count in zip(names, counts.tolist(), strict=True) if count}


def stand_in_periods(window: AnyWindow, exchange: str) -> list[tuple[int, int]]:
    """
    Return the times (from, to], epoch ms, with prices of *exchange* only, oldest first.

    A bar counts as a whole if any of its time is of *exchange*.
    """
    columns = [
        _bar_periods(part, exchange) if isinstance(part, Bars) else _row_periods(part, exchange)
        for part in parts_of(window)
    ]
    begins, ends, is_of = (np.concatenate(column) for column in zip(*columns, strict=True))
    marks = np.concatenate(([False], is_of, [False])).astype(np.int8)
    first, last = np.flatnonzero(np.diff(marks) == 1), np.flatnonzero(np.diff(marks) == -1) - 1
    return list(zip(np.maximum(begins[first], window.start).tolist(), ends[last].tolist(), strict=True))


def _row_periods(ticks: Ticks, exchange: str) -> _Periods:
    is_of = ticks.stand_ins().get(exchange, np.zeros(len(ticks), dtype=bool))
    return ticks.time - ticks.interval, ticks.time, is_of


def _bar_periods(bars: Bars, exchange: str) -> _Periods:
    if exchange not in bars.exchange_names:
        return bars.start, bars.end, np.zeros(len(bars), dtype=bool)
    return bars.start, bars.end, bars.exchange_weight[:, bars.exchange_names.index(exchange)] > 0
