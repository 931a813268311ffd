"""Backfill: what the span lacks, no more, and never at the cost of a live row."""

import asyncio
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, MemoryCoordination, MemoryStore, run
from tracker.collector.backfill.backfill import (
    MAX_FAILED_PAGES,
    MIN_PAUSE,
    RETRY_UNFILLED,
    SECOND_PASS,
    TRIES,
    Backfill,
)
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.backfill.stored_past import missing_candles
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.http import Response
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import RateLimited, Unreachable
from tracker.core.market_status import BackfillResult, Failure
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

START = 1_000_020.0  # a whole minute
SPAN = 3_600_000


def candles(start, end, price=50.0):
    return [[float(at), price] for at in range(int(start), int(end) + 1, 60)]


class World:
    def __init__(self, respond, start=START):
        self.clock = FakeClock(start)
        self.network = FakeNetwork(self.clock, respond)
        self.store = MemoryStore()
        self.board = StatusBoard({EUR: 10_000, USD: 10_000})

    async def fill(self, markets, wanted=(0.0,), lasting=600.0):
        client = ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, self.network, self.clock)
        writer = SlotWriter(self.store, self.board, lambda: True)
        feeds = [Feed(market, 10_000) for market in markets]
        backfill = Backfill(feeds, {"fake": client}, writer, self.clock, self.board, SPAN)
        running = asyncio.ensure_future(backfill.run())
        for at in wanted:
            await self.clock.sleep(at - self.clock.monotonic())
            backfill.trigger()
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
    assert world.board.status().markets[EUR].backfill == BackfillResult()


