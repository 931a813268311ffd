"""Collector: one row per slot over several terms, and nothing left behind at the end of one."""

import asyncio

import pytest

from tests.support.collector_world import CollectorWorld
from tests.support.fakes import EUR, run
from tracker.core.errors import LeaseError
from tracker.core.market_status import Note
from tracker.core.ticks import Origin, Ticks


def test_a_slot_written_by_another_collector_gets_no_second_row():
    world = CollectorWorld(start=1_000_003.0)
    world.store.append({EUR: Ticks.of([1_000_000_000], [99.0], 10_000)})
    world.run(12)
    assert world.store.live(EUR) == [(1_000_000, 99.0), (1_000_010, 100.0)]


def test_a_backfilled_row_does_not_take_a_live_slot():
    world = CollectorWorld(start=1_000_003.0)
    world.store.append({EUR: Ticks.of([1_000_000_000], [99.0], 60_000, Origin.BACKFILL)})
    world.run(5)
    assert world.store.live(EUR) == [(1_000_000, 100.0)]


def test_no_slot_is_written_twice_when_the_clock_is_set_back_or_ahead():
    world = CollectorWorld()

    async def scenario():
        await world.clock.sleep(35)
        world.clock.shift = -30
        await world.clock.sleep(40)
        world.clock.shift = 3600
        await world.clock.sleep(25)

    run(world.collect_during(scenario))
    times = [time for time, _ in world.store.live(EUR)]
    assert len(times) == len(set(times))
    assert set(range(1_000_000, 1_000_040, 10)) <= set(times)
    assert max(times) >= 1_003_670
    back, ahead = world.board.status().notes
    assert back == Note("clock_jumped", 1_000_005_000, -30)
    assert ahead == Note("clock_jumped", 1_003_675_000, 3_630)


def test_a_term_that_ends_leaves_nothing_in_the_rate_limiter():
    world = CollectorWorld()
    clients = world.clients()
    rate_limiter = clients["fake"].rate_limiter

    async def scenario():
        for _ in range(20):
            term = asyncio.create_task(world.collect(clients))
            await world.clock.sleep(12)
            assert rate_limiter._next_polls
            term.cancel()
            await asyncio.wait({term})

    run(scenario())
    assert not rate_limiter._next_polls


def test_a_term_that_ends_while_the_pair_list_hangs_leaves_no_task():
    world = CollectorWorld(takes=1e6)

    async def scenario():
        term = asyncio.create_task(world.collect())
        await world.clock.sleep(12)
        term.cancel()
        await asyncio.wait({term})
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert run(scenario()) == set()


def test_without_the_lease_nothing_is_written():
    world = CollectorWorld(may_write=lambda: False)
    with pytest.raises(LeaseError):
        world.run(5)
    assert world.store.rows == []


def test_cancelling_finishes_the_write_under_way():
    world = CollectorWorld()
    real_append = world.store.append

    async def scenario():
        started = asyncio.Event()
        loop = asyncio.get_running_loop()

        def append(batch):
            loop.call_soon_threadsafe(started.set)
            real_append(batch)

        world.store.append = append
        collecting = asyncio.ensure_future(world.collect())
        await started.wait()
        collecting.cancel()
        await asyncio.wait([collecting])
        assert collecting.cancelled()

    run(scenario())
    assert len(world.store.rows) == 2
