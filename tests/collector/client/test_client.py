"""ExchangeClient: reads a response market by market where it must, heeds rate limits, and hides keys."""

import asyncio
import traceback

import pytest

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.core.quotes import Quote


class StrictExchange(FakeExchange):
    """Raises for a broken entry, as real adapters do."""

    def last_prices(self, body, markets):
        if "error" in body:
            raise RateLimited(body["error"], body["wait"]) if "wait" in body else Refused(body["error"])
        return {market: Quote(body[market.slug]["last"]) for market in markets if market.slug in body}


def request_prices(body, markets=(EUR, USD), exchange=None):
    """Return the quotes or the error of a request answered by *body*, and the pause that follows."""

    async def scenario():
        clock = FakeClock()
        client = ExchangeClient(
            "fake", exchange or StrictExchange(), "http://fake", FakeNetwork(clock, lambda path, now: body), clock
        )
        try:
            return await client.last_prices(markets), client.rate_limiter.paused_for
        except ExchangeError as error:
            return error, client.rate_limiter.paused_for

    return run(scenario())


def entry(price):
    return {"last": price}


@pytest.mark.parametrize(
    "broken",
    [
        *[None, "", 7, [], {}, {"last": None}, {"last": ""}, {"last": "0.00000000"}, {"last": -1.0}, {"last": True}],
        *[{"last": float("nan")}, {"last": float("inf")}, {"last": [1.0]}, {"last": 1e300}, {"last": 10**400}],
    ],
    ids=repr,
)
def test_a_broken_entry_affects_its_own_market_only_and_the_reason_is_kept(broken):
    quotes, _ = request_prices({"btceur": broken, "btcusd": entry(110.0)})
    assert quotes.prices == {USD: 110.0}
    assert list(quotes.missing) == [EUR]
    assert quotes.missing[EUR].kind == "unreadable"


def test_a_market_that_the_response_does_not_have_is_missing_with_the_reason():
    quotes, _ = request_prices({"btcusd": entry(110.0)})
    assert (quotes.prices, quotes.missing) == ({USD: 110.0}, {EUR: Failure("no_price", "fake")})


@pytest.mark.parametrize("body", [None, 7], ids=repr)
def test_a_response_without_any_readable_part_is_one_unreadable_answer(body):
    error, _ = request_prices(body)
    assert isinstance(error, UnreadableAnswer)
    assert "fake gave an unexpected answer" in str(error)


def test_a_refusal_is_not_parsed_again_for_each_market():
    reads = []

    class CountingExchange(StrictExchange):
        def last_prices(self, body, markets):
            reads.append(len(markets))
            return super().last_prices(body, markets)

    error, _ = request_prices({"error": "away"}, exchange=CountingExchange())
    assert (str(error), reads) == ("away", [2])


@pytest.mark.parametrize(("body", "paused"), [({"error": "no"}, 0.0), ({"error": "too many", "wait": 7.5}, 7.5)])
def test_a_pause_demanded_in_the_body_is_kept(body, paused):
    assert request_prices(body)[1] == paused


def test_a_stand_in_is_asked_for_its_own_pair_and_the_price_belongs_to_the_requested_market():
    kraken = Market("kraken", "BTC", "EUR")
    quotes, _ = request_prices({"btceur": entry(100.0)}, markets=(kraken,))
    assert quotes.prices == {kraken: 100.0}


def test_a_key_is_sent_with_every_request_and_shown_in_no_error():
    sent_headers = []

    async def http_get(url, headers):
        sent_headers.append(headers)
        raise Unreachable("host answers 401 (Unauthorized)")

    async def scenario():
        client = ExchangeClient("fake", StrictExchange(), "http://fake", http_get, FakeClock(), {"x-key": "SECRET"})
        with pytest.raises(ExchangeError) as error:
            await client.last_prices([EUR])
        return str(error.value)

    assert "SECRET" not in run(scenario())
    assert sent_headers[0]["x-key"] == "SECRET"


def test_a_body_nested_deeper_than_python_can_read_is_an_unreadable_answer():
    body: list = []
    for _ in range(100_000):
        body = [body]

    class RecursiveExchange(FakeExchange):
        def last_prices(self, body, markets):
            return hash(str(body))  # as deep as it goes

    error, _ = request_prices(body, exchange=RecursiveExchange())
    assert isinstance(error, UnreadableAnswer)