def test_the_minute_that_was_open_at_the_first_look_is_fetched_at_the_second():
    world = World(lambda path, now: candles(START - 3600, now // 60 * 60), start=START + 5)
    live = np.arange(round(START * 1000) + 35_000, round(START * 1000) + 200_000, 10_000)
    world.store.append({EUR: Ticks.of(live, np.ones(live.size), 10_000)})
    run(world.fill([EUR], lasting=SECOND_PASS + 5))
    assert world.filled(EUR)[-1] == START + 60
    assert len(world.filled(EUR)) == len(set(world.filled(EUR)))


def test_the_running_candle_is_not_taken_for_closed_when_this_clock_is_ahead_of_the_exchange():
    world = World(lambda path, now: Response(candles(START - 600, START), date=START - 130))
    run(world.fill([EUR]))
    assert world.filled(EUR)[-1] == START - 180


def test_a_page_that_keeps_failing_is_given_up_and_the_next_market_gets_its_turn():
    world = World(lambda path, now: Unreachable("no answer") if "btceur" in path else candles(START - 3600, START))
    run(world.fill([EUR, USD], lasting=SECOND_PASS))
    assert world.filled(EUR) == []
    assert len(world.filled(USD)) > 50
    assert len(world.network.paths("/history/btceur")) == TRIES
    assert world.board.status().markets[EUR].pages == 0


def test_what_was_given_up_is_tried_again_until_it_is_there():
    world = World(lambda path, now: Unreachable("no answer") if now < START + 900 else candles(START - 3600, START))
    run(world.fill([EUR], lasting=2400))
    assert len(world.filled(EUR)) > 40


def test_a_new_gap_does_not_wait_for_the_next_look():
    world = World(lambda path, now: Unreachable("no answer") if now < START + 300 else candles(START - 3600, START))
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


minutes = st.lists(st.integers(1, 60), unique=True, max_size=60)


@given(minutes, minutes)
def test_no_candle_falls_on_the_time_of_a_row_or_into_time_that_is_covered(stored, offered):
    rows = Ticks.of([minute * 60_000 for minute in stored], [1.0] * len(stored), 60_000).in_order()
    window = Window.of(rows, 3_600_000, 3_600_000)
    offered_rows = Ticks.of([minute * 60_000 for minute in offered], [2.0] * len(offered), 60_000).in_order()
    chosen = set((missing_candles(offered_rows, window).time // 60_000).tolist())
    assert chosen <= set(offered) - set(stored)
    # A gap is more than 2.5 intervals, so a single missing minute is not filled; two in a row are.
    for minute in set(offered) - set(stored):
        if minute < 60 and {minute - 1, minute + 1}.isdisjoint(stored):
            assert minute in chosen


class Two(World):
    """*fake* as ever, and *other*, which stands in."""

    def __init__(self, fake, other, start=START):
        super().__init__(fake, start)
        self.elsewhere = FakeNetwork(self.clock, other)
        self.doubted = set()

    async def fill(self, request=None, lasting=SECOND_PASS - 5, before=lambda clients, listings: None):
        clients = {
            "fake": ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, self.network, self.clock),
            "other": ExchangeClient("other", FakeExchange(), "http://other", self.elsewhere, self.clock),
        }
        listings = {name: Listings(client, self.clock) for name, client in clients.items()}
        before(clients, listings)
        writer = SlotWriter(self.store, self.board, lambda: True)
        feeds = [Feed(EUR, 10_000, ("other",))]
        backfill = Backfill(
            *(feeds, clients, writer, self.clock, self.board, SPAN, request, listings),
            is_held_back=lambda name, market: name in self.doubted,
        )
        running = asyncio.ensure_future(backfill.run())
        backfill.trigger()
        await self.clock.sleep(lasting)
        running.cancel()
        await asyncio.wait([running])

    def given(self):
        """Where each filled minute came from, by its close."""
        return {
            int(t) // 1000: exchange
            for _, ticks in self.store.rows
            for t, exchange in zip(ticks.time, ticks.exchanges(), strict=True)
        }

    def result(self):
        return self.board.status().markets[EUR].backfill


def test_what_the_first_exchange_lacks_the_second_is_asked_for_and_the_row_says_so():
    world = Two(lambda path, now: candles(START - 1800, START), lambda path, now: candles(START - 3600, START, 51.0))
    run(world.fill())
    given = world.given()
    assert {who for at, who in given.items() if at >= START - 1800} == {""}
    assert {who for at, who in given.items() if at < START - 1860} == {"other"}
    assert len(given) == 60
    assert world.result() == BackfillResult({"fake": 31, "other": 29})


def test_the_second_is_left_alone_when_the_first_has_everything():
    world = Two(lambda path, now: candles(START - 3600, START), lambda path, now: candles(START - 3600, START))
    run(world.fill())
    assert world.elsewhere.asked == []
    assert world.result() == BackfillResult({"fake": 60})


def test_a_first_exchange_without_its_history_does_not_keep_the_second_from_giving_it():
    world = Two(lambda path, now: Unreachable("fake answers 503"), lambda path, now: candles(START - 3600, START))
    run(world.fill())
    assert set(world.given().values()) == {"other"}
    assert len(world.given()) == 60


def test_gaps_that_nobody_can_fill_are_reported_with_their_length():
    world = Two(lambda path, now: candles(START - 1800, START), lambda path, now: [])
    run(world.fill())
    assert world.result() == BackfillResult({"fake": 31}, gaps_left=1, seconds_left=29 * 60)


def test_a_failure_is_reported_in_the_first_exchange_s_words():
    world = Two(lambda path, now: Unreachable("fake answers 503"), lambda path, now: Unreachable("other answers 500"))
    run(world.fill())
    assert world.result() == BackfillResult(
        {}, gaps_left=1, seconds_left=3600, failure=Failure("unreachable", "fake", "fake answers 503")
    )


def test_a_request_reaches_further_back_and_is_completed(tmp_path):
    request = BackfillRequest(MemoryCoordination(), ["fake"])
    request.submit(round((START - 3 * 3600) * 1000))
    world = Two(lambda path, now: candles(START - 5 * 3600, START), lambda path, now: [])
    run(world.fill(request))
    assert len(world.given()) == 180
    assert request.read() is None


@pytest.mark.parametrize("why", ["rejected", "doubted"])
def test_a_request_stays_and_the_gap_is_looked_at_again_while_an_exchange_is_left_out_for_now(tmp_path, why):
    request = BackfillRequest(MemoryCoordination(), ["fake"])
    request.submit(round((START - 3 * 3600) * 1000))
    world = Two(lambda path, now: candles(START - 5 * 3600, START), lambda path, now: [])

    def before(clients, listings):
        if why == "rejected":
            listings["fake"].reject(EUR, "Unknown pair")
            world.after = lambda: listings["fake"].accept(EUR)
        else:
            world.doubted.add("fake")
            world.after = world.doubted.clear

    async def story():
        filling = asyncio.ensure_future(world.fill(request, 3 * SECOND_PASS, before))
        await world.clock.sleep(SECOND_PASS - 5)
        assert (world.given(), request.read() is None) == ({}, False)
        world.after()
        await filling

    run(story())
    assert len(world.given()) == 180
    assert request.read() is None


def test_a_pair_that_stays_refused_ends_neither_request_nor_peace(tmp_path):
    """It has the others' request completed without it, and does not have them asked for what they do not have."""
    request = BackfillRequest(MemoryCoordination(), ["fake"])
    request.submit(round((START - 3 * 3600) * 1000))
    world = Two(lambda path, now: candles(START - 1800, START), lambda path, now: [])

    def before(clients, listings):
        for _ in range(5):
            listings["fake"].reject(EUR, "Unknown pair")

    run(world.fill(request, 3 * SECOND_PASS, before))
    assert request.read() is None
    assert world.network.asked == []
    assert len(world.elsewhere.asked) == 2


def test_what_nobody_has_is_not_asked_for_each_time_that_a_look_is_wanted():
    world = World(lambda path, now: candles(START - 1800, START))
    run(world.fill([EUR], wanted=range(0, 3000, 10)))
    assert len(world.network.asked) <= 4


def test_looks_keep_apart_however_often_they_are_wanted(monkeypatch):
    world, looks, fill = World(lambda path, now: []), [], Backfill._fill_all

    async def noting(backfill, since):
        looks.append(world.clock.monotonic())
        return await fill(backfill, since)

    monkeypatch.setattr(Backfill, "_fill_all", noting)
    run(world.fill([EUR], wanted=[0.5 * number for number in range(200)], lasting=1))
    assert min(later - sooner for sooner, later in pairwise(looks)) >= MIN_PAUSE
    assert len(looks) >= 99 / MIN_PAUSE


def test_an_exchange_that_wants_no_request_for_long_is_not_waited_for():
    world = Two(lambda path, now: candles(START - 1800, START), lambda path, now: candles(START - 3600, START, 51.0))
    run(world.fill(before=lambda clients, listings: clients["fake"].rate_limiter.back_off(86_400.0)))
    assert set(world.given().values()) == {"other"}
    assert world.network.asked == []


def test_a_pause_that_is_told_amid_the_pages_ends_the_waiting_too():
    world = Two(lambda path, now: RateLimited("too many requests", 86_400.0), lambda path, now: [])
    run(world.fill())
    assert len(world.network.asked) == 1
    assert world.result().failure.exchange == "fake"


def test_what_nobody_could_give_is_asked_for_once_more_after_an_hour():
    def late(path, now):
        return candles(START - 1800 if now < START + SECOND_PASS + 10 else START - 3600, START + 7200)

    world = Two(late, lambda path, now: [])
    run(world.fill(lasting=SECOND_PASS + RETRY_UNFILLED - 10))
    looks = len(world.network.asked)
    assert len(world.given()) == 30 + 1
    world = Two(late, lambda path, now: [])
    run(world.fill(lasting=SECOND_PASS + RETRY_UNFILLED + 10))
    assert (looks, len(world.network.asked)) == (2, 3)
    assert len(world.given()) > 60


def test_a_request_stays_while_pages_cannot_be_had(tmp_path):
    request = BackfillRequest(MemoryCoordination(), ["fake"])
    request.submit(round((START - 3 * 3600) * 1000))
    run(Two(lambda path, now: Unreachable("no answer"), lambda path, now: Unreachable("no answer")).fill(request))
    assert request.read() is not None


class Paged(FakeExchange):
    """Ten minutes to a page, the newest page first."""

    def history_requests(self, market, start, end, now):
        firsts = range(start // 600_000 * 600_000, end, 600_000)
        return [(f"/history/{first // 1000}", 60.0) for first in reversed(firsts)]


def test_what_a_crash_interrupted_goes_on_without_asking_for_what_is_there():
    pages = []

    def respond(path, now):
        first = int(path.rsplit("/", 1)[1])
        pages.append(first)
        return candles(first + 60, first + 600)

    world = World(respond, start=1_000_200.0)

    async def story(crash_after):
        client = ExchangeClient("fake", Paged(), FakeExchange.BASE_URL, world.network, world.clock)
        writer = SlotWriter(world.store, world.board, lambda: True)
        backfill = Backfill([Feed(EUR, 10_000)], {"fake": client}, writer, world.clock, world.board, SPAN)
        running = asyncio.ensure_future(backfill.run())
        backfill.trigger()
        while len(pages) < crash_after and world.clock.monotonic() < 30:
            await world.clock.sleep(0.0001)
        running.cancel()
        await asyncio.wait([running])

    world.network.takes = 1.0
    run(story(crash_after=3))
    interrupted = list(pages)
    run(story(crash_after=99))
    # The page that was under way is asked for again, those that were kept are not.
    assert len(pages) <= 8
    assert set(interrupted[:2]).isdisjoint(pages[len(interrupted) :])
    filled = world.filled(EUR)
    assert len(filled) == len(set(filled)) == 60


async def pages_of(world, exchange, lasting):
    client = ExchangeClient("fake", exchange, FakeExchange.BASE_URL, world.network, world.clock)
    writer = SlotWriter(world.store, world.board, lambda: True)
    backfill = Backfill([Feed(EUR, 10_000)], {"fake": client}, writer, world.clock, world.board, SPAN)
    running = asyncio.ensure_future(backfill.run())
    backfill.trigger()
    await world.clock.sleep(lasting)
    running.cancel()
    await asyncio.wait([running])


@pytest.mark.parametrize(
    ("broken", "kind"),
    [(Unreachable("fake answers 500"), "unreachable"), ([[None]], "unreadable")],
    ids=["away", "unreadable"],
)
def test_a_page_that_cannot_be_had_costs_no_other(broken, kind):
    def respond(path, now):
        first = int(path.rsplit("/", 1)[1])
        return broken if START - 1200 <= first < START - 600 else candles(first + 60, first + 600)

    world = World(respond)
    run(pages_of(world, Paged(), SECOND_PASS - 1))
    assert len(world.filled(EUR)) == len(set(world.filled(EUR))) == 50
    assert world.board.status().markets[EUR].backfill.failure.kind == kind
    assert len(world.network.asked) == 7 + TRIES - 1


def test_an_exchange_that_is_away_is_not_asked_for_every_page():
    world = World(lambda path, now: Unreachable("no answer"))

    class Many(Paged):
        def history_requests(self, market, start, end, now):
            return super().history_requests(market, start - 1_000_000_000, end, now)[:300]

    run(pages_of(world, Many(), SECOND_PASS - 1))
    assert len(world.network.asked) == TRIES + MAX_FAILED_PAGES - 1


def test_coarse_candles_do_not_take_the_place_of_fine_ones_that_could_not_be_had():
    class Two(FakeExchange):
        def history_requests(self, market, start, end, now):
            return [("/history/fine", 60.0), ("/history/coarse", 300.0)]

    world = World(
        lambda path, now: Unreachable("no answer") if "fine" in path else [[START - 300 * n, 5.0] for n in range(12)]
    )
    run(pages_of(world, Two(), SECOND_PASS - 1))
    assert world.filled(EUR) == []


def test_a_page_that_failed_after_others_were_kept_is_asked_of_the_second_and_nothing_is_there_twice():
    def half(path, now):
        first = int(path.rsplit("/", 1)[1])
        return Unreachable("fake answers 503") if first < START - 1800 else candles(first + 60, first + 600)

    def whole(path, now):
        first = int(path.rsplit("/", 1)[1])
        return candles(first + 60, first + 600, 51.0)

    world = Two(half, whole, start=1_000_200.0)

    async def story():
        clients = {
            "fake": ExchangeClient("fake", Paged(), FakeExchange.BASE_URL, world.network, world.clock),
            "other": ExchangeClient("other", Paged(), "http://other", world.elsewhere, world.clock),
        }
        writer = SlotWriter(world.store, world.board, lambda: True)
        backfill = Backfill([Feed(EUR, 10_000, ("other",))], clients, writer, world.clock, world.board, SPAN)
        running = asyncio.ensure_future(backfill.run())
        backfill.trigger()
        await world.clock.sleep(SECOND_PASS - 1)
        running.cancel()
        await asyncio.wait([running])

    run(story())
    filled = world.filled(EUR)
    assert len(filled) == len(set(filled)) == 60
    assert set(world.given().values()) == {"", "other"}
