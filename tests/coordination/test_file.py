import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from tracker.coordination.file import CONFIRMED, FileCoordination
from tracker.core.errors import LeaseError
from tracker.runtime import files

# Python 3.12 warns of any fork of a process with threads, and numpy starts some.
FORKS = pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")

# Takes the lease, says so, and keeps it until its standard input closes.
HOLD = """
import os, signal, sys
from pathlib import Path
from tracker.coordination import file
if "killed before its token" in sys.argv:
    file.replace_file = lambda path, data, durable: os.kill(os.getpid(), signal.SIGKILL)
lease = file.FileCoordination(Path(sys.argv[1]), "other")
print(lease.try_acquire("collect"), flush=True)
if "fork" in sys.argv:
    child = os.fork()
    if child:
        print(child, flush=True)
sys.stdin.read()
"""


class Monotonic:
    """A clock in seconds that goes on by *step* each time it is read."""

    def __init__(self, step=0.0):
        self.now = 100.0
        self._step = step

    def __call__(self):
        self.now += self._step
        return self.now


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
            cwd=Path(__file__).parents[2],
        )
        started.append(process)
        return process, process.stdout.readline().strip() == "True"

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_two_processes_exclude_each_other(tmp_path, holding):
    _, got_it = holding()
    assert got_it
    assert not FileCoordination(tmp_path).try_acquire("collect")
    _, got_it = holding()
    assert not got_it


def test_a_killed_holder_frees_the_lease(tmp_path, holding):
    process, _ = holding()
    lease = FileCoordination(tmp_path, "heir")
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
    assert FileCoordination(tmp_path).try_acquire("collect")


@FORKS
def test_a_forked_child_neither_holds_nor_can_release_the_lease(tmp_path):
    lease = FileCoordination(tmp_path, "parent")
    lease.try_acquire("collect")
    child = os.fork()
    if child == 0:
        held = lease.held("collect")
        lease.release("collect")
        got = lease.try_acquire("collect") or FileCoordination(tmp_path).try_acquire("collect")
        os._exit(held * 1 + got * 2)
    assert os.waitpid(child, 0)[1] == 0
    assert lease.held("collect")
    assert not FileCoordination(tmp_path).try_acquire("collect")


@FORKS
def test_a_forked_child_does_not_keep_a_lease_that_its_parent_released(tmp_path):
    lease = FileCoordination(tmp_path)
    lease.try_acquire("collect")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(write)
        os.read(read, 1)  # until the parent is done
        os._exit(0)
    lease.release("collect")
    taken = FileCoordination(tmp_path).try_acquire("collect")
    os.close(write)
    os.waitpid(child, 0)
    os.close(read)
    assert taken


def test_a_lease_whose_file_was_removed_is_no_longer_held_and_can_be_taken_again(tmp_path):
    lease = FileCoordination(tmp_path, monotonic=Monotonic(step=CONFIRMED + 0.01))
    lease.try_acquire("collect")
    (tmp_path / ".lease-collect").unlink()
    assert not lease.held("collect")
    assert lease.try_acquire("collect")
    assert lease.held("collect")


def test_a_lease_whose_file_was_replaced_belongs_to_whoever_locks_the_new_one(tmp_path):
    first = FileCoordination(tmp_path, monotonic=Monotonic(step=CONFIRMED + 0.01))
    second = FileCoordination(tmp_path)
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
    assert FileCoordination(tmp_path).holder("collect") == f"other (pid {process.pid})"
    lease = FileCoordination(tmp_path)
    lease.try_acquire("alerts")
    assert lease.holder("alerts") == f"process (pid {os.getpid()})"
    assert FileCoordination(tmp_path).holder("alerts") == lease.holder("alerts")
    lease.release("alerts")
    heir = FileCoordination(tmp_path, "x")
    assert heir.try_acquire("alerts")
    assert FileCoordination(tmp_path).holder("alerts") == f"x (pid {os.getpid()})"


