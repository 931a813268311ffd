import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from tracker.errors import LeaseError
from tracker.leases.lock_file import LockFile, open_lease

# Python 3.12 warns of any fork of a process with threads, and numpy starts some.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

# Takes the lease, says so, and keeps it until its standard input closes.
HOLD = """
import os, sys
from pathlib import Path
from tracker.leases.lock_file import LockFile
lease = LockFile(Path(sys.argv[1]), "other")
print(lease.try_acquire("collect"), flush=True)
if "fork" in sys.argv:
    child = os.fork()
    if child:
        print(child, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holding(tmp_path):
    """Start a process that asks for the lease; gives the process and what it got."""
    started = []

    def start(*words):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        started.append(process)
        return process, process.stdout.readline().strip() == "True"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_one_of_two_objects_in_a_process_has_the_lease(tmp_path):
    first, second = open_lease(tmp_path, "first"), open_lease(tmp_path, "second")
    assert first.try_acquire("collect")
    assert not second.try_acquire("collect")
    assert (first.held("collect"), second.held("collect")) == (True, False)


def test_asking_again_for_what_one_has_is_granted(tmp_path):
    lease = LockFile(tmp_path)
    assert lease.try_acquire("collect")
    assert lease.try_acquire("collect")
    lease.release("collect")
    assert LockFile(tmp_path).try_acquire("collect")


def test_leases_of_other_names_are_independent(tmp_path):
    first, second = LockFile(tmp_path), LockFile(tmp_path)
    assert first.try_acquire("collect")
    assert second.try_acquire("alerts")


def test_a_released_lease_is_free_at_once(tmp_path):
    first, second = LockFile(tmp_path), LockFile(tmp_path)
    first.try_acquire("collect")
    first.release("collect")
    assert not first.held("collect")
    assert second.try_acquire("collect")


def test_releasing_what_is_not_held_does_nothing(tmp_path):
    first, second = LockFile(tmp_path), LockFile(tmp_path)
    second.release("collect")
    first.try_acquire("collect")
    second.release("collect")
    assert first.held("collect")


def test_two_processes_exclude_each_other(tmp_path, holding):
    _, got_it = holding()
    assert got_it
    assert not LockFile(tmp_path).try_acquire("collect")
    _, got_it = holding()
    assert not got_it


def test_a_killed_holder_frees_the_lease(tmp_path, holding):
    process, _ = holding()
    lease = LockFile(tmp_path, "heir")
    assert not lease.try_acquire("collect")
    process.kill()
    process.wait()
    assert lease.holder("collect") == ""
    assert lease.try_acquire("collect")


def test_a_forked_child_does_not_keep_the_lease_of_a_killed_parent(tmp_path, holding):
    process, _ = holding("fork")
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    os.kill(child, 0)  # it lives on
    assert LockFile(tmp_path).try_acquire("collect")


@FORKS
def test_a_forked_child_neither_holds_nor_can_release_the_lease(tmp_path):
    lease = LockFile(tmp_path, "parent")
    lease.try_acquire("collect")
    child = os.fork()
    if child == 0:
        held = lease.held("collect")
        lease.release("collect")
        got = lease.try_acquire("collect") or LockFile(tmp_path).try_acquire("collect")
        os._exit(held * 1 + got * 2)
    assert os.waitpid(child, 0)[1] == 0
    assert lease.held("collect")
    assert not LockFile(tmp_path).try_acquire("collect")


@FORKS
def test_a_forked_child_does_not_keep_a_lease_that_its_parent_released(tmp_path):
    lease = LockFile(tmp_path)
    lease.try_acquire("collect")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent is done
        os._exit(0)
    lease.release("collect")
    taken = LockFile(tmp_path).try_acquire("collect")
    os.close(write)
    os.waitpid(child, 0)
    os.close(read)
    assert taken


def test_a_lease_whose_file_was_removed_is_no_longer_held_and_can_be_taken_again(tmp_path):
    lease = LockFile(tmp_path)
    lease.try_acquire("collect")
    (tmp_path / ".lease-collect").unlink()
    assert not lease.held("collect")
    assert lease.try_acquire("collect")
    assert lease.held("collect")


def test_a_lease_whose_file_was_replaced_belongs_to_whoever_locks_the_new_one(tmp_path):
    first, second = LockFile(tmp_path), LockFile(tmp_path)
    first.try_acquire("collect")
    (tmp_path / ".lease-collect").rename(tmp_path / "aside")
    assert second.try_acquire("collect")
    assert not first.held("collect")
    assert not first.try_acquire("collect")
    FileLock(tmp_path / "aside").acquire(blocking=False).lock.release()  # the old one was given up
    first.release("collect")
    assert second.held("collect")


def test_the_holder_is_named_for_people(tmp_path, holding):
    process, _ = holding()
    assert LockFile(tmp_path).holder("collect") == f"other (pid {process.pid})"
    lease = LockFile(tmp_path)
    lease.try_acquire("alerts")
    assert lease.holder("alerts") == f"process (pid {os.getpid()})"
    assert LockFile(tmp_path).holder("alerts") == lease.holder("alerts")
    lease.release("alerts")
    heir = LockFile(tmp_path, "x")
    assert heir.try_acquire("alerts")
    assert LockFile(tmp_path).holder("alerts") == f"x (pid {os.getpid()})"


def test_nobody_is_named_before_the_first_holder_and_after_the_last(tmp_path):
    lease, other = LockFile(tmp_path / "data"), LockFile(tmp_path / "data")
    assert lease.holder("collect") == ""
    assert not (tmp_path / "data").exists(), "asking who has it changes nothing"
    lease.try_acquire("collect")
    lease.release("collect")
    assert lease.holder("collect") == other.holder("collect") == ""


def test_asking_for_the_holder_does_not_take_the_lease_away(tmp_path):
    lease, other = LockFile(tmp_path), LockFile(tmp_path)
    lease.try_acquire("collect")
    for _ in range(20):
        other.holder("collect")
    assert lease.held("collect")
    assert not other.try_acquire("collect")


def test_a_full_disk_costs_the_name_not_the_lease(tmp_path):
    lease = LockFile(tmp_path, "first")
    other = LockFile(tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        assert lease.try_acquire("collect")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert lease.held("collect")
    assert other.holder("collect") == "another process"


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(
        LeaseError, match=r"cannot ask for the lease .*/data/\.lease-collect: (File exists|Not a directory)"
    ):
        LockFile(tmp_path / "data").try_acquire("collect")


def test_a_lease_file_that_cannot_be_opened_is_said_in_words_and_has_an_unknown_holder(tmp_path):
    (tmp_path / ".lease-collect").mkdir()
    lease = LockFile(tmp_path)
    with pytest.raises(LeaseError, match="Is a directory"):
        lease.try_acquire("collect")
    assert lease.holder("collect") == "another process"
    assert not lease.held("collect")
