"""Backfill: what the span lacks, no more, and never at the cost of a live row."""

import asyncio

import numpy as np
from fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, MemoryStore, refusal, run
from hypothesis import given
from hypothesis import strategies as st

from tracker.backfill import SECOND_LOOK, TRIES, Backfill, from_border, lacking
from tracker.keeper import Keeper
from tracker.market import Origin, Ticks
from tracker.slots import Feed
from tracker.source import Source
from tracker.status import Board
from tracker.window import Window

START = 1_000_020.0  # a whole minute
SPAN = 3_600_000


def candles(start, end, price=50.0):
    return [[float(at), price] for at in range(int(start), int(end) + 1, 60)]


class World:
    def __init__(self, respond, start=START):
        self.clock = FakeClock(start)
        self.network = FakeNetwork(self.clock, respond)
        self.store = MemoryStore()
        self.board = Board({EUR: 10_000, USD: 10_000})

    async def fill(self, markets, wanted=(0.0,), lasting=600.0):
        source = Source("fake", FakeExchange(), FakeExchange.BASE_URL, self.network, self.clock)
        keeper = Keeper(self.store, self.board, lambda: True)
        feeds = [Feed(market, 10_000) for market in markets]
        backfill = Backfill(feeds, {"fake": source}, keeper, self.clock, self.board, SPAN)
        running = asyncio.ensure_future(backfill.run())
        for at in wanted:
            await self.clock.sleep(at - self.clock.monotonic())
            backfill.wanted.set()
        await self.clock.sleep(lasting)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    def filled(self, market):
        return [int(t) // 1000 for of, ticks in self.store.rows if of == market for t in ticks.time]


def test_an_empty_store_gets_every_candle_of_the_span_and_no_older_one():
    world = World(lambda path, now: candles(START - 7200, START))
    run(world.fill([EUR]))
    assert world.filled(EUR) == [int(START) - 3540 + 60 * n for n in range(60)]
    assert {int(o) for _, ticks in world.store.rows for o in ticks.origin} == {Origin.BACKFILL}
    assert {int(i) for _, ticks in world.store.rows for i in ticks.interval} == {60_000}


def test_nothing_is_asked_for_while_nothing_is_wanted_nor_when_nothing_lacks():
    world = World(lambda path, now: [])
    run(world.fill([EUR], wanted=()))
    assert world.network.asked == []
    world = World(lambda path, now: [])
    times = np.arange(round(START * 1000) - SPAN, round(START * 1000) + 1_000_000, 10_000)
    world.store.append({EUR: Ticks.of(times, np.ones(times.size), 10_000)})
    run(world.fill([EUR]))
    assert world.network.asked == []


def test_the_minute_that_was_open_at_the_first_look_is_fetched_at_the_second():
    world = World(lambda path, now: candles(START - 3600, now // 60 * 60), start=START + 5)
    live = np.arange(round(START * 1000) + 35_000, round(START * 1000) + 200_000, 10_000)
    world.store.append({EUR: Ticks.of(live, np.ones(live.size), 10_000)})
    run(world.fill([EUR], lasting=SECOND_LOOK + 5))
    assert world.filled(EUR)[-1] == START + 60
    assert len(world.filled(EUR)) == len(set(world.filled(EUR)))


def test_a_page_that_keeps_failing_is_given_up_and_the_next_market_gets_its_turn():
    world = World(lambda path, now: refusal() if "btceur" in path else candles(START - 3600, START))
    run(world.fill([EUR, USD], lasting=SECOND_LOOK))
    assert world.filled(EUR) == []
    assert len(world.filled(USD)) > 50
    assert len(world.network.paths("/history/btceur")) == TRIES
    assert world.board.status().markets[EUR].progress == ""


def test_what_was_given_up_is_tried_again_until_it_is_there():
    world = World(lambda path, now: refusal() if now < START + 900 else candles(START - 3600, START))
    run(world.fill([EUR], lasting=2400))
    assert len(world.filled(EUR)) > 40


def test_a_new_gap_does_not_wait_for_the_next_look():
    world = World(lambda path, now: refusal() if now < START + 300 else candles(START - 3600, START))
    run(world.fill([EUR], wanted=(0.0, 305.0), lasting=5))
    assert len(world.filled(EUR)) > 50


def test_a_disk_that_is_full_at_first_costs_time_not_the_backfill():
    world = World(lambda path, now: candles(START - 3600, START))
    world.store.broken = "disk full"

    async def story():
        filling = asyncio.ensure_future(world.fill([EUR], lasting=1000))
        await world.clock.sleep(300)
        world.store.broken = ""
        await filling

    run(story())
    assert len(world.filled(EUR)) > 40


def test_a_disk_that_refuses_costs_the_backfill_not_its_task():
    world = World(lambda path, now: candles(START - 3600, START))
    world.store.broken = "disk full"
    run(world.fill([EUR], lasting=10))
    assert world.store.rows == []


def test_candles_with_prices_or_times_that_cannot_be_are_left_out():
    odd = [[START - 120, 0.0], [START - 60, -1.0], [START - 180, float("nan")], [START + 9e6, 5.0], [START, 7.0]]
    world = World(lambda path, now: odd)
    run(world.fill([EUR], lasting=10))
    assert world.filled(EUR) == [int(START)]


def test_fine_candles_begin_where_a_coarser_one_ends():
    fine = Ticks.of([60_000 * minute for minute in range(3, 20)], [1.0] * 17, 60_000)
    assert (from_border(fine, 300).time // 60_000).tolist() == list(range(6, 20))
    assert len(from_border(Ticks.none(), 300)) == 0


minutes = st.lists(st.integers(1, 60), unique=True, max_size=60)


@given(minutes, minutes)
def test_no_candle_falls_on_the_time_of_a_row_or_into_time_that_is_covered(stored, offered):
    rows = Ticks.of([minute * 60_000 for minute in stored], [1.0] * len(stored), 60_000).in_order()
    window = Window.of(rows, 3_600_000, 3_600_000)
    there = Ticks.of([minute * 60_000 for minute in offered], [2.0] * len(offered), 60_000).in_order()
    chosen = set((lacking(there, window).time // 60_000).tolist())
    assert chosen <= set(offered) - set(stored)
    # A gap is more than 2.5 intervals, so a single missing minute is not filled; two in a row are.
    for minute in set(offered) - set(stored):
        if {minute - 1, minute + 1}.isdisjoint(stored):
            assert minute in chosen
