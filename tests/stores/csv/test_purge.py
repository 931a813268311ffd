"""Purging: which files and folders it removes, and what it counts."""

from tests.support.csv_files import (
    HOUR,
    MINUTE,
    NOW,
    USD,
    bucket_path,
    one_row,
    prices,
    reopened,
    sizes_and_times,
)
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.bucket_reader import BucketReader


def test_purging_minutes_leaves_no_empty_folder_behind(tmp_path):
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of([NOW - 30 * HOUR, NOW - HOUR, NOW, NOW + MINUTE], [1.0, 2.0, 3.0, 4.0], 10)})
    assert store.purge(USD, NOW + MINUTE) == 3
    folders = [path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_dir()]
    assert sorted(folders) == ["kraken", "kraken/btcusd", "kraken/btcusd/2026-11-23", "kraken/btcusd/2026-11-23/15"]
    assert store.purge(USD, NOW + HOUR) == 1
    assert [path.name for path in store.folder.rglob("*") if path.is_dir()] == ["kraken"]


def test_a_dry_run_changes_nothing_and_counts_what_a_purge_would_remove(store):
    store.append({USD: Ticks.of([NOW - 2 * HOUR, NOW - HOUR, NOW], [1.0, 2.0, 3.0], 10)})
    with (store.folder / bucket_path(store, NOW - HOUR)).open("a") as file:
        file.write("malformed\n")
    before = sizes_and_times(store.folder)
    assert store.purge(USD, NOW, dry_run=True) == 2
    assert sizes_and_times(store.folder) == before
    assert store.purge(USD, NOW) == 2


def test_other_writers_can_append_between_batches_of_a_purge_and_their_rows_count(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_store, "_PURGE_BATCH", 3)
    store = CsvStore(tmp_path / "data", granularity="minute")
    store.append({USD: Ticks.of(range(NOW, NOW + 8 * MINUTE, MINUTE), [1.0] * 8, 10)})
    real_count, lock_held, minutes = BucketReader.count, [], iter([*range(8)] * 2)

    def count(self, paths):
        rows = real_count(self, paths)
        if not store._lock.locked():
            for _ in paths:
                reopened(store).append(one_row(NOW + next(minutes) * MINUTE + 1, 2.0))
        lock_held.append(store._lock.locked())
        return rows

    monkeypatch.setattr(BucketReader, "count", count)
    assert store.purge(USD, NOW + HOUR, dry_run=True) == 8
    assert len(prices(store)) == 16
    lock_held.clear()
    assert store.purge(USD, NOW + HOUR) == 24
    assert lock_held == [False, True, True, True] * 2 + [False, True, True]
    assert prices(store) == []
