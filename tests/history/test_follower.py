"""Follower: the windows hold each row of the store once, stored or new."""

import threading

import pytest

from tests.support.fakes import EUR, USD, FakeClock
from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.follower import KEEP, Follower
from tracker.history.playback import Playback
from tracker.history.replay import ReplayFollower

HOUR = 3_600_000


class StoppedClock(FakeClock):
    def monotonic(self):
        return 0.0


def follow(store, now=10 * HOUR):
    return Follower(store, [EUR, USD], StoppedClock(now / 1000))


def test_stored_rows_are_loaded_and_new_ones_follow():
    store = MemoryStore()
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR - 5], [1.0, 2.0], 10)})
    follower = follow(store)
    assert follower.load(2 * HOUR)
    assert follower.refresh() == frozenset()
    store.append({EUR: Ticks.of([10 * HOUR], [3.0], 10)})
    assert follower.refresh() == {EUR}
    assert follower.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]
    assert follower.window(USD, 2 * HOUR).count == 0


def test_a_longer_span_reads_only_what_is_older():
    store = MemoryStore()
    store.append({EUR: Ticks.of([HOUR, 9 * HOUR], [1.0, 2.0], 10)})
    follower = follow(store)
    follower.load(2 * HOUR)
    assert follower.window(EUR, 10 * HOUR).ticks.price.tolist() == [2.0]
    reads = []
    read = store.read
    store.read = lambda market, start, end: reads.append((start, end)) or read(market, start, end)
    assert follower.load(10 * HOUR)
    assert set(reads) == {(1, 8 * HOUR + 1)}
    assert follower.window(EUR, 10 * HOUR).ticks.price.tolist() == [1.0, 2.0]
    assert not follower.load(10 * HOUR)
    assert not follower.load(HOUR)


@pytest.mark.parametrize("make", [Follower, ReplayFollower])
def test_windows_of_loaded_rows_are_available_while_the_store_is_read(make):
    store, clock = MemoryStore(), Playback(0, 20 * HOUR, 10 * HOUR, real=lambda: 0.0)
    store.append({EUR: Ticks.of([9 * HOUR], [1.0], 10)})
    follower = make(store, [EUR], clock)
    follower.load(2 * HOUR)
    store_read, is_reading, may_return, counts = store.read, threading.Event(), threading.Event(), []

    def read(*span):
        is_reading.set()
        assert may_return.wait(30)
        return store_read(*span)

    store.read = read
    loading = threading.Thread(target=follower.load, args=(5 * 24 * HOUR,))
    loading.start()
    assert is_reading.wait(30)
    drawing = threading.Thread(target=lambda: counts.append(follower.window(EUR, 2 * HOUR).count))
    drawing.start()
    drawing.join(10)
    try:
        assert counts == [1]
    finally:
        may_return.set()
        loading.join()
        drawing.join()


def test_late_candles_are_sorted_in_and_live_rows_take_precedence():
    store = MemoryStore()
    follower = follow(store)
    follower.load(2 * HOUR)
    store.append({EUR: Ticks.of([10 * HOUR - 10, 10 * HOUR], [2.0, 3.0], 10)})
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR], [1.0, 9.0], 60, Origin.BACKFILL)})
    follower.refresh()
    assert follower.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_candles_that_are_added_to_stored_rows_reach_the_window():
    store = MemoryStore()
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR], [1.0, 2.0], 60, Origin.BACKFILL)})
    follower = follow(store)
    follower.load(2 * HOUR)
    store.add_candles(EUR, Ticks.of([9 * HOUR], [1.0], 60, first=[1.5], low=[0.5], high=[1.75]))
    assert follower.refresh() == {EUR}
    ticks = follower.window(EUR, 2 * HOUR).ticks
    assert (ticks.price.tolist(), ticks.lows().tolist(), ticks.highs().tolist()) == ([1, 2], [0.5, 2], [1.75, 2])


def test_repeated_rows_change_no_window():
    store = MemoryStore()
    follower = follow(store)
    follower.load(2 * HOUR)
    rows = Ticks.of([9 * HOUR, 10 * HOUR - 10, 10 * HOUR], [1.0, 2.0, 3.0], [60_000, 10, 10], [Origin.BACKFILL, 0, 0])
    for again in (rows, rows, rows[:2]):
        store.append({EUR: again})
        follower.refresh()
        assert follower.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_rows_of_markets_not_configured_change_nothing():
    store = MemoryStore()
    follower = follow(store)
    follower.load(HOUR)
    store.append({Market("fake", "BTC", "JPY"): Ticks.of([10 * HOUR], [1.0], 10)})
    assert follower.refresh() == frozenset()


def test_rows_older_than_any_span_are_dropped():
    store = MemoryStore()
    follower = follow(store, now=2 * KEEP)
    follower.load(HOUR)
    store.append({EUR: Ticks.of([KEEP - HOUR, 2 * KEEP], [1.0, 2.0], 10)})
    follower.refresh()
    assert follower.window(EUR, 2 * KEEP).ticks.price.tolist() == [2.0]


def test_a_row_of_the_far_future_hides_no_other():
    store = MemoryStore()
    store.append({EUR: Ticks.of([10 * HOUR - 20], [1.0], 10)})
    follower = follow(store)
    follower.load(2 * HOUR)
    store.append({EUR: Ticks.of([9 * KEEP], [9.0], 10)})
    follower.refresh()
    store.append({EUR: Ticks.of([10 * HOUR - 10, 10 * HOUR], [2.0, 3.0], 10)})
    assert follower.refresh() == {EUR}
    assert follower.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_rows_dropped_by_a_clock_set_forward_return_when_it_is_set_back():
    store, clock = MemoryStore(), StoppedClock(10 * HOUR / 1000)
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR], [1.0, 2.0], 10)})
    follower = Follower(store, [EUR, USD], clock)
    follower.load(2 * HOUR)
    clock.shift = 3 * KEEP / 1000
    store.append({EUR: Ticks.of([10 * HOUR + 3 * KEEP], [9.0], 10)})
    follower.refresh()
    clock.shift = 0.01
    store.append({EUR: Ticks.of([10 * HOUR + 10], [3.0], 10)})
    assert EUR in follower.refresh()
    assert follower.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]
    assert follower.refresh() == frozenset()


def test_rows_that_just_became_too_old_return_when_the_clock_is_set_back_by_two_minutes():
    start, minute = 10 * HOUR, 60_000
    store, clock = MemoryStore(), StoppedClock(start / 1000)
    oldest = start - KEEP + minute
    store.append({EUR: Ticks.of([oldest, start], [1.0, 2.0], 10)})
    follower = Follower(store, [EUR], clock)
    follower.load(KEEP)
    clock.shift = 120.0
    store.append({EUR: Ticks.of([start + 2 * minute], [3.0], 10)})
    follower.refresh()
    clock.shift = 0.0
    assert follower.refresh() == {EUR}
    assert follower.window(EUR, KEEP).ticks.price.tolist() == [1.0, 2.0]


def test_refresh_before_load_raises():
    with pytest.raises(RuntimeError, match="load"):
        follow(MemoryStore()).refresh()
