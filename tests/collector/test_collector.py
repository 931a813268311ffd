"""Collector: slots on the grid, one row each, whatever the exchange, the disk or the clock does."""

import asyncio
from itertools import pairwise

import pytest

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tests.support.memory_store import MemoryStore
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.schedule import Feed, due
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import LeaseError, Refused, StoreError, Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure, Note
from tracker.core.ticks import Origin, Ticks

PRICES = {"btceur": 100.0, "btcusd": 110.0}
DAY = 24 * 3_600_000


def ticker(path, now):
    if path.startswith("/pairs"):
        return {}
    return [] if path.startswith("/history") else PRICES


class World:
    """A collector of EUR and USD every 10 s, and what it needs."""

    def __init__(self, respond=ticker, *, start=1_000_000.0, takes=0.0, feeds=None, may_write=lambda: True):
        self.clock = FakeClock(start)
        self.network = FakeNetwork(self.clock, respond, takes)
        self.store = MemoryStore()
        self.exchange = FakeExchange()
        self.feeds = feeds or [Feed(EUR, 10_000), Feed(USD, 10_000)]
        self.board = StatusBoard({feed.market: feed.interval for feed in self.feeds})
        self.may_write = may_write

    async def collect(self):
        source = ExchangeClient("fake", self.exchange, self.exchange.BASE_URL, self.network, self.clock)
        writer = SlotWriter(self.store, self.board, self.may_write)
        await Collector(self.feeds, {"fake": source}, writer, self.clock, self.board, span=DAY).run()

    def run(self, until):
        run(self.collect(), until)
        return self

    def status(self, market=EUR):
        return self.board.status().markets[market]


def slots_polled(answer_takes, end, interval=10):
    async def poll():
        clock = FakeClock()
        answered = {}
        async for _ in due([Feed(EUR, interval * 1000)], clock, answered):
            slot = clock.now() // 1000 // interval * interval
            if slot > end:
                return
            slots.append(slot)
            await clock.sleep(answer_takes.get(slot, 0))
            answered[EUR] = clock.now() // 1000 // interval

    slots = []
    run(poll())
    return slots


def test_a_slow_answer_skips_slots_and_keeps_the_grid():
    assert slots_polled(answer_takes={10: 25}, end=60) == [0, 10, 40, 50, 60]


def test_the_running_slot_is_asked_for_at_once_and_rows_carry_the_start_of_their_slot():
    world = World(start=1_000_004.0).run(21)
    assert world.store.live(EUR) == [(1_000_000, 100.0), (1_000_010, 100.0), (1_000_020, 100.0)]
    assert all(ticks.interval[0] == 10_000 for _, ticks in world.store.rows)


def test_due_markets_of_an_exchange_share_a_request():
    world = World().run(35)
    assert [path for _, path in world.network.asked if path.startswith("/ticker")] == ["/ticker?btceur,btcusd"] * 4


def test_markets_of_two_cadences_share_the_slots_they_have_in_common():
    world = World(feeds=[Feed(EUR, 10_000), Feed(USD, 30_000)]).run(59)
    asked = [path for _, path in world.network.asked if path.startswith("/ticker")]
    # 1,000,000 s is no multiple of 30 s: the running slot of USD began at 999,990.
    both, one = "/ticker?btceur,btcusd", "/ticker?btceur"
    assert asked == [both, one, both, one, one, both]
    assert [at for at, _ in world.store.live(USD)] == [999_990, 1_000_020, 1_000_050]


def test_more_markets_than_fit_into_one_request_are_asked_for_in_several():
    world = World()
    world.exchange.MAX_BATCH = 1
    world.run(5)
    assert [path for _, path in world.network.asked if path.startswith("/ticker")] == [
        "/ticker?btceur",
        "/ticker?btcusd",
    ]
    assert len(world.store.rows) == 2


