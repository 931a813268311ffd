"""
Reduces a window to the points that a chart can show, by M4 aggregation; gaps are kept.

M4 keeps the first, last, lowest and highest row of each bucket of time (Jugel et al., VLDB 2014, "M4: A
Visualization-Oriented Time Series Data Aggregation"). The rows on both sides of a gap are kept as well, or else the
line would break from one kept row to the next, which may be a whole bucket. For drawing only: statistics use all rows.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.backfilled import backfilled_rows
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.window import Window

_BREAK = 500  # ms between a row and the nan that follows it
_GAPS = 2  # within a bucket that are drawn at their own length; a bucket is about two pixels wide
# The round durations that a bucket may have, in milliseconds.
WIDTHS = (
    *(n * SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * HOUR for n in (1, 2, 4, 6, 12)),
)


@dataclass(frozen=True, slots=True, eq=False)
class ChartPoints:
    """
    The points of one line, as columns of equal length, in time order.

    Attributes:
        time: int64, epoch milliseconds, UTC.
        price: float64; nan inside each gap, so that a line breaks there.
        backfilled: bool, whether the price was fetched later: by its origin, or because it is replayed
            or simulated with a longer interval than a live price. A nan has the value of the next row.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    backfilled: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.time.size)


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
    time = np.concatenate([points.time[kept] for points, kept in parts])
    price = np.concatenate([points.price[kept] for points, kept in parts])
    backfilled = np.concatenate([points.backfilled[kept] for points, kept in parts])
    return _with_breaks(time, price, backfilled, gaps)


def bucket_width(span: int, buckets: int) -> int:
    """Return the shortest round duration (ms) of which at most *buckets* fill *span*; above 12 h whole days."""
    for width in WIDTHS:
        if span <= width * buckets:
            return width
    return -(-span // (buckets * DAY)) * DAY


def downsample(window: Window, buckets: int = 400, cadence: int | None = None) -> ChartPoints:
    """
    Return the first, last, lowest and highest row of each bucket of time, and a nan in each gap between rows.

    The rows on both sides of a gap are kept too, so that the line breaks from one to the other and no longer. Of the
    gaps within one bucket, these are the two longest: so thousands of gaps add at most four rows a bucket, and
    where there are more than two, some of the others are drawn as one break, shorter than the bucket.

    Buckets are anchored at the epoch and their width depends on the span alone. So when a row
    arrives or the window moves on, what was drawn stays, except in the bucket that is cut by the
    window's start and the one that is still filling (and once, when the rows outgrow 2 x *buckets*:
    up to that many nothing is dropped). The extremes and the last row are always there.

    Args:
        window: the rows.
        buckets: about how many, at least 1, e.g. one for every two pixels.
        cadence: ms that a live row of this market stands for; without it, the shortest interval in the window.

    Returns:
        At most 8 rows a bucket and a nan before each; every row is one of the window's.

    Raises:
        ValueError: *buckets* is below 1.
    """
    if buckets < 1:
        raise ValueError(f"downsample: {buckets} buckets, expected at least 1")
    ticks = window.ticks
    if len(ticks) > 2 * buckets:
        bucket = (ticks.time - 1) // bucket_width(window.span, buckets)  # (n * width, (n + 1) * width]
        keep = _m4_rows(ticks.price, bucket)
        keep[_rows_beside_gaps(window, bucket)] = True
        ticks = ticks[keep]
    if cadence is None and window.count:
        cadence = int(window.ticks.interval.min())  # of all rows: those kept may all be candles
    return _with_breaks(ticks.time, ticks.price, backfilled_rows(ticks, cadence), window.gaps)


def _with_breaks(
    time: NDArray[np.int64], price: NDArray[np.float64], backfilled: NDArray[np.bool_], gaps: list[tuple[int, int]]
) -> ChartPoints:
    """Return these points with a nan in each gap between two."""
    # Near the row before the gap, so that it does not move with the window, but far enough that the
    # two differ in the single precision of charts.
    breaks = np.array([start + max(1, min(_BREAK, (end - start) // 2)) for start, end in gaps], dtype=np.int64)
    rows = np.searchsorted(time, breaks)
    # Breaks before the first and after the last row have no effect; one between two rows is enough.
    is_needed = (rows > 0) & (rows < len(time)) & (np.diff(rows, prepend=-1) > 0)
    rows = rows[is_needed]
    return ChartPoints(
        np.insert(time, rows, breaks[is_needed]),
        np.insert(price, rows, np.nan),
        np.insert(backfilled, rows, backfilled[rows]),
    )


def _m4_rows(price: NDArray[np.float64], bucket: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which rows are the first, last, lowest or highest of their *bucket*."""
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    keep = np.zeros(price.size, dtype=bool)
    keep[first] = True
    keep[np.append(first[1:], price.size) - 1] = True
    size = np.diff(np.append(first, price.size))
    for extreme in (np.minimum, np.maximum):
        rows = np.flatnonzero(price == np.repeat(extreme.reduceat(price, first), size))
        # The earliest of equal ones, so that a later one does not move what is drawn.
        keep[rows[np.unique(bucket[rows], return_index=True)[1]]] = True
    return keep


def _rows_beside_gaps(window: Window, bucket: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows before and after the longest _GAPS gaps within each *bucket*; M4 keeps those of all others."""
    time = window.ticks.time
    after = np.searchsorted(time, np.array([start for start, _ in window.gaps], dtype=np.int64), side="right")
    after = after[(after > 0) & (after < time.size)]
    after = after[bucket[after - 1] == bucket[after]]
    after = after[np.lexsort((time[after - 1] - time[after], bucket[after]))]  # stable: the earliest of equal ones
    rank = np.arange(after.size) - np.searchsorted(bucket[after], bucket[after])
    after = after[rank < _GAPS]
    return np.concatenate((after - 1, after))
