"""Source: one answer read market by market where it must be, and every refusal heeded."""

import asyncio
import traceback

import pytest

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.core.quotes import Quote


class Strict(FakeExchange):
    """Reads as adapters do: a broken entry is left to raise."""

    def last_prices(self, body, markets):
        if "error" in body:
            raise RateLimited(body["error"], body["wait"]) if "wait" in body else Refused(body["error"])
        return {market: Quote(body[market.slug]["last"]) for market in markets if market.slug in body}


def ask(body, markets=(EUR, USD), exchange=None):
    """Quotes of one answer, and the Source that asked."""

    async def story():
        clock = FakeClock()
        client = ExchangeClient(
            "fake", exchange or Strict(), "http://fake", FakeNetwork(clock, lambda path, now: body), clock
        )
        try:
            return await client.last_prices(markets), client.rate_limiter.paused_for
        except ExchangeError as error:
            return error, client.rate_limiter.paused_for

    return run(story())


def good(price):
    return {"last": price}


@pytest.mark.parametrize(
    "broken",
    [
        *[None, "", 7, [], {}, {"last": None}, {"last": ""}, {"last": "0.00000000"}, {"last": -1.0}, {"last": True}],
        *[{"last": float("nan")}, {"last": float("inf")}, {"last": [1.0]}, {"last": 1e300}, {"last": 10**400}],
    ],
    ids=repr,
)
def test_a_broken_entry_costs_its_own_market_and_says_why(broken):
    quotes, _ = ask({"btceur": broken, "btcusd": good(110.0)})
    assert quotes.prices == {USD: 110.0}
    assert list(quotes.missing) == [EUR]
    assert quotes.missing[EUR].kind == "unreadable"


def test_a_market_that_the_answer_lacks_is_told_apart_from_a_price():
    quotes, _ = ask({"btcusd": good(110.0)})
    assert (quotes.prices, quotes.missing) == ({USD: 110.0}, {EUR: Failure("no_price", "fake")})


@pytest.mark.parametrize("body", [None, 7], ids=repr)
def test_an_answer_with_nothing_readable_in_it_is_one_error_that_quotes_it(body):
    error, _ = ask(body)
    assert isinstance(error, UnreadableAnswer)
    assert "fake answers something unknown" in str(error)


def test_a_refusal_is_not_read_again_for_each_market():
    reads = []

    class Counting(Strict):
        def last_prices(self, body, markets):
            reads.append(len(markets))
            return super().last_prices(body, markets)

    error, _ = ask({"error": "away"}, exchange=Counting())
    assert (str(error), reads) == ("away", [2])


@pytest.mark.parametrize(("body", "paused"), [({"error": "no"}, 0.0), ({"error": "too many", "wait": 7.5}, 7.5)])
def test_a_refusal_in_the_body_that_names_a_pause_gets_it(body, paused):
    assert ask(body)[1] == paused


def test_one_that_stands_in_is_asked_for_its_own_pair_and_answers_for_the_market_it_was_asked_for():
    kraken = Market("kraken", "BTC", "EUR")
    quotes, _ = ask({"btceur": good(100.0)}, markets=(kraken,))
    assert quotes.prices == {kraken: 100.0}


def test_a_key_goes_with_every_request_and_into_no_error():
    seen = []

    async def fetch(url, headers):
        seen.append(headers)
        raise Unreachable("host answers 401 (Unauthorized)")

    async def story():
        client = ExchangeClient("fake", Strict(), "http://fake", fetch, FakeClock(), {"x-key": "SECRET"})
        with pytest.raises(ExchangeError) as error:
            await client.last_prices([EUR])
        return str(error.value)

    assert "SECRET" not in run(story())
    assert seen[0]["x-key"] == "SECRET"


def test_an_answer_nested_deeper_than_python_reads_is_an_error_like_any_other():
    body: list = []
    for _ in range(100_000):
        body = [body]

    class Deep(FakeExchange):
        def last_prices(self, body, markets):
            return hash(str(body))  # as deep as it goes

    error, _ = ask(body, exchange=Deep())
    assert isinstance(error, UnreadableAnswer)


def test_all_wait_while_one_pause_lasts():
    async def story():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: {"error": "slow down", "wait": 30} if now < 1 else {})
        client = ExchangeClient("fake", Strict(), "http://fake", network, clock)
        with pytest.raises(ExchangeError):
            await client.last_prices([EUR])
        await asyncio.gather(client.get("/a"), client.get("/b", urgent=False))
        return [at for at, _ in network.asked]

    assert run(story()) == [0.0, 30.0, 30.0]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "bad key SECRET-KEY"}, Refused),
        ({"btceur": "SECRET-KEY"}, UnreadableAnswer),
        ({"error": "bad key SECRET-K"}, Refused),
        ({"error": "too many for SECRET-KEY", "wait": 5.0}, RateLimited),
        (Unreachable("host answers 401 (SECRET-KEY)"), Unreachable),
    ],
)
def test_a_key_that_an_exchange_echoes_is_shown_nowhere(body, kind):
    async def story():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: body)
        client = ExchangeClient("fake", Strict(), "http://fake", network, clock, {"x-key": "SECRET-KEY"})
        with pytest.raises(ExchangeError) as error:
            await client.last_prices([EUR])
        return error.value, client.rate_limiter.paused_for

    error, paused = run(story())
    assert type(error) is kind
    assert "SECRET" not in "".join(traceback.format_exception(error))
    assert paused == (5.0 if kind is RateLimited else 0.0) == getattr(error, "retry_after", 0.0)


def test_a_key_in_the_place_of_a_price_is_not_shown_either():
    async def story():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: {"btceur": "SECRET-KEY", "btcusd": 1.0})
        client = ExchangeClient("fake", FakeExchange(), "http://fake", network, clock, {"x-key": "SECRET-KEY"})
        return (await client.last_prices([EUR, USD])).missing

    lacking = run(story())
    assert list(lacking) == [EUR]
    assert "SECRET" not in lacking[EUR].words
