"""Backfill: when a pass starts, what it fetches, and what the next pass tries again."""

import asyncio
from itertools import pairwise

import numpy as np

from tests.support.backfill_world import (
    SPAN,
    START,
    BackfillWorld,
    candles,
    last_half_hour,
    last_hour,
    no_candles,
)
from tests.support.fakes import EUR, USD, run
from tracker.collector.backfill.backfill import MIN_PAUSE, RETRY_UNFILLED, SECOND_PASS, Backfill
from tracker.collector.backfill.history import TRIES
from tracker.collector.client.response import Response
from tracker.core.errors import Unreachable
from tracker.core.market_status import BackfillResult
from tracker.core.ticks import Origin, Ticks


def test_an_empty_store_gets_every_candle_of_the_span_and_no_older_one():
    world = BackfillWorld(lambda path, now: candles(START - 7200, START))
    run(world.run_passes())
    assert world.closes() == [int(START) - 3540 + 60 * n for n in range(60)]
    assert {int(origin) for _, ticks in world.store.rows for origin in ticks.origin} == {Origin.BACKFILL}
    assert {int(interval) for _, ticks in world.store.rows for interval in ticks.interval} == {60_000}


def test_no_request_is_sent_before_the_first_trigger():
    world = BackfillWorld(no_candles)
    run(world.run_passes(triggers=()))
    assert world.network.asked == []


def test_no_request_is_sent_while_the_store_has_no_gap():
    world = BackfillWorld(no_candles)
    times = np.arange(round(START * 1000) - SPAN, round(START * 1000) + 1_000_000, 10_000)
    world.store.append({EUR: Ticks.of(times, np.ones(times.size), 10_000)})
    run(world.run_passes())
    assert world.network.asked == []
    assert world.result() == BackfillResult()


def test_the_candle_that_was_open_in_the_first_pass_is_fetched_in_the_second():
    world = BackfillWorld(lambda path, now: candles(START - 3600, now // 60 * 60), start=START + 5)
    live = np.arange(round(START * 1000) + 35_000, round(START * 1000) + 200_000, 10_000)
    world.store.append({EUR: Ticks.of(live, np.ones(live.size), 10_000)})
    run(world.run_passes(seconds=SECOND_PASS + 5))
    assert world.closes()[-1] == START + 60
    assert len(world.closes()) == len(set(world.closes()))


def test_the_open_candle_does_not_count_as_closed_when_this_clock_is_ahead_of_the_exchange():
    world = BackfillWorld(lambda path, now: Response(candles(START - 600, START), date=START - 130))
    run(world.run_passes())
    assert world.closes()[-1] == START - 180


def test_a_market_whose_page_keeps_failing_does_not_delay_the_next_market():
    def respond(path, now):
        return Unreachable("no answer") if "btceur" in path else last_hour(path, now)

    world = BackfillWorld(respond)
    run(world.run_passes([EUR, USD], seconds=SECOND_PASS))
    assert world.closes(EUR) == []
    assert len(world.closes(USD)) > 50
    assert len(world.network.paths("/history/btceur")) == TRIES
    assert world.board.status().markets[EUR].pages == 0


def test_a_failed_page_is_tried_again_until_it_is_fetched():
    world = BackfillWorld(lambda path, now: Unreachable("no answer") if now < START + 900 else last_hour(path, now))
    run(world.run_passes(seconds=2400))
    assert len(world.closes()) > 40


def test_a_trigger_does_not_wait_for_the_next_scheduled_pass():
    world = BackfillWorld(lambda path, now: Unreachable("no answer") if now < START + 300 else last_hour(path, now))
    run(world.run_passes(triggers=(0.0, 305.0), seconds=5))
    assert len(world.closes()) > 50


def test_a_disk_that_was_full_at_first_delays_the_backfill_and_loses_nothing():
    world = BackfillWorld(last_hour)
    world.store.broken = "disk full"

    async def scenario():
        filling = asyncio.ensure_future(world.run_passes(seconds=1000))
        await world.clock.sleep(300)
        world.store.broken = ""
        await filling

    run(scenario())
    assert len(world.closes()) > 40


def test_a_full_disk_does_not_end_the_backfill_task():
    world = BackfillWorld(last_hour)
    world.store.broken = "disk full"
    run(world.run_passes(seconds=10))  # asserts that the task was still running
    assert world.store.rows == []


def test_candles_with_impossible_prices_or_times_are_not_stored():
    impossible = [[START - 120, 0.0], [START - 60, -1.0], [START - 180, float("nan")], [START + 9e6, 5.0]]
    world = BackfillWorld(lambda path, now: [*impossible, [START, 7.0]])
    run(world.run_passes(seconds=10))
    assert world.closes() == [int(START)]


def test_a_gap_that_no_exchange_can_fill_is_not_requested_again_at_each_trigger():
    world = BackfillWorld(last_half_hour)
    run(world.run_passes(triggers=range(0, 3000, 10)))
    assert len(world.network.asked) <= 4


def test_passes_keep_their_distance_however_often_they_are_triggered(monkeypatch):
    world, starts, fill_all = BackfillWorld(no_candles), [], Backfill._fill_all

    async def recording_fill_all(backfill, since, purpose):
        starts.append(world.clock.monotonic())
        return await fill_all(backfill, since, purpose)

    monkeypatch.setattr(Backfill, "_fill_all", recording_fill_all)
    run(world.run_passes(triggers=[0.5 * number for number in range(200)], seconds=1))
    assert min(later - sooner for sooner, later in pairwise(starts)) >= MIN_PAUSE
    assert len(starts) >= 99 / MIN_PAUSE


def test_an_unfilled_gap_is_requested_once_more_after_an_hour():
    def respond(path, now):
        return candles(START - 1800 if now < START + SECOND_PASS + 10 else START - 3600, START + 7200)

    world = BackfillWorld(respond)
    run(world.run_passes(seconds=SECOND_PASS + RETRY_UNFILLED - 10))
    assert len(world.network.asked) == 2
    assert len(world.closes()) == 30 + 1
    world = BackfillWorld(respond)
    run(world.run_passes(seconds=SECOND_PASS + RETRY_UNFILLED + 10))
    assert len(world.network.asked) == 3
    assert len(world.closes()) > 60
