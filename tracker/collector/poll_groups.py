"""Groups markets into requests, as many in one as the exchange allows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.feeds import Feeds
from tracker.collector.schedule import Feed
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks


@dataclass(eq=False)
class PollGroup:
    """
    Markets that one request polls; the exchange is their own, or stands in for it.

    Its markets may change at any time. The answer to a request under way counts for the markets that were asked for,
    whichever group they belong to by then.
    """

    client: ExchangeClient
    markets: Sequence[Market]  # none: the group has ended
    batch: BatchPoller
    all_feeds: Feeds
    stand_in: str = ""  # the client's exchange if it stands in, else empty
    # Start of the last slot polled with a response, epoch ms; shared by all groups of the exchange.
    answered: dict[Market, int] = field(default_factory=dict)
    waiting: Sequence[Feed] = ()  # that the poll under way, or the wait after one that failed, has no price for yet

    def feeds(self) -> list[Feed]:
        """Return the feeds as they are now."""
        return [self.all_feeds[market] for market in self.markets]

    def pending(self, now: int) -> list[Feed]:
        """Return the feeds that wait for a price, and those with a new slot since (*now* in epoch ms)."""
        current = {feed.market: feed for feed in self.feeds()}
        waiting = [current[feed.market] for feed in self.waiting if feed.market in current]
        due = [feed for market, feed in current.items() if self.answered.get(market) != feed.slot(now)]
        return list(dict.fromkeys([*waiting, *due]))

    def release(self, markets: Iterable[Market]) -> None:
        """Let *markets* be due again in the present slot."""
        for market in markets:
            self.answered.pop(market, None)

    def rows(self, prices: Mapping[Market, float], now: int, origin: Origin | None) -> dict[Market, Ticks]:
        """Return the row of each price that came at *now* (epoch ms), with the time of its slot."""
        return {
            market: Ticks.of(
                [feed.slot(now)],
                [price],
                feed.interval,
                Origin.LIVE if origin is None else origin,
                self.stand_in,
            )
            for market, price in prices.items()
            for feed in (self.all_feeds[market],)
        }


def poll_groups(
    feeds: Feeds,
    clients: Mapping[str, ExchangeClient],
    listings: Mapping[str, Listings],
    former: Sequence[PollGroup] = (),
) -> list[PollGroup]:
    """
    Group every exchange's own markets, and those it stands in for, into as few requests as possible.

    Groups of *former* go on, with other markets where that has changed, as long as their client is in use; the others
    end.
    """
    answered = {group.client.name: group.answered for group in former}
    groups = []
    for name, client in clients.items():
        own_markets = [market for market in feeds if market.exchange == name]
        stand_in_markets = [market for market in feeds if name in feeds[market].stand_ins]
        size = client.exchange.MAX_BATCH
        for members, stand_in in ((own_markets, ""), (stand_in_markets, name)):
            kept = (group for group in former if group.client is client and group.stand_in == stand_in)
            for first in range(0, len(members), size):
                markets = members[first : first + size]
                group = next(kept, None)
                if group is None:
                    slots = answered.setdefault(name, {})
                    group = PollGroup(client, markets, BatchPoller(client, listings[name]), feeds, stand_in, slots)
                group.markets = markets
                groups.append(group)
    for group in set(former).difference(groups):
        group.markets = ()
    return groups
