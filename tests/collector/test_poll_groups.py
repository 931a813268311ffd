"""Poll groups: markets share requests up to the largest batch, and stand-ins have requests of their own."""

import pytest

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.feeds import Feeds
from tracker.collector.poll_groups import poll_groups
from tracker.collector.schedule import Feed
from tracker.core.market import Market

MARKETS = [Market("fake", f"B{number:02}", "USD") for number in range(50)]


@pytest.fixture
def client():
    async def no_network(url, headers):
        raise AssertionError("no request is needed")

    return ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, no_network, FakeClock())


class StoppedClock(FakeClock):
    def now(self):
        return 0


def groups_of(feeds, client):
    all_feeds = Feeds(StoppedClock())
    all_feeds.change(feeds)
    return poll_groups(all_feeds, {"fake": client}, {"fake": Listings(client, FakeClock())})


def test_markets_share_requests_up_to_the_largest_batch_and_stand_ins_have_requests_of_their_own(client):
    client.exchange.MAX_BATCH = 20
    feeds = [Feed(market, 10_000) for market in MARKETS]
    feeds += [Feed(Market("kraken", "BTC", quote), 10_000, ("fake",)) for quote in ("EUR", "USD")]
    groups = groups_of(feeds, client)
    assert [(len(group.markets), group.stand_in) for group in groups] == [(20, ""), (20, ""), (10, ""), (2, "fake")]
    assert [market for group in groups[:3] for market in group.markets] == MARKETS


def test_waiting_feeds_are_joined_by_those_whose_slot_has_begun_meanwhile(client):
    eur, usd = Feed(EUR, 10_000), Feed(USD, 60_000)
    [group] = groups_of([eur, usd], client)
    group.answered.update({EUR: 0, USD: 0})
    group.waiting = [eur]
    assert group.pending(9_000) == [eur]
    assert group.pending(59_000) == [eur]
    assert group.pending(60_000) == [eur, usd]
