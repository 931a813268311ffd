"""
Series for comparing markets in one chart: change since the start, and deviation from the mean change.

For drawing only. Imports only numpy and plain standard library.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow
from tracker.core.downsampling import bucket_width, downsample
from tracker.core.line_points import ChartPoints
from tracker.core.market import Market

MARGIN = 0.06  # of the range of values, above and below
LEAST_RANGE = 0.02  # percent; in a smaller one, lines that are alike would show the rounding of floats
_NONE: Mapping[Market, int | None] = {}


@dataclass(frozen=True, slots=True, eq=False)
class RebasedSeries:
    """
    One market's line in percent, or percentage points; nan in gaps.

    Attributes:
        points: the times, and which are backfilled; their prices are not drawn.
        values: float64, one for each point.
    """

    points: ChartPoints
    values: NDArray[np.float64]

    @property
    def last(self) -> float:
        """The newest value; nan if there is none."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite[-1]) if finite.size else float("nan")

    def begin_at(self, start: int) -> "RebasedSeries":
        """
        Return the line with its first value at *start*, epoch ms, and none of its others up to then.

        For an axis that begins a pixel after the line. A line that breaks in that pixel stays as it is.
        """
        time, cut = self.points.time, int(np.searchsorted(self.points.time, start, side="right"))
        if not cut or not np.isfinite(self.values[:cut]).all():
            return self
        kept = np.append(0, np.arange(cut, time.size))
        points = ChartPoints(np.maximum(time[kept], start), self.points.price[kept], self.points.backfilled[kept])
        return RebasedSeries(points, self.values[kept])


def scale(lines: Mapping[Market, RebasedSeries]) -> tuple[float, float]:
    """Return the range of the axis: all values and zero, with a margin, LEAST_RANGE or more; -1 to 1 without any."""
    values = np.concatenate([line.values[np.isfinite(line.values)] for line in lines.values()] or [np.empty(0)])
    if not values.size:
        return -1.0, 1.0
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    margin = max(MARGIN * (high - low), (LEAST_RANGE - (high - low)) / 2)
    return low - margin, high + margin


def has_start(window: AnyWindow) -> bool:
    """Return whether there is a price at the start of *window* to measure from."""
    return bool(window.count) and not (window.gaps and window.gaps[0][0] <= window.start)


def rebased_changes(
    windows: Mapping[Market, AnyWindow], cadences: Mapping[Market, int | None] = _NONE
) -> dict[Market, RebasedSeries]:
    """
    Return the change in percent since the first price of each window; without a price at the start it is left out.

    Args:
        windows: of one span.
        cadences: ms, of live prices; see ``downsample``.
    """
    series = {}
    for market, window in windows.items():
        if has_start(window):
            points = downsample(window, cadence=cadences.get(market))
            series[market] = RebasedSeries(points, 100 * (points.price / window.first_price - 1))
    return series


def deviation_from_mean(
    windows: Mapping[Market, AnyWindow], cadences: Mapping[Market, int | None] = _NONE, buckets: int = 300
) -> dict[Market, RebasedSeries]:
    """
    Return by how many percentage points each market's change differs from the mean of all.

    Sampled at the ends of round periods, by the price valid at that time; markets without one do not count. A line
    has points only where its market has another price than at the point before: drawn at every period, the line of
    prices that come more rarely would be a staircase.

    Args:
        windows: of one span.
        cadences: ms, of live prices; see ``downsample``.
        buckets: about how many periods.
    """
    comparable = {market: window for market, window in windows.items() if has_start(window)}
    if not comparable:
        return {}
    start, end = next((window.start, window.end) for window in comparable.values())
    width = bucket_width(end - start, buckets)
    grid = np.append(np.arange((start // width + 1) * width, end, width), end)
    samples = {market: _sample(window, grid, cadences.get(market)) for market, window in comparable.items()}
    changes = np.vstack([values for values, _ in samples.values()])
    counts = np.isfinite(changes).sum(axis=0)
    mean = np.where(counts > 0, np.nansum(changes, axis=0) / np.maximum(counts, 1), np.nan)
    series = {}
    for market, (values, late) in samples.items():
        kept = _has_news(comparable[market], grid) | ~np.isfinite(values)
        points = ChartPoints(grid[kept], values[kept], late[kept])
        series[market] = RebasedSeries(points, (values - mean)[kept])
    return series


def _has_news(window: AnyWindow, grid: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return at which times of *grid* another row is the newest than at the time before; always at the first."""
    newest = np.where(grid < window.first_time, window.first_time - 1, window.last_rows(grid)[0])
    return np.diff(newest, prepend=newest[0] - 1) > 0


def _sample(
    window: AnyWindow, grid: NDArray[np.int64], cadence: int | None
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the change in percent at each time of *grid*, nan in gaps, and whether that price was backfilled."""
    values = 100 * (window.last_rows(grid)[1] / window.first_price - 1)  # before the first row its own: see has_start
    for start, end in window.gaps:
        values[(grid > start) & (grid <= end)] = np.nan
    points = downsample(window, cadence=cadence)
    late = points.backfilled[np.minimum(np.searchsorted(points.time, grid), len(points) - 1)]
    return values, late
