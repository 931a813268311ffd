"""
A window -> the points that a chart can show, gaps kept.

For drawing only: statistics use all rows.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.ticks import Origin
from tracker.core.window import Window

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_BREAK = 500  # ms between a row and the nan that follows it
# The round durations that a bucket may have, in milliseconds.
WIDTHS = (
    *(n * _SECOND for n in (1, 2, 5, 10, 15, 30)),
    *(n * _MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 4, 6, 12)),
)


@dataclass(frozen=True, slots=True, eq=False)
class ChartPoints:
    """
    The points of one line, as columns of equal length, in time order.

    Attributes:
        time: int64, epoch milliseconds, UTC.
        price: float64; nan inside each gap, so that a line breaks there.
        backfilled: bool, whether the price was fetched later: its origin says so, or it is replayed
            or simulated and stands for longer than a live price does. A nan
            has what the row after it has.
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
    *inner*, which shows (start, end], and before and after it what *outer* has of a longer time.

    So a chart that is moved has something to show at once. *gaps* are those of the longer time:
    *outer* has one break for several gaps that lie close together, of which *inner* may show one.
    """
    near, far = np.isfinite(inner.price), np.isfinite(outer.price)
    before, after = far & (outer.time <= start), far & (outer.time > end)
    each = ((outer, before), (inner, near), (outer, after))
    time = np.concatenate([points.time[kept] for points, kept in each])
    price = np.concatenate([points.price[kept] for points, kept in each])
    backfilled = np.concatenate([points.backfilled[kept] for points, kept in each])
    return _broken(time, price, backfilled, gaps)


def bucket_width(span: int, buckets: int) -> int:
    """The shortest round duration, in ms, of which at most *buckets* fill *span*; above 12 h whole days."""
    for width in WIDTHS:
        if span <= width * buckets:
            return width
    return -(-span // (buckets * _DAY)) * _DAY


def downsample(window: Window, buckets: int = 400, cadence: int | None = None) -> ChartPoints:
    """
    The first, last, lowest and highest row of each bucket of time, and a nan in each gap between rows.

    Buckets are anchored at the epoch and their width depends on the span alone. So when a row
    arrives or the window moves on, what was drawn stays, except in the bucket that is cut by the
    window's start and the one that is still filling (and once, when the rows outgrow 2 x *buckets*:
    up to that many nothing is dropped). The extremes and the last row are always there.

    Args:
        buckets: about how many, at least 1, e.g. one for every two pixels.
        cadence: ms that a live row of this market stands for; without it, the shortest interval in the window.

    Returns:
        At most 4 rows a bucket and a nan before each; every row is one of the window's.

    Raises:
        ValueError: *buckets* is below 1.
    """
    if buckets < 1:
        raise ValueError(f"thin: {buckets} buckets, expected at least 1")
    ticks = window.ticks
    if len(ticks) > 2 * buckets:
        ticks = ticks[_corners(window, bucket_width(window.span, buckets))]
    # The shortest of a part that was zoomed to may be a candle's.
    shortest = window.ticks.interval.min(initial=np.iinfo(np.int64).max) if cadence is None else cadence
    polled_later = np.isin(ticks.origin, (Origin.REPLAY, Origin.SIMULATED)) & (ticks.interval > shortest)
    backfilled = (ticks.origin == Origin.BACKFILL) | polled_later
    return _broken(ticks.time, ticks.price, backfilled, window.gaps)


def _broken(
    time: NDArray[np.int64], price: NDArray[np.float64], backfilled: NDArray[np.bool_], gaps: list[tuple[int, int]]
) -> ChartPoints:
    """These points, and a nan between two where there is a gap."""
    # Near the row before the gap, so that it stays while the window moves, but not so near that
    # seconds in single precision, as charts have them, would make one moment of both.
    breaks = np.array([start + max(1, min(_BREAK, (end - start) // 2)) for start, end in gaps], dtype=np.int64)
    at = np.searchsorted(time, breaks)
    # Breaks before the first and after the last row would break no line; one between two rows is enough.
    inner = (at > 0) & (at < len(time)) & (np.diff(at, prepend=-1) > 0)
    at = at[inner]
    return ChartPoints(
        np.insert(time, at, breaks[inner]),
        np.insert(price, at, np.nan),
        np.insert(backfilled, at, backfilled[at]),
    )


def _corners(window: Window, width: int) -> NDArray[np.bool_]:
    """Which rows are the first, last, lowest or highest of their bucket, (n * width, (n + 1) * width]."""
    time, price = window.ticks.time, window.ticks.price
    bucket = (time - 1) // width
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    keep = np.zeros(time.size, dtype=bool)
    keep[first] = True
    keep[np.append(first[1:], time.size) - 1] = True
    size = np.diff(np.append(first, time.size))
    for extreme in (np.minimum, np.maximum):
        rows = np.flatnonzero(price == np.repeat(extreme.reduceat(price, first), size))
        # The earliest of equal ones: a later one must not move what is drawn.
        keep[rows[np.unique(bucket[rows], return_index=True)[1]]] = True
    return keep
