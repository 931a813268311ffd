"""Listings: the pair list is requested rarely and again after a failure; without it, every market counts as listed."""

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise

from tests.support.fakes import EUR, USD, FakeExchange, run
from tests.support.listings import make_listings
from tracker.collector.client.listings import FIRST_LIST_TIMEOUT, MIN_REFRESH, RECHECK, REFRESH_EVERY
from tracker.core.errors import Unreachable
from tracker.core.market import Market


def test_the_list_is_requested_once_an_hour_and_soon_after_a_failure():
    async def scenario():
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

    assert run(scenario()) == [0, REFRESH_EVERY + 10, REFRESH_EVERY + 11 + MIN_REFRESH]


def test_two_requests_for_the_list_keep_their_distance_however_often_polls_fail():
    async def scenario():
        listings, network, clock = make_listings()
        for _ in range(100):
            await listings.available([EUR])
            listings.refresh_soon()
            await clock.sleep(1)
        return network.paths("/pairs")

    asked = run(scenario())
    assert min(later - sooner for sooner, later in pairwise(asked)) >= MIN_REFRESH


def test_a_list_that_hangs_delays_only_the_first_caller_and_only_briefly():
    async def scenario():
        listings, network, clock = make_listings()
        network.takes = 3600.0
        await listings.available([EUR])
        first = clock.monotonic()
        await listings.available([EUR])
        return first, clock.monotonic()

    first, second = run(scenario())
    assert first == second == FIRST_LIST_TIMEOUT


def test_the_last_list_stays_valid_when_a_later_request_fails():
    async def scenario():
        listings, _, clock = make_listings(
            lambda path, now: Unreachable("no answer") if now > 100 else {}, listed={EUR}
        )
        await listings.available([EUR, USD])
        await clock.sleep(REFRESH_EVERY + 200)
        await listings.available([EUR, USD])
        await clock.sleep(1)
        return await listings.available([EUR, USD])

    assert run(scenario()) == {EUR}


def test_an_empty_list_is_ignored():
    async def scenario():
        listings, _, _ = make_listings(listed=set())
        return await listings.available([EUR, USD])

    assert run(scenario()) == {EUR, USD}


def test_the_list_is_requested_again_sooner_while_a_market_is_missing():
    async def scenario():
        listings, network, clock = make_listings(listed={EUR})
        for wait in (0, 1, RECHECK, 1):
            await clock.sleep(wait)
            await listings.available([EUR, USD])
        return network.paths("/pairs")

    assert len(run(scenario())) == 2


def test_a_market_of_another_exchange_is_found_by_its_pair():
    async def scenario():
        listings, _, _ = make_listings(listed={EUR})
        markets = [replace(market, exchange="kraken") for market in (EUR, USD)]
        return await listings.available(markets), listings.is_missing(markets[1]), listings.pairs

    assert run(scenario()) == ({Market("kraken", "BTC", "EUR")}, True, frozenset({EUR}))


def test_no_market_is_missing_while_the_list_is_unknown():
    async def scenario():
        listings, _, _ = make_listings(lambda path, now: Unreachable("no answer"))
        return await listings.available([EUR, USD]), listings.is_missing(EUR)

    assert run(scenario()) == ({EUR, USD}, False)


def test_a_pair_is_missing_only_after_two_lists_without_it():
    async def scenario():
        listings, _, clock = make_listings(listed={EUR, USD})
        is_missing = []
        for listed in ({EUR, USD}, {EUR}, {EUR, USD}, {EUR}, {EUR}, {EUR, USD}):
            listings._client.exchange.listed = listed
            listings.refresh_soon()
            await clock.sleep(MIN_REFRESH)
            await listings.available([USD])
            await clock.sleep(1)
            is_missing.append(listings.is_missing(USD))
        return is_missing

    assert run(scenario()) == [False, False, False, False, True, False]


def test_a_bug_in_reading_the_list_is_logged_and_the_last_list_stays_valid(caplog):
    class FailingExchange(FakeExchange):
        def pairs(self, body):
            if clock.monotonic() > 100:
                raise AssertionError("a bug")
            return {EUR: ""}

    listings, _, clock = make_listings(exchange=FailingExchange())

    async def scenario():
        await listings.available([EUR, USD])
        await clock.sleep(REFRESH_EVERY + 200)
        await listings.available([EUR, USD])
        await clock.sleep(1)
        return await listings.available([EUR, USD])

    with caplog.at_level(logging.ERROR):
        assert run(scenario()) == {EUR}
    [record] = [record for record in caplog.records if record.name == "tracker.collector.client.listings"]
    assert record.getMessage() == "fake: reading its list of pairs failed; the one before stays valid"
    assert "a bug" in caplog.text


def hanging_listings():
    """Return listings whose list never arrives, with their network and clock."""
    listings, network, clock = make_listings()
    network.takes = 1e6
    return listings, network, clock


def test_a_cancelled_caller_leaves_no_task_and_does_not_cancel_the_list_for_others():
    async def scenario():
        listings, network, clock = hanging_listings()
        network.takes = 2.0
        first, second = (asyncio.create_task(listings.available([EUR])) for _ in range(2))
        await clock.sleep(1)
        first.cancel()
        await asyncio.wait({first})
        left_tasks = asyncio.all_tasks() - {asyncio.current_task(), second, listings._refreshing}
        return first.cancelled(), left_tasks, await second, clock.monotonic(), listings.pairs, network.paths("/pairs")

    cancelled, left_tasks, available, time, pairs, requested_at = run(scenario())
    assert (cancelled, left_tasks) == (True, set())
    assert (available, time, pairs, requested_at) == ({EUR}, 2.0, frozenset({EUR, USD}), [0])


def test_closing_cancels_a_hanging_list_without_a_log_line(caplog):
    async def scenario():
        listings, _, _ = hanging_listings()
        await listings.available([EUR])
        await listings.close()
        return asyncio.all_tasks() - {asyncio.current_task()}

    with caplog.at_level(logging.DEBUG, logger="tracker"):
        assert run(scenario()) == set()
    assert not caplog.records


def test_closing_before_any_list_was_requested_does_nothing():
    async def scenario():
        listings, network, _ = make_listings()
        await listings.close()
        return network.asked

    assert run(scenario()) == []
