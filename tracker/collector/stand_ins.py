"""Decides when a stand-in is polled: only while the exchanges named before it have no price."""

from collections.abc import Iterable, Mapping

from tracker.collector.client.listings import Listings
from tracker.collector.early_polls import EarlyPolls
from tracker.collector.poll_groups import PollGroup
from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.runtime.clock import Clock

STALE_SLOTS = 3  # slots without a price after which the next exchange is asked


class StandIns:
    """
    Remembers when each exchange last had a price of each market.

    Args:
        clock: of the slots.
        early: viewers' requests for stand-ins.
        listings: of the exchanges, by name; a market that one is known not to offer has no price of it.
    """

    def __init__(self, clock: Clock, early: EarlyPolls, listings: Mapping[str, Listings]) -> None:
        self._clock = clock
        self._early = early
        self._listings = listings
        self._last_price_at: dict[tuple[Market, str], float] = {}  # monotonic seconds, by market and exchange

    def begin(self, feeds: Mapping[Market, Feed], added: Iterable[Market]) -> None:
        """Wait for prices of *feeds* from now on, where none of an exchange was waited for before or in *added*."""
        now, added = self._clock.monotonic(), set(added)
        for market, feed in feeds.items():
            for key in ((market, name) for name in feed.exchanges):
                if market in added or key not in self._last_price_at:
                    self._last_price_at[key] = now

    def record(self, name: str, markets: Iterable[Market]) -> None:
        """Record that exchange *name* has just had a price of *markets*."""
        now = self._clock.monotonic()
        self._last_price_at.update({(market, name): now for market in markets})

    def needs(self, group: PollGroup, feed: Feed) -> bool:
        """Return whether *group* is to poll *feed* now; one of its own exchange always is."""
        if not group.stand_in:
            return True
        preferred = feed.exchanges[: feed.exchanges.index(group.stand_in)]
        return all(self._is_stale(feed, name) for name in preferred)

    def _is_stale(self, feed: Feed, name: str) -> bool:
        if self._listings[name].is_missing(feed.market):
            return True
        last = self._last_price_at[feed.market, name]
        is_early = name == feed.market.exchange and last <= self._early.stand_ins_from
        return is_early or (self._clock.monotonic() - last) * 1000 >= STALE_SLOTS * feed.interval
