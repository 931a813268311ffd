"""Decides whether an exchange states that a market is not traded, although it answers a price."""

from collections.abc import Iterable, Mapping

from tracker.collector.client.client import Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus, Stop
from tracker.core.standstill import UNMOVED_ROWS


def stated_stops(
    feeds: Iterable[Feed],
    quotes: Quotes,
    listings: Listings,
    statuses: Mapping[Market, MarketStatus],
    now: int,
    after: int,
) -> dict[Market, Stop | None]:
    """
    Return what the exchange states about each of its markets in *quotes*; None: it is traded, or nothing is stated.

    Args:
        feeds: of markets that may be in *quotes*.
        quotes: one answer.
        listings: of the same exchange.
        statuses: of the markets, before this answer.
        now: epoch ms, by a clock that the exchanges confirm: the Date of this answer may be of a proxy.
        after: ms; a trade that is older, and older than UNMOVED_ROWS slots, is the last one.
    """
    stops: dict[Market, Stop | None] = {}
    for feed in feeds:
        market = feed.market
        if market not in quotes.prices or market not in statuses:
            continue
        word, traded_at, before = listings.state(market), quotes.traded_at.get(market), statuses[market].stop
        if word is None and before is not None:  # after a start, until the state is known
            word = before.words
        longest = max(after, UNMOVED_ROWS * feed.interval)
        if word and before is not None and before.words == word:
            stops[market] = before
        elif word:
            stops[market] = Stop(now if traded_at is None else traded_at, word)
        elif traded_at is not None and now - traded_at > longest:
            stops[market] = Stop(traded_at)
        else:
            stops[market] = None
    return stops
