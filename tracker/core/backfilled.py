"""
Which rows of a market were fetched later, as candles, instead of being polled.

Imports only numpy and plain standard library.
"""

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window


def backfilled_rows(ticks: Ticks, cadence: int | None = None) -> NDArray[np.bool_]:
    """
    Return for each row whether it is a backfilled candle, or a simulated or replayed one longer than a live price.

    Args:
        ticks: rows of one market.
        cadence: ms that a live row of this market stands for; without it, the shortest interval among *ticks*.
    """
    shortest = ticks.interval.min(initial=np.iinfo(np.int64).max) if cadence is None else cadence
    is_long = np.isin(ticks.origin, (Origin.REPLAY, Origin.SIMULATED)) & (ticks.interval > shortest)
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


def backfilled_periods(window: Window, cadence: int | None = None) -> list[tuple[int, int]]:
    """
    Return the periods (from, to] of *window*, epoch ms, whose prices are backfilled, oldest first; gaps are left out.

    *cadence* as for ``backfilled_rows``.
    """
    ticks = window.ticks
    is_backfilled = backfilled_rows(ticks, cadence)
    if not is_backfilled.any():
        return []
    follows_gap = np.zeros(len(ticks) + 1, dtype=bool)
    follows_gap[np.searchsorted(ticks.time, [end for _, end in window.gaps], side="right")] = True
    joins_previous = np.zeros(len(ticks) + 1, dtype=bool)
    joins_previous[1:-1] = is_backfilled[1:] & is_backfilled[:-1] & ~follows_gap[1:-1]
    first = np.flatnonzero(is_backfilled & ~joins_previous[:-1])
    last = np.flatnonzero(is_backfilled & ~joins_previous[1:])
    starts = np.maximum(ticks.time[first] - ticks.interval[first], window.start)
    return list(zip(starts.tolist(), ticks.time[last].tolist(), strict=True))
