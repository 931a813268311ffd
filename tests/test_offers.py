"""Offers: an exchange is seldom asked what it has, anew after a failure, and not knowing costs nothing."""

from dataclasses import replace

from fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, refusal, run

from tracker.market import Market
from tracker.offers import AGE, Offers
from tracker.source import Source


def offers(respond=lambda path, now: {}, has=None):
    clock = FakeClock()
    exchange = FakeExchange()
    exchange.offers = has
    network = FakeNetwork(clock, respond)
    return Offers(Source("fake", exchange, FakeExchange.BASE_URL, network, clock), clock), network, clock


def test_it_is_asked_once_an_hour_and_after_a_failure():
    async def story():
        known, network, clock = offers()
        for wait in (0, 10, AGE):
            await clock.sleep(wait)
            await known.of([EUR])
        known.doubt()
        await known.of([EUR])
        return len(network.paths("/pairs"))

    assert run(story()) == 3


def test_a_market_of_another_exchange_is_found_by_its_pair():
    async def story():
        known, _, _ = offers(has={EUR})
        markets = [replace(market, exchange="kraken") for market in (EUR, USD)]
        return await known.of(markets), known.lacks(markets[1]), known.known

    assert run(story()) == ({Market("kraken", "BTC", "EUR")}, True, frozenset({EUR}))


def test_while_it_cannot_be_known_nothing_lacks():
    async def story():
        known, _, _ = offers(lambda path, now: refusal())
        return await known.of([EUR, USD]), known.lacks(EUR)

    assert run(story()) == ({EUR, USD}, False)
