"""Lanes: markets share requests, and the one that fails the whole request is groups without blaming another."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, run
from tracker.collector.client.batch import PROBES, BatchPoller
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.http import Response
from tracker.collector.client.listings import RECHECK, Listings
from tracker.collector.poll_groups import poll_groups
from tracker.collector.schedule import Feed
from tracker.core.errors import ExchangeError, Refused, Unreachable
from tracker.core.market import Market

MANY = [Market("fake", f"B{number:02}", "USD") for number in range(50)]


class World:
    """One exchange that refuses a request with one of *bad* in it, and any from request *outage* on until *well*."""

    def __init__(self, bad=(), outage=math.inf, well=math.inf, failure=None):
        self.bad = {market.slug for market in bad}
        self.outage, self.well = outage, well
        self.failure = failure or Refused("Unavailable")
        self.asked: list[list[str]] = []
        self.answered: set[Market] = set()
        clock = FakeClock()
        self.client = ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, self.fetch, clock)
        self.listings = Listings(self.client, clock)
        self.poller = BatchPoller(self.client, self.listings)

    async def fetch(self, url, headers):
        slugs = url.partition("?")[2].split(",")
        self.asked.append(slugs)
        if self.outage <= len(self.asked) < self.well:
            raise self.failure
        if self.bad & set(slugs):
            raise Refused("Unknown pair")
        return Response(dict.fromkeys(slugs, 1.0))

    async def on_quotes(self, quotes):
        self.answered |= quotes.prices.keys()

    def poll(self, markets=MANY):
        return run(self.poller.poll(markets, self.on_quotes))

    @property
    def rejected(self):
        return {market for market in MANY if self.listings.rejects(market)}


def test_what_is_answered_costs_one_request():
    world = World()
    assert world.poll() == []
    assert (len(world.asked), world.answered) == (1, set(MANY))


@pytest.mark.parametrize("number", [1, 25, 49])
def test_one_bad_market_is_found_with_few_requests_and_the_others_get_their_prices(number):
    world = World(bad=[MANY[number]])
    assert world.poll() == [MANY[number]]
    assert world.answered == set(MANY) - {MANY[number]}
    assert world.rejected == {MANY[number]}
    assert len(world.asked) <= 4 + 2 * math.ceil(math.log2(len(MANY)))


@settings(deadline=None)  # a busy machine is not a fault
@given(st.sets(st.integers(0, 49), max_size=12), st.integers(2, 50))
def test_all_bad_markets_are_found_and_nobody_else_is_blamed(numbers, size):
    some = MANY[:size]
    bad = {MANY[number] for number in numbers if number < size}
    world = World(bad=bad)
    for _ in some:  # the one that is asked alone may be bad, too: each time it is another
        try:
            assert set(world.poll(some)) == bad
        except ExchangeError:
            continue
        break
    else:
        assert len(bad) == size
        return
    assert world.rejected == bad
    assert world.answered == set(some) - bad


def test_an_outage_that_sounds_like_a_refusal_costs_few_requests_and_blames_nobody():
    world = World(outage=1)
    with pytest.raises(ExchangeError, match="Unavailable"):
        world.poll()
    assert len(world.asked) == 1 + PROBES
    assert world.rejected == set()


@settings(deadline=None)  # a busy machine is not a fault
@given(st.sets(st.integers(0, 49), max_size=3), st.integers(1, 40), st.booleans())
def test_an_outage_that_begins_while_a_bad_market_is_looked_for_blames_nobody(numbers, begins, hangs):
    world = World([MANY[number] for number in numbers], begins, failure=Unreachable("no answer") if hangs else None)
    try:
        world.poll()
    except ExchangeError:
        assert world.rejected == set()
    assert world.rejected <= {MANY[number] for number in numbers}


def test_nobody_is_blamed_when_the_other_market_is_no_longer_answered_either():
    world = World(bad=[MANY[1]], outage=3)  # whole, the other alone, both; then an outage
    with pytest.raises(ExchangeError, match="Unavailable"):
        world.poll(MANY[:2])
    assert (len(world.asked), world.rejected) == (4, set())


@settings(deadline=None)  # a busy machine is not a fault
@given(st.integers(1, 49), st.integers(2, 10))
def test_one_request_that_is_refused_by_chance_blames_nobody(number, chance):
    world = World([MANY[number]], outage=chance, well=chance + 1)
    try:
        world.poll()
    except ExchangeError:
        assert world.rejected == set()
    assert world.rejected <= {MANY[number]}


def test_a_market_alone_in_its_batch_is_not_rejected_since_nobody_tells_it_from_an_outage():
    world = World(bad=[MANY[0]])
    with pytest.raises(ExchangeError, match="Unknown pair"):
        world.poll(MANY[:1])
    assert (len(world.asked), world.rejected) == (1, set())


def test_one_that_was_rejected_is_asked_for_alone_and_back_when_it_is_answered():
    world = World(bad=[MANY[3]])
    world.poll()

    async def retry():
        await world.poller.retry(MANY[3], world.on_quotes)
        return world.listings.rejects(MANY[3])

    assert run(retry())
    world.bad.clear()
    assert not run(retry())
    assert MANY[3] in world.answered


def test_one_that_was_rejected_stays_so_when_the_exchange_is_away_and_is_tried_as_rarely():
    world = World(bad=[MANY[3]])

    async def story():
        await world.poller.poll(MANY, world.on_quotes)
        world.outage, world.failure = 0, Unreachable("no answer within 8 s")
        for _ in range(3):
            await world.poller.retry(MANY[3], world.on_quotes)
        await world.listings._clock.sleep(4 * RECHECK)
        return world.listings.due_for_retry(MANY)

    assert run(story()) is None
    assert world.rejected == {MANY[3]}
    assert world.listings.reason(MANY[3]).words == "Unknown pair"


@pytest.mark.parametrize("count", [6, 12, 16])
def test_many_bad_markets_in_a_row_cost_no_second_try(count):
    world = World(bad=MANY[:count])
    assert set(world.poll()) == set(MANY[:count])
    assert world.answered == set(MANY[count:])


def test_markets_share_requests_up_to_what_one_can_hold_and_stand_ins_have_their_own():
    world = World()
    world.client.exchange.MAX_BATCH = 20
    feeds = [Feed(market, 10_000) for market in MANY]
    feeds += [Feed(Market("kraken", "BTC", quote), 10_000, ("fake",)) for quote in ("EUR", "USD")]
    groups = poll_groups(feeds, {"fake": world.client}, {"fake": world.listings})
    assert [(len(group.feeds), group.stand_in) for group in groups] == [(20, ""), (20, ""), (10, ""), (2, "fake")]
    assert [market for group in groups[:3] for market in group.markets] == MANY


def test_who_waits_is_joined_by_those_whose_slot_has_come_meanwhile():
    world = World()
    eur, usd = Feed(EUR, 10_000), Feed(USD, 60_000)
    [group] = poll_groups([eur, usd], {"fake": world.client}, {"fake": world.listings})
    group.answered.update({EUR: 0, USD: 0})
    assert group.pending([eur], 9_000) == [eur]
    assert group.pending([eur], 59_000) == [eur]
    assert group.pending([eur], 60_000) == [eur, usd]
