"""Lock files: a lease whose file was removed or replaced, the holder's name, and errors."""

import errno
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.csv_files import raise_os_error
from tracker.coordination import file
from tracker.coordination.file import CONFIRMED, FileCoordination
from tracker.core.errors import LeaseError


class Monotonic:
    """A clock in seconds that advances by *step* each time it is read."""

    def __init__(self, step=0.0):
        self.now = 100.0
        self._step = step

    def __call__(self):
        self.now += self._step
        return self.now


def test_a_lease_whose_file_was_removed_is_not_held_and_can_be_acquired_again(tmp_path):
    lease = FileCoordination(tmp_path, monotonic=Monotonic(step=CONFIRMED + 0.01))
    lease.try_acquire("collect")
    (tmp_path / ".lease-collect").unlink()
    assert not lease.held("collect")
    assert lease.try_acquire("collect")
    assert lease.held("collect")


def test_a_lease_whose_file_was_replaced_belongs_to_the_process_that_locks_the_new_file(tmp_path):
    first = FileCoordination(tmp_path, monotonic=Monotonic(step=CONFIRMED + 0.01))
    second = FileCoordination(tmp_path)
    first.try_acquire("collect")
    (tmp_path / ".lease-collect").rename(tmp_path / "moved")
    assert second.try_acquire("collect")
    assert not first.held("collect")
    assert not first.try_acquire("collect")
    FileLock(tmp_path / "moved").acquire(blocking=False).lock.release()  # the old lock was released
    first.release("collect")
    assert second.held("collect")


def test_two_threads_that_ask_first_beat_as_one_process(tmp_path, monkeypatch):
    """With a file for each, the process would count as its own rival where locks exclude nobody."""
    coordination, real = FileCoordination(tmp_path, monotonic=Monotonic(step=1.0)), file.Heartbeats

    def while_another_thread_beats(*arguments):
        monkeypatch.setattr(file, "Heartbeats", real)
        assert coordination.try_acquire("collect")
        return real(*arguments)

    monkeypatch.setattr(file, "Heartbeats", while_another_thread_beats)
    assert coordination.rivals("collect") == ()
    assert coordination.held("collect")
    assert len(list(tmp_path.glob(".heartbeat-collect.*"))) == 1


def test_the_holder_is_described_by_label_and_process_id(tmp_path):
    lease = FileCoordination(tmp_path)
    lease.try_acquire("alerts")
    assert lease.holder("alerts") == f"process (pid {os.getpid()})"
    assert FileCoordination(tmp_path).holder("alerts") == lease.holder("alerts")
    lease.release("alerts")
    successor = FileCoordination(tmp_path, "x")
    assert successor.try_acquire("alerts")
    assert FileCoordination(tmp_path).holder("alerts") == f"x (pid {os.getpid()})"


def test_the_holder_is_empty_before_the_first_term_and_after_the_last(tmp_path):
    lease, other = FileCoordination(tmp_path / "data"), FileCoordination(tmp_path / "data")
    assert lease.holder("collect") == ""
    assert not (tmp_path / "data").exists(), "asking for the holder creates no folder"
    lease.try_acquire("collect")
    lease.release("collect")
    assert lease.holder("collect") == other.holder("collect") == ""


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_the_holder_of_a_lease_in_an_unreadable_folder_is_unknown(tmp_path, monkeypatch, number):
    lease = FileCoordination(tmp_path)
    for way in ("stat", "exists", "open", "read_text"):
        monkeypatch.setattr(Path, way, lambda *args, **options: raise_os_error(number))
    assert lease.holder("collect") == "another process"


def test_asking_for_the_holder_does_not_end_its_lease(tmp_path):
    lease, other = FileCoordination(tmp_path), FileCoordination(tmp_path)
    lease.try_acquire("collect")
    for _ in range(20):
        other.holder("collect")
    assert lease.held("collect")
    assert not other.try_acquire("collect")


def test_after_its_folder_was_deleted_a_lease_is_not_held_and_the_next_term_creates_the_folder(tmp_path):
    folder, time = tmp_path / "data", Monotonic()
    lease = FileCoordination(folder, now=lambda: 5000, monotonic=time)
    assert lease.try_acquire("collect")
    shutil.rmtree(folder)
    time.now += 2 * CONFIRMED
    assert not lease.held("collect")
    assert lease.try_acquire("collect")
    assert (folder / ".token-collect").read_text() == "5000\n"


def test_held_checks_the_lock_file_again_once_its_last_check_is_old(tmp_path):
    """A suspended process therefore notices before it writes that its lock was removed meanwhile."""
    time = Monotonic()
    lease, successor = FileCoordination(tmp_path, monotonic=time), FileCoordination(tmp_path)
    lease.try_acquire("collect")
    (tmp_path / ".lease-collect").unlink()
    successor.try_acquire("collect")
    time.now += CONFIRMED
    assert lease.held("collect"), "from memory"
    time.now += 10
    assert not lease.held("collect")
    time.now -= 10
    assert not lease.held("collect"), "once lost, a lease stays lost"


def test_a_folder_that_cannot_be_created_is_a_lease_error_with_the_reason(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(
        LeaseError, match=r"cannot acquire the lease .*/data/\.lease-collect: (File exists|Not a directory)"
    ):
        FileCoordination(tmp_path / "data").try_acquire("collect")


def test_a_lease_file_that_cannot_be_opened_is_a_lease_error_and_has_an_unknown_holder(tmp_path):
    (tmp_path / ".lease-collect").mkdir()
    lease = FileCoordination(tmp_path)
    with pytest.raises(LeaseError, match="Is a directory"):
        lease.try_acquire("collect")
    assert lease.holder("collect") == "another process"
    assert not lease.held("collect")
