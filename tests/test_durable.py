"""What the CSV store writes with: whole lines only, and on the disk within a second."""

import errno
import shutil
import threading

import pytest
from bucket_helpers import FILE, NOW, USD, fail, limit_file_size, on_disk, one, prices

from tracker import durable
from tracker.errors import StoreError
from tracker.market import Ticks
from tracker.stores.csv_buckets import CsvBuckets


@pytest.fixture
def store(tmp_path):
    return CsvBuckets(tmp_path / "data")


# --- whole lines


def test_a_last_line_torn_at_any_byte_is_not_read_and_is_cut_off_by_the_next_append(store, caplog):
    store.append({USD: Ticks.of([NOW, NOW + 1, NOW + 2], [1.0, 2.0, 3.0], 10)})
    whole = (store.folder / FILE).read_bytes()
    for length in range(len(whole)):
        kept = max(whole[:length].count(b"\n") - 1, 0)
        (store.folder / FILE).write_bytes(whole[:length])
        assert prices(store) == [1.0, 2.0, 3.0][:kept]
        caplog.clear()
        CsvBuckets(store.folder).append(one(NOW + 5, 9.0))
        assert prices(store) == [*[1.0, 2.0, 3.0][:kept], 9.0]
        on_disk(store.folder)
        assert ("torn last line" in caplog.text) == (not whole[:length].endswith(b"\n") and length > 0)
    assert store.alien_lines == 0


def test_a_write_that_fails_half_way_leaves_whole_lines_only(store):
    store.append(one())
    size = (store.folder / FILE).stat().st_size
    release = limit_file_size(size + 70)
    try:
        with pytest.raises(StoreError, match=rf"cannot write .*{FILE}: File too large"):
            store.append({USD: Ticks.of([NOW + 1, NOW + 2, NOW + 3, NOW + 4], [2.0, 3.0, 4.0, 5.0], 10)})
    finally:
        release()
    assert (store.folder / FILE).read_bytes().endswith(b"\n")
    assert prices(store) in ([1.0, 2.0], [1.0, 2.0, 3.0])


# --- on the disk within a second


def test_what_was_written_is_flushed_within_a_second_and_the_thread_ends(store, monkeypatch):
    flushed, done = [], threading.Event()
    real = durable._fsync

    def fsync(path):
        real(path)
        if path.is_relative_to(store.folder.parent):  # other tests' stores are flushed meanwhile
            flushed.append(path)
        if len(flushed) == 6:
            done.set()

    monkeypatch.setattr(durable, "_fsync", fsync)
    store.append(one())
    assert done.wait(1.0 * 5), "a busy machine may be five times slower"
    folders = {store.folder.parent, store.folder, store.folder / "kraken", store.folder / "kraken/btcusd"}
    assert set(flushed) == folders | {store.folder / FILE, store.folder / ".journal"}
    thread = store._flusher._thread
    if thread:
        thread.join(5)
        assert not thread.is_alive()


def test_closing_flushes_at_once_and_leaves_the_store_usable(store, monkeypatch):
    monkeypatch.setattr(durable.Flusher, "PERIOD", 3600)
    flushed = []
    monkeypatch.setattr(durable, "_fsync", flushed.append)
    for number in range(2):
        store.append(one(NOW + number))
        store.close()
        assert store.folder / FILE in flushed
        flushed.clear()


def test_closing_waits_for_a_flush_under_way(store, monkeypatch):
    begun, go_on, safe = threading.Event(), threading.Event(), []

    def fsync(path):
        begun.set()
        assert go_on.wait(5)
        safe.append(path)

    monkeypatch.setattr(durable, "_fsync", fsync)
    store.append(one())
    assert begun.wait(5)
    threading.Timer(0.05, go_on.set).start()
    store.close()
    assert store.folder / FILE in safe


def test_a_failed_flush_is_logged_and_told_by_the_next_append_which_still_keeps_its_rows(store, monkeypatch, caplog):
    monkeypatch.setattr(durable.os, "fsync", lambda handle: fail(errno.EIO))
    store.append(one())
    store.close()
    assert "may not survive a power cut: Input/output error" in caplog.text
    monkeypatch.undo()
    with pytest.raises(StoreError, match="may not survive a power cut: Input/output error"):
        store.append(one(NOW + 1, 2.0))
    store.append(one(NOW + 2, 3.0))
    assert prices(store) == [1.0, 2.0, 3.0]
    store.close()


@pytest.mark.parametrize("harmless", ["purged since", "a file system that cannot flush folders"])
def test_a_flush_with_nothing_to_lose_is_no_failure(store, monkeypatch, harmless):
    if harmless == "purged since":
        monkeypatch.setattr(durable.Flusher, "PERIOD", 3600)
    else:
        monkeypatch.setattr(durable.os, "fsync", lambda handle: fail(errno.EINVAL))
    store.append(one())
    if harmless == "purged since":
        shutil.rmtree(store.folder)
    store.close()
    store.append(one(NOW + 1))
