"""
Makes bars of a market's rows.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import POINTS, Bars
from tracker.core.grouped import Groups
from tracker.core.ticks import Origin, Ticks
from tracker.core.time_cover import cover, opening_rows
from tracker.core.weight_columns import interval_columns
from tracker.core.window import GAP_FACTOR

_Ints = NDArray[np.int64]


def make_bars(ticks: Ticks, step: int) -> Bars:
    """
    Return the bars of *ticks* on the grid of *step* ms: one for each part of the grid that has rows.

    Args:
        ticks: rows of one market; of several for one time one is kept, see ``Ticks.in_order``. They should be all
            rows of each bar that is used.
        step: ms, above 0.

    Raises:
        ValueError: *step* is not above 0.
    """
    if step <= 0:
        raise ValueError(f"bars: step {step} ms, expected above 0")
    rows = ticks.in_order()
    return make_bars_of_runs(rows, (rows.time - 1) // step, step)


def make_one_bar(rows: Ticks, step: int) -> Bars:
    """Return all *rows* of one market, in order, as one bar, which may be longer than *step* (ms) says."""
    return make_bars_of_runs(rows, np.repeat((rows.time[:1] - 1) // step, len(rows)), step)


def make_bars_of_runs(rows: Ticks, key: NDArray[np.int64], step: int) -> Bars:
    """
    Return a bar for each run of *rows* with one *key*, although its rows may lie outside of what the step says.

    Args:
        rows: of one market, in order.
        key: of each row, ascending; key * step is the start of its bar.
        step: ms, above 0.
    """
    if not len(rows):
        return Bars.none(step)
    groups = Groups(key)
    covered = _covered(rows, groups)
    intervals, columns = interval_columns(rows.interval)
    weight, ones = covered.weight, np.ones(len(rows), np.int64)
    changed = groups.last_where(np.diff(rows.price, prepend=rows.price[0]) != 0)
    return Bars(
        step=step,
        start=groups.key[groups.first] * step,
        count=groups.size,
        **_ends(rows, groups),
        opening_time=rows.time[covered.opening],
        opening_interval=rows.interval[covered.opening],
        **_extremes(rows, groups),
        **_spread(rows, groups, weight),
        **_grid_returns(rows, groups, covered.gap_start),
        changed_time=rows.time[changed],
        changed_count=groups.last - changed + 1,
        origin_weight=groups.by_code(weight, rows.origin, len(Origin)),
        origin_count=groups.by_code(ones, rows.origin, len(Origin)),
        intervals=intervals,
        interval_weight=groups.by_code(weight, columns, len(intervals)),
        exchange_names=rows.exchange_names,
        exchange_weight=groups.by_code(weight, rows.exchange, len(rows.exchange_names)),
        exchange_count=groups.by_code(ones, rows.exchange, len(rows.exchange_names)),
        gap_start=covered.gap_start,
        gap_end=covered.gap_end,
    )


@dataclass(frozen=True, slots=True)
class _Covered:
    """What time the rows of each group cover, and where there are gaps between them."""

    weight: _Ints  # of each row
    opening: NDArray[np.intp]  # of each group, the row that opens its first covered stretch
    gap_start: _Ints
    gap_end: _Ints


def _covered(rows: Ticks, groups: Groups) -> _Covered:
    """Return what the rows cover, each group as if there were no other."""
    opens = rows.time - rows.interval
    is_first = np.zeros(len(rows), dtype=bool)
    is_first[groups.first] = True
    if bool((is_first[1:] | (opens[1:] >= rows.time[:-1])).all()):
        weight = rows.interval
        is_head = is_first.copy()
        is_head[1:] |= opens[1:] > rows.time[:-1]
        heads = np.flatnonzero(is_head)
        before = rows.time[heads - 1]
    else:
        # Groups are moved apart, so that no row meets one of another group.
        overlap = rows.time[groups.last[:-1]] + 1 - np.minimum.reduceat(opens, groups.first)[1:]
        moved = np.concatenate(([0], np.cumsum(np.maximum(overlap, 0))))[groups.of]
        shares, (starts, ends) = cover(rows.time + moved, rows.interval)
        weight = shares.astype(np.int64)
        heads = opening_rows(rows.time + moved, rows.interval, starts)
        before = np.roll(ends, 1) - moved[heads]
    leads = np.diff(groups.of[heads], prepend=-1) != 0  # opens its group, so no gap lies before it
    is_gap = ~leads & (rows.time[heads] - before > GAP_FACTOR * rows.interval[heads])
    return _Covered(weight, heads[leads], before[is_gap], opens[heads[is_gap]])


def _ends(rows: Ticks, groups: Groups) -> dict[str, Any]:
    """Return the columns of the first and the last row."""
    columns: dict[str, Any] = {}
    for word, row in (("first", groups.first), ("last", groups.last)):
        columns[f"{word}_time"] = rows.time[row]
        columns[f"{word}_price"] = rows.price[row]
        columns[f"{word}_interval"] = rows.interval[row]
    return columns


def _extremes(rows: Ticks, groups: Groups) -> dict[str, Any]:
    """Return the columns of lowest and highest prices, and the largest fall."""
    low, low_row = groups.lowest(rows.lows())
    high, high_row = groups.highest(rows.highs())
    fall = 1 - rows.price / groups.running_maximum(rows.price)
    return {
        "open": rows.firsts()[groups.first],
        "low": low,
        "low_time": rows.time[low_row],
        "high": high,
        "high_time": rows.time[high_row],
        "candle_count": groups.total(rows.has_candle().astype(np.int64)),
        "lowest": np.minimum.reduceat(rows.price, groups.first),
        "highest": np.maximum.reduceat(rows.price, groups.first),
        "drawdown": np.maximum.reduceat(fall, groups.first),
    }


def _spread(rows: Ticks, groups: Groups, weight: _Ints) -> dict[str, Any]:
    """Return the columns of weights and of the prices' distances from their mean."""
    total = groups.total(weight)
    distance = rows.price - rows.price[groups.first][groups.of]  # so that equal prices are exactly 0 apart
    mean = groups.total(weight * distance) / total
    return {
        "weight": total,
        "weight_squared": groups.total(weight.astype(np.float64) ** 2),
        "mean_distance": mean,
        "m2": groups.total(weight * (distance - mean[groups.of]) ** 2),
    }