def test_every_request_waits_until_a_pause_ends():
    async def scenario():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: {"error": "slow down", "wait": 30} if now < 1 else {})
        client = ExchangeClient("fake", StrictExchange(), "http://fake", network, clock)
        with pytest.raises(ExchangeError):
            await client.last_prices([EUR])
        await asyncio.gather(client.get("/a"), client.get("/b", urgent=False))
        return [time for time, _ in network.asked]

    assert run(scenario()) == [0.0, 30.0, 30.0]


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
def test_a_key_that_an_exchange_echoes_is_shown_in_no_error(body, kind):
    async def scenario():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: body)
        client = ExchangeClient("fake", StrictExchange(), "http://fake", network, clock, {"x-key": "SECRET-KEY"})
        with pytest.raises(ExchangeError) as error:
            await client.last_prices([EUR])
        return error.value, client.rate_limiter.paused_for

    error, paused = run(scenario())
    assert type(error) is kind
    assert "SECRET" not in "".join(traceback.format_exception(error))
    assert paused == (5.0 if kind is RateLimited else 0.0) == getattr(error, "retry_after", 0.0)


def test_a_key_in_place_of_a_price_is_not_shown():
    async def scenario():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: {"btceur": "SECRET-KEY", "btcusd": 1.0})
        client = ExchangeClient("fake", FakeExchange(), "http://fake", network, clock, {"x-key": "SECRET-KEY"})
        return (await client.last_prices([EUR, USD])).missing

    missing = run(scenario())
    assert list(missing) == [EUR]
    assert "SECRET" not in missing[EUR].words


@pytest.mark.parametrize(
    "body", [{"btceur": "203.0.113.7"}, {"error": "203.0.113.7 is banned"}, {"btceur": [203, "2001:db8::7"]}]
)
def test_an_address_that_an_exchange_echoes_is_shown_in_no_error(body):
    error, _ = request_prices(body, markets=[EUR])
    assert "203.0" not in str(error)
    assert "db8" not in str(error)


def test_no_request_is_sent_before_the_end_of_a_ban_that_stands_only_in_the_words():
    words = "Way too many requests; IP(203.0.113.7) banned until 1763901900000. Please use WebSocket."

    async def scenario():
        clock = FakeClock(1_763_900_000)
        ban = {"error": words, "wait": 120.0}
        network = FakeNetwork(clock, lambda path, now: ban if now < 1_763_900_001 else {"btceur": entry(5.0)})
        client = ExchangeClient("fake", StrictExchange(), "http://fake", network, clock)
        with pytest.raises(RateLimited) as error:
            await client.last_prices([EUR])
        with pytest.raises(
            RateLimited, match="fake reports too many requests and accepts none before 23 Nov 2025 12:45:00 UTC"
        ):
            await client.last_prices([EUR])
        await clock.sleep(1900)
        await client.last_prices([EUR])
        return str(error.value), error.value.retry_after, [time for time, _ in network.asked]

    text, pause, asked = run(scenario())
    assert text == "Way too many requests; IP(…) banned until 23 Nov 2025 12:45:00 UTC. Please use WebSocket."
    assert (pause, asked) == (1900.0, [1_763_900_000, 1_763_901_900])


def test_the_end_of_a_ban_counts_from_the_exchange_s_clock_not_from_this_one():
    body = {"error": "banned until 1763901900000", "wait": 120.0}

    async def scenario():
        clock = FakeClock(1_763_980_000)  # 22 hours ahead
        network = FakeNetwork(clock, lambda path, now: Response(body, date=1_763_901_000.0))
        client = ExchangeClient("fake", StrictExchange(), "http://fake", network, clock)
        with pytest.raises(RateLimited):
            await client.last_prices([EUR])
        return client.rate_limiter.paused_for

    assert run(scenario()) == 900.0


def test_a_ban_of_years_is_bounded_by_a_day():
    assert request_prices({"error": "banned until 1963901900000", "wait": 120.0})[1] == 86_400.0


def test_words_whose_ban_is_over_leave_the_pause_to_the_adapter():
    assert request_prices({"error": "banned until 1969-12-31T23:00:00Z", "wait": 120.0})[1] == 120.0


def test_the_address_of_an_exchange_in_the_own_network_is_shown_in_its_errors():
    async def scenario():
        clock = FakeClock()
        network = FakeNetwork(clock, lambda path, now: Unreachable("10.0.0.5 answers 503: 10.0.0.7 is not allowed"))
        client = ExchangeClient("fake", StrictExchange(), "http://10.0.0.5:8081/fake", network, clock)
        with pytest.raises(Unreachable, match=r"10\.0\.0\.5 answers 503: … is not"):
            await client.last_prices([EUR])

    run(scenario())
