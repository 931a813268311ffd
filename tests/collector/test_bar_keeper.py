"""BarKeeper: one process keeps the bars of older prices, in the background, and says how far it is."""

import logging
import threading

import pytest

from tests.support.collector_services import wait_for
from tests.support.csv_files import NOW, USD
from tests.support.kept_bars import CLOSED, assert_right, bar_files, fill
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.collector import bar_keeper
from tracker.collector.bar_keeper import DOCUMENT, JOB, BarKeeper, progress
from tracker.core.errors import StoreError
from tracker.core.kept_bars import BarWork
from tracker.stores.csv import CsvStore


class FixedClock:
    speed = 1.0

    def now(self):
        return CLOSED


class SlowBars:
    """Kept bars whose pieces consist of days that the test lets pass; ``broken`` are the pieces that fail."""

    def __init__(self, names, size=1000, broken=()):
        self.left = [BarWork(USD, name, 0, 1, size) for name in names]
        self.broken = broken
        self.day = threading.Semaphore(0)
        self.days = 0
        self.looks = 0
        self.kept = []
        self.ended = []

    def kept_bars(self):
        return self

    def work(self, now):
        self.looks += 1
        return list(self.left)

    def keep(self, work, may_go_on):
        if work.name in self.broken:
            raise StoreError(f"cannot write {work.name}")
        for _ in range(3):
            if not may_go_on():
                self.ended.append(work.name)
                return False
            self.days += 1
            assert self.day.acquire(timeout=20)
        self.left.remove(work)
        self.kept.append(work.name)
        return True


def stop_between_days(keeper, store):
    """Stop *keeper* while it reads the rows of a day, and then let it read them to their end."""
    stopping = threading.Thread(target=keeper.stop)
    stopping.start()
    wait_for(keeper._stopping.is_set, "it is to stop")
    store.day.release()
    stopping.join()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(bar_keeper, "START_AFTER", 0.0)
    monkeypatch.setattr(bar_keeper, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(bar_keeper, "AGAIN_AFTER", 0.02)
    monkeypatch.setattr(bar_keeper, "_SHARE_OF_LOOKS", 1.0)
    monkeypatch.setattr(bar_keeper, "_PUBLISH_EVERY", 0.0)


@pytest.fixture
def keep(request):
    """Start a keeper; it is stopped at the end of the test."""

    def start(store, coordination=None):
        keeper = BarKeeper(store, coordination or MemoryCoordination(), FixedClock(), rest=0.0)
        request.addfinalizer(keeper.stop)
        keeper.start()
        return keeper

    return start


def test_bars_of_older_prices_are_kept_in_the_background(keep, tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.stores.csv.stamps._SETTLED_AFTER", -(10**13))
    store = CsvStore(tmp_path / "data")
    fill(store)
    keep(store)
    wait_for(lambda: bar_files(store) == ["2026-11.arrow"], "the bars are kept")
    assert_right(store)
    fill(store, NOW + 1, hours=3)
    wait_for(lambda: store.kept_bars().work(CLOSED) == [], "later prices are kept too")
    assert_right(store)


def test_one_process_does_the_work_and_another_takes_over_when_it_ends(keep):
    shared = {}
    store, one, other = SlowBars(["a", "b"]), MemoryCoordination("one", shared), MemoryCoordination("other", shared)
    first = keep(store, one)
    wait_for(lambda: store.days == 1, "the first has begun")
    keep(store, other)
    wait_for(lambda: store.looks == 1, "only the first looks")
    assert one.holder(JOB) == "one"
    stop_between_days(first, store)
    wait_for(lambda: other.held(JOB), "the second has the lease")
    assert store.ended == ["a"]  # between two days
    for _ in range(6):
        store.day.release()
    wait_for(lambda: store.kept == ["a", "b"], "the second does it all")


def test_progress_is_published_and_ends_with_the_work(keep):
    shared = {}
    store, page = SlowBars(["a", "b", "c", "d"]), MemoryCoordination("page", shared)
    assert progress(page) is None
    keep(store, MemoryCoordination("keeper", shared))
    wait_for(lambda: progress(page) == 0.0, "it has begun")
    for _ in range(6):
        store.day.release()
    wait_for(lambda: progress(page) == 0.5, "half of it is done")
    for _ in range(6):
        store.day.release()
    wait_for(lambda: progress(page) is None, "it is over")
    assert store.left == []


def test_a_little_work_is_done_without_a_word(keep):
    store, coordination = SlowBars(["a"], size=20), MemoryCoordination()
    keep(store, coordination)
    wait_for(lambda: store.days == 1, "it has begun")
    assert progress(coordination) is None
    store.day.release(3)
    wait_for(lambda: store.kept, "it is done")


def test_what_a_killed_process_published_is_not_believed_and_then_removed(keep):
    shared = {}
    killed, page = MemoryCoordination("killed", shared), MemoryCoordination("page", shared)
    killed.publish(DOCUMENT, b'{"format": 1, "done": 34, "total": 100}')
    assert progress(page) is None
    killed.try_acquire(JOB)
    assert progress(page) == 0.34
    killed.release(JOB)
    keep(SlowBars([]), page)
    wait_for(lambda: page.read(DOCUMENT) is None, "it is removed")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"format": 2, "done": 1, "total": 2}', b'{"format": 1, "done": 1, "total": 0}']
)
def test_an_unknown_document_is_no_progress(data):
    coordination = MemoryCoordination()
    coordination.try_acquire(JOB)
    coordination.publish(DOCUMENT, data)
    assert progress(coordination) is None


