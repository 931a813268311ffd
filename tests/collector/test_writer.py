"""SlotWriter: whoever writes, a slot gets one row, and a failure loses none that could be kept."""

import asyncio
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.fakes import EUR, USD, run
from tests.support.memory_store import MemoryStore
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import LeaseError, StoreError
from tracker.core.ticks import Origin, Ticks


def row(slot, price=1.0, origin=Origin.LIVE):
    return Ticks.of([slot * 10_000], [price], 10_000, origin)


def board():
    return StatusBoard({EUR: 10_000, USD: 10_000})


def slots(store, market=EUR):
    return [int(time) // 10_000 for of, ticks in store.rows for time in ticks.time if of == market]


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True), max_size=25))
@settings(deadline=None, max_examples=80)
def test_no_slot_gets_a_second_row_in_whatever_order_and_however_many_at_once(story):
    """Also where the clock is set back over a slot that was missed, and rows come in bundles."""
    store = MemoryStore()

    async def write():
        writer = SlotWriter(store, board(), lambda: True)
        for bundle in story:
            rows = Ticks.of([slot * 10_000 for slot in bundle], [1.0] * len(bundle), 10_000)
            await asyncio.gather(*(writer.write_polled({EUR: rows}) for _ in range(2)))

    run(write())
    assert sorted(slots(store)) == sorted({slot for bundle in story for slot in bundle})


def test_a_slot_of_an_earlier_collector_is_found_in_the_store():
    store = MemoryStore()
    store.append({EUR: row(7)})
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(7, 2.0), USD: row(7)}))
    assert (slots(store), slots(store, USD)) == ([7], [7])


@pytest.mark.parametrize(
    ("origin", "taken"), [(Origin.BACKFILL, False), (Origin.SIMULATED, True), (Origin.IMPORT, True)]
)
def test_a_candle_does_not_take_a_slot_but_any_polled_row_does(origin, taken):
    store = MemoryStore()
    store.append({EUR: row(7, origin=origin)})
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(7)}))
    assert len(slots(store)) == (1 if taken else 2)


def test_a_pause_of_more_than_two_and_a_half_slots_is_a_gap_and_so_is_what_lies_before_the_first_row():
    async def story():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        return [await writer.write_polled({EUR: row(slot)}) for slot in (1, 2, 4, 7)]

    assert run(story()) == [{EUR}, set(), set(), {EUR}]


def test_a_hole_among_rows_that_were_held_back_is_a_gap():
    async def story():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        first = await writer.write_polled({EUR: row(1)})
        whole = await writer.write_polled({EUR: Ticks.concat([row(2), row(3)])})
        return first, whole, await writer.write_polled({EUR: Ticks.concat([row(5), row(9), row(10)])})

    assert run(story()) == ({EUR}, set(), {EUR})


def test_a_clock_that_was_set_back_makes_no_gap_of_every_row():
    async def story():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        return [await writer.write_polled({EUR: row(slot)}) for slot in (1000, 3, 4, 5)]

    assert run(story()) == [{EUR}, set(), set(), set()]


def test_a_write_that_failed_after_its_row_was_there_is_not_repeated():
    store = MemoryStore()
    kept = store.append

    def fail(batch):
        kept(batch)
        raise StoreError("flush failed")

    async def story():
        there = board()
        writer = SlotWriter(store, there, lambda: True)
        store.append = fail
        await writer.write_polled({EUR: row(1)})
        told = there.status().store_problem
        store.append = kept
        await writer.write_polled({EUR: row(1)})
        await writer.write_polled({EUR: row(2)})
        return told, there.status().store_problem

    assert run(story()) == ("flush failed", "")
    assert slots(store) == [1, 2]


def test_a_candle_is_not_kept_beside_a_row_that_an_import_put_at_its_time_meanwhile():
    store = MemoryStore()
    store.append({EUR: row(7, origin=Origin.IMPORT)})
    candles = Ticks.of([60_000, 70_000], [1.0, 2.0], 60_000, Origin.BACKFILL)
    assert run(SlotWriter(store, board(), lambda: True).write_backfill({EUR: candles, USD: candles}))
    assert (slots(store), slots(store, USD)) == ([7, 6], [6, 7])


def test_a_candle_that_was_kept_takes_no_doubt_from_a_polled_row_that_may_be_there():
    store = MemoryStore()
    kept = store.append

    def fail(batch):
        kept(batch)
        raise StoreError("flush failed")

    async def story():
        writer = SlotWriter(store, board(), lambda: True)
        await writer.write_polled({EUR: row(1)})
        store.append = fail
        await writer.write_polled({EUR: row(3)})
        store.append = kept
        await writer.write_backfill({EUR: row(2, origin=Origin.BACKFILL)})
        await writer.write_polled({EUR: row(3)})

    run(story())
    assert slots(store) == [1, 3, 2]


def test_not_knowing_what_is_there_is_no_reason_to_write():
    store = MemoryStore()

    def fail(*_):
        raise StoreError("cannot read")

    store.read = fail
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
    assert store.rows == []


def test_without_the_lease_nothing_is_written_fetched_or_purged():
    async def story():
        writer = SlotWriter(MemoryStore(), board(), lambda: False)
        for work in (writer.write_polled({EUR: row(1)}), writer.write_backfill({EUR: row(1)}), writer.purge(0, [EUR])):
            with pytest.raises(LeaseError):
                await work

    run(story())


def test_a_cancelled_write_is_finished():
    store = MemoryStore()
    kept = store.append

    async def story():
        loop, begun = asyncio.get_running_loop(), asyncio.Event()

        def slow(batch):
            loop.call_soon_threadsafe(begun.set)
            kept(batch)

        store.append = slow
        writing = asyncio.ensure_future(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
        await begun.wait()
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()

    run(story())
    assert slots(store) == [1]


def test_a_cancelled_write_is_waited_for_however_long_it_takes_and_however_often_it_is_cancelled():
    store, begun, go_on = MemoryStore(), threading.Event(), threading.Event()
    kept = store.append

    def queued(batch):
        begun.set()
        go_on.wait(20)
        kept(batch)

    async def story():
        store.append = queued
        writing = asyncio.ensure_future(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
        assert await asyncio.to_thread(begun.wait, 20)
        for seconds in (0.1, 2.2):  # longer than the 2 s that were once thought enough
            writing.cancel()
            await asyncio.wait([writing], timeout=seconds)
            assert not writing.done()
        go_on.set()
        await asyncio.wait([writing])
        assert writing.cancelled()

    try:
        asyncio.run(story())
    finally:
        go_on.set()
    assert slots(store) == [1]