def _grid_returns(rows: Ticks, groups: Groups, gap_start: _Ints) -> dict[str, Any]:
    """Return the columns of log returns between multiples of POINTS; *gap_start* of the gaps inside the bars."""
    begin = -(-rows.time[groups.first] // POINTS)
    number = np.maximum(rows.time[groups.last] // POINTS - begin + 1, 0)
    stop = np.cumsum(number)
    bar = np.repeat(np.arange(number.size), number)
    times = (begin[bar] + np.arange(bar.size) - (stop - number)[bar]) * POINTS
    row = np.searchsorted(rows.time, times, side="right") - 1
    # A gap holds no row, so one that starts after a time's last row starts between the two.
    has_gap = np.searchsorted(gap_start, times) > np.searchsorted(gap_start, rows.time[row])
    price = np.where(has_gap, np.nan, rows.price[row])
    returns = np.diff(np.log(price))
    joined = (bar[1:] == bar[:-1]) & ~np.isnan(returns)
    of = bar[1:][joined]
    first = np.full(number.size, np.nan)
    last = first.copy()
    has = number > 0
    first[has] = price[(stop - number)[has]]
    last[has] = price[stop[has] - 1]
    return {
        "returns": np.bincount(of, minlength=number.size).astype(np.int64),
        "squared_returns": groups.total_at(of, returns[joined] ** 2),
        "first_point": first,
        "last_point": last,
    }