def test_work_ends_when_the_lease_is_lost(keep):
    store, coordination = SlowBars(["a", "b"]), MemoryCoordination()
    keep(store, coordination)
    wait_for(lambda: store.days == 1, "it has begun")
    coordination.shared["holders"].clear()
    MemoryCoordination("other", coordination.shared).try_acquire(JOB)
    store.day.release()
    wait_for(lambda: store.ended == ["a"], "it has ended")
    assert store.kept == []


def test_what_cannot_be_kept_is_reported_once_and_does_not_hold_up_the_rest(keep, caplog):
    store = SlowBars(["a", "full", "b"], broken={"full"})
    store.day.release(6)
    with caplog.at_level(logging.WARNING):
        keep(store)
        wait_for(lambda: store.kept == ["a", "b"], "the others are kept")
        looks = store.looks
        wait_for(lambda: store.looks > looks + 2, "it is tried again")
    assert [record.message for record in caplog.records] == [
        "bars of older prices are not kept: StoreError: cannot write full"
    ]


def test_a_bug_is_logged_with_its_traceback_and_the_work_is_tried_again(keep, caplog):
    store = SlowBars([])
    store.work = lambda now: 1 / 0
    keep(store)
    wait_for(lambda: caplog.records, "it is logged")
    assert caplog.records[0].exc_info
    store.work = lambda now: setattr(store, "looks", 1) or []
    wait_for(lambda: store.looks, "it is tried again")


def test_it_rests_as_long_as_it_works(monkeypatch):
    waits = []
    coordination = MemoryCoordination()
    coordination.try_acquire(JOB)
    keeper = BarKeeper(SlowBars([]), coordination, FixedClock(), rest=1.0)
    keeper._worked = 98.5
    monkeypatch.setattr(keeper._stopping, "wait", waits.append)
    monkeypatch.setattr("tracker.collector.bar_keeper.time.thread_time", lambda: 100.0)
    assert keeper._may_go_on()
    assert keeper._may_go_on()
    assert waits == [1.5, 0.0]


def test_what_fails_is_tried_again_after_ten_minutes(monkeypatch):
    """On a full disk, each try reads all rows in vain."""
    keeper, waits = BarKeeper(SlowBars(["full"], broken={"full"}), MemoryCoordination(), FixedClock()), []
    monkeypatch.setattr(bar_keeper, "AGAIN_AFTER", 600.0)
    monkeypatch.setattr(keeper._stopping, "wait", lambda seconds: waits.append(seconds) or len(waits) == 3)
    keeper._run(keeper._kept)
    assert waits == [0.0, 600.0, 600.0]


def test_memory_is_given_back_once_after_the_work_also_after_some_that_failed(monkeypatch):
    store, coordination, given = SlowBars(["a", "full"], broken={"full"}), MemoryCoordination(), []
    coordination.try_acquire(JOB)
    store.day.release(3)
    monkeypatch.setattr(bar_keeper, "give_back", lambda: given.append(list(store.kept)))
    keeper = BarKeeper(store, coordination, FixedClock(), rest=0.0)
    with pytest.raises(StoreError):
        keeper._do(store, store.work(CLOSED))
    assert given == [["a"]]
    keeper._do(store, [])
    assert given == [["a"]], "a look that finds nothing has used none"


def test_stopping_takes_no_longer_than_a_day_of_rows_and_frees_the_lease(keep):
    store, coordination = SlowBars(["a"]), MemoryCoordination()
    keeper = keep(store, coordination)
    wait_for(lambda: store.days == 1, "it has begun")
    stop_between_days(keeper, store)
    keeper.stop()
    assert store.ended == ["a"]
    assert coordination.holder(JOB) == ""


def test_a_store_that_keeps_no_bars_starts_nothing(keep):
    before = set(threading.enumerate())
    keep(MemoryStore())
    assert set(threading.enumerate()) <= before