def test_an_exchange_that_is_away_is_asked_again_without_end_ever_later_and_collecting_resumes():
    def respond(path, now):
        return Unreachable("fake answers 503") if 1_000_015 < now < 1_003_000 else ticker(path, now)

    world = World(respond).run(3_100)
    asked = [at for at in world.network.paths("/ticker") if 1_000_015 < at < 1_003_000]
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert max(waits) <= 30.0 + 1e-6
    assert waits[0] < 4
    assert min(waits[8:]) > 20
    written = [at for at, _ in world.store.live(EUR)]
    assert written[:2] == [1_000_000, 1_000_010]
    assert 1_003_000 <= written[2] < 1_003_040
    assert world.status().state == "live"


def test_a_failure_is_told_with_its_cause_its_start_and_the_next_try():
    def respond(path, now):
        return Unreachable("fake answers 503") if now > 1_000_005 else ticker(path, now)

    world = World(respond).run(60)
    status = world.status()
    assert (status.state, status.failure, status.since) == (
        "unreachable",
        Failure("unreachable", "fake", "fake answers 503"),
        1_000_010_000,
    )
    assert status.tries >= 3
    assert status.next_try > 1_000_040_000


def test_one_market_missing_from_an_answer_costs_only_that_market():
    world = World(lambda path, now: {"btcusd": 110.0} if path.startswith("/ticker") else []).run(15)
    assert world.store.live(EUR) == []
    assert len(world.store.live(USD)) == 2
    assert (world.status(EUR).state, world.status(USD).state) == ("unreachable", "live")


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf"), "soon", "", None, True, [100.0], 1e300])
def test_a_price_that_cannot_be_is_never_written(price):
    world = World(lambda path, now: {"btceur": price, "btcusd": 110.0} if path.startswith("/ticker") else []).run(15)
    assert world.store.live(EUR) == []
    assert len(world.store.live(USD)) == 2


def test_an_answer_of_another_shape_is_a_failure_that_quotes_it():
    world = World(lambda path, now: 7 if path.startswith("/ticker") else []).run(5)
    assert world.status().state == "unreachable"
    assert "7" in world.status().failure.words
    assert world.store.rows == []


def test_a_pair_the_exchange_lacks_is_refused_by_name_and_does_not_fail_the_others():
    world = World()
    world.exchange.listed = {USD}
    world.run(15)
    assert (world.status(EUR).state, world.status(EUR).failure) == ("refused", Failure("not_listed", "fake"))
    assert len(world.store.live(USD)) == 2
    assert {path for _, path in world.network.asked if path.startswith("/ticker")} == {"/ticker?btcusd"}


def test_nothing_is_asked_when_the_exchange_has_none_of_the_markets():
    world = World()
    world.exchange.listed = {Market("fake", "ETH", "USD")}
    world.run(30)
    assert world.network.paths("/ticker") == []
    assert world.status(EUR).state == world.status(USD).state == "refused"


def test_a_slot_that_another_collector_has_written_gets_no_second_row():
    world = World(start=1_000_003.0)
    world.store.append({EUR: Ticks.of([1_000_000_000], [99.0], 10_000)})
    world.run(12)
    assert world.store.live(EUR) == [(1_000_000, 99.0), (1_000_010, 100.0)]


def test_a_backfilled_row_does_not_take_a_live_slot():
    world = World(start=1_000_003.0)
    world.store.append({EUR: Ticks.of([1_000_000_000], [99.0], 60_000, Origin.BACKFILL)})
    world.run(5)
    assert world.store.live(EUR) == [(1_000_000, 100.0)]


def test_a_clock_set_back_writes_no_slot_twice_and_one_set_forth_goes_on_at_the_new_time():
    world = World()

    async def story():
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(35)
        world.clock.shift = -30
        await world.clock.sleep(40)
        world.clock.shift = 3600
        await world.clock.sleep(25)
        collecting.cancel()
        await asyncio.wait([collecting])

    run(story())
    times = [at for at, _ in world.store.live(EUR)]
    assert len(times) == len(set(times))
    assert set(range(1_000_000, 1_000_040, 10)) <= set(times)
    assert max(times) >= 1_003_670
    back, ahead = world.board.status().notes
    assert back == Note("clock_jumped", 1_000_005_000, -30)
    assert ahead == Note("clock_jumped", 1_003_675_000, 3_630)


