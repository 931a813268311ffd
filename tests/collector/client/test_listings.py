"""Listings: an exchange is seldom asked what it has, anew after a failure, and not knowing costs nothing."""

import asyncio
import logging
from dataclasses import replace
from itertools import pairwise

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import AGE, DOUBT, FIRST, RECHECK, Listings
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure


def offers(respond=lambda path, now: {}, has=None):
    clock = FakeClock()
    exchange = FakeExchange()
    exchange.offers = has
    network = FakeNetwork(clock, respond)
    return Listings(ExchangeClient("fake", exchange, FakeExchange.BASE_URL, network, clock), clock), network, clock


def test_it_is_asked_once_an_hour_and_soon_after_a_failure():
    async def story():
        known, network, clock = offers()
        for wait in (0, 10, AGE, 1):
            await clock.sleep(wait)
            await known.of([EUR])
        known.doubt()
        await known.of([EUR])
        await clock.sleep(DOUBT)
        await known.of([EUR])
        await clock.sleep(1)
        return network.paths("/pairs")

    assert run(story()) == [0, AGE + 10, AGE + 11 + DOUBT]


def test_however_much_fails_two_lists_are_not_closer_than_a_few_seconds():
    async def story():
        known, network, clock = offers()
        for _ in range(100):
            await known.of([EUR])
            known.doubt()
            await clock.sleep(1)
        return network.paths("/pairs")

    asked = run(story())
    assert min(later - sooner for sooner, later in pairwise(asked)) >= DOUBT


def test_a_list_that_hangs_holds_nobody_up_for_long():
    async def story():
        known, network, clock = offers()
        network.takes = 3600.0
        await known.of([EUR])
        first = clock.monotonic()
        await known.of([EUR])
        return first, clock.monotonic()

    first, second = run(story())
    assert first == second == FIRST


def test_a_list_that_fails_later_does_not_make_it_forget_what_it_knew():
    async def story():
        known, _, clock = offers(lambda path, now: Unreachable("no answer") if now > 100 else {}, has={EUR})
        await known.of([EUR, USD])
        await clock.sleep(AGE + 200)
        await known.of([EUR, USD])
        await clock.sleep(1)
        return await known.of([EUR, USD])

    assert run(story()) == {EUR}


def test_an_empty_list_is_none():
    async def story():
        known, _, _ = offers(has=set())
        return await known.of([EUR, USD])

    assert run(story()) == {EUR, USD}


def test_what_lacks_is_looked_for_again_before_the_hour_is_over():
    async def story():
        known, network, clock = offers(has={EUR})
        for wait in (0, 1, RECHECK, 1):
            await clock.sleep(wait)
            await known.of([EUR, USD])
        return network.paths("/pairs")

    assert len(run(story())) == 2


def test_a_market_that_was_refused_is_tried_again_ever_more_rarely_until_it_is_answered_for():
    async def story():
        known, _, clock = offers()
        known.reject(EUR, "Unknown pair")
        tried = []
        while clock.monotonic() < 20_000:
            await clock.sleep(10)
            assert known.lacks(EUR)
            assert known.rejects(EUR)
            assert not known.lacks(USD)
            if known.worth_a_try([USD, EUR]):
                tried.append(clock.monotonic())
                known.reject(EUR, "Unknown pair")
        known.accept(EUR)
        assert not known.lacks(EUR)
        assert not known.rejects(EUR)
        assert known.worth_a_try([EUR]) is None
        return [round(later - sooner) for sooner, later in pairwise([0, *tried])]

    assert run(story()) == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600]


def test_what_is_refused_again_and_again_is_not_waited_for():
    async def story():
        known, _, _ = offers()
        seen = [known.may_return(EUR)]
        for _ in range(4):
            known.reject(EUR, "Unknown pair")
            seen.append(known.may_return(EUR))
        return seen

    assert run(story()) == [False, True, True, True, False]


def test_a_try_that_came_to_nothing_is_not_made_again_at_once():
    async def story():
        known, _, clock = offers()
        known.reject(EUR, "Unknown pair")
        await clock.sleep(RECHECK)
        first = known.worth_a_try([EUR])
        await clock.sleep(RECHECK - 1)
        again = known.worth_a_try([EUR])
        await clock.sleep(1)
        return first, again, known.worth_a_try([EUR])

    assert run(story()) == (EUR, None, EUR)


