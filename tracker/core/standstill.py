"""
Finds markets that stopped trading but whose exchanges go on answering their last price.

Such a market would rank as the calmest. An exchange that states it is believed, see ``stops_of``; else the rows of
several markets decide, see ``unmoved_since``.
"""

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

from tracker.core.cause_text import NOT_TRADED, cause_text
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Outage, Stop
from tracker.core.ticks import Ticks
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
    first_rows = {market: _first_unmoved(window.ticks, after) for market, window in windows.items()}

    @cache  # while a whole exchange stands still, every market is compared with every other
    def moved_at(market: Market, end: int) -> int:
        return _moved_at(windows[market].ticks, end)

    result = {}
    for market, first in first_rows.items():
        if first is None:
            continue
        times = windows[market].ticks.time
        start, end = int(times[first]), int(times[-1])
        others = (other for other in windows if other.base == market.base and other != market)
        if any(moved_at(other, end) > start for other in others):
            result[market] = start
    return result


def _first_unmoved(ticks: Ticks, after: int) -> int | None:
    """Return the first of the last rows, all of one price, if they reach over *after* ms; else None."""
    if len(ticks) < UNMOVED_ROWS:
        return None
    last = ticks.price[-1]
    # The newest rows first: of a market that moves, no more are read.
    recent = max(0, min(int(np.searchsorted(ticks.time, ticks.time[-1] - after)), len(ticks) - UNMOVED_ROWS))
    if bool((ticks.price[recent:] != last).any()):
        return None
    other = np.flatnonzero(ticks.price[:recent] != last)
    first = int(other[-1]) + 1 if other.size else 0
    return first if ticks.time[-1] - ticks.time[first] >= after else None


def _moved_at(ticks: Ticks, end: int) -> int:
    """Return since when (epoch ms) the price has changed _MOVES times up to *end*; 0 if it has not."""
    stop, size = int(np.searchsorted(ticks.time, end, side="right")), 256
    while True:
        first = max(0, stop - size)
        prices = ticks.price[first:stop]
        changes = np.flatnonzero(prices[1:] != prices[:-1])
        if changes.size >= _MOVES:
            return int(ticks.time[first + 1 + changes[-_MOVES]])
        if not first:
            return 0
        size *= 8


def stops_of(outages: Iterable[Outage], windows: Mapping[Market, Window]) -> dict[Market, Stop]:
    """Return what exchanges stated about markets that were not traded at their last price, from *outages*."""
    last_times = {market: int(window.ticks.time[-1]) for market, window in windows.items() if window.count}
    stops: dict[Market, Stop] = {}
    for outage in outages:
        market, start, end, cause = outage.market, outage.start, outage.end, outage.cause
        if market not in last_times or not start < last_times[market] <= end + _LOGGED_WITHIN:
            continue
        text = cause if isinstance(cause, str) else cause_text(cause, market)
        word, _, words = text.partition(": ")
        if word == NOT_TRADED:
            stops[market] = Stop(start, words)
    return stops