def test_a_term_that_ends_leaves_nothing_behind_in_the_limit_that_outlives_it():
    world = World()
    source = ExchangeClient("fake", world.exchange, world.exchange.BASE_URL, world.network, world.clock)

    async def story():
        for _ in range(20):
            writer = SlotWriter(world.store, world.board, world.may_write)
            collector = Collector(world.feeds, {"fake": source}, writer, world.clock, world.board, span=DAY)
            term = asyncio.create_task(collector.run())
            await world.clock.sleep(12)
            assert source.rate_limiter._next_polls
            term.cancel()
            await asyncio.wait({term})

    run(story())
    assert not source.rate_limiter._next_polls


def test_a_term_that_ends_while_the_list_of_pairs_hangs_leaves_no_task():
    world = World(takes=1e6)

    async def story():
        term = asyncio.create_task(world.collect())
        await world.clock.sleep(12)
        term.cancel()
        await asyncio.wait({term})
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert run(story()) == set()


def test_a_full_disk_is_told_and_collecting_resumes_by_itself():
    world = World()

    async def story():
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(12)
        world.store.broken = "cannot write data/: No space left on device"
        await world.clock.sleep(20)
        seen.append(world.board.status().store_problem)
        world.store.broken = ""
        await world.clock.sleep(20)
        collecting.cancel()
        await asyncio.wait([collecting])

    seen = []
    run(story())
    assert seen == ["cannot write data/: No space left on device"]
    assert world.board.status().store_problem == ""
    assert [at for at, _ in world.store.live(EUR)] == [1_000_000, 1_000_010, 1_000_040, 1_000_050]


def test_without_the_lease_nothing_is_written():
    world = World(may_write=lambda: False)
    with pytest.raises(LeaseError):
        world.run(5)
    assert world.store.rows == []


def test_rows_from_a_sandbox_are_marked_as_what_they_are():
    def respond(path, now):
        return Response(ticker(path, now), Origin.SIMULATED)

    world = World(respond).run(5)
    assert {int(ticks.origin[0]) for _, ticks in world.store.rows} == {Origin.SIMULATED}
    assert world.board.status().mode == "simulated"


def test_a_request_never_comes_sooner_than_the_exchange_allows():
    world = World(feeds=[Feed(EUR, 500)])
    world.exchange.LIMITS = ((1, 2.0),)
    world.run(30)
    asked = [at for at, _ in world.network.asked]
    assert min(later - sooner for sooner, later in pairwise(asked)) >= 2.0 - 1e-6


def test_cancelling_finishes_the_write_under_way():
    world = World()
    slow = world.store.append

    async def story():
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def append(batch):
            loop.call_soon_threadsafe(started.set)
            slow(batch)

        world.store.append = append
        collecting = asyncio.ensure_future(world.collect())
        await started.wait()
        collecting.cancel()
        await asyncio.wait([collecting])
        assert collecting.cancelled()

    run(story())
    assert len(world.store.rows) == 2


