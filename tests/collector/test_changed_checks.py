"""Collector: what checks, pauses, stand-ins, requests and tasks make of a plan that changes."""

import asyncio

import pytest

from tests.support.changing_world import EUR, GBP, MARKETS, USD, ChangingWorld, every_price
from tests.support.collector_world import START
from tests.support.fakes import run
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.schedule import Feed
from tracker.core.durations import MINUTE
from tracker.core.errors import RateLimited
from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.core.ticks import Ticks

S = 1_000  # ms
OTHER_EUR = Market("other", "BTC", "EUR")


def test_a_jump_is_judged_by_the_share_that_holds_now():
    def respond(path, now):
        return {"btceur": 100.0 if now < START + 20 else 130.0} if "ticker" in path else every_price(path, now)

    plain, changed = ChangingWorld([Feed(EUR, 10 * S)], respond), ChangingWorld([Feed(EUR, 10 * S)], respond)
    plain.play(22)
    changed.play(15, lambda: changed.change(Feed(EUR, 10 * S), plausible=0.5), 7)
    assert (plain.slots(EUR), changed.slots(EUR)) == ([0, 10], [0, 10, 20])


def test_a_price_of_an_added_market_is_compared_with_its_last_stored_one():
    def respond(path, now):
        return {"btceur": 100.0, "btcgbp": 1_000.0} if "ticker" in path else every_price(path, now)

    world = ChangingWorld([Feed(EUR, 10 * S)], respond)
    world.store.append({GBP: Ticks.of([round(START - 60) * S], [100.0], 10 * S)})
    world.play(15, lambda: world.change(Feed(EUR, 10 * S), Feed(GBP, 10 * S)), 7)
    assert world.slots(GBP) == [-60]
    assert world.status(GBP).held_back_reason is not None


def test_a_market_counts_as_not_traded_after_the_time_that_holds_now():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    traded_at = round(START) * S - 20 * MINUTE
    world.exchange.last_prices = lambda body, markets: {market: Quote(100.0, traded_at) for market in markets}
    stops = []

    def look():
        stops.append(world.status(EUR).stop is not None)

    world.play(15, look, lambda: world.change(Feed(EUR, 10 * S), unmoved_after=10 * MINUTE), 7, look)
    assert stops == [False, True]


def test_the_answer_for_a_market_that_was_removed_meanwhile_is_not_stored():
    world = ChangingWorld([Feed(EUR, 10 * S), Feed(USD, 10 * S)], takes=4.0)
    world.play(22, lambda: world.change(Feed(EUR, 10 * S)), 6)
    assert (world.slots(EUR), world.slots(USD)) == ([0, 10, 20], [0, 10])


def test_an_added_market_shows_the_pause_that_its_exchange_demands():
    def respond(path, now):
        return RateLimited("fake reports too many requests", 600) if now > START + 5 else every_price(path, now)

    world = ChangingWorld([Feed(EUR, 10 * S)], respond)
    world.play(30, lambda: world.change(Feed(EUR, 10 * S), Feed(USD, 10 * S)), 5)
    assert world.status(USD).failure.kind == "rate_limited"
    assert [at for at, _ in world.asked if at > 11] == []


def test_a_market_that_waits_for_the_end_of_a_pause_is_asked_for_in_its_slot_despite_a_change():
    def respond(path, now):
        return RateLimited("fake reports too many requests", 12) if now == START + 20 else every_price(path, now)

    world = ChangingWorld([Feed(EUR, 20 * S)], respond)
    world.play(25, lambda: world.change(Feed(EUR, 20 * S), plausible=0.2), 10)
    assert world.slots(EUR) == [0, 20]


def test_without_its_stand_in_a_market_whose_exchange_fails_is_unreachable():
    world = ChangingWorld([Feed(EUR, 10 * S, ("other",))])
    world.fails = lambda url, at: url.startswith("http://fake/ticker")
    states = []

    def look():
        states.append((world.status(EUR).state, world.status(EUR).stand_in))

    world.play(65, look, lambda: world.change(Feed(EUR, 10 * S)), 1, look, 30)
    assert states == [("live", "other"), ("unreachable", "")]
    assert max(at for at, url in world.asked if url.startswith("http://other/ticker")) <= 65


def test_exchanges_that_both_demand_a_pause_wait_on_after_a_change():
    """Each has a poll group that waits for the same market."""
    world = ChangingWorld([Feed(EUR, 10 * S, ("other",))])
    world.network.respond = lambda path, now: (
        RateLimited("too many requests", 50) if now > START + 5 and "ticker" in path else every_price(path, now)
    )
    world.play(57, lambda: world.change(Feed(EUR, 10 * S, ("other",)), plausible=0.2), 10)
    assert world.status(EUR).failure.kind == "rate_limited"
    assert len([at for at, url in world.asked if "ticker" in url and at > 11]) <= 2


def test_a_stand_in_is_not_asked_before_a_market_that_is_collected_again_has_had_time():
    world = ChangingWorld([Feed(EUR, 10 * S, ("other",))], takes=0.5)
    world.play(
        15, lambda: world.change(Feed(USD, 10 * S)), 100, lambda: world.change(Feed(EUR, 10 * S, ("other",))), 20
    )
    # The very first price is compared with that of the other exchange.
    assert [at for at, url in world.asked if url.startswith("http://other/ticker") and at > 5] == []
    assert world.slots(EUR) == [0, 10, 120, 130]


def test_an_exchange_without_markets_is_not_asked_for_older_prices_any_more():
    world = ChangingWorld([Feed(EUR, 10 * S), Feed(OTHER_EUR, 10 * S)])
    world.fails = lambda url, at: url.startswith("http://other/history")
    world.play(60, lambda: world.change(Feed(EUR, 10 * S)), 300)
    times = [at for at, url in world.asked if url.startswith("http://other/history")]
    assert times
    assert max(times) <= 60


def test_a_request_for_older_prices_waits_for_an_exchange_that_was_added():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    world.fails = lambda url, at: url.startswith("http://other/history") and at < 300
    request = BackfillRequest(world.coordination)
    states = []

    def look():
        states.append(request.state())

    def submit():
        request.submit(round(START) * S - 48 * 60 * MINUTE)

    world.play(15, lambda: world.change(Feed(EUR, 10 * S), Feed(OTHER_EUR, 10 * S)), 15, submit, 120, look, 900, look)
    assert states == ["pending", "none"]


def test_changes_leave_no_task_behind():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    counts = []

    def elsewhere(number):
        world.urls["fake"] = f"http://fake{number % 3}"
        world.change(*[Feed(market, 10 * S, ("other",) * (number % 2)) for market in MARKETS[: 1 + number % 4]])

    def count():
        counts.append(len(asyncio.all_tasks()))

    steps = [step for number in range(48) for step in (lambda number=number: elsewhere(number), 6)]
    world.exchange.MAX_BATCH = 1
    world.play(25, *steps[:24], 60, count, *steps, 60, count)
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("after", "takes"), [(0.0, 3.0), (0.05, 3.0), (0.05, 1e6)])
def test_a_term_that_ends_during_a_change_leaves_no_task(after, takes):
    world = ChangingWorld([Feed(EUR, 10 * S)], takes=takes)

    async def scenario():
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(11)
        world.urls["fake"] = "http://mirror"
        world.change(Feed(EUR, 10 * S), Feed(USD, 1 * S))
        await world.clock.sleep(after)
        collecting.cancel()
        await asyncio.wait([collecting])
        assert collecting.cancelled()
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert run(scenario()) == set()
