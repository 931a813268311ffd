"""
All chosen markets in one chart: each one's change since the start, and its distance from the crowd.

For drawing only. Imports only numpy and plain standard library.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.downsampling import ChartPoints, bucket_width, downsample
from tracker.core.market import Market
from tracker.core.window import Window

FREE = 0.06  # of the range of values, above and below
_NONE: Mapping[Market, int | None] = {}


@dataclass(frozen=True, slots=True, eq=False)
class RebasedSeries:
    """
    One market's line: when, and how many percent, or percentage points; nan in gaps.

    Attributes:
        points: where, and what was backfilled; their prices are not drawn.
        values: float64, as many.
    """

    points: ChartPoints
    values: NDArray[np.float64]

    @property
    def last(self) -> float:
        """The newest value; nan if there is none."""
        there = self.values[np.isfinite(self.values)]
        return float(there[-1]) if there.size else float("nan")


def scale(lines: Mapping[Market, RebasedSeries]) -> tuple[float, float]:
    """What the axis shows: all values and zero, with some room; -1 to 1 without any."""
    values = np.concatenate([line.values[np.isfinite(line.values)] for line in lines.values()] or [np.empty(0)])
    if not values.size:
        return -1.0, 1.0
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    room = FREE * (high - low) or 0.01
    return low - room, high + room


def has_start(window: Window) -> bool:
    """Whether there is a price at the start of *window* to measure from."""
    return bool(window.count) and not (window.gaps and window.gaps[0][0] <= window.start)


def rebased_changes(
    windows: Mapping[Market, Window], cadences: Mapping[Market, int | None] = _NONE
) -> dict[Market, RebasedSeries]:
    """
    Percent since the first price of each window; those without a price at the start are left out.

    *cadences*, ms, are those of live prices, see ``thin``.
    """
    found = {}
    for market, window in windows.items():
        if has_start(window):
            points = downsample(window, cadence=cadences.get(market))
            found[market] = RebasedSeries(points, 100 * (points.price / window.ticks.price[0] - 1))
    return found


def deviation_from_mean(
    windows: Mapping[Market, Window], cadences: Mapping[Market, int | None] = _NONE, buckets: int = 300
) -> dict[Market, RebasedSeries]:
    """
    How many percentage points each market's change is from the average of all that have a price then.

    At the ends of round stretches of time, by the last price that stood then.
    """
    taken = {market: window for market, window in windows.items() if has_start(window)}
    if not taken:
        return {}
    start, end = next((window.start, window.end) for window in taken.values())
    width = bucket_width(end - start, buckets)
    grid = np.append(np.arange((start // width + 1) * width, end, width), end)
    each = {market: _at(window, grid, cadences.get(market)) for market, window in taken.items()}
    together = np.vstack([values for values, _ in each.values()])
    there = np.isfinite(together).sum(axis=0)
    crowd = np.where(there > 0, np.nansum(together, axis=0) / np.maximum(there, 1), np.nan)
    return {
        market: RebasedSeries(ChartPoints(grid, values, late), values - crowd)
        for market, (values, late) in each.items()
    }


def _at(window: Window, grid: NDArray[np.int64], cadence: int | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The change in percent at each time of *grid*, nan in gaps; and whether that price was backfilled."""
    ticks = window.ticks
    place = np.searchsorted(ticks.time, grid, side="right") - 1
    known = np.maximum(place, 0)
    values = 100 * (ticks.price[known] / ticks.price[0] - 1)
    values[place < 0] = 0.0  # before the first price's own time ends; has_start says that it stands
    for start, end in window.gaps:
        values[(grid > start) & (grid <= end)] = np.nan
    thinned = downsample(window, cadence=cadence)
    late = thinned.backfilled[np.minimum(np.searchsorted(thinned.time, grid), len(thinned) - 1)]
    return values, late
