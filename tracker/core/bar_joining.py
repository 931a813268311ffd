"""
Joins all bars of a span, of whichever steps, to one.

Imports only numpy and plain standard library.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bar_merging import merge_bars, overlapping
from tracker.core.bars import Bars
from tracker.core.durations import DAY
from tracker.core.ticks import Ticks

WHOLE = DAY << 30  # ms; the bar of this step that begins with 1970 holds every row


def join_bars(bars: Bars, read: Callable[[int, int], Ticks]) -> Bars:
    """
    Return *bars* as one bar of step WHOLE; none if there are none.

    Args:
        bars: in time order, of one market. Some may be longer than their step says, as long as no two share a row.
        read: returns the rows with start < time <= end, of which bars that overlap are made anew, in one piece.
    """
    while (is_overlapping := overlapping(bars)).any():  # again only if rows changed meanwhile; each time fewer are left
        bars = _remake(bars, is_overlapping.astype(np.int8), read)
    return merge_bars(bars, WHOLE)


def _remake(bars: Bars, marks: np.ndarray[tuple[int], np.dtype[np.int8]], read: Callable[[int, int], Ticks]) -> Bars:
    """Return *bars* with each run of marked ones made of its rows as one bar."""
    borders = np.diff(marks, prepend=0, append=0)
    parts, done = [], 0
    for first, stop in zip(np.flatnonzero(borders == 1).tolist(), np.flatnonzero(borders == -1).tolist(), strict=True):
        rows = read(int(bars.first_time[first]) - 1, int(bars.last_time[stop - 1]))
        made = make_bars(rows, WHOLE)
        start = bars.start[first : first + len(made)]  # none if its rows were purged meanwhile
        parts += [bars[done:first], replace(made, step=bars.step, start=start)]
        done = stop
    return Bars.concat([*parts, bars[done:]])
