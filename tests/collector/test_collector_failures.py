"""Collector: exchanges that fail, answers without a price, and a disk that is full."""

from itertools import pairwise

import pytest

from tests.support.collector_world import PRICES, CollectorWorld, ticker
from tests.support.fakes import EUR, USD, run
from tracker.collector.schedule import Feed
from tracker.core.errors import StoreError, Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.core.ticks import Origin


def test_an_unreachable_exchange_is_retried_ever_more_rarely_and_collecting_resumes():
    def respond(path, now):
        return Unreachable("fake answers 503") if 1_000_015 < now < 1_003_000 else ticker(path, now)

    world = CollectorWorld(respond).run(3_100)
    tries = [time for time in world.network.paths("/ticker") if 1_000_015 < time < 1_003_000]
    waits = [later - sooner for sooner, later in pairwise(tries)]
    assert max(waits) <= 30.0 + 1e-6
    assert waits[0] < 4
    assert min(waits[8:]) > 20
    written = [time for time, _ in world.store.live(EUR)]
    assert written[:2] == [1_000_000, 1_000_010]
    assert 1_003_000 <= written[2] < 1_003_040
    assert world.status().state == "live"


def test_the_status_of_a_failure_has_its_cause_its_start_and_the_next_try():
    def respond(path, now):
        return Unreachable("fake answers 503") if now > 1_000_005 else ticker(path, now)

    world = CollectorWorld(respond).run(60)
    status = world.status()
    assert (status.state, status.failure, status.since) == (
        "unreachable",
        Failure("unreachable", "fake", "fake answers 503"),
        1_000_010_000,
    )
    assert status.tries >= 3
    assert status.next_try > 1_000_040_000


def test_a_market_missing_from_a_response_affects_no_other():
    world = CollectorWorld(lambda path, now: {"btcusd": 110.0} if path.startswith("/ticker") else []).run(15)
    assert world.store.live(EUR) == []
    assert len(world.store.live(USD)) == 2
    assert (world.status(EUR).state, world.status(USD).state) == ("unreachable", "live")


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf"), "soon", "", None, True, [100.0], 1e300])
def test_an_impossible_price_is_never_written(price):
    prices = {"btceur": price, "btcusd": 110.0}
    world = CollectorWorld(lambda path, now: prices if path.startswith("/ticker") else []).run(15)
    assert world.store.live(EUR) == []
    assert len(world.store.live(USD)) == 2


def test_a_response_of_another_shape_is_a_failure_that_quotes_it():
    world = CollectorWorld(lambda path, now: 7 if path.startswith("/ticker") else []).run(5)
    assert world.status().state == "unreachable"
    assert "7" in world.status().failure.words
    assert world.store.rows == []


def test_a_full_disk_is_reported_and_collecting_resumes_by_itself():
    world = CollectorWorld()

    async def scenario():
        await world.clock.sleep(12)
        world.store.broken = "cannot write data/: No space left on device"
        await world.clock.sleep(20)
        problems.append(world.board.status().store_problem)
        world.store.broken = ""
        await world.clock.sleep(20)

    problems = []
    run(world.collect_during(scenario))
    assert problems == ["cannot write data/: No space left on device"]
    assert world.board.status().store_problem == ""
    assert [time for time, _ in world.store.live(EUR)] == [1_000_000, 1_000_010, 1_000_040, 1_000_050]


def test_a_gap_is_backfilled_once_the_exchange_responds_again():
    def respond(path, now):
        if 1_000_015 < now < 1_000_300:
            return Unreachable("no answer")
        if path.startswith("/history"):
            return [[close, 99.0] for close in range(999_960, int(now), 60)]
        return ticker(path, now)

    world = CollectorWorld(respond).run(500)
    filled = [
        int(time) // 1000
        for market, ticks in world.store.rows
        if market == EUR
        for time in ticks.time[ticks.origin == Origin.BACKFILL]
    ]
    assert {1_000_080, 1_000_140, 1_000_200, 1_000_260} <= set(filled)
    assert len(filled) == len(set(filled))
    assert world.status().pages == 0


def test_an_unknown_market_in_a_response_is_ignored():
    world = CollectorWorld(lambda path, now: {**PRICES, "btcxyz": 1.0} if path.startswith("/ticker") else []).run(5)
    assert {market for market, _ in world.store.rows} == {EUR, USD}
    assert Market("fake", "BTC", "XYZ") not in world.board.status().markets


@pytest.mark.parametrize(("seconds", "state"), [(30, "live"), (130, "unreachable")])
def test_an_unreachable_exchange_affects_every_market_whose_slot_has_begun_and_no_other(seconds, state):
    def respond(path, now):
        return Unreachable("away") if now > 1_000_005 else ticker(path, now)

    # 1,000,000 s is no multiple of 120 s: the next slot of USD begins at 1,000,080.
    world = CollectorWorld(respond, feeds=[Feed(EUR, 10_000), Feed(USD, 120_000)]).run(seconds)
    assert world.status(EUR).state == "unreachable"
    assert world.status(USD).state == state


def test_a_slot_that_begins_during_retries_joins_them():
    def respond(path, now):
        return Unreachable("away") if path.startswith("/ticker") and 1_000_005 < now < 1_000_300 else ticker(path, now)

    world = CollectorWorld(respond, feeds=[Feed(EUR, 10_000), Feed(USD, 120_000)]).run(400)
    [_, resumed, *_] = [time for time, _ in world.store.live(USD)]
    assert 1_000_199 < resumed < 1_000_330


def test_the_log_has_one_line_when_prices_stop_and_one_when_they_resume(caplog):
    def respond(path, now):
        if path.startswith("/ticker") and 1_000_015 < now < 1_000_300:
            return Unreachable(f"request {now} failed")
        return {"btcusd": 109.0} if path.startswith("/ticker") and now > 1_000_400 else ticker(path, now)

    with caplog.at_level("INFO", logger="tracker.collector.poll_status"):
        CollectorWorld(respond).run(600)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[-1].split(" ")[1] for line in lines] == ["request", "prices", "the"], lines


def test_a_write_with_unknown_result_is_looked_up_before_it_is_repeated():
    world = CollectorWorld()
    world.exchange.MAX_BATCH = 1
    real_append = world.store.append

    async def scenario():
        def append(batch):
            real_append(batch)  # the row is written, but the store reports an error, as after a failed flush
            raise StoreError("flush failed")

        world.store.append = append
        await world.clock.sleep(5)
        world.clock.shift = -4  # the same slot is polled again
        await world.clock.sleep(12)

    run(world.collect_during(scenario))
    times = [time for time, _ in world.store.live(EUR)]
    assert len(times) == len(set(times))
