"""Backfill from stand-ins: they provide what the market's own exchange cannot, and rows name them."""

from tests.support.backfill_world import START, BackfillWorld, candles, last_half_hour, last_hour, no_candles
from tests.support.fakes import run
from tracker.collector.backfill.backfill import SECOND_PASS
from tracker.core.errors import RateLimited, Unreachable
from tracker.core.market_status import BackfillResult, Failure

ONE_PASS = SECOND_PASS - 5  # virtual seconds


def stand_in_hour(path, now):
    return candles(START - 3600, START, 51.0)


def test_a_stand_in_provides_what_the_own_exchange_does_not_have_and_its_rows_name_it():
    world = BackfillWorld(last_half_hour, stand_in_hour)
    run(world.run_passes(seconds=ONE_PASS))
    exchange_by_close = world.exchange_by_close()
    assert {exchange for close, exchange in exchange_by_close.items() if close >= START - 1800} == {""}
    assert {exchange for close, exchange in exchange_by_close.items() if close < START - 1860} == {"other"}
    assert len(exchange_by_close) == 60
    assert world.result() == BackfillResult({"fake": 31, "other": 29})


def test_a_stand_in_is_not_asked_when_the_own_exchange_has_everything():
    world = BackfillWorld(last_hour, last_hour)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.stand_in_network.asked == []
    assert world.result() == BackfillResult({"fake": 60})


def test_a_stand_in_provides_everything_while_the_own_exchange_fails():
    world = BackfillWorld(lambda path, now: Unreachable("fake answers 503"), last_hour)
    run(world.run_passes(seconds=ONE_PASS))
    assert set(world.exchange_by_close().values()) == {"other"}
    assert len(world.exchange_by_close()) == 60


def test_gaps_that_no_exchange_can_fill_are_reported_with_their_length():
    world = BackfillWorld(last_half_hour, no_candles)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.result() == BackfillResult(
        {"fake": 31}, gaps_left=1, seconds_left=29 * 60, longest_gaps=((996_420_000, 998_160_000),)
    )


def test_when_both_fail_the_own_exchange_s_failure_is_reported():
    world = BackfillWorld(
        lambda path, now: Unreachable("fake answers 503"), lambda path, now: Unreachable("other answers 500")
    )
    run(world.run_passes(seconds=ONE_PASS))
    assert world.result() == BackfillResult(
        gaps_left=1,
        seconds_left=3600,
        failure=Failure("unreachable", "fake", "fake answers 503"),
        longest_gaps=((996_420_000, 1_000_020_000),),
    )


def test_an_exchange_that_demands_a_long_pause_is_not_waited_for():
    world = BackfillWorld(last_half_hour, stand_in_hour)

    async def scenario():
        world.clients["fake"].rate_limiter.back_off(86_400.0)
        await world.run_passes(seconds=ONE_PASS)

    run(scenario())
    assert set(world.exchange_by_close().values()) == {"other"}
    assert world.network.asked == []


def test_a_pause_demanded_between_two_tries_ends_the_tries():
    world = BackfillWorld(lambda path, now: RateLimited("too many requests", 86_400.0), no_candles)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.network.asked) == 1
    assert world.result().failure.exchange == "fake"
