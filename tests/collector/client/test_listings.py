"""Listings: an exchange is seldom asked what it has, anew after a failure, and not knowing costs nothing."""

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import FIRST_LIST_TIMEOUT, MIN_REFRESH, RECHECK, REFRESH_EVERY, Listings
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure


def make_listings(respond=lambda path, now: {}, listed=None):
    clock = FakeClock()
    exchange = FakeExchange()
    exchange.listed = listed
    network = FakeNetwork(clock, respond)
    return Listings(ExchangeClient("fake", exchange, FakeExchange.BASE_URL, network, clock), clock), network, clock


def test_it_is_asked_once_an_hour_and_soon_after_a_failure():
    async def story():
        listings, network, clock = make_listings()
        for wait in (0, 10, REFRESH_EVERY, 1):
            await clock.sleep(wait)
            await listings.available([EUR])
        listings.refresh_soon()
        await listings.available([EUR])
        await clock.sleep(MIN_REFRESH)
        await listings.available([EUR])
        await clock.sleep(1)
        return network.paths("/pairs")

    assert run(story()) == [0, REFRESH_EVERY + 10, REFRESH_EVERY + 11 + MIN_REFRESH]


def test_however_much_fails_two_lists_are_not_closer_than_a_few_seconds():
    async def story():
        listings, network, clock = make_listings()
        for _ in range(100):
            await listings.available([EUR])
            listings.refresh_soon()
            await clock.sleep(1)
        return network.paths("/pairs")

    asked = run(story())
    assert min(later - sooner for sooner, later in pairwise(asked)) >= MIN_REFRESH


def test_a_list_that_hangs_holds_nobody_up_for_long():
    async def story():
        listings, network, clock = make_listings()
        network.takes = 3600.0
        await listings.available([EUR])
        first = clock.monotonic()
        await listings.available([EUR])
        return first, clock.monotonic()

    first, second = run(story())
    assert first == second == FIRST_LIST_TIMEOUT


def test_a_list_that_fails_later_does_not_make_it_forget_what_it_knew():
    async def story():
        listings, _, clock = make_listings(
            lambda path, now: Unreachable("no answer") if now > 100 else {}, listed={EUR}
        )
        await listings.available([EUR, USD])
        await clock.sleep(REFRESH_EVERY + 200)
        await listings.available([EUR, USD])
        await clock.sleep(1)
        return await listings.available([EUR, USD])

    assert run(story()) == {EUR}


def test_an_empty_list_is_none():
    async def story():
        listings, _, _ = make_listings(listed=set())
        return await listings.available([EUR, USD])

    assert run(story()) == {EUR, USD}


def test_what_lacks_is_looked_for_again_before_the_hour_is_over():
    async def story():
        listings, network, clock = make_listings(listed={EUR})
        for wait in (0, 1, RECHECK, 1):
            await clock.sleep(wait)
            await listings.available([EUR, USD])
        return network.paths("/pairs")

    assert len(run(story())) == 2


def test_a_market_that_was_refused_is_tried_again_ever_more_rarely_until_it_is_answered_for():
    async def story():
        listings, _, clock = make_listings()
        listings.reject(EUR, "Unknown pair")
        tried = []
        while clock.monotonic() < 20_000:
            await clock.sleep(10)
            assert listings.is_missing(EUR)
            assert listings.rejects(EUR)
            assert not listings.is_missing(USD)
            if listings.due_for_retry([USD, EUR]):
                tried.append(clock.monotonic())
                listings.reject(EUR, "Unknown pair")
        listings.accept(EUR)
        assert not listings.is_missing(EUR)
        assert not listings.rejects(EUR)
        assert listings.due_for_retry([EUR]) is None
        return [round(later - sooner) for sooner, later in pairwise([0, *tried])]

    assert run(story()) == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_what_is_refused_again_and_again_is_not_waited_for():
    async def story():
        listings, _, _ = make_listings()
        seen = [listings.is_recent_rejection(EUR)]
        for _ in range(4):
            listings.reject(EUR, "Unknown pair")
            seen.append(listings.is_recent_rejection(EUR))
        return seen

    assert run(story()) == [False, True, True, True, False]


def test_a_try_that_came_to_nothing_is_not_made_again_at_once():
    async def story():
        listings, _, clock = make_listings()
        listings.reject(EUR, "Unknown pair")
        await clock.sleep(RECHECK)
        first = listings.due_for_retry([EUR])
        await clock.sleep(RECHECK - 1)
        again = listings.due_for_retry([EUR])
        await clock.sleep(1)
        return first, again, listings.due_for_retry([EUR])

    assert run(story()) == (EUR, None, EUR)


