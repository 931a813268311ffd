"""
Which rows of a market were fetched later, as candles, instead of being polled.

Imports only numpy and plain standard library.
"""

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.ticks import Origin, Ticks

_Ints = NDArray[np.int64]
# Of each stretch without a gap: its first row or just before, where that row begins, its last, if it is backfilled.
_Stretches = tuple[_Ints, _Ints, _Ints, NDArray[np.bool_]]


def backfilled_rows(ticks: Ticks, cadence: int | None = None) -> NDArray[np.bool_]:
    """
    Return for each row whether it is a backfilled candle, or a simulated or replayed one longer than a live price.

    Args:
        ticks: rows of one market.
        cadence: ms that a live row of this market stands for; without it, the shortest interval among *ticks*.
    """
    shortest = ticks.interval.min(initial=np.iinfo(np.int64).max) if cadence is None else cadence
    is_played = (ticks.origin == Origin.REPLAY) | (ticks.origin == Origin.SIMULATED)
    is_long = is_played & (ticks.interval > shortest)
    result: NDArray[np.bool_] = (ticks.origin == Origin.BACKFILL) | is_long
    return result


def backfilled_bars(bars: Bars, cadence: int | None = None) -> NDArray[np.bool_]:
    """
    Return for each bar whether rows as ``backfilled_rows`` finds them make up most of its weight.

    *cadence* as there; without it, the shortest interval among those of *bars*.
    """
    intervals = np.array(bars.intervals, dtype=np.int64)
    shortest = intervals.min(initial=np.iinfo(np.int64).max) if cadence is None else cadence
    played = bars.origin_weight[:, [Origin.REPLAY, Origin.SIMULATED]].sum(axis=1)
    is_long = np.minimum(played, bars.interval_weight[:, intervals > shortest].sum(axis=1))
    result: NDArray[np.bool_] = 2 * (bars.origin_weight[:, Origin.BACKFILL] + is_long) > bars.weight
    return result


def backfilled_periods(window: AnyWindow, cadence: int | None = None) -> list[tuple[int, int]]:
    """
    Return the periods (from, to] of *window*, epoch ms, whose prices are backfilled, oldest first; gaps are left out.

    A bar counts as a whole, see ``backfilled_bars``. *cadence* as for ``backfilled_rows``.
    """
    shortest = min(window.interval_weights, default=0) if cadence is None else cadence
    stretches = [
        _bar_stretches(part, shortest) if isinstance(part, Bars) else _row_stretches(part, shortest)
        for part in parts_of(window)
    ]
    first, begin, end, is_backfilled = (np.concatenate(column) for column in zip(*stretches, strict=True))
    if not is_backfilled.any():
        return []
    follows_gap = np.zeros(first.size + 1, dtype=bool)
    follows_gap[np.searchsorted(first, [until for _, until in window.gaps], side="right")] = True
    joins_previous = np.zeros(first.size + 1, dtype=bool)
    joins_previous[1:-1] = is_backfilled[1:] & is_backfilled[:-1] & ~follows_gap[1:-1]
    opening = np.flatnonzero(is_backfilled & ~joins_previous[:-1])
    closing = np.flatnonzero(is_backfilled & ~joins_previous[1:])
    starts = np.maximum(begin[opening], window.start)
    return list(zip(starts.tolist(), end[closing].tolist(), strict=True))


def _row_stretches(ticks: Ticks, cadence: int) -> _Stretches:
    return ticks.time, ticks.time - ticks.interval, ticks.time, backfilled_rows(ticks, cadence)


def _bar_stretches(bars: Bars, cadence: int) -> _Stretches:
    """Return what the gaps inside of bars leave of them."""
    first = np.concatenate((bars.first_time, bars.gap_end + 1))
    begin = np.concatenate((bars.first_time - bars.first_interval, bars.gap_end))
    order = np.argsort(first)
    is_backfilled = backfilled_bars(bars, cadence)[np.searchsorted(bars.first_time, first[order], side="right") - 1]
    end = np.sort(np.concatenate((bars.last_time, bars.gap_start)))
    return first[order], begin[order], end, is_backfilled
