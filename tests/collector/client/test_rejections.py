"""Listings: a rejected market is retried ever more rarely, and its reason is kept."""

from itertools import pairwise

from tests.support.fakes import EUR, USD, run
from tests.support.listings import make_listings
from tracker.collector.client.listings import RECHECK
from tracker.core.market_status import Failure


def test_a_rejected_market_is_retried_ever_more_rarely_until_it_is_accepted():
    async def scenario():
        listings, _, clock = make_listings()
        listings.reject(EUR, "Unknown pair")
        retries = []
        while clock.monotonic() < 20_000:
            await clock.sleep(10)
            assert listings.is_missing(EUR)
            assert listings.rejects(EUR)
            assert not listings.is_missing(USD)
            if listings.due_for_retry([USD, EUR]):
                retries.append(clock.monotonic())
                listings.reject(EUR, "Unknown pair")
        listings.accept(EUR)
        assert not listings.is_missing(EUR)
        assert not listings.rejects(EUR)
        assert listings.due_for_retry([EUR]) is None
        return [round(later - sooner) for sooner, later in pairwise([0, *retries])]

    assert run(scenario()) == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_a_market_rejected_several_times_is_no_recent_rejection():
    async def scenario():
        listings, _, _ = make_listings()
        is_recent = [listings.is_recent_rejection(EUR)]
        for _ in range(4):
            listings.reject(EUR, "Unknown pair")
            is_recent.append(listings.is_recent_rejection(EUR))
        return is_recent

    assert run(scenario()) == [False, True, True, True, False]


def test_a_retry_without_result_is_not_repeated_at_once():
    async def scenario():
        listings, _, clock = make_listings()
        listings.reject(EUR, "Unknown pair")
        await clock.sleep(RECHECK)
        first_retry = listings.due_for_retry([EUR])
        await clock.sleep(RECHECK - 1)
        too_early = listings.due_for_retry([EUR])
        await clock.sleep(1)
        return first_retry, too_early, listings.due_for_retry([EUR])

    assert run(scenario()) == (EUR, None, EUR)


def test_the_reason_for_skipping_a_market_quotes_the_exchange_if_it_gave_one():
    async def scenario():
        listings, _, _ = make_listings(listed={USD})
        await listings.available([EUR])
        listings.reject(USD, "Invalid symbol.")
        return listings.reason(EUR), listings.reason(USD)

    assert run(scenario()) == (Failure("not_listed", "fake"), Failure("rejected", "fake", "Invalid symbol."))
