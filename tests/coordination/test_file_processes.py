"""Leases and ephemeral documents of processes that are killed or forked."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tracker.coordination.file import FileCoordination

# Python 3.12 warns of any fork of a process with threads, and numpy starts some.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork and no SIGKILL here")
# Acquires the lease, prints whether it did, and holds it until standard input closes.
HOLD = """
import os, signal, sys
from pathlib import Path
from tracker.coordination import file
if "killed before its token" in sys.argv:
    file.replace_file = lambda path, data, durable: os.kill(os.getpid(), signal.SIGKILL)
lease = file.FileCoordination(Path(sys.argv[1]), "other")
print(lease.try_acquire("collect"), flush=True)
if "fork" in sys.argv:
    if os.fork() == 0:
        print(os.getpid(), flush=True)  # by the child, once it has closed the lock file
sys.stdin.read()
"""


@pytest.fixture
def holding(tmp_path):
    """Start a process that tries to acquire the lease; return the process and whether it did."""
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        return process, process.stdout.readline().strip() == "True"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_processes_exclude_each_other_and_name_the_holder(tmp_path, holding):
    process, acquired = holding()
    assert acquired
    assert FileCoordination(tmp_path).holder("collect") == f"other (pid {process.pid})"
    assert not FileCoordination(tmp_path).try_acquire("collect")
    _, acquired = holding()
    assert not acquired


def test_a_killed_holder_frees_the_lease(tmp_path, holding):
    process, _ = holding()
    lease = FileCoordination(tmp_path, "successor")
    assert not lease.try_acquire("collect")
    process.kill()
    process.wait()
    assert lease.holder("collect") == ""
    assert lease.try_acquire("collect")


@posix
def test_a_forked_child_does_not_keep_the_lease_of_a_killed_parent(tmp_path, holding):
    process, _ = holding("fork")
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.kill(child, 0)  # the child still runs
    assert FileCoordination(tmp_path).try_acquire("collect")


@posix
@FORKS
def test_a_forked_child_neither_holds_nor_can_release_the_lease(tmp_path):
    lease = FileCoordination(tmp_path, "parent")
    lease.try_acquire("collect")
    child = os.fork()
    if child == 0:
        held = lease.held("collect")
        lease.release("collect")
        acquired = lease.try_acquire("collect") or FileCoordination(tmp_path).try_acquire("collect")
        os._exit(held * 1 + acquired * 2)
    assert os.waitpid(child, 0)[1] == 0
    assert lease.held("collect")
    assert not FileCoordination(tmp_path).try_acquire("collect")


@posix
@FORKS
def test_a_forked_child_does_not_keep_a_lease_that_its_parent_released(tmp_path):
    lease = FileCoordination(tmp_path)
    lease.try_acquire("collect")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent closes its end
        os._exit(0)
    lease.release("collect")
    acquired = FileCoordination(tmp_path).try_acquire("collect")
    os.close(write)
    os.waitpid(child, 0)
    os.close(read)
    assert acquired


@posix
def test_a_process_killed_between_lock_and_token_leaves_the_lease_free_and_the_token_unchanged(tmp_path, holding):
    before = FileCoordination(tmp_path, now=lambda: 5000)
    before.try_acquire("collect")
    before.release("collect")
    process, acquired = holding("killed before its token")
    process.wait(20)
    assert (acquired, process.returncode) == (False, -signal.SIGKILL)
    successor = FileCoordination(tmp_path, now=lambda: 4000)
    assert successor.try_acquire("collect")
    assert successor.token("collect") == 5001


PUBLISH = """
import os, sys, time
from pathlib import Path
from tracker.coordination.file import FileCoordination
coordination = FileCoordination(Path(sys.argv[1]))
coordination.publish("member", b"1", ephemeral=True)
if os.fork() == 0:
    print(os.getpid(), flush=True)
time.sleep(60)
"""


@posix
def test_ephemeral_documents_of_a_killed_process_disappear_though_its_forked_child_runs(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    child, removed, other = 0, threading.Event(), FileCoordination(tmp_path)
    try:
        child = int(process.stdout.readline())
        assert (other.read("member"), other.names()) == (b"1", ("member",))
        other.watch("member", removed.set)
        process.kill()
        process.wait(20)
        os.kill(child, 0)  # the child still runs
        assert removed.wait(20), "the watch notices"
        assert (other.read("member"), other.names()) == (None, ())
    finally:
        other.close()
        process.kill()
        if child:
            os.kill(child, signal.SIGKILL)
        process.communicate()
