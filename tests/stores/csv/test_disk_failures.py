"""Full and read-only disks and vanished folders: no row is lost, and writing resumes afterwards."""

import shutil
import subprocess

import pytest

from tests.support.csv_files import (
    EUR,
    HOUR,
    NOW,
    USD,
    limit_file_size,
    one_row,
    poll_rows,
    prices,
    reopened,
    rows_on_disk,
)
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime import file_lock
from tracker.stores.csv import CsvStore
from tracker.stores.csv import store as csv_store


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 64 kB, and whether it is mounted; without it, a file size limit does the same."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    is_mounted = (
        bool(mount)
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], check=False, capture_output=True
        ).returncode
    )
    yield folder, is_mounted
    if is_mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    """Fill the disk to the last byte; return the file to remove."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        write_until_full(file)
    return ballast


def write_until_full(file):
    while True:
        file.write(b"x" * 4096)


def append_until_full(store, batch):
    while True:
        store.append(batch)


def test_a_full_disk_changes_no_stored_row_and_writing_resumes_once_it_has_room(small_disk, granularity):
    folder, is_mounted = small_disk
    store = CsvStore(folder / "data", granularity=granularity)
    store.append({USD: Ticks.of(range(NOW, NOW + 100), [1.0] * 100, 10), EUR: Ticks.of([NOW], [5.0], 10)})
    before = rows_on_disk(store.folder)
    seen, cursor = poll_rows(store, store.poll(None)[1])
    big = {USD: Ticks.of(range(NOW + 1000, NOW + 1500), [2.0] * 500, 10)}
    if is_mounted:
        ballast = fill(folder)
        release = ballast.unlink
    else:
        release = limit_file_size(5000)
    try:
        for batch in (big, one_row(NOW + HOUR, 3.0), one_row(NOW, 4.0, Market("kraken", "BTC", "GBP"))):
            with pytest.raises(StoreError, match=r"cannot write .*data.*: (No space left on device|File too large)"):
                append_until_full(store, batch)
        after = rows_on_disk(store.folder)
        assert all(after[row] >= count for row, count in before.items())
        assert store.read(USD, NOW, NOW + 100).price.tolist() == [1.0] * 100
    finally:
        release()
    store.append(one_row(NOW + 2 * HOUR, 7.0))
    assert prices(store)[-1] == 7.0
    seen += poll_rows(store, cursor)[0]
    assert seen == rows_on_disk(store.folder) - before


def test_a_market_that_cannot_be_written_does_not_affect_the_others(store):
    store.append(one_row())
    (store.folder / "kraken/btceur").write_text("a file where a folder belongs")
    with pytest.raises(StoreError, match=r"cannot write .*btceur.*: (File exists|Not a directory)"):
        store.append({**one_row(market=EUR), **one_row(NOW + 1, 2.0)})
    assert prices(store) == [1.0, 2.0]
    (store.folder / "kraken/btceur").unlink()
    store.append(one_row(market=EUR))
    assert prices(store, EUR) == [1.0]


def test_a_file_in_place_of_the_folder_is_a_store_error_with_the_reason(store):
    store.folder.write_text("a file")
    for work in (
        lambda: store.append(one_row()),
        store.markets,
        lambda: store.read(USD, 0, NOW),
        lambda: store.poll(None),
    ):
        with pytest.raises(StoreError, match=r"cannot (read|write) .*data.*: (File exists|Not a directory)"):
            work()
    store.folder.unlink()
    store.append(one_row())
    assert prices(store) == [1.0]


def test_a_read_only_folder_can_be_read_and_written_again_afterwards(small_disk, granularity):
    folder, is_mounted = small_disk
    store = CsvStore(folder / "data", granularity=granularity)
    store.append(one_row())
    if is_mounted:
        remount = ["mount", "-o", "remount,rw", folder]
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        message, make_writable = "Read-only file system", lambda: subprocess.run(remount, check=True)
    else:
        (store.folder / ".append-lock").unlink()
        (store.folder / ".append-lock").mkdir()  # opening it to write fails as it would there
        message, make_writable = "Is a directory", (store.folder / ".append-lock").rmdir
    try:
        with pytest.raises(StoreError, match=f"cannot write .*data.*: {message}"):
            store.append(one_row(NOW + 1, 2.0))
        with pytest.raises(StoreError, match=message):
            store.purge(USD, NOW * 2)
        reader = reopened(store)
        assert prices(reader) == [1.0]
        assert not reader.poll(reader.poll(None)[1])[0]
    finally:
        make_writable()
    store.append(one_row(NOW + 1, 2.0))
    assert prices(store) == [1.0, 2.0]


def test_a_folder_removed_under_a_running_writer_is_created_again_and_followed(store):
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    for price in (2.0, 3.0):
        shutil.rmtree(store.folder)
        store.append(one_row(NOW + 60, price))
        store.append(one_row(NOW + 70, price))
        seen, cursor = poll_rows(store, cursor)
        assert seen == rows_on_disk(store.folder)
        assert set(prices(store)) == {price}
    shutil.rmtree(store.folder)
    with pytest.raises(StoreError, match=r"cannot read .*data: No such file"):
        store.poll(cursor)


def test_another_writer_that_hangs_is_a_store_error_with_the_reason(store, monkeypatch):
    monkeypatch.setattr(csv_store, "_LOCK_WAIT", 0.01)
    store.append(one_row())
    with file_lock.FileLock(store.folder / ".append-lock"), pytest.raises(StoreError, match="another process"):
        store.append(one_row(NOW + 1))
    store.append(one_row(NOW + 1))
