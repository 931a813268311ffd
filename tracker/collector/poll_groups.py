"""Groups markets into requests, as many in one as the exchange allows."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks


@dataclass(frozen=True, eq=False)
class PollGroup:
    """Feeds that one request polls; the exchange is their own, or stands in for it."""

    client: ExchangeClient
    feeds: Sequence[Feed]
    batch: BatchPoller
    stand_in: str = ""  # the client's exchange if it stands in, else empty
    answered: dict[Market, int] = field(default_factory=dict)  # number of the last slot polled with a response
    unverified: asyncio.Queue[Mapping[Market, Ticks]] = field(default_factory=asyncio.Queue)  # rows to be verified

    @property
    def markets(self) -> list[Market]:
        return [feed.market for feed in self.feeds]

    def pending(self, feeds: Sequence[Feed], now: int) -> list[Feed]:
        """Return *feeds*, which have no price yet, and those with a new slot since (*now* in epoch ms)."""
        due = [feed for feed in self.feeds if self.answered.get(feed.market) != now // feed.interval]
        return list(dict.fromkeys([*feeds, *due]))

    def rows(self, prices: Mapping[Market, float], now: int, origin: Origin | None) -> dict[Market, Ticks]:
        """Return the row of each price that came at *now* (epoch ms), with the time of its slot."""
        intervals = {feed.market: feed.interval for feed in self.feeds}
        return {
            market: Ticks.of(
                [now // intervals[market] * intervals[market]],
                [price],
                intervals[market],
                Origin.LIVE if origin is None else origin,
                self.stand_in,
            )
            for market, price in prices.items()
        }


def poll_groups(
    feeds: Iterable[Feed], clients: Mapping[str, ExchangeClient], listings: Mapping[str, Listings]
) -> list[PollGroup]:
    """Group every exchange's own markets, and those it stands in for, into as few requests as possible."""
    feeds = list(feeds)
    groups = []
    for name, client in clients.items():
        own_feeds = [feed for feed in feeds if feed.market.exchange == name]
        stand_in_feeds = [feed for feed in feeds if name in feed.stand_ins]
        size = client.exchange.MAX_BATCH
        for members, stand_in in ((own_feeds, ""), (stand_in_feeds, name)):
            groups += [
                PollGroup(client, members[first : first + size], BatchPoller(client, listings[name]), stand_in)
                for first in range(0, len(members), size)
            ]
    return groups
