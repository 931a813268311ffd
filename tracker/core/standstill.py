"""
Finds markets that stopped trading but whose exchanges go on answering their last price.

Such a market would rank as the calmest. An exchange that states it is believed, see ``stops_at``; else the rows of
several markets decide, see ``unmoved_since``.
"""

from collections.abc import Iterable, Mapping

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
    result = {}
    for market, first in first_rows.items():
        if first is None:
            continue
        times = windows[market].ticks.time
        start, end = int(times[first]), int(times[-1])
        others = (other for other in windows if other.base == market.base and other != market)
        if any(_moved(windows[other].ticks, start, end) for other in others):
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


def _moved(ticks: Ticks, start: int, end: int) -> bool:
    """Return whether the price changed more than once after *start* and up to *end* (epoch ms)."""
    first, stop = np.searchsorted(ticks.time, (start, end), side="right")
    prices = ticks.price[max(0, first - 1) : stop]
    return int(np.count_nonzero(prices[1:] != prices[:-1])) >= _MOVES


def stops_at(outages: Iterable[Outage], time: int) -> dict[Market, Stop]:
    """Return what exchanges said about markets that were not traded at *time* (epoch ms), from *outages*."""
    stops: dict[Market, Stop] = {}
    for outage in outages:
        market, start, end, cause = outage.market, outage.start, outage.end, outage.cause
        if market is None or not start < time <= end + _LOGGED_WITHIN:
            continue
        text = cause if isinstance(cause, str) else cause_text(cause, market)
        word, _, words = text.partition(": ")
        if word == NOT_TRADED:
            stops[market] = Stop(start, words)
    return stops
