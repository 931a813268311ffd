"""
Merges neighbouring bars on a coarser grid.

Imports only numpy and plain standard library.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import MATRICES, POINTS, Bars
from tracker.core.grouped import Groups
from tracker.core.window import GAP_FACTOR

_SUMS = ("count", "candle_count", "weight", "weight_squared", *MATRICES)


def overlapping(bars: Bars) -> NDArray[np.bool_]:
    """
    Return which bars have rows whose time overlaps that of rows of another bar.

    Such bars do not merge with each other: their rows share time, which only the rows themselves can divide. Each
    run of them is to be made from its rows in one piece. Both sides are marked, so a run holds all that overlap.
    """
    opens = bars.opening_time - bars.opening_interval
    marked = np.zeros(len(bars), dtype=bool)
    if len(bars) > 1:
        marked[1:] = opens[1:] < bars.last_time[:-1]
        marked[:-1] |= np.minimum.accumulate(opens[:0:-1])[::-1] < bars.last_time[:-1]
    return marked


def gaps_between(
    opening_time: NDArray[np.int64], opening_interval: NDArray[np.int64], last_time: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether there is a gap before each bar: of what opens them, and the last row of the bar before each."""
    return opening_time - last_time > GAP_FACTOR * opening_interval


def merge_bars(bars: Bars, step: int) -> Bars:
    """
    Return the bars of the coarser grid of *step* ms, as if made of the rows themselves.

    Counts, times, prices, weights, gaps and drawdown are exactly those of ``make_bars``, other sums to 1e-9.

    Args:
        bars: all bars of each coarser one that is used.
        step: ms, a multiple of that of *bars*.

    Raises:
        ValueError: *step* is not such a multiple, or bars that would merge overlap, see ``overlapping``.
    """
    if step <= 0 or step % bars.step:
        raise ValueError(f"bars: {step} ms is not a multiple of their step, {bars.step} ms")
    if step == bars.step:
        return bars
    if not len(bars):
        return Bars.none(step)
    groups = Groups(bars.start // step)
    joined = groups.of[1:] == groups.of[:-1]  # whether each bar but the first belongs to the same as the one before
    opens = bars.opening_time - bars.opening_interval
    if bool((joined & (opens[1:] < bars.last_time[:-1])).any()):
        raise ValueError("bars: some overlap; these have to be made from their rows in one piece")
    first = groups.first
    has_gap = gaps_between(bars.opening_time[1:], bars.opening_interval[1:], bars.last_time[:-1])
    between = np.flatnonzero(joined & has_gap)
    gap_start = np.concatenate((bars.gap_start, bars.last_time[between]))
    order = np.argsort(gap_start, kind="stable")
    return Bars(
        step=step,
        start=groups.key[first] * step,
        **{name: groups.total(getattr(bars, name)) for name in _SUMS},
        **_ends(bars, groups),
        **_extremes(bars, groups),
        **_moments(bars, groups),
        **_grid_returns(bars, groups, has_gap),
        **_last_run(bars, groups),
        intervals=bars.intervals,
        exchange_names=bars.exchange_names,
        gap_start=gap_start[order],
        gap_end=np.concatenate((bars.gap_end, opens[between + 1]))[order],
    )


def _ends(bars: Bars, groups: Groups) -> dict[str, Any]:
    """Return the columns that are those of the first or the last bar."""
    columns: dict[str, Any] = {}
    for name in ("first_time", "first_price", "first_interval", "opening_time", "opening_interval", "open"):
        columns[name] = getattr(bars, name)[groups.first]
    for name in ("last_time", "last_price", "last_interval"):
        columns[name] = getattr(bars, name)[groups.last]
    return columns


def _extremes(bars: Bars, groups: Groups) -> dict[str, Any]:
    """Return the columns of lowest and highest prices, and the largest fall."""
    low, low_bar = groups.lowest(bars.low)
    high, high_bar = groups.highest(bars.high)
    fall = bars.drawdown.copy()
    before = groups.running_maximum(bars.highest)[:-1]
    same = groups.of[1:] == groups.of[:-1]
    fall[1:][same] = np.maximum(fall[1:], 1 - bars.lowest[1:] / before)[same]
    return {
        "low": low,
        "low_time": bars.low_time[low_bar],
        "high": high,
        "high_time": bars.high_time[high_bar],
        "lowest": groups.lowest(bars.lowest)[0],
        "highest": groups.highest(bars.highest)[0],
        "drawdown": np.maximum.reduceat(fall, groups.first),
    }


def _moments(bars: Bars, groups: Groups) -> dict[str, Any]:
    """
    Return the columns of the prices' distances from their mean, by Chan's formula.

    https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance#Parallel_algorithm
    """
    distance = bars.first_price - bars.first_price[groups.first][groups.of] + bars.mean_distance
    mean = groups.total(bars.weight * distance) / groups.total(bars.weight)
    return {
        "mean_distance": mean,
        "m2": groups.total(bars.m2 + bars.weight * (distance - mean[groups.of]) ** 2),
    }


def _grid_returns(bars: Bars, groups: Groups, has_gap: NDArray[np.bool_]) -> dict[str, Any]:
    """
    Return the columns of log returns between multiples of POINTS.

    Between the last row of a bar and the first of the next, a multiple has the price of the former unless there is a
    gap. So the points of a bar alternate with those that follow it; either may be none.
    """
    size, same = len(bars), groups.of[1:] == groups.of[:-1]
    begin, end = -(-bars.first_time // POINTS), bars.last_time // POINTS
    number = np.where(same, begin[1:] - end[:-1] - 1, 0)  # of points between a bar and the next
    price = np.where(has_gap, np.nan, bars.last_price[:-1])
    is_there = np.zeros((size, 2), dtype=bool)
    is_there[:, 0], is_there[:-1, 1] = begin <= end, number > 0
    entry, leave = np.full((size, 2), np.nan), np.full((size, 2), np.nan)
    entry[:, 0], leave[:, 0] = bars.first_point, bars.last_point
    entry[:-1, 1] = leave[:-1, 1] = price
    part = np.flatnonzero(is_there)
    entry, leave, of = entry.ravel()[part], leave.ravel()[part], groups.of[part // 2]
    returns = np.log(entry[1:]) - np.log(leave[:-1])
    links = (of[1:] == of[:-1]) & ~np.isnan(returns)
    still = np.zeros(size, np.int64)  # returns between points after the same row, which are 0
    still[:-1] = np.where(has_gap, 0, np.maximum(number - 1, 0))
    counts = np.bincount(of[1:][links], minlength=groups.first.size)
    first, last = np.full(groups.first.size, np.nan), np.full(groups.first.size, np.nan)
    last[of] = leave  # of several the last is kept
    first[of[::-1]] = entry[::-1]
    return {
        "returns": groups.total(bars.returns + still) + counts,
        "squared_returns": groups.total(bars.squared_returns) + groups.total_at(of[1:][links], returns[links] ** 2),
        "first_point": first,
        "last_point": last,
    }


def _last_run(bars: Bars, groups: Groups) -> dict[str, Any]:
    """Return the columns of the last run of equal prices."""
    begins = bars.changed_time != bars.first_time  # a run begins inside the bar, or with it
    begins[1:] |= bars.first_price[1:] != bars.last_price[:-1]
    bar = groups.last_where(begins)
    rows = np.cumsum(bars.changed_count)
    return {
        "changed_time": bars.changed_time[bar],
        "changed_count": rows[groups.last] - rows[bar] + bars.changed_count[bar],
    }
