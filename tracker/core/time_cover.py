"""
Which row each moment counts for, where rows overlap.

Imports only numpy and plain standard library.
"""

import numpy as np
from numpy.typing import NDArray

Segments = tuple[NDArray[np.int64], NDArray[np.int64]]  # starts and ends, ascending, apart from each other


def cover(time: NDArray[np.int64], interval: NDArray[np.int64]) -> tuple[NDArray[np.float64], Segments]:
    """
    Return each row's weight, and the time that all rows cover together.

    A row covers (time - interval, time]. Time that several cover is that of the one with the shortest interval, and
    of equal ones of the earliest.

    Args:
        time: ascending, each once, ms.
        interval: above 0, ms.
    """
    opens = time - interval
    if bool((opens[1:] >= time[:-1]).all()):
        return interval.astype(np.float64), _joined(opens, time)
    weight = np.empty(time.size)
    covered: Segments = (opens[:0], opens[:0])
    for length in np.unique(interval):
        rows = np.flatnonzero(interval == length)
        to = time[rows]
        since = opens[rows]
        since[1:] = np.maximum(since[1:], to[:-1])
        weight[rows] = (to - since) - (_covered_before(covered, to) - _covered_before(covered, since))
        covered = _union(np.concatenate((covered[0], since)), np.concatenate((covered[1], to)))
    return weight, covered


def opening_rows(time: NDArray[np.int64], interval: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the row that opens each covered segment; of rows that begin together the first, which is the shortest."""
    opens = time - interval
    if bool((opens[1:] >= opens[:-1]).all()):
        return np.searchsorted(opens, starts)
    segment = np.searchsorted(starts, opens, side="right") - 1
    heads = np.flatnonzero(opens == starts[segment])
    return heads[np.unique(segment[heads], return_index=True)[1]]


def _union(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Segments:
    """Return the time in any of the segments (start, end]; those that touch are merged."""
    order = np.argsort(starts, kind="stable")
    return _joined(starts[order], np.maximum.accumulate(ends[order]))


def _joined(starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Segments:
    """Return the same as _union, of segments whose starts and ends both ascend."""
    first = np.ones(starts.size, dtype=bool)
    first[1:] = starts[1:] > ends[:-1]
    return starts[first], ends[np.roll(first, -1)]


def _covered_before(covered: Segments, until: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much of *covered* lies before each time; exact, as slopes are 0 or 1 and times below 2**53."""
    starts, ends = covered
    if not starts.size:
        return np.zeros(until.size)
    total = np.cumsum(ends - starts)
    knots = np.column_stack((starts, ends)).ravel()
    heights = np.column_stack((total - (ends - starts), total)).ravel()
    lengths: NDArray[np.float64] = np.interp(until, knots, heights)
    return lengths
