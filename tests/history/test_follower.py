"""Follower: what the store has and gets is in the windows, once."""

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


class StillClock(FakeClock):
    def monotonic(self):
        return 0.0


def follower(store, now=10 * HOUR):
    return Follower(store, [EUR, USD], StillClock(now / 1000))


def test_stored_rows_are_loaded_and_new_ones_follow():
    store = MemoryStore()
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR - 5], [1.0, 2.0], 10)})
    following = follower(store)
    assert following.load(2 * HOUR)
    assert following.refresh() == frozenset()
    store.append({EUR: Ticks.of([10 * HOUR], [3.0], 10)})
    assert following.refresh() == {EUR}
    assert following.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]
    assert following.window(USD, 2 * HOUR).count == 0


def test_a_longer_span_reads_only_what_is_older():
    store = MemoryStore()
    store.append({EUR: Ticks.of([HOUR, 9 * HOUR], [1.0, 2.0], 10)})
    following = follower(store)
    following.load(2 * HOUR)
    assert following.window(EUR, 10 * HOUR).ticks.price.tolist() == [2.0]
    reads = []
    whole = store.read
    store.read = lambda market, start, end: reads.append((start, end)) or whole(market, start, end)
    assert following.load(10 * HOUR)
    assert set(reads) == {(1, 8 * HOUR + 1)}
    assert following.window(EUR, 10 * HOUR).ticks.price.tolist() == [1.0, 2.0]
    assert not following.load(10 * HOUR)
    assert not following.load(HOUR)


@pytest.mark.parametrize("make", [Follower, ReplayFollower])
def test_what_is_in_memory_is_drawn_while_the_store_is_read(make):
    store, clock = MemoryStore(), Playback(0, 20 * HOUR, 10 * HOUR, real=lambda: 0.0)
    store.append({EUR: Ticks.of([9 * HOUR], [1.0], 10)})
    following = make(store, [EUR], clock)
    following.load(2 * HOUR)
    whole, asked, answer, drawn = store.read, threading.Event(), threading.Event(), []

    def read(*span):
        asked.set()
        assert answer.wait(30)
        return whole(*span)

    store.read = read
    loading = threading.Thread(target=following.load, args=(5 * 24 * HOUR,))
    loading.start()
    assert asked.wait(30)
    drawing = threading.Thread(target=lambda: drawn.append(following.window(EUR, 2 * HOUR).count))
    drawing.start()
    drawing.join(10)
    try:
        assert drawn == [1]
    finally:
        answer.set()
        loading.join()
        drawing.join()


def test_late_backfill_finds_its_place_and_live_stays_first():
    store = MemoryStore()
    following = follower(store)
    following.load(2 * HOUR)
    store.append({EUR: Ticks.of([10 * HOUR - 10, 10 * HOUR], [2.0, 3.0], 10)})
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR], [1.0, 9.0], 60, Origin.BACKFILL)})
    following.refresh()
    assert following.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_rows_that_come_again_change_no_window():
    store = MemoryStore()
    following = follower(store)
    following.load(2 * HOUR)
    rows = Ticks.of([9 * HOUR, 10 * HOUR - 10, 10 * HOUR], [1.0, 2.0, 3.0], [60_000, 10, 10], [Origin.BACKFILL, 0, 0])
    for again in (rows, rows, rows[:2]):
        store.append({EUR: again})
        following.refresh()
        assert following.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_rows_of_markets_that_nobody_configured_change_nothing():
    store = MemoryStore()
    following = follower(store)
    following.load(HOUR)
    store.append({Market("fake", "BTC", "JPY"): Ticks.of([10 * HOUR], [1.0], 10)})
    assert following.refresh() == frozenset()


def test_what_is_older_than_any_span_is_forgotten():
    store = MemoryStore()
    following = follower(store, now=2 * KEEP)
    following.load(HOUR)
    store.append({EUR: Ticks.of([KEEP - HOUR, 2 * KEEP], [1.0, 2.0], 10)})
    following.refresh()
    assert following.window(EUR, 2 * KEEP).ticks.price.tolist() == [2.0]


def test_a_row_of_the_far_future_hides_no_other():
    store = MemoryStore()
    store.append({EUR: Ticks.of([10 * HOUR - 20], [1.0], 10)})
    following = follower(store)
    following.load(2 * HOUR)
    store.append({EUR: Ticks.of([9 * KEEP], [9.0], 10)})
    following.refresh()
    store.append({EUR: Ticks.of([10 * HOUR - 10, 10 * HOUR], [2.0, 3.0], 10)})
    assert following.refresh() == {EUR}
    assert following.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]


def test_what_a_clock_that_was_set_forth_made_old_is_back_when_it_is_set_back():
    store, clock = MemoryStore(), StillClock(10 * HOUR / 1000)
    store.append({EUR: Ticks.of([9 * HOUR, 10 * HOUR], [1.0, 2.0], 10)})
    following = Follower(store, [EUR, USD], clock)
    following.load(2 * HOUR)
    clock.shift = 3 * KEEP / 1000
    store.append({EUR: Ticks.of([10 * HOUR + 3 * KEEP], [9.0], 10)})
    following.refresh()
    clock.shift = 0.01
    store.append({EUR: Ticks.of([10 * HOUR + 10], [3.0], 10)})
    assert EUR in following.refresh()
    assert following.window(EUR, 2 * HOUR).ticks.price.tolist() == [1.0, 2.0, 3.0]
    assert following.refresh() == frozenset()


def test_refresh_before_load_is_a_mistake():
    with pytest.raises(RuntimeError, match="load"):
        follower(MemoryStore()).refresh()