def test_the_reason_for_leaving_a_market_out_has_the_exchange_s_words_if_it_gave_any():
    async def story():
        listings, _, _ = make_listings(listed={USD})
        await listings.available([EUR])
        listings.reject(USD, "Invalid symbol.")
        return listings.reason(EUR), listings.reason(USD)

    assert run(story()) == (Failure("not_listed", "fake"), Failure("rejected", "fake", "Invalid symbol."))


def test_a_market_of_another_exchange_is_found_by_its_pair():
    async def story():
        listings, _, _ = make_listings(listed={EUR})
        markets = [replace(market, exchange="kraken") for market in (EUR, USD)]
        return await listings.available(markets), listings.is_missing(markets[1]), listings.pairs

    assert run(story()) == ({Market("kraken", "BTC", "EUR")}, True, frozenset({EUR}))


def test_while_it_cannot_be_known_nothing_lacks():
    async def story():
        listings, _, _ = make_listings(lambda path, now: Unreachable("no answer"))
        return await listings.available([EUR, USD]), listings.is_missing(EUR)

    assert run(story()) == ({EUR, USD}, False)


def test_a_pair_that_one_list_is_without_is_not_gone_yet():
    async def story():
        listings, _, clock = make_listings(listed={EUR, USD})
        seen = []
        for has in ({EUR, USD}, {EUR}, {EUR, USD}, {EUR}, {EUR}, {EUR, USD}):
            listings._client.exchange.listed = has
            listings.refresh_soon()
            await clock.sleep(MIN_REFRESH)
            await listings.available([USD])
            await clock.sleep(1)
            seen.append(listings.is_missing(USD))
        return seen

    assert run(story()) == [False, False, False, False, True, False]


def test_a_bug_in_reading_the_list_is_logged_and_the_list_before_holds(caplog):
    class Failing(FakeExchange):
        def pairs(self, body):
            if clock.monotonic() > 100:
                raise AssertionError("a bug")
            return {EUR: ""}

    clock = FakeClock()
    listings = Listings(
        ExchangeClient("fake", Failing(), FakeExchange.BASE_URL, FakeNetwork(clock, lambda *_: {}), clock), clock
    )

    async def story():
        await listings.available([EUR, USD])
        await clock.sleep(REFRESH_EVERY + 200)
        await listings.available([EUR, USD])
        await clock.sleep(1)
        return await listings.available([EUR, USD])

    with caplog.at_level(logging.ERROR):
        assert run(story()) == {EUR}
    [record] = [record for record in caplog.records if record.name == "tracker.collector.client.listings"]
    assert record.getMessage() == "fake: reading its list of pairs failed; the one before stays valid"
    assert "a bug" in caplog.text


def hanging():
    """Listings whose list never comes."""
    listings, network, clock = make_listings()
    network.takes = 1e6
    return listings, network, clock


def test_a_cancelled_caller_leaves_no_timer_and_the_list_to_the_others():
    async def story():
        listings, network, clock = hanging()
        network.takes = 2.0
        first, second = (asyncio.create_task(listings.available([EUR])) for _ in range(2))
        await clock.sleep(1)
        first.cancel()
        await asyncio.wait({first})
        left = asyncio.all_tasks() - {asyncio.current_task(), second, listings._refreshing}
        return first.cancelled(), left, await second, clock.monotonic(), listings.pairs, network.paths("/pairs")

    cancelled, left, offered, at, pairs, asked = run(story())
    assert (cancelled, left) == (True, set())
    assert (offered, at, pairs, asked) == ({EUR}, 2.0, frozenset({EUR, USD}), [0])


def test_closing_ends_a_list_that_hangs_without_a_word(caplog):
    async def story():
        listings, _, _ = hanging()
        await listings.available([EUR])
        await listings.close()
        return asyncio.all_tasks() - {asyncio.current_task()}

    with caplog.at_level(logging.DEBUG, logger="tracker"):
        assert run(story()) == set()
    assert not caplog.records


def test_closing_before_any_list_was_asked_for_does_nothing():
    async def story():
        listings, network, _ = make_listings()
        await listings.close()
        return network.asked

    assert run(story()) == []


def test_a_pair_that_the_exchange_says_does_not_trade_is_not_offered():
    class Halted(FakeExchange):
        def pairs(self, body):
            return {EUR: "", USD: "cancel_only"}

    clock = FakeClock()
    listings = Listings(
        ExchangeClient("fake", Halted(), FakeExchange.BASE_URL, FakeNetwork(clock, lambda *_: {}), clock), clock
    )

    async def story():
        return await listings.available([EUR, USD]), listings.pairs

    assert run(story()) == ({EUR}, frozenset({EUR}))
