"""The feeds that are collected now, which change while the collector runs."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.runtime.clock import Clock


class Feeds(Mapping[Market, Feed]):
    """
    The feeds by market, in the order of the settings.

    A changed cadence holds from the next slot of its own grid on; the one before goes on until then, so that no time is
    left without a price. The feed of a market that is no longer collected can still be read, as answers and checks that
    are under way need it; it is not among the markets.

    Args:
        clock: of the slots.
        on_cadence: called with a feed when its cadence begins to hold.
    """

    def __init__(self, clock: Clock, on_cadence: Callable[[Feed], None] = lambda feed: None) -> None:
        self._clock = clock
        self._on_cadence = on_cadence
        self._markets: dict[Market, None] = {}  # those that are collected, in order
        self._feeds: dict[Market, Feed] = {}  # with former ones
        self._next: dict[Market, Feed] = {}  # that follow once ``until`` of the present feed has come
        self._next_at: int | None = None  # epoch ms of the first ``until``

    def change(self, feeds: Iterable[Feed]) -> set[Market]:
        """Collect *feeds* from now on; return the markets that were not collected before."""
        self._switch()
        before, now = set(self._markets), self._clock.now()
        self._markets, self._next = {}, {}
        for feed in feeds:
            market, present = feed.market, self._feeds.get(feed.market)
            self._markets[market] = None
            if market in before and present is not None and present.interval != feed.interval:
                self._next[market] = feed
                feed = replace(feed, interval=present.interval, until=feed.next_slot(now))
            self._feeds[market] = feed
        self._find_next()
        return self._markets.keys() - before

    def of_exchange(self, name: str) -> list[Feed]:
        """Return the feeds of the markets of exchange *name*."""
        return [self[market] for market in self._markets if market.exchange == name]

    def __getitem__(self, market: Market) -> Feed:
        self._switch()
        return self._feeds[market]

    def __iter__(self) -> Iterator[Market]:
        return iter(self._markets)

    def __len__(self) -> int:
        return len(self._markets)

    def __contains__(self, market: object) -> bool:
        return market in self._markets

    def _switch(self) -> None:
        """Let the cadences hold whose first slot has begun."""
        if self._next_at is None or (now := self._clock.now()) < self._next_at:
            return
        begun = {market: feed for market, feed in self._next.items() if now >= (self._feeds[market].until or 0)}
        self._feeds.update(begun)
        self._next = {market: feed for market, feed in self._next.items() if market not in begun}
        self._find_next()
        for feed in begun.values():
            self._on_cadence(feed)

    def _find_next(self) -> None:
        self._next_at = min((self._feeds[market].until or 0 for market in self._next), default=None)