def test_a_gap_is_backfilled_once_the_exchange_answers_again():
    def respond(path, now):
        if 1_000_015 < now < 1_000_300:
            return Unreachable("no answer")
        if path.startswith("/history"):
            return [[at, 99.0] for at in range(999_960, int(now), 60)]
        return ticker(path, now)

    world = World(respond).run(500)
    filled = [int(t) // 1000 for of, ticks in world.store.rows if of == EUR for t in ticks.time[ticks.origin == 1]]
    assert {1_000_080, 1_000_140, 1_000_200, 1_000_260} <= set(filled)
    assert len(filled) == len(set(filled))
    assert world.status().pages == 0


def test_an_unknown_market_in_the_answer_is_no_concern():
    world = World(lambda path, now: {**PRICES, "btcxyz": 1.0} if path.startswith("/ticker") else []).run(5)
    assert {of for of, _ in world.store.rows} == {EUR, USD}
    assert Market("fake", "BTC", "XYZ") not in world.board.status().markets


def test_a_pair_list_that_cannot_be_had_does_not_stop_the_prices():
    world = World(lambda path, now: Unreachable("no answer") if path.startswith("/pairs") else ticker(path, now)).run(
        15
    )
    assert len(world.store.live(EUR)) == len(world.store.live(USD)) == 2


def test_a_pair_that_is_gone_later_is_found_out_and_the_others_go_on():
    def respond(path, now):
        if now > 1_000_015:
            world.exchange.listed = {USD}
            if "btceur" in path:
                return Refused("EQuery:Unknown asset pair")
        return ticker(path, now)

    world = World(respond)
    world.run(60)
    assert [at for at, _ in world.store.live(EUR)] == [1_000_000, 1_000_010]
    assert len(world.store.live(USD)) >= 5
    assert (world.status(EUR).state, world.status(USD).state) in {("refused", "live"), ("unreachable", "live")}


def test_a_pair_that_was_missing_from_the_list_is_collected_once_it_is_there():
    world = World()
    world.exchange.listed = {USD}

    async def story():
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(100)
        world.exchange.listed = {EUR, USD}
        await world.clock.sleep(3600)
        collecting.cancel()
        await asyncio.wait([collecting])

    run(story())
    assert world.store.live(EUR)
    assert world.status(EUR).state == "live"


@pytest.mark.parametrize(("lasting", "state"), [(30, "live"), (130, "unreachable")])
def test_a_failing_exchange_is_told_of_every_market_whose_slot_has_come_and_of_no_other(lasting, state):
    def respond(path, now):
        return Unreachable("away") if now > 1_000_005 else ticker(path, now)

    # 1,000,000 s is no multiple of 120 s: the next slot of USD begins at 1,000,080.
    world = World(respond, feeds=[Feed(EUR, 10_000), Feed(USD, 120_000)]).run(lasting)
    assert world.status(EUR).state == "unreachable"
    assert world.status(USD).state == state


def test_a_slot_that_comes_while_others_are_asked_again_is_asked_for_with_them():
    def respond(path, now):
        return Unreachable("away") if path.startswith("/ticker") and 1_000_005 < now < 1_000_300 else ticker(path, now)

    world = World(respond, feeds=[Feed(EUR, 10_000), Feed(USD, 120_000)]).run(400)
    [_, again, *_] = [at for at, _ in world.store.live(USD)]
    assert 1_000_199 < again < 1_000_330


def test_the_log_has_one_line_when_prices_stop_and_one_when_they_come_again(caplog):
    def respond(path, now):
        if path.startswith("/ticker") and 1_000_015 < now < 1_000_300:
            return Unreachable(f"request {now} failed")
        return {"btcusd": 109.0} if path.startswith("/ticker") and now > 1_000_400 else ticker(path, now)

    with caplog.at_level("INFO", logger="tracker.collector.poll_status"):
        World(respond).run(600)
    lines = [record.getMessage() for record in caplog.records]
    assert [line.split(":")[-1].split(" ")[1] for line in lines] == ["request", "prices", "the"], lines


def test_a_write_that_failed_in_doubt_is_looked_up_before_it_is_repeated():
    world = World()
    world.exchange.MAX_BATCH = 1
    kept = world.store.append

    async def story():
        def append(batch):
            kept(batch)  # the row is there, and still the store complains, as after a failed flush
            raise StoreError("flush failed")

        world.store.append = append
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(5)
        world.clock.shift = -4  # the same slot is asked for anew
        await world.clock.sleep(12)
        collecting.cancel()
        await asyncio.wait([collecting])

    run(story())
    times = [at for at, _ in world.store.live(EUR)]
    assert len(times) == len(set(times))
