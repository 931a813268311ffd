"""What every store must do for several writers and threads at once."""

import threading
from collections import Counter

import numpy as np

from tests.support.opened_stores import HOUR, NOW, USD, all_rows, append, rows_of
from tracker.core.errors import TrackerError
from tracker.core.ticks import Ticks


def test_append_chosen_appends_and_returns_the_chosen_rows(store, reopen):
    append(store, {USD: Ticks.of([NOW - 1, NOW, NOW + 10], [1.0, 2.0, 3.0], 10)})
    offered = []

    def choose_missing(present):
        offered.append(rows_of(present))
        new = Ticks.of([NOW, NOW + 5], [4.0, 5.0], 10)
        return new[~np.isin(new.time, present.time)]

    for expected in ([(NOW + 5, 5.0, 10, 0, "")], []):
        assert rows_of(store.append_chosen(USD, NOW, NOW + 10, choose_missing)) == expected
        assert [row[1] for row in all_rows(reopen(), USD)] == [1.0, 2.0, 5.0, 3.0]
    assert offered[0] == [(NOW, 2.0, 10, 0, "")]


def test_no_other_writer_appends_while_rows_are_chosen(store, reopen):
    append(store, {USD: Ticks.of([NOW - HOUR], [1.0], 10)})
    order = []

    def write():
        reopen().append({USD: Ticks.of([NOW], [2.0], 10)})
        order.append("other writer")

    other_writer = threading.Thread(target=write)

    def choose(present):
        other_writer.start()
        other_writer.join(0.3)  # long enough to append, if it could
        order.append("chosen")
        return Ticks.of([NOW], [3.0], 10)

    store.append_chosen(USD, NOW, NOW + 1, choose)
    other_writer.join()
    assert order == ["chosen", "other writer"]


def test_threads_can_append_read_and_poll_at_once(store, reopen):
    """Four threads append to hours of their own, a fifth polls and a sixth reads meanwhile."""
    _, start = store.poll(None)
    failures, seen, done = [], Counter(), threading.Event()

    def guarded(work):
        try:
            work()
        except (TrackerError, AssertionError, ValueError) as error:
            failures.append(error)

    def write(number):
        for step in range(15):
            store.append({USD: Ticks.of([NOW - number * HOUR + step], [number * 100.0 + step + 1], 10)})

    def poll():
        cursor, is_last = start, False
        while not is_last:
            is_last = done.is_set()
            batch, cursor = store.poll(cursor)
            seen.update(row for ticks in batch.values() for row in rows_of(ticks))

    def read():
        while not done.is_set():
            times = store.read(USD, 0, NOW * 2).time.tolist()
            assert times == sorted(set(times))

    writers = [threading.Thread(target=guarded, args=(lambda n=n: write(n),)) for n in range(4)]
    readers = [threading.Thread(target=guarded, args=(work,)) for work in (poll, read)]
    for thread in [*readers, *writers]:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert failures == []
    appended = [(NOW - n * HOUR + step, n * 100.0 + step + 1, 10, 0, "") for n in range(4) for step in range(15)]
    assert all_rows(reopen(), USD) == sorted(appended)
    if not store.visible_after:
        assert seen == Counter(appended)
