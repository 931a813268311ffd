"""Locks: one at a time among all, also after a fork, and after their file was deleted."""

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

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes that fork here")


def in_a_child(work):
    """The exit status of a forked child that does *work*; it is killed if that takes long."""
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
def test_a_child_that_is_forked_while_another_thread_writes_can_write(tmp_path):
    store = CsvStore(tmp_path / "data")
    store.append(one_row())
    held, go_on = threading.Event(), threading.Event()

    def hold():
        with store._lock, store._writer.flusher._lock, store._writer.flusher._closed._cond:
            held.set()
            go_on.wait(20)

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(20)

    def write():
        store.append(one_row(NOW + HOUR, 2.0))
        store.close()

    try:
        assert in_a_child(write) == 0
    finally:
        go_on.set()
        thread.join()
    assert sum(rows_on_disk(store.folder).values()) == 2


@forks
def test_a_child_forked_in_the_middle_of_an_append_leaves_the_lock_of_all_to_its_parent(tmp_path):
    file, lock = tmp_path / "lock", threading.Lock()

    def enter():
        with file_lock.locked(file, threading.Lock(), 0.0):
            pass

    def ask():
        with pytest.raises(StoreError, match="another process"):
            enter()

    with file_lock.locked(file, lock, 1.0):
        assert in_a_child(ask) == 0
    assert in_a_child(enter) == 0


def test_what_no_longer_lives_is_not_begun_anew(tmp_path):
    before = len(file_lock._initialisers)
    store = CsvStore(tmp_path)
    assert len(file_lock._initialisers) == before + 2  # its own, and its flusher's
    del store
    assert len(file_lock._initialisers) == before


def test_a_store_that_lives_until_the_process_ends_is_no_trouble_then(tmp_path):
    words = "import sys; from pathlib import Path; from tracker.stores.csv import CsvStore; "
    words += "store = CsvStore(Path(sys.argv[1])); store.loop = store"
    command = [sys.executable, "-c", words, str(tmp_path)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_who_waited_for_a_lock_whose_file_was_deleted_does_not_get_in_beside_a_newcomer(tmp_path, monkeypatch):
    """It has the old file, the newcomer the new one of that name: both would think themselves alone."""
    file, deleted = tmp_path / "lock", []

    class Slow(FileLock):
        def acquire(self, *args, **kwargs):
            found = super().acquire(*args, **kwargs)
            if not deleted:
                deleted.append(file.stat().st_ino)
                file.rename(
                    tmp_path / "removed"
                )  # its number is not given to the next file, as it may be of a deleted one
                with file_lock.locked(file, threading.Lock(), 0.0):
                    pass
            return found

    monkeypatch.setattr(file_lock, "FileLock", Slow)
    with file_lock.locked(file, threading.Lock(), 1.0):
        assert deleted
        with pytest.raises(StoreError), file_lock.locked(file, threading.Lock(), 0.0):
            pass
