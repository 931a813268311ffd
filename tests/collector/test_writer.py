"""SlotWriter: one row per slot, and no row lost or repeated by a failed or cancelled write."""

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
    return [int(time) // 10_000 for stored, ticks in store.rows for time in ticks.time if stored == market]


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=3, unique=True), max_size=25))
@settings(max_examples=80)
def test_no_slot_gets_a_second_row_whatever_the_order_and_number_of_writes(scenario):
    """Also if the clock is set back over a missed slot, or rows come in batches."""
    store = MemoryStore()

    async def write():
        writer = SlotWriter(store, board(), lambda: True)
        for batch in scenario:
            rows = Ticks.of([slot * 10_000 for slot in batch], [1.0] * len(batch), 10_000)
            await asyncio.gather(*(writer.write_polled({EUR: rows}) for _ in range(2)))

    run(write())
    assert sorted(slots(store)) == sorted({slot for batch in scenario for slot in batch})


def test_a_slot_written_by_an_earlier_collector_is_not_written_again():
    store = MemoryStore()
    store.append({EUR: row(7)})
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(7, 2.0), USD: row(7)}))
    assert (slots(store), slots(store, USD)) == ([7], [7])


@pytest.mark.parametrize(
    ("origin", "is_taken"), [(Origin.BACKFILL, False), (Origin.SIMULATED, True), (Origin.IMPORT, True)]
)
def test_a_candle_does_not_take_a_slot_but_any_other_row_does(origin, is_taken):
    store = MemoryStore()
    store.append({EUR: row(7, origin=origin)})
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(7)}))
    assert len(slots(store)) == (1 if is_taken else 2)


def test_a_pause_of_more_than_two_and_a_half_slots_and_the_time_before_the_first_row_are_gaps():
    async def scenario():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        return [await writer.write_polled({EUR: row(slot)}) for slot in (1, 2, 4, 7)]

    assert run(scenario()) == [{EUR}, set(), set(), {EUR}]


def test_a_missing_slot_among_confirmed_rows_is_a_gap():
    async def scenario():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        first = await writer.write_polled({EUR: row(1)})
        complete = await writer.write_polled({EUR: Ticks.concat([row(2), row(3)])})
        return first, complete, await writer.write_polled({EUR: Ticks.concat([row(5), row(9), row(10)])})

    assert run(scenario()) == ({EUR}, set(), {EUR})


def test_a_clock_that_was_set_back_does_not_turn_every_row_into_a_gap():
    async def scenario():
        writer = SlotWriter(MemoryStore(), board(), lambda: True)
        return [await writer.write_polled({EUR: row(slot)}) for slot in (1000, 3, 4, 5)]

    assert run(scenario()) == [{EUR}, set(), set(), set()]


def test_a_write_that_failed_after_its_row_was_stored_is_not_repeated():
    store = MemoryStore()
    real_append = store.append

    def fail(batch):
        real_append(batch)
        raise StoreError("flush failed")

    async def scenario():
        status_board = board()
        writer = SlotWriter(store, status_board, lambda: True)
        store.append = fail
        await writer.write_polled({EUR: row(1)})
        problem = status_board.status().store_problem
        store.append = real_append
        await writer.write_polled({EUR: row(1)})
        await writer.write_polled({EUR: row(2)})
        return problem, status_board.status().store_problem

    assert run(scenario()) == ("flush failed", "")
    assert slots(store) == [1, 2]


def test_a_candle_is_not_written_at_the_time_of_an_imported_row():
    store = MemoryStore()
    store.append({EUR: row(7, origin=Origin.IMPORT)})
    candles = Ticks.of([60_000, 70_000], [1.0, 2.0], 60_000, Origin.BACKFILL)
    assert run(SlotWriter(store, board(), lambda: True).write_backfill({EUR: candles, USD: candles}))
    assert (slots(store), slots(store, USD)) == ([7, 6], [6, 7])


def test_a_written_candle_does_not_settle_whether_a_failed_write_stored_its_row():
    store = MemoryStore()
    real_append = store.append

    def fail(batch):
        real_append(batch)
        raise StoreError("flush failed")

    async def scenario():
        writer = SlotWriter(store, board(), lambda: True)
        await writer.write_polled({EUR: row(1)})
        store.append = fail
        await writer.write_polled({EUR: row(3)})
        store.append = real_append
        await writer.write_backfill({EUR: row(2, origin=Origin.BACKFILL)})
        await writer.write_polled({EUR: row(3)})

    run(scenario())
    assert slots(store) == [1, 3, 2]


def test_a_row_is_not_written_while_the_stored_slots_cannot_be_read():
    store = MemoryStore()

    def fail(*_):
        raise StoreError("cannot read")

    store.read = fail
    run(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
    assert store.rows == []


def test_without_the_lease_nothing_is_written_or_purged():
    async def scenario():
        writer = SlotWriter(MemoryStore(), board(), lambda: False)
        for call in (writer.write_polled({EUR: row(1)}), writer.write_backfill({EUR: row(1)}), writer.purge(0, [EUR])):
            with pytest.raises(LeaseError):
                await call

    run(scenario())


def test_a_cancelled_write_is_finished():
    store = MemoryStore()
    real_append = store.append

    async def scenario():
        loop, is_started = asyncio.get_running_loop(), asyncio.Event()

        def slow_append(batch):
            loop.call_soon_threadsafe(is_started.set)
            real_append(batch)

        store.append = slow_append
        writing = asyncio.ensure_future(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
        await is_started.wait()
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()

    run(scenario())
    assert slots(store) == [1]


def test_a_cancelled_write_is_waited_for_however_long_it_takes_and_however_often_it_is_cancelled():
    store, is_started, may_continue = MemoryStore(), threading.Event(), threading.Event()
    real_append, skipped = store.append, 0.0

    def slow_append(batch):
        is_started.set()
        may_continue.wait(20)
        real_append(batch)

    async def scenario():
        nonlocal skipped
        loop = asyncio.get_running_loop()
        real_time = loop.time
        loop.time = lambda: real_time() + skipped
        store.append = slow_append
        writing = asyncio.ensure_future(SlotWriter(store, board(), lambda: True).write_polled({EUR: row(1)}))
        assert await asyncio.to_thread(is_started.wait, 20)
        for _ in range(2):
            writing.cancel()
            await asyncio.sleep(0)
            skipped += 60.0  # a time limit of a minute for the write would end now
            await asyncio.wait([writing], timeout=0.05)
            assert not writing.done()
        may_continue.set()
        await asyncio.wait([writing])
        assert writing.cancelled()

    try:
        asyncio.run(scenario())
    finally:
        may_continue.set()
    assert slots(store) == [1]


def test_a_slot_whose_write_was_cancelled_gets_no_second_row_from_the_same_writer():
    store = MemoryStore()
    real_append = store.append

    async def scenario():
        writer, loop, began = SlotWriter(store, board(), lambda: True), asyncio.get_running_loop(), asyncio.Event()
        await writer.write_polled({EUR: row(1)})

        def append(batch):
            loop.call_soon_threadsafe(began.set)
            real_append(batch)

        store.append = append
        writing = asyncio.ensure_future(writer.write_polled({EUR: row(2)}))
        await began.wait()
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()
        await writer.write_polled({EUR: row(2)})
        await writer.write_polled({EUR: row(3)})

    run(scenario())
    assert slots(store) == [1, 2, 3]