def test_the_reason_for_leaving_a_market_out_has_the_exchange_s_words_if_it_gave_any():
    async def story():
        known, _, _ = offers(has={USD})
        await known.of([EUR])
        known.reject(USD, "Invalid symbol.")
        return known.reason(EUR), known.reason(USD)

    assert run(story()) == (Failure("not_listed", "fake"), Failure("rejected", "fake", "Invalid symbol."))


def test_a_market_of_another_exchange_is_found_by_its_pair():
    async def story():
        known, _, _ = offers(has={EUR})
        markets = [replace(market, exchange="kraken") for market in (EUR, USD)]
        return await known.of(markets), known.lacks(markets[1]), known.known

    assert run(story()) == ({Market("kraken", "BTC", "EUR")}, True, frozenset({EUR}))


def test_while_it_cannot_be_known_nothing_lacks():
    async def story():
        known, _, _ = offers(lambda path, now: Unreachable("no answer"))
        return await known.of([EUR, USD]), known.lacks(EUR)

    assert run(story()) == ({EUR, USD}, False)


def test_a_pair_that_one_list_is_without_is_not_gone_yet():
    async def story():
        known, _, clock = offers(has={EUR, USD})
        seen = []
        for has in ({EUR, USD}, {EUR}, {EUR, USD}, {EUR}, {EUR}, {EUR, USD}):
            known._source.exchange.offers = has
            known.doubt()
            await clock.sleep(DOUBT)
            await known.of([USD])
            await clock.sleep(1)
            seen.append(known.lacks(USD))
        return seen

    assert run(story()) == [False, False, False, False, True, False]


def test_a_bug_in_reading_the_list_is_logged_and_the_list_before_holds(caplog):
    class Failing(FakeExchange):
        def pairs(self, body):
            if clock.monotonic() > 100:
                raise AssertionError("a bug")
            return {EUR: ""}

    clock = FakeClock()
    known = Listings(
        ExchangeClient("fake", Failing(), FakeExchange.BASE_URL, FakeNetwork(clock, lambda *_: {}), clock), clock
    )

    async def story():
        await known.of([EUR, USD])
        await clock.sleep(AGE + 200)
        await known.of([EUR, USD])
        await clock.sleep(1)
        return await known.of([EUR, USD])

    with caplog.at_level(logging.ERROR):
        assert run(story()) == {EUR}
    [record] = [record for record in caplog.records if record.name == "tracker.collector.client.listings"]
    assert record.getMessage() == "fake: reading its list of pairs failed; the one before holds"
    assert "a bug" in caplog.text


def hanging():
    """Listings whose list never comes."""
    known, network, clock = offers()
    network.takes = 1e6
    return known, network, clock


def test_a_cancelled_caller_leaves_no_timer_and_the_list_to_the_others():
    async def story():
        known, network, clock = hanging()
        network.takes = 2.0
        first, second = (asyncio.create_task(known.of([EUR])) for _ in range(2))
        await clock.sleep(1)
        first.cancel()
        await asyncio.wait({first})
        left = asyncio.all_tasks() - {asyncio.current_task(), second, known._asking}
        return first.cancelled(), left, await second, clock.monotonic(), known.known, network.paths("/pairs")

    cancelled, left, offered, at, pairs, asked = run(story())
    assert (cancelled, left) == (True, set())
    assert (offered, at, pairs, asked) == ({EUR}, 2.0, frozenset({EUR, USD}), [0])


def test_closing_ends_a_list_that_hangs_without_a_word(caplog):
    async def story():
        known, _, _ = hanging()
        await known.of([EUR])
        await known.close()
        return asyncio.all_tasks() - {asyncio.current_task()}

    with caplog.at_level(logging.DEBUG, logger="tracker"):
        assert run(story()) == set()
    assert not caplog.records


def test_closing_before_any_list_was_asked_for_does_nothing():
    async def story():
        known, network, _ = offers()
        await known.close()
        return network.asked

    assert run(story()) == []


def test_a_pair_that_the_exchange_says_does_not_trade_is_not_offered():
    class Halted(FakeExchange):
        def pairs(self, body):
            return {EUR: "", USD: "cancel_only"}

    clock = FakeClock()
    known = Listings(
        ExchangeClient("fake", Halted(), FakeExchange.BASE_URL, FakeNetwork(clock, lambda *_: {}), clock), clock
    )

    async def story():
        return await known.of([EUR, USD]), known.known

    assert run(story()) == ({EUR}, frozenset({EUR}))
