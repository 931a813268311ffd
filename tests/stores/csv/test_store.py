"""CsvStore: the files it writes, and how few of them it opens to read."""

from pathlib import Path

import pytest

from tests.support.csv_files import (
    HOUR,
    MINUTE,
    NOW,
    USD,
    bucket_files,
    bucket_path,
    one_row,
    prices,
)
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.rows import HEADER


def test_a_bucket_has_the_name_and_the_lines_that_the_docs_show(store):
    store.append({USD: Ticks.of([NOW, NOW + 10_500], [78123.4, 78120.05], [10_000, 60_000], [0, 1])})
    assert [file.relative_to(store.folder).as_posix() for file in bucket_files(store.folder)] == [
        f"kraken/btcusd/{'2026-11-23-15.csv' if store.granularity == 'hour' else '2026-11-23/15/00.csv'}"
    ]
    assert (store.folder / bucket_path(store)).read_text() == (
        "timestamp,price,interval,origin\n1795446000,78123.4,10,live\n1795446010.5,78120.05,60,backfill\n"
    )


def test_the_folder_is_created_by_the_first_append_and_not_by_reading(store):
    store.read(USD, 0, NOW)
    store.markets()
    store.purge(USD, NOW)
    store.poll(store.poll(None)[1])
    store.append({})
    assert not store.folder.exists()
    store.append(one_row())
    assert store.folder.is_dir()


def test_a_relative_place_is_relative_to_the_base(tmp_path):
    by_minute = csv_store.open_store("data", base=tmp_path, known=(), granularity="minute")
    assert (by_minute.folder, by_minute.granularity) == (tmp_path / "data", "minute")
    assert csv_store.open_store("/srv/prices", base=tmp_path, known=()).folder == Path("/srv/prices")


def test_files_and_folders_that_are_no_bucket_are_ignored(store):
    store.append(one_row())
    for name in ("lost+found", ".git/btcusd", "kraken/unknown", "Kraken/btcusd", "kraken/btceur"):
        (store.folder / name).mkdir(parents=True)
    for name in ("kraken/btcusd/2026-13", "kraken/btcusd/2026-11-24/xx", "kraken/btcusd/2026-11-25/07/00.csv.d"):
        (store.folder / name).mkdir(parents=True)
    for name in (
        *("README.md", "kraken/notes.txt", "kraken/btcusd/2026-11-23-15.csv.bak", "kraken/btcusd/2026-11-26"),
        *("kraken/btcusd/2026-11-25/08", "kraken/btcusd/2026-11-25/07/1.csv", "kraken/btcusd/2026-11-25/07/notes.txt"),
    ):
        (store.folder / name).write_text("x,y\n")
    assert store.markets() == [USD]
    assert prices(store) == [1.0]
    assert not store.poll(store.poll(None)[1])[0]


def test_only_buckets_that_overlap_the_range_are_opened(store):
    step = HOUR if store.granularity == "hour" else MINUTE
    store.append({USD: Ticks.of([NOW - step, NOW, NOW + step], [1.0, 2.0, 3.0], 10)})
    for time in (NOW - step, NOW + step):
        (store.folder / bucket_path(store, time)).unlink()
        (store.folder / bucket_path(store, time)).mkdir()  # opening it would fail
    assert store.read(USD, NOW, NOW + step).price.tolist() == [2.0]
    for start, end in ((NOW, NOW + step + 1), (NOW - 1, NOW + step)):
        with pytest.raises(StoreError, match=r"cannot read .*\.csv: Is a directory"):
            store.read(USD, start, end)


@pytest.mark.parametrize("hours", [3, 300])
def test_an_extent_reads_only_the_first_and_the_last_bucket(store, monkeypatch, hours):
    for hour in range(hours):
        file = store.folder / bucket_path(store, NOW + hour * HOUR)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{NOW // 1000 + 3600 * hour + 7},1,60,live\n{NOW // 1000 + 3600 * hour},1,60,live\n")
    paths_read, real_read_bytes = [], Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: paths_read.append(path) or real_read_bytes(path))
    assert store.extent(USD) == (NOW, NOW + (hours - 1) * HOUR + 7000)
    assert [str(path.relative_to(store.folder)) for path in paths_read] == [
        bucket_path(store, NOW), bucket_path(store, NOW + (hours - 1) * HOUR)
    ]  # fmt: skip


def test_an_extent_skips_buckets_without_rows(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10_000)})
    for step, text in ((-2, ""), (-1, HEADER.decode()), (2, "malformed\n"), (3, "17954460")):
        file = store.folder / bucket_path(store, NOW + step * HOUR)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert store.extent(USD) == (NOW, NOW + HOUR)
