"""
Finds markets that stopped trading but whose exchanges go on answering their last price.

Such a market would rank as the calmest. An exchange that states it is believed, see ``stops_of``; else the rows of
several markets decide, see ``unmoved_since``.
"""

from collections.abc import Iterable, Mapping
from functools import cache

from tracker.core.bar_window import AnyWindow
from tracker.core.cause_text import NOT_TRADED, cause_text
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Outage, Stop
from tracker.core.price_changes import change_time, last_run

UNMOVED_AFTER = 30 * MINUTE  # ms; a market without trades for some minutes at night is normal
UNMOVED_ROWS = 10  # the fewest rows without a change, so that one slow cadence is not taken for a standstill
MOVES = 2  # changes of another market; after one, the market itself may be about to change, as hourly prices do
_LOGGED_WITHIN = 2 * MINUTE  # ms by which the end of an ongoing stop in the outage log may lag behind


def unmoved_since(windows: Mapping[Market, AnyWindow], after: int = UNMOVED_AFTER) -> dict[Market, int]:
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
        """Return since when (epoch ms) the price has changed MOVES times up to *end*; 0 if it has not."""
        return change_time(windows[market], MOVES, end) or 0

    result = {}
    for market, window in windows.items():
        start, rows = last_run(window)
        if rows < UNMOVED_ROWS or window.last_time - start < after:
            continue
        end = window.last_time
        others = (other for other in windows if other.base == market.base and other != market)
        if any(moved_at(other, end) > start for other in others):
            result[market] = start
    return result


def stops_of(outages: Iterable[Outage], windows: Mapping[Market, AnyWindow]) -> dict[Market, Stop]:
    """Return what exchanges stated about markets that were not traded at their last price, from *outages*."""
    last_times = {market: window.last_time for market, window in windows.items() if window.count}
    stops: dict[Market, Stop] = {}
    for start, end, market, cause in outages:
        if market is None:
            continue
        # The words first, as a long log has thousands of other lines.
        word, _, words = (cause if isinstance(cause, str) else cause_text(cause, market)).partition(": ")
        if word == NOT_TRADED and start < last_times.get(market, 0) <= end + _LOGGED_WITHIN:
            stops[market] = Stop(start, words)
    return stops
