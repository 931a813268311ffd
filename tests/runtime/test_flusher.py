"""The flusher: what the CSV store writes is on the disk within a second."""

import errno
import re
import shutil
import threading

import pytest

from tests.support.csv_files import NOW, bucket_path, one_row, prices, raise_os_error
from tracker.core.errors import StoreError
from tracker.runtime import files, flusher
from tracker.stores.csv import CsvStore


@pytest.fixture
def store(tmp_path):
    return CsvStore(tmp_path / "data")


def test_rows_are_flushed_within_a_second_and_the_thread_ends(store, monkeypatch):
    flushed, done = [], threading.Event()
    real = files.fsync

    def fsync(path):
        real(path)
        if path.is_relative_to(store.folder.parent):  # other tests' stores are flushed meanwhile
            flushed.append(path)
        if len(set(flushed)) == 7:
            done.set()

    monkeypatch.setattr(flusher, "fsync", fsync)
    monkeypatch.setattr(files, "fsync", fsync)
    store.append(one_row())
    assert done.wait(1.0 * 5), "a busy machine may be five times slower"
    folders = {store.folder.parent, store.folder, store.folder / "kraken", store.folder / "kraken/btcusd"}
    kept = {store.folder / name for name in (bucket_path(store), ".journal")}
    [new] = set(flushed) - folders - kept
    assert re.fullmatch(r"\.FORMAT\.\d+\.\d+\.new", new.name)
    assert folders | kept <= set(flushed)
    thread = store._writer.flusher._thread
    if thread:
        thread.join(5)
        assert not thread.is_alive()


def test_closing_flushes_at_once_and_leaves_the_store_usable(store, monkeypatch):
    monkeypatch.setattr(flusher.Flusher, "PERIOD", 3600)
    flushed = []
    monkeypatch.setattr(flusher, "fsync", flushed.append)
    for number in range(2):
        store.append(one_row(NOW + number))
        store.close()
        assert store.folder / bucket_path(store) in flushed
        flushed.clear()


def test_closing_waits_for_a_flush_in_progress(store, monkeypatch):
    store.append(one_row())  # a new folder's format does not wait for the flusher
    store.close()
    is_flushing, may_continue, flushed = threading.Event(), threading.Event(), []

    def fsync(path):
        is_flushing.set()
        assert may_continue.wait(5)
        flushed.append(path)

    monkeypatch.setattr(flusher, "fsync", fsync)
    store.append(one_row(NOW + 1))
    assert is_flushing.wait(5)
    threading.Timer(0.05, may_continue.set).start()
    store.close()
    assert store.folder / bucket_path(store) in flushed


def test_a_failed_flush_is_logged_and_raised_by_the_next_append_which_still_writes_its_rows(store, monkeypatch, caplog):
    store.append(one_row(NOW - 1, 0.5))
    store.close()
    monkeypatch.setattr(files.os, "fsync", lambda handle: raise_os_error(errno.EIO))
    store.append(one_row())
    store.close()
    assert "may not survive a power cut: Input/output error" in caplog.text
    monkeypatch.undo()
    with pytest.raises(StoreError, match="may not survive a power cut: Input/output error"):
        store.append(one_row(NOW + 1, 2.0))
    store.append(one_row(NOW + 2, 3.0))
    assert prices(store) == [0.5, 1.0, 2.0, 3.0]
    store.close()


@pytest.mark.parametrize("harmless", ["purged since", "a file system that cannot flush folders"])
def test_a_flush_that_loses_nothing_is_not_a_failure(store, monkeypatch, harmless):
    if harmless == "purged since":
        monkeypatch.setattr(flusher.Flusher, "PERIOD", 3600)
    else:
        monkeypatch.setattr(files.os, "fsync", lambda handle: raise_os_error(errno.EINVAL))
    store.append(one_row())
    if harmless == "purged since":
        shutil.rmtree(store.folder)
    store.close()
    store.append(one_row(NOW + 1))
