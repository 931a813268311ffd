"""Locks: one holder at a time, even after a fork or the deletion of their file."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.csv_files import HOUR, NOW, one_row, rows_on_disk
from tracker.core.errors import StoreError
from tracker.runtime import file_lock
from tracker.stores.csv import CsvStore

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot fork here")


def run_in_child(work):
    """Return the exit status of a forked child that calls *work*; it is killed after 10 s."""
    child = os.fork()
    if not child:
        signal.alarm(10)
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@forks
def test_a_child_forked_while_another_thread_writes_can_write(tmp_path):
    store = CsvStore(tmp_path / "data")
    store.append(one_row())
    is_held, may_release = threading.Event(), threading.Event()

    def hold():
        with store._lock, store._writer.flusher._lock, store._writer.flusher._closed._cond:
            is_held.set()
            may_release.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert is_held.wait(20)

    def write():
        store.append(one_row(NOW + HOUR, 2.0))
        store.close()

    try:
        assert run_in_child(write) == 0
    finally:
        may_release.set()
        thread.join()
    assert sum(rows_on_disk(store.folder).values()) == 2


@forks
def test_a_child_forked_while_its_parent_holds_the_lock_does_not_hold_it(tmp_path):
    file, lock = tmp_path / "lock", threading.Lock()

    def acquire():
        with file_lock.locked(file, threading.Lock(), 0.0):
            pass

    def fail_to_acquire():
        with pytest.raises(StoreError, match="another process"):
            acquire()

    with file_lock.locked(file, lock, 1.0):
        assert run_in_child(fail_to_acquire) == 0
    assert run_in_child(acquire) == 0


def test_a_deleted_object_is_not_initialised_after_a_fork(tmp_path):
    before = len(file_lock._initialisers)
    store = CsvStore(tmp_path)
    assert len(file_lock._initialisers) == before + 2  # its own, and its flusher's
    del store
    assert len(file_lock._initialisers) == before


def test_a_store_that_exists_at_the_end_of_the_process_causes_no_error(tmp_path):
    code = "import sys; from pathlib import Path; from tracker.stores.csv import CsvStore; "
    code += "store = CsvStore(Path(sys.argv[1])); store.loop = store"
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_waiter_for_a_lock_whose_file_was_deleted_retries_with_the_new_file(tmp_path, monkeypatch):
    """Else it would hold the old file and another process the new one, both at once."""
    file, deleted = tmp_path / "lock", []

    class Slow(FileLock):
        def acquire(self, *args, **kwargs):
            acquired = super().acquire(*args, **kwargs)
            if not deleted:
                deleted.append(file.stat().st_ino)
                file.rename(tmp_path / "removed")  # keeps its inode, which the next file would else reuse
                with file_lock.locked(file, threading.Lock(), 0.0):
                    pass
            return acquired

    monkeypatch.setattr(file_lock, "FileLock", Slow)
    with file_lock.locked(file, threading.Lock(), 1.0):
        assert deleted
        with pytest.raises(StoreError), file_lock.locked(file, threading.Lock(), 0.0):
            pass
