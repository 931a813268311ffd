"""
Reduces a window to the points that a chart can show, by M4 aggregation; gaps are kept.

M4 keeps the first, last, lowest and highest point of each bucket of time (Jugel et al., VLDB 2014, "M4: A
Visualization-Oriented Time Series Data Aggregation"). The points on both sides of a gap are kept as well, or else the
line would break from one kept point to the next, which may be a whole bucket. For drawing only: statistics use all
rows.

Imports only numpy and plain standard library.
"""

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.line_points import ChartPoints, line_points

_BREAK = 500  # ms between a row and the nan that follows it
_GAPS = 2  # within a bucket that are drawn at their own length; a bucket is about two pixels wide
# The round durations that a bucket may have, in milliseconds.
WIDTHS = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 4, 6, 12)),
)


def with_context(
    inner: ChartPoints, outer: ChartPoints, start: int, end: int, gaps: list[tuple[int, int]]
) -> ChartPoints:
    """
    Return *inner*, which shows (start, end], with the points of *outer* before and after it.

    So a chart that is panned shows something at once. *gaps* are those of the longer time:
    *outer* has one break for several gaps that lie close together, of which *inner* may show one.
    """
    inside, outside = np.isfinite(inner.price), np.isfinite(outer.price)
    before, after = outside & (outer.time <= start), outside & (outer.time > end)
    parts = ((outer, before), (inner, inside), (outer, after))
    return _with_breaks(ChartPoints.concat([points[kept] for points, kept in parts]), gaps)


def bucket_width(span: int, buckets: int) -> int:
    """Return the shortest round duration (ms) of which at most *buckets* fill *span*; above 12 h whole days."""
    for width in WIDTHS:
        if span <= width * buckets:
            return width
    return -(-span // (buckets * DAY)) * DAY


def downsample(
    window: AnyWindow, buckets: int = 400, cadence: int | None = None, closes_from: int | None = None
) -> ChartPoints:
    """
    Return the first, last, lowest and highest point of each bucket of time, and a nan in each gap between rows.

    The points on both sides of a gap are kept too, so that the line breaks from one to the other and no longer. Of the
    gaps within one bucket, these are the two longest: so thousands of gaps add at most four points a bucket, and
    where there are more than two, some of the others are drawn as one break, shorter than the bucket.

    Buckets are anchored at the epoch and their width depends on the span alone. So when a row
    arrives or the window moves on, what was drawn stays, except in the bucket that is cut by the
    window's start and the one that is still filling (and once, when the points outgrow 2 x *buckets*:
    up to that many nothing is dropped). The extremes and the last row are always there.

    Args:
        window: the rows, or bars of them.
        buckets: about how many, at least 1, e.g. one for every two pixels.
        cadence: ms that a live row of this market stands for; without it, the shortest interval in the window.
        closes_from: ms; a candle as long or longer is drawn by its close alone. Without it, a bucket.

    Returns:
        At most 8 points a bucket and a nan before each; every one is of a row, a candle or a bar of the window.

    Raises:
        ValueError: *buckets* is below 1.
    """
    if buckets < 1:
        raise ValueError(f"downsample: {buckets} buckets, expected at least 1")
    if cadence is None:  # of all rows: those kept may all be candles
        cadence = min(window.interval_weights, default=0)
    width = bucket_width(window.span, buckets)
    points = line_points(parts_of(window), cadence, width if closes_from is None else closes_from)
    if len(points) > 2 * buckets:
        bucket = (points.time - 1) // width  # (n * width, (n + 1) * width]
        keep = _m4(points.price, bucket)
        keep[_beside_gaps(points.time, window.gaps, bucket)] = True
        points = points[keep]
    return _with_breaks(points, window.gaps)


def _with_breaks(points: ChartPoints, gaps: list[tuple[int, int]]) -> ChartPoints:
    """Return *points* with a nan in each gap between two."""
    # Near the row before the gap, so that it does not move with the window, but far enough that the
    # two differ in the single precision of charts.
    breaks = np.array([start + max(1, min(_BREAK, (end - start) // 2)) for start, end in gaps], dtype=np.int64)
    places = np.searchsorted(points.time, breaks)
    # Breaks before the first and after the last point have no effect; one between two is enough.
    is_needed = (places > 0) & (places < len(points)) & (np.diff(places, prepend=-1) > 0)
    places = places[is_needed]
    return ChartPoints(
        np.insert(points.time, places, breaks[is_needed]),
        np.insert(points.price, places, np.nan),
        np.insert(points.backfilled, places, points.backfilled[places]),
    )


def _m4(price: NDArray[np.float64], bucket: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which points are the first, last, lowest or highest of their *bucket*."""
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    keep = np.zeros(price.size, dtype=bool)
    keep[first] = True
    keep[np.append(first[1:], price.size) - 1] = True
    size = np.diff(np.append(first, price.size))
    for extreme in (np.minimum, np.maximum):
        rows = np.flatnonzero(price == np.repeat(extreme.reduceat(price, first), size))
        # The earliest of equal ones, so that a later one does not move what is drawn.
        keep[rows[np.diff(bucket[rows], prepend=bucket[0] - 1) > 0]] = True
    return keep


def _beside_gaps(time: NDArray[np.int64], gaps: list[tuple[int, int]], bucket: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the points before and after the longest _GAPS gaps within each *bucket*; M4 keeps those of all others."""
    after = np.searchsorted(time, np.array([start for start, _ in gaps], dtype=np.int64), side="right")
    after = after[(after > 0) & (after < time.size)]
    after = after[bucket[after - 1] == bucket[after]]
    after = after[np.lexsort((time[after - 1] - time[after], bucket[after]))]  # stable: the earliest of equal ones
    rank = np.arange(after.size) - np.searchsorted(bucket[after], bucket[after])
    after = after[rank < _GAPS]
    return np.concatenate((after - 1, after))
