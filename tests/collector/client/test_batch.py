"""BatchPoller: finds the markets that make a whole request fail, without rejecting a sound one."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import FakeClock, FakeExchange, run
from tracker.collector.client.batch import PROBES, BatchPoller
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import RECHECK, Listings
from tracker.collector.client.response import Response
from tracker.core.errors import ExchangeError, Refused, Unreachable
from tracker.core.market import Market

MARKETS = [Market("fake", f"B{number:02}", "USD") for number in range(50)]


class World:
    """An exchange that refuses requests with one of *bad*, and all from number *outage* up to *recovery*."""

    def __init__(self, bad=(), outage=math.inf, recovery=math.inf, failure=None):
        self.bad = {market.slug for market in bad}
        self.outage, self.recovery = outage, recovery
        self.failure = failure or Refused("Unavailable")
        self.requested: list[list[str]] = []
        self.answered: set[Market] = set()
        clock = FakeClock()
        self.client = ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, self.http_get, clock)
        self.listings = Listings(self.client, clock)
        self.poller = BatchPoller(self.client, self.listings)

    async def http_get(self, url, headers):
        slugs = url.partition("?")[2].split(",")
        self.requested.append(slugs)
        if self.outage <= len(self.requested) < self.recovery:
            raise self.failure
        if self.bad & set(slugs):
            raise Refused("Unknown pair")
        return Response(dict.fromkeys(slugs, 1.0))

    async def on_quotes(self, quotes):
        self.answered |= quotes.prices.keys()

    def poll(self, markets=MARKETS):
        return run(self.poller.poll(markets, self.on_quotes))

    @property
    def rejected(self):
        return {market for market in MARKETS if self.listings.rejects(market)}


def test_a_sound_batch_takes_one_request():
    world = World()
    assert world.poll() == []
    assert (len(world.requested), world.answered) == (1, set(MARKETS))


@pytest.mark.parametrize("number", [1, 25, 49])
def test_one_bad_market_is_found_in_few_requests_and_the_others_get_their_prices(number):
    world = World(bad=[MARKETS[number]])
    assert world.poll() == [MARKETS[number]]
    assert world.answered == set(MARKETS) - {MARKETS[number]}
    assert world.rejected == {MARKETS[number]}
    assert len(world.requested) <= 4 + 2 * math.ceil(math.log2(len(MARKETS)))


@given(st.sets(st.integers(0, 49), max_size=12), st.integers(2, 50))
def test_all_bad_markets_are_found_and_no_other_is_rejected(numbers, size):
    polled = MARKETS[:size]
    bad = {MARKETS[number] for number in numbers if number < size}
    world = World(bad=bad)
    for _ in polled:  # the probe may be bad too; each poll chooses another
        try:
            assert set(world.poll(polled)) == bad
        except ExchangeError:
            continue
        break
    else:
        assert len(bad) == size
        return
    assert world.rejected == bad
    assert world.answered == set(polled) - bad


def test_an_outage_that_reads_like_a_refusal_takes_few_requests_and_rejects_no_market():
    world = World(outage=1)
    with pytest.raises(ExchangeError, match="Unavailable"):
        world.poll()
    assert len(world.requested) == 1 + PROBES
    assert world.rejected == set()


@given(st.sets(st.integers(0, 49), max_size=3), st.integers(1, 40), st.booleans())
def test_an_outage_that_begins_during_the_search_rejects_no_sound_market(numbers, outage, is_unreachable):
    world = World(
        [MARKETS[number] for number in numbers], outage, failure=Unreachable("no answer") if is_unreachable else None
    )
    try:
        world.poll()
    except ExchangeError:
        assert world.rejected == set()
    assert world.rejected <= {MARKETS[number] for number in numbers}


def test_no_market_is_rejected_once_the_sound_one_fails_as_well():
    world = World(bad=[MARKETS[1]], outage=3)  # whole, the other alone, both; then an outage
    with pytest.raises(ExchangeError, match="Unavailable"):
        world.poll(MARKETS[:2])
    assert (len(world.requested), world.rejected) == (4, set())


@given(st.integers(1, 49), st.integers(2, 10))
def test_one_request_refused_by_chance_rejects_no_sound_market(number, refused_request):
    world = World([MARKETS[number]], outage=refused_request, recovery=refused_request + 1)
    try:
        world.poll()
    except ExchangeError:
        assert world.rejected == set()
    assert world.rejected <= {MARKETS[number]}


def test_a_market_alone_in_its_batch_is_not_rejected_as_it_may_be_an_outage():
    world = World(bad=[MARKETS[0]])
    with pytest.raises(ExchangeError, match="Unknown pair"):
        world.poll(MARKETS[:1])
    assert (len(world.requested), world.rejected) == (1, set())


def test_a_rejected_market_is_retried_alone_and_accepted_once_it_has_a_price():
    world = World(bad=[MARKETS[3]])
    world.poll()

    async def retry():
        await world.poller.retry(MARKETS[3], world.on_quotes)
        return world.listings.rejects(MARKETS[3])

    assert run(retry())
    world.bad.clear()
    assert not run(retry())
    assert MARKETS[3] in world.answered


def test_an_outage_during_retries_leaves_a_market_rejected_and_its_retries_as_rare():
    world = World(bad=[MARKETS[3]])

    async def scenario():
        await world.poller.poll(MARKETS, world.on_quotes)
        world.outage, world.failure = 0, Unreachable("no answer within 8 s")
        for _ in range(3):
            await world.poller.retry(MARKETS[3], world.on_quotes)
        await world.listings._clock.sleep(4 * RECHECK)
        return world.listings.due_for_retry(MARKETS)

    assert run(scenario()) is None
    assert world.rejected == {MARKETS[3]}
    assert world.listings.reason(MARKETS[3]).words == "Unknown pair"


@pytest.mark.parametrize("count", [6, 12, 16])
def test_many_bad_markets_in_a_row_are_found_in_one_poll(count):
    world = World(bad=MARKETS[:count])
    assert set(world.poll()) == set(MARKETS[:count])
    assert world.answered == set(MARKETS[count:])
