"""
Makes bars of a market's rows.

Imports only numpy and plain standard library.
"""

from tracker.core.bars import Bars
from tracker.core.ticks import Ticks


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
    raise NotImplementedError
