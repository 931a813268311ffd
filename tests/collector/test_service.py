"""Runner: one process collects, the next takes over, whatever ended the first."""

import asyncio
import logging
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.support.fakes import EUR
from tests.support.memory_store import MemoryStore
from tracker.collector.service import JOB, CollectorService
from tracker.collector.status import StatusBoard, last_published, publish, published
from tracker.collector.writer import SlotWriter
from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError
from tracker.core.market_status import MarketStatus, Status
from tracker.core.ticks import Ticks
from tracker.runtime.clock import WallClock

PATIENCE = 20.0  # s; generous, for a machine that is busy


def wait_for(condition, what):
    """Poll another thread's or process's progress; fails with *what* when it does not come."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} s"
        time.sleep(0.01)


class Idle:
    """A collector that only says that it works."""

    def __init__(self, board, may_write):
        self.board = board
        self.may_write = may_write

    async def run(self):
        self.board.mark_live([EUR], 1000)
        await asyncio.Event().wait()


@pytest.fixture
def make(tmp_path):
    made = []

    def service(collector=Idle, label="test"):
        board = StatusBoard({EUR: 10_000})
        made.append(
            CollectorService(collector, FileCoordination(tmp_path, label), board, tmp_path / "outages.csv", WallClock())
        )
        made[-1].start()
        return made[-1]

    yield service
    for each in made:
        each.stop()


def test_the_first_collects_and_the_second_follows_what_it_publishes(make, tmp_path):
    first = make(label="first")
    wait_for(lambda: first.is_leader, "the first leads")
    second = make(label="second")
    wait_for(lambda: published(FileCoordination(tmp_path)) is not None, "the status is published")
    wait_for(lambda: second.status().markets[EUR].state == "live", "the second reads it")
    assert not second.is_leader
    assert second.status().collector.startswith("first (pid ")


def test_one_that_leaves_in_good_order_hands_over_at_once(make):
    first = make()
    wait_for(lambda: first.is_leader, "the first leads")
    second = make()
    first.stop()
    left = time.monotonic()
    wait_for(lambda: second.is_leader, "the second leads")
    assert time.monotonic() - left < 3
    assert not first.is_leader


def test_an_unchanged_status_is_published_again_and_again(make, tmp_path, monkeypatch):
    monkeypatch.setattr("tracker.collector.service.HEARTBEAT", 0.1)
    monkeypatch.setattr("tracker.collector.service.PUBLISH_EVERY", 0.05)
    make()
    reader = FileCoordination(tmp_path)
    wait_for(lambda: last_published(reader), "it is published")
    first = last_published(reader)
    wait_for(lambda: last_published(reader) > first, "and again")


def test_stopping_twice_or_before_leading_does_nothing_bad(make):
    first = make()
    second = make()
    second.stop()
    second.stop()
    first.stop()
    first.stop()


def test_a_lease_removed_from_under_the_holder_ends_its_term(make, tmp_path):
    service = make()
    wait_for(lambda: service.is_leader, "it leads")
    terms = []
    collector = service._collector
    service._collector = lambda board, may_write: terms.append(1) or collector(board, may_write)
    for path in tmp_path.glob(".lease-*"):
        path.unlink()
    wait_for(lambda: terms and service.is_leader, "a new term with a new lock begins")


def test_a_bug_in_the_collector_is_shown_and_logged_and_the_lease_let_go(make, tmp_path, caplog):
    class Broken(Idle):
        async def run(self):
            raise KeyError("oops")

    with caplog.at_level(logging.ERROR):
        service = make(Broken)
        wait_for(lambda: service._board.status().notes, "the bug is noted")
    assert "oops" in caplog.text
    [note] = service._board.status().notes
    assert (note.kind, note.words) == ("collector_failed", "KeyError: 'oops'")
    assert abs(note.time - time.time() * 1000) < PATIENCE * 1000
    other = FileCoordination(tmp_path, "other")
    wait_for(lambda: other.try_acquire(JOB), "another can have the lease")
    other.release(JOB)


def test_what_ended_a_term_is_still_told_in_the_next_one(make, monkeypatch):
    class Broken(Idle):
        async def run(self):
            terms.append(1)
            if len(terms) == 1:
                raise KeyError("oops")
            await super().run()

    terms = []
    monkeypatch.setattr("tracker.collector.service.FAILURE_PAUSE", 0.01)
    service = make(Broken)
    wait_for(lambda: service._board.status().markets[EUR].state == "live", "the next term works")
    assert "oops" in service._board.status().notes[0].words


def test_a_lease_lost_in_the_middle_of_a_write_is_no_bug(make, caplog):
    class Losing(Idle):
        async def run(self):
            terms.append(1)
            raise LeaseError("gone")

    terms = []
    with caplog.at_level(logging.ERROR):
        make(Losing)
        wait_for(lambda: len(terms) >= 2, "it contends again")
    assert caplog.text == ""


def test_a_folder_that_cannot_hold_a_lock_is_a_store_problem_until_it_can(make, tmp_path):
    (tmp_path / "blocked").write_text("a file, no folder")
    board = StatusBoard({EUR: 10_000})
    service = CollectorService(
        Idle, FileCoordination(tmp_path / "blocked", "x"), board, tmp_path / "outages.csv", WallClock()
    )
    service.start()
    try:
        wait_for(lambda: service.status().store_problem, "it says why")
        (tmp_path / "blocked").unlink()
        wait_for(lambda: service.is_leader, "it leads by itself")
        assert service.status().store_problem == ""
    finally:
        service.stop()


def test_a_cell_that_computes_does_not_stop_the_collector(make):
    beats = []

    class Beating(Idle):
        async def run(self):
            while True:
                beats.append(time.monotonic())
                await asyncio.sleep(0.01)

    service = make(Beating)
    wait_for(lambda: service.is_leader, "it leads")
    before, end = len(beats), time.monotonic() + 0.5
    while time.monotonic() < end:
        pass  # as a busy cell does
    assert len(beats) > before + 3


def test_the_thread_ends_with_stop(make):
    service = make()
    wait_for(lambda: service.is_leader, "it leads")
    service.stop()
    assert not any(thread.name == "tracker-collector" for thread in threading.enumerate())


def test_the_lease_is_not_let_go_while_a_write_is_under_way(make, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("tracker.collector.service.STOP_TIMEOUT", 0.1)
    begun, go_on = threading.Event(), threading.Event()

    class Slow(MemoryStore):
        def append(self, batch):
            begun.set()
            go_on.wait(PATIENCE)
            super().append(batch)

    class Writing(Idle):
        async def run(self):
            await SlotWriter(store, self.board, self.may_write).write_polled({EUR: Ticks.of([10_000], [1.0], 10_000)})

    store, other = Slow(), FileCoordination(tmp_path, "other")
    service = make(Writing)
    try:
        assert begun.wait(PATIENCE)
        service.stop()
        assert "has not ended" in caplog.text
        assert not other.try_acquire(JOB)
        assert store.rows == []
        go_on.set()
        wait_for(lambda: other.try_acquire(JOB), "the lease is let go after the write")
        assert len(store.rows) == 1
    finally:
        go_on.set()
        other.release(JOB)


CONTENDER = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.collector.test_service import Idle, EUR, StatusBoard, CollectorService, WallClock, FileCoordination
folder = Path({folder!r})
leases, board = FileCoordination(folder, "child"), StatusBoard({{EUR: 10_000}})
service = CollectorService(Idle, leases, board, folder / "outages.csv", WallClock())
service.start()
while not service.is_leader:
    time.sleep(0.01)
print("leads", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_the_next_process_takes_over_within_3_s_of_a_kill(make, tmp_path, end):
    from pathlib import Path

    code = CONTENDER.format(tests=str(Path(__file__).parents[2]), folder=str(tmp_path))
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert child.stdout.readline() == "leads\n"
        heir = make()
        assert not heir.is_leader
        child.send_signal(end)
        killed = time.monotonic()
        wait_for(lambda: heir.is_leader, "the heir leads")
        assert time.monotonic() - killed < 3
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_a_status_of_a_former_term_is_not_taken_for_that_of_a_holder_who_publishes_none(make, tmp_path):
    """An older release holds the same lease and publishes elsewhere; it would seem to be unable to write."""
    older = FileCoordination(tmp_path, "older")
    publish(Status(collector="newer (pid 1)", markets={EUR: MarketStatus(10_000, "unreachable")}), older)
    older.try_acquire(JOB)
    status = make().status()
    assert status.collector == older.holder(JOB)
    assert (status.silent_for, status.markets[EUR].state) == (None, "waiting")
    older.release(JOB)


def test_a_term_begins_by_taking_over_what_older_releases_left(tmp_path):
    taken, outages = [], tmp_path / "outages.csv"
    at = round(time.time() * 1000) - 3_600_000

    def take_over():
        taken.append(FileCoordination(tmp_path).holder(JOB))
        return at

    class Live(Idle):
        async def run(self):
            self.board.mark_live([EUR], round(time.time() * 1000))
            await asyncio.Event().wait()

    board = StatusBoard({EUR: 10_000})
    service = CollectorService(Live, FileCoordination(tmp_path, "new"), board, outages, WallClock(), take_over)
    service.start()
    try:
        wait_for(outages.exists, "the hour without a collector is logged")
        assert outages.read_text().startswith(f"{at / 1000},")
        assert [each.startswith("new (pid ") for each in taken] == [True]
    finally:
        service.stop()
