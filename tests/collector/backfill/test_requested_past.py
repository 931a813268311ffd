"""Backfill on request: how far back it reaches, and when the request counts as complete."""

import asyncio
import re

import pytest

from tests.support.backfill_world import (
    START,
    BackfillWorld,
    PagedExchange,
    candles,
    first_minute,
    last_half_hour,
    no_candles,
    page,
    request_of,
)
from tests.support.fakes import EUR, run
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.backfill import SECOND_PASS
from tracker.core.errors import Unreachable
from tracker.exchanges import binance

ONE_PASS = SECOND_PASS - 5  # virtual seconds


def last_five_hours(path, now):
    return candles(START - 5 * 3600, START)


@pytest.fixture
def request_of_3_hours():
    """A pending request for the last three hours."""
    pending = request_of(MemoryCoordination(), "fake")
    pending.submit(round((START - 3 * 3600) * 1000))
    return pending


def test_a_request_reaches_further_back_than_the_span_and_is_completed(request_of_3_hours):
    world = BackfillWorld(last_five_hours, no_candles, request=request_of_3_hours)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.exchange_by_close()) == 180
    assert request_of_3_hours.read() is None


def test_a_result_says_from_when_on_gaps_were_looked_for_also_after_a_later_pass(request_of_3_hours):
    world = BackfillWorld(last_five_hours, no_candles, request=request_of_3_hours)
    run(world.run_passes(seconds=3 * SECOND_PASS))
    assert world.board.status().markets[EUR].backfill.since == round((START - 3 * 3600) * 1000)


@pytest.mark.parametrize("reason", ["rejected", "held back"])
def test_a_request_stays_pending_while_an_exchange_is_skipped_and_its_gap_is_tried_again(request_of_3_hours, reason):
    world = BackfillWorld(last_five_hours, no_candles, request=request_of_3_hours)

    async def scenario():
        if reason == "rejected":
            world.listings["fake"].reject(EUR, "Unknown pair")
        else:
            world.held_back.add("fake")
        filling = asyncio.ensure_future(world.run_passes(seconds=3 * SECOND_PASS))
        await world.clock.sleep(ONE_PASS)
        assert (world.exchange_by_close(), request_of_3_hours.read() is None) == ({}, False)
        world.listings["fake"].accept(EUR)
        world.held_back.clear()
        await filling

    run(scenario())
    assert len(world.exchange_by_close()) == 180
    assert request_of_3_hours.read() is None


def test_a_pair_that_stays_rejected_neither_blocks_the_request_nor_causes_further_requests(request_of_3_hours):
    world = BackfillWorld(last_half_hour, no_candles, request=request_of_3_hours)

    async def scenario():
        for _ in range(5):
            world.listings["fake"].reject(EUR, "Unknown pair")
        await world.run_passes(seconds=3 * SECOND_PASS)

    run(scenario())
    assert request_of_3_hours.read() is None
    assert world.network.asked == []
    assert len(world.stand_in_network.asked) == 4, "once more in each of two passes, as the answer is empty"


def test_a_request_stays_pending_while_pages_cannot_be_fetched(request_of_3_hours):
    def unreachable(path, now):
        return Unreachable("no answer")

    run(BackfillWorld(unreachable, unreachable, request=request_of_3_hours).run_passes(seconds=ONE_PASS))
    assert request_of_3_hours.read() is not None


def test_a_request_ends_although_a_page_stays_unreadable_and_its_gap_is_named(request_of_3_hours):
    def respond(path, now):
        return [[None]] if first_minute(path) == 996_000 else page(path, now)

    world = BackfillWorld(respond, exchange=PagedExchange, request=request_of_3_hours)
    run(world.run_passes(seconds=ONE_PASS))
    assert request_of_3_hours.read() is not None, "the next answer may be readable"
    world = BackfillWorld(respond, exchange=PagedExchange, request=request_of_3_hours)
    run(world.run_passes(seconds=600))
    assert request_of_3_hours.read() is None
    result = world.result()
    assert (result.failure.kind, result.longest_gaps) == ("unreadable", ((996_000_000, 996_600_000),))


def test_only_passes_in_a_row_make_a_page_count_as_unreadable(request_of_3_hours):
    broken = set()

    def respond(path, now):
        return [[None]] if broken and first_minute(path) in broken else page(path, now)

    world = BackfillWorld(respond, exchange=PagedExchange, request=request_of_3_hours)

    async def scenario():
        broken.add(996_000)
        passes = asyncio.ensure_future(world.run_passes(triggers=(0, 800), seconds=ONE_PASS))
        await world.clock.sleep(2 * SECOND_PASS)
        assert world.result().failure is not None
        broken.clear()
        await world.clock.sleep(600)
        assert (request_of_3_hours.read(), world.result().failure) == (None, None)
        broken.add(984_000)
        request_of_3_hours.submit(984_000_000)
        await passes
        assert world.result().failure is not None
        assert request_of_3_hours.read() is not None

    run(scenario())


def test_candles_that_cannot_be_read_are_left_out_and_counted_and_those_off_the_minute_are_kept():
    def kline(opened, close):
        return [opened, close, close, close, close, "1", opened + 59_999, "1", 1, "1", "1", "0"]

    def respond(path, now):
        start, end = (int(time) for time in re.findall(r"Time=(\d+)", path))
        rows = [kline(opened, "50") for opened in range(-(-start // 60_000) * 60_000 + 14_789, end, 60_000)]
        return [[*rows[0][:4], "soon", *rows[0][5:]], *rows[1:]]

    pending = request_of(MemoryCoordination(), "fake")
    pending.submit((1_518_180_000 - 3 * 3600) * 1000)
    world = BackfillWorld(respond, start=1_518_180_000, exchange=lambda: binance, request=pending)
    run(world.run_passes(seconds=ONE_PASS))
    assert pending.read() is None
    assert (len(world.closes()), world.result().left_out) == (178, 1)
    assert {int(time) % 60_000 for _, ticks in world.store.rows for time in ticks.time} == {14_789}