def test_nobody_is_named_before_the_first_holder_and_after_the_last(tmp_path):
    lease, other = FileCoordination(tmp_path / "data"), FileCoordination(tmp_path / "data")
    assert lease.holder("collect") == ""
    assert not (tmp_path / "data").exists(), "asking who has it changes nothing"
    lease.try_acquire("collect")
    lease.release("collect")
    assert lease.holder("collect") == other.holder("collect") == ""


def test_asking_for_the_holder_does_not_take_the_lease_away(tmp_path):
    lease, other = FileCoordination(tmp_path), FileCoordination(tmp_path)
    lease.try_acquire("collect")
    for _ in range(20):
        other.holder("collect")
    assert lease.held("collect")
    assert not other.try_acquire("collect")


def test_on_a_full_disk_the_lease_is_not_taken_because_its_token_cannot_be_kept(tmp_path):
    first, second = FileCoordination(tmp_path, "first"), FileCoordination(tmp_path, "second")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        with pytest.raises(LeaseError, match=r"cannot take the lease .*\.token-collect: File too large"):
            first.try_acquire("collect")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not first.held("collect")
    assert second.try_acquire("collect"), "the lock was given back"


def test_in_a_folder_that_was_deleted_no_lease_is_held_and_the_next_term_begins_in_a_new_one(tmp_path):
    folder, time = tmp_path / "data", Monotonic()
    lease = FileCoordination(folder, now=lambda: 5000, monotonic=time)
    assert lease.try_acquire("collect")
    shutil.rmtree(folder)
    time.now += 2 * CONFIRMED
    assert not lease.held("collect")
    assert lease.try_acquire("collect")
    assert (folder / ".token-collect").read_text() == "5000\n"


def test_a_folder_deleted_between_lock_and_token_costs_the_lease(tmp_path, monkeypatch):
    folder = tmp_path / "data"

    def delete_first(path, data, durable):
        shutil.rmtree(folder)
        files.replace_file(path, data, durable=durable)

    monkeypatch.setattr("tracker.coordination.file.replace_file", delete_first)
    lease = FileCoordination(folder)
    with pytest.raises(LeaseError, match="No such file or directory"):
        lease.try_acquire("collect")
    assert not lease.held("collect")


