"""
Merges neighbouring bars on a coarser grid.

Imports only numpy and plain standard library.
"""

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars


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
    raise NotImplementedError
