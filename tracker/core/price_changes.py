"""
When a market's price last changed, looking back from its newest rows.

Imports only numpy and plain standard library.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, BarWindow

_Part = tuple[NDArray[np.int64], NDArray[np.float64]]  # times and prices of rows


def last_run(window: AnyWindow) -> tuple[int, int]:
    """Return the time (epoch ms) of the first of the last rows of one price, and their number; 0, 0 without rows."""
    if not window.count:
        return 0, 0
    if isinstance(window, BarWindow):
        return int(window.total.changed_time[0]), int(window.total.changed_count[0])
    since = change_time(window, 1, window.last_time) or window.first_time
    return since, window.count - int(np.searchsorted(window.ticks.time, since))


def change_time(window: AnyWindow, count: int, end: int) -> int | None:
    """
    Return when (epoch ms) the price has changed for the last time up to *end*, or *count* changes before.

    Of a market that moves, few rows are looked at. None if there are fewer changes up to *end*.
    """
    later_time, later_price = np.empty(0, np.int64), np.empty(0)
    for times, prices in _parts_back(window, end):
        if not times.size:
            continue
        changes = np.flatnonzero(np.diff(np.append(prices, later_price)))
        if changes.size >= count:
            return int(np.append(times, later_time)[changes[-count] + 1])
        count -= changes.size
        later_time, later_price = times[:1], prices[:1]
    return None


def _parts_back(window: AnyWindow, end: int) -> Iterator[_Part]:
    """Yield the rows up to *end*, the newest part first."""
    if isinstance(window, BarWindow):
        yield from window.parts_back(end)
        return
    stop, size = int(np.searchsorted(window.ticks.time, end, side="right")), 256
    while stop:
        first = max(0, stop - size)
        yield window.ticks.time[first:stop], window.ticks.price[first:stop]
        stop, size = first, 8 * size
