"""Folders whose locks exclude nobody, as on some network file systems: of two processes one steps down."""

import itertools
import json
import platform
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.collector_services import wait_for
from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError

fcntl = pytest.importorskip("fcntl", reason="locks of another kind here")

# Campaigns for the lease without working locks, once the file "go" exists, and prints each change of what it sees.
CAMPAIGN = """
import fcntl, sys, time
from pathlib import Path
fcntl.flock = lambda *args: None
from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError
folder, label = Path(sys.argv[1]), sys.argv[2]
coordination, before = FileCoordination(folder / "data", label), None
print("ready", flush=True)
while not (folder / "go").exists():
    time.sleep(0.001)
while True:
    try:
        holds = coordination.held("collect") or coordination.try_acquire("collect")
        now = f"holds beside {coordination.rivals('collect')}" if holds else "follows"
    except LeaseError as error:
        now = str(error)
    if now != before:
        print(now, flush=True)
        before = now
    time.sleep(0.05)
"""


class Process:
    """A campaigning process, and the lines that it printed so far."""

    def __init__(self, folder, label):
        code = [sys.executable, "-c", CAMPAIGN, str(folder), label]
        self.process = subprocess.Popen(code, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        self.name = f"{label} (pid {self.process.pid})"
        assert self.process.stdout.readline() == "ready\n"
        self.lines = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    @property
    def last(self):
        return self.lines[-1] if self.lines else ""

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.strip())

    def wait_for(self, words):
        wait_for(lambda: words in self.last, f"{self.name} says {words!r}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self._reading.join()
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path):
    """Start processes that campaign in the folder of the test, at once unless told otherwise."""
    started = []

    def start(*labels, at_once=True):
        if at_once:
            (tmp_path / "go").touch()
        started.extend(Process(tmp_path, label) for label in labels)
        (tmp_path / "go").touch()
        return started[-len(labels) :]

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def _no_locks(monkeypatch):
    monkeypatch.setattr(fcntl, "flock", lambda *args: None)


def test_a_process_that_comes_later_never_holds_the_lease_and_both_name_each_other(start, tmp_path):
    [first] = start("first")
    first.wait_for("holds")
    [second] = start("second")
    second.wait_for("excludes nobody")
    assert second.lines == [
        f"the lock {tmp_path / 'data' / '.lease-collect'} excludes nobody, as on some network folders: {first.name} "
        "holds the lease too, so this process steps down; keep the folder on a disk of this computer, or collect on "
        "one computer only"
    ]
    first.wait_for("second")
    assert first.lines == ["holds beside ()", f"holds beside ('{second.name}',)"]


def test_of_two_processes_that_take_the_lease_at_the_same_time_one_keeps_it(start):
    processes = start("first", "second", at_once=False)

    def one_keeps_it():
        loser, holder = sorted(processes, key=lambda process: "excludes nobody" not in process.last)
        return "excludes nobody" in loser.last and holder.last == f"holds beside ('{loser.name}',)"

    wait_for(one_keeps_it, "one steps down, and the other one names it")


@pytest.mark.usefixtures("_no_locks")
def test_the_process_that_stepped_down_takes_over_when_the_other_one_dies(start, tmp_path):
    [first] = start("first")
    first.wait_for("holds")
    [second] = start("second")
    second.wait_for("excludes nobody")
    first.kill()
    second.wait_for("holds")
    follower = FileCoordination(tmp_path / "data")
    wait_for(lambda: follower.holder("collect") == second.name, "the new holder is named")


@pytest.mark.usefixtures("_no_locks")
def test_followers_name_the_holder_though_its_lock_can_be_taken(start, tmp_path):
    [first] = start("first")
    first.wait_for("holds")
    follower = FileCoordination(tmp_path / "data")
    wait_for(lambda: follower.holder("collect") == first.name, "the holder is named")
    assert follower.rivals("collect") == (first.name,), "its lock is free, but it beats"


def test_where_locks_work_a_live_holder_is_no_rival_and_heartbeats_refuse_nobody(tmp_path):
    seconds = itertools.count()
    first = FileCoordination(tmp_path, "first", monotonic=lambda: float(next(seconds)))
    second = FileCoordination(tmp_path, "second")
    first.try_acquire("collect")
    for _ in range(5):
        assert first.held("collect")
        assert not second.try_acquire("collect")
        assert first.rivals("collect") == ()
    assert second.rivals("collect") == ()
    first.release("collect")
    assert list(tmp_path.glob(".heartbeat-*")) == []
    assert second.try_acquire("collect")


@pytest.mark.usefixtures("_no_locks")
def test_the_older_of_two_holders_stays_and_the_newer_one_steps_down(tmp_path, monkeypatch):
    """Both took the lease before either beat."""
    older, newer = FileCoordination(tmp_path, "older"), FileCoordination(tmp_path, "newer")
    assert older.try_acquire("collect")
    monkeypatch.setattr("tracker.runtime.heartbeats.Heartbeats.listen", lambda self: None)
    assert newer.try_acquire("collect")
    monkeypatch.undo()
    monkeypatch.setattr(fcntl, "flock", lambda *args: None)
    # Each asks again and again, as the collector's watch does.
    wait_for(lambda: older.held("collect") and not newer.held("collect"), "the newer one steps down")
    assert older.rivals("collect")[0].startswith("newer (pid ")
    newer.release("collect")
    wait_for(lambda: older.held("collect") and _is_refused(newer), "the newer one is refused")
    assert older.held("collect")


@pytest.mark.usefixtures("_no_locks")
def test_a_process_that_stepped_down_listens_no_more_while_the_other_one_beats(start, tmp_path, monkeypatch):
    [first] = start("first")
    first.wait_for("holds")
    second, listened = FileCoordination(tmp_path / "data", "second"), []
    assert _is_refused(second)
    monkeypatch.setattr("tracker.runtime.heartbeats.Heartbeats.listen", lambda self: listened.append(self))
    assert _is_refused(second)
    assert listened == [], "an attempt four times a second must not wait for a second each"


def test_taking_the_lease_removes_the_heartbeats_of_processes_that_died(tmp_path):
    dead = tmp_path / f".heartbeat-collect.{'0' * 32}"
    fields = {"format": 1, "holds": 1, "token": 5, "name": "dead", "host": platform.node(), "pid": 2**22 + 1}
    dead.write_text(json.dumps(fields))
    assert FileCoordination(tmp_path, "next").try_acquire("collect")
    assert not dead.exists()


def _is_refused(coordination):
    try:
        assert not coordination.try_acquire("collect")
    except LeaseError as error:
        return "excludes nobody" in str(error)
    return False