def test_a_lock_file_deleted_while_the_token_is_written_is_not_taken(tmp_path, monkeypatch):
    def delete_after(path, data, durable):
        files.replace_file(path, data, durable=durable)
        (tmp_path / ".lease-collect").unlink()

    lease = FileCoordination(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr("tracker.coordination.file.replace_file", delete_after)
        assert not lease.try_acquire("collect")
    assert lease.try_acquire("collect")


def test_a_process_killed_between_lock_and_token_leaves_a_lease_that_is_free_and_a_token_as_it_was(tmp_path, holding):
    before = FileCoordination(tmp_path, now=lambda: 5000)
    before.try_acquire("collect")
    before.release("collect")
    process, got_it = holding("killed before its token")
    process.wait(20)
    assert (got_it, process.returncode) == (False, -signal.SIGKILL)
    heir = FileCoordination(tmp_path, now=lambda: 4000)
    assert heir.try_acquire("collect")
    assert heir.token("collect") == 5001


def test_a_token_is_on_the_disk_before_the_lease_is_taken(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files.os, "fsync", lambda handle: synced.append(os.fstat(handle).st_ino))
    lease = FileCoordination(tmp_path)
    assert lease.try_acquire("collect")
    assert synced == [(tmp_path / ".token-collect").stat().st_ino, tmp_path.stat().st_ino]
    assert (tmp_path / ".token-collect").read_text() == f"{lease.token('collect')}\n"


@pytest.mark.parametrize("text", ["", "soon", "-5", "9" * 19, "9" * 30, "\u0665"])
def test_a_token_file_that_holds_no_token_counts_as_none(tmp_path, text):
    (tmp_path / ".token-collect").write_text(text)
    lease = FileCoordination(tmp_path, now=lambda: 5000)
    assert lease.try_acquire("collect")
    assert lease.token("collect") == 5000


def test_held_looks_at_the_lock_file_again_once_its_last_look_is_old(tmp_path):
    """So a process that was stopped learns before it writes that its lock was removed meanwhile."""
    time = Monotonic()
    lease, heir = FileCoordination(tmp_path, monotonic=time), FileCoordination(tmp_path)
    lease.try_acquire("collect")
    (tmp_path / ".lease-collect").unlink()
    heir.try_acquire("collect")
    time.now += CONFIRMED
    assert lease.held("collect"), "from memory"
    time.now += 10
    assert not lease.held("collect")
    time.now -= 10
    assert not lease.held("collect"), "once lost, a lease stays lost"


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(
        LeaseError, match=r"cannot acquire the lease .*/data/\.lease-collect: (File exists|Not a directory)"
    ):
        FileCoordination(tmp_path / "data").try_acquire("collect")


def test_a_lease_file_that_cannot_be_opened_is_said_in_words_and_has_an_unknown_holder(tmp_path):
    (tmp_path / ".lease-collect").mkdir()
    lease = FileCoordination(tmp_path)
    with pytest.raises(LeaseError, match="Is a directory"):
        lease.try_acquire("collect")
    assert lease.holder("collect") == "another process"
    assert not lease.held("collect")


@pytest.mark.parametrize("text", [b"", b"document 2\nnew", b"document 1", b"document 1 .owner-1\nx", b"\xff\n"])
def test_a_document_file_of_an_unknown_format_reads_as_absent_and_is_left_alone(tmp_path, text):
    coordination = FileCoordination(tmp_path)
    coordination.publish("status", b"1")
    file = tmp_path / ".documents" / "status"
    file.write_bytes(text)
    assert (coordination.read("status"), coordination.names()) == (None, ())
    assert file.read_bytes() == text


PUBLISH = """
import os, sys, time
from pathlib import Path
from tracker.coordination.file import FileCoordination
coordination = FileCoordination(Path(sys.argv[1]))
coordination.publish("member", b"1", ephemeral=True)
child = os.fork()
if child:
    print(child, flush=True)
time.sleep(60)
"""


def test_the_ephemeral_documents_of_a_killed_process_are_gone_though_its_forked_child_lives(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(tmp_path)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    child, gone, other = 0, threading.Event(), FileCoordination(tmp_path)
    try:
        child = int(process.stdout.readline())
        assert (other.read("member"), other.names()) == (b"1", ("member",))
        other.watch("member", gone.set)
        process.kill()
        process.wait(20)
        os.kill(child, 0)  # it lives on
        assert gone.wait(20), "the watch notices"
        assert (other.read("member"), other.names()) == (None, ())
    finally:
        other.close()
        process.kill()
        if child:
            os.kill(child, signal.SIGKILL)
        process.communicate()


def test_a_failed_write_leaves_the_document_before_and_no_rest(tmp_path, monkeypatch):
    coordination = FileCoordination(tmp_path)
    coordination.publish("status", b"old")

    def replace(self, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(LeaseError, match=r"cannot write .*\.documents/status: No space left on device"):
            coordination.publish("status", b"new")
    assert coordination.read("status") == b"old"
    assert [path.name for path in (tmp_path / ".documents").iterdir()] == ["status"]


def test_looking_for_documents_makes_no_folder(tmp_path):
    coordination = FileCoordination(tmp_path / "data")
    assert (coordination.read("status"), coordination.names()) == (None, ())
    coordination.remove("status")
    assert not (tmp_path / "data").exists()


def test_a_callback_that_fails_is_logged_and_ends_no_watch(tmp_path, caplog):
    coordination, called = FileCoordination(tmp_path), threading.Event()
    try:
        coordination.watch("", lambda: 1 / 0)
        coordination.watch("", called.set)
        for number in range(2):
            called.clear()
            coordination.publish(f"status{number}", b"1")
            assert called.wait(20)
    finally:
        coordination.close()
    assert "ZeroDivisionError" in caplog.text


def test_the_thread_of_the_watches_ends_with_the_last(tmp_path):
    coordination = FileCoordination(tmp_path)
    end = coordination.watch("", lambda: None)
    [thread] = [each for each in threading.enumerate() if each.name == "tracker-documents"]
    end()
    thread.join(20)
    assert not thread.is_alive()
