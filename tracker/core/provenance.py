"""
How much of a window's time its prices cover by origin and by exchange.

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


def origin_weights(window: AnyWindow) -> dict[Origin, float]:
    """Return the ms that prices of each origin stand for; of origins that have any."""
    if isinstance(window, Window):
        sums = np.bincount(window.ticks.origin, weights=window.weight, minlength=len(Origin))
    else:
        sums = window.total.origin_weight.sum(axis=0)
    return {origin: float(sums[origin]) for origin in Origin if sums[origin]}


def exchange_weights(window: AnyWindow) -> dict[str, float]:
    """Return the ms that prices of each exchange stand for, of exchanges that have any; ``""`` is the market's own."""
    if isinstance(window, Window):
        names = window.ticks.exchange_names
        sums = np.bincount(window.ticks.exchange, weights=window.weight, minlength=len(names))
    else:
        names, sums = window.total.exchange_names, window.total.exchange_weight.sum(axis=0)
    return {name: float(weight) for name, weight in zip(names, sums.tolist(), strict=True) if weight}


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
