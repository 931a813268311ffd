"""
Finds markets that stopped trading but whose exchanges go on answering their last price.

Such a market would rank as the calmest. An exchange that states it is believed, see ``stops_of``; else the rows of
several markets decide, see ``unmoved_since``.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tracker.core.cause_text import NOT_TRADED, cause_text
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Outage, Stop
from tracker.core.window import Window

UNMOVED_AFTER = 30 * MINUTE  # ms; a market without trades for some minutes at night is normal
UNMOVED_ROWS = 10  # the fewest rows without a change, so that one slow cadence is not taken for a standstill
_MOVES = 2  # changes of another market; after one, the market itself may be about to change, as hourly prices do
_LOGGED_WITHIN = 2 * MINUTE  # ms by which the end of an ongoing stop in the outage log may lag behind


def unmoved_since(windows: Mapping[Market, Window], after: int = UNMOVED_AFTER) -> dict[Market, int]:
    """
    Return the markets whose last price has stood still while another market of the same base moved.

    A market is in it if its last rows, at least UNMOVED_ROWS of them over *after* or longer, all have one price, and
    if another market of its base changed more than once meanwhile. A single market of a base is never in it.

    Args:
        windows: of all markets that can be compared, whether they are to be ranked or not.
        after: ms.

    Returns:
        For each such market the time (epoch ms) of the first row with its last price.
    """

    @cache  # while a whole exchange stands still, every market is compared with every other
    def moved_at(market: Market, end: int) -> int:
        """Return since when (epoch ms) the price has changed _MOVES times up to *end*; 0 if it has not."""
        ticks = windows[market].ticks
        prices = ticks.price[: int(np.searchsorted(ticks.time, end, side="right"))]
        return int(ticks.time[row]) if (row := _last_change(prices, _MOVES)) else 0

    result = {}
    for market, window in windows.items():
        first, times = _last_change(window.ticks.price), window.ticks.time
        if times.size - first < UNMOVED_ROWS or times[-1] - times[first] < after:
            continue
        start, end = int(times[first]), int(times[-1])
        others = (other for other in windows if other.base == market.base and other != market)
        if any(moved_at(other, end) > start for other in others):
            result[market] = start
    return result


def _last_change(prices: NDArray[np.float64], count: int = 1) -> int:
    """Return the row of the last change, or of the one *count* changes from the end; 0 if there are fewer."""
    size = 256  # the newest rows first: of a market that moves, no more are read
    while True:
        first = max(0, prices.size - size)
        changes = np.flatnonzero(prices[first + 1 :] != prices[first:-1])
        if changes.size >= count:
            return first + 1 + int(changes[-count])
        if not first:
            return 0
        size *= 8


def stops_of(outages: Iterable[Outage], windows: Mapping[Market, Window]) -> dict[Market, Stop]:
    """Return what exchanges stated about markets that were not traded at their last price, from *outages*."""
    last_times = {market: int(window.ticks.time[-1]) for market, window in windows.items() if window.count}
    stops: dict[Market, Stop] = {}
    for start, end, market, cause in outages:
        if market is None:
            continue
        # The words first, as a long log has thousands of other lines.
        word, _, words = (cause if isinstance(cause, str) else cause_text(cause, market)).partition(": ")
        if word == NOT_TRADED and start < last_times.get(market, 0) <= end + _LOGGED_WITHIN:
            stops[market] = Stop(start, words)
    return stops
