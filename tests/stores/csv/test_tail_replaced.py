"""Polling after files or the whole folder were deleted, replaced or edited."""

import shutil
from collections import Counter

import pytest

from tests.support.csv_files import (
    EUR,
    HOUR,
    NOW,
    USD,
    bucket_path,
    one_row,
    poll_rows,
    reopened,
    rows_on_disk,
)
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore, tail


def test_rows_after_a_purge_of_the_newest_bucket_are_all_read(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    assert store.purge(USD, NOW * 2) == 2
    successor, seen = reopened(store), Counter()
    for number in range(9):  # past where the reader had been
        successor.append(one_row(NOW + number, 3.0 + number))
        new_rows, cursor = poll_rows(successor, cursor)
        seen += new_rows
    assert sorted(row[2] for row in seen.elements()) == [3.0 + number for number in range(9)]


@pytest.mark.parametrize("is_file_deleted", [False, True])
def test_a_bucket_that_disappears_while_a_poll_opens_it_is_no_error(store, monkeypatch, is_file_deleted):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    real_newest_bucket, is_called = tail.newest_bucket, False

    def newest_bucket(folder):
        nonlocal is_called
        bucket = real_newest_bucket(folder)
        if not is_called:
            is_called = True
            if is_file_deleted:
                (folder / bucket).unlink()
            else:
                store.purge(USD, NOW * 2)
        return bucket

    monkeypatch.setattr(tail, "newest_bucket", newest_bucket)
    _, cursor = store.poll(None)
    reopened(store).append(one_row(NOW + 1, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [3.0]


def test_buckets_deleted_under_a_running_writer_are_created_again_and_followed(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    for path in (store.folder / "kraken/btcusd").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    seen = Counter()
    for number in range(3):
        store.append(one_row(NOW + number, 3.0 + number))
        new_rows, cursor = poll_rows(store, cursor)
        seen += new_rows
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_after_a_folder_was_replaced_by_another_every_row_of_it_is_read(store, tmp_path):
    """The other one may be of the other granularity, as after restoring a copy."""
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    for granularity in ("hour", "minute"):
        other = CsvStore(tmp_path / granularity, granularity=granularity)
        other.append({USD: Ticks.of([NOW - HOUR, NOW + 1], [3.0, 4.0], 10)})
        shutil.rmtree(store.folder)
        other.folder.rename(store.folder)
        seen, cursor = poll_rows(store, cursor)
        assert seen == rows_on_disk(store.folder)
        store.append(one_row(NOW + 2, 5.0))
        seen, cursor = poll_rows(store, cursor)
        assert [row[2] for row in seen] == [5.0]


def test_after_a_folder_was_replaced_by_one_whose_journal_names_only_the_newest_row_every_row_is_read(store, tmp_path):
    """It holds more days than a poll reads again after a lost journal."""
    store.append(one_row(NOW, 1.0))
    _, cursor = store.poll(None)
    other = CsvStore(tmp_path / "other", granularity=store.granularity)
    times = [NOW - days * 24 * HOUR for days in range(12, 0, -1)]
    other.append({USD: Ticks.of(times, [2.0] * len(times), 10)})
    (other.folder / ".journal").unlink()
    reopened(other).append(one_row(NOW + 1, 3.0))
    shutil.rmtree(store.folder)
    other.folder.rename(store.folder)
    assert poll_rows(store, cursor)[0] == rows_on_disk(store.folder)


def test_after_an_older_copy_was_put_back_its_rows_and_new_ones_are_read(store, tmp_path):
    store.append(one_row())
    shutil.copytree(store.folder, tmp_path / "copy")
    store.append({USD: Ticks.of([NOW - hour * HOUR for hour in range(1, 9)], [1.0] * 8, 10)})
    _, cursor = store.poll(None)
    shutil.rmtree(store.folder)
    (tmp_path / "copy").rename(store.folder)
    store.append(one_row(NOW - HOUR, 2.0))
    seen, cursor = poll_rows(store, cursor)
    assert seen == rows_on_disk(store.folder)
    store.append(one_row(NOW - 2 * HOUR, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0].elements()] == [3.0]


def test_rows_of_a_bucket_that_was_deleted_and_written_again_are_read(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    (store.folder / bucket_path(store)).unlink()
    _, cursor = store.poll(None)
    store.append(one_row(NOW, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("rows", [1, 50, 120], ids=["shorter", "as long", "longer"])
@pytest.mark.parametrize("deleted_by", ["user", "purge"])
def test_a_bucket_replaced_between_polls_is_read_from_its_start(store, rows, deleted_by):
    """Even if the new file gets the inode of the old one, as it often does."""
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    if deleted_by == "purge":
        store.purge(USD, NOW * 2)
    else:
        (store.folder / bucket_path(store)).unlink()
    store.append({USD: Ticks.of(range(NOW, NOW + rows), [2.0] * rows, 10)})
    assert poll_rows(store, cursor)[0] == rows_on_disk(store.folder)


def test_a_late_bucket_purged_and_written_again_is_read_from_its_start(store):
    store.append(one_row(NOW, 1.0))
    _, cursor = store.poll(None)
    store.append({USD: Ticks.of(range(NOW - HOUR, NOW - HOUR + 50), [9.0] * 50, 10)})
    _, cursor = poll_rows(store, cursor)
    for rows in (50, 1, 60):
        assert store.purge(USD, NOW)
        store.append({USD: Ticks.of(range(NOW - HOUR, NOW - HOUR + rows), [float(rows)] * rows, 10)})
        seen, cursor = poll_rows(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [float(rows)] * rows


@pytest.mark.parametrize("price", ["1", "1.0000", "11111111111.5"])
@pytest.mark.parametrize("is_late", [False, True])
def test_after_an_edit_in_place_no_wrong_row_is_read(store, price, is_late):
    store.append({USD: Ticks.of([NOW, NOW + 1000], [1.0, 2.0], 10)})
    if is_late:
        store.append(one_row(NOW + HOUR, 7.0))
    _, cursor = store.poll(None)
    file = store.folder / bucket_path(store)
    if is_late:
        store.append(one_row(NOW + 2000, 3.0))  # its entry has the offset before the edit
    with file.open("r+b") as edited:
        text = edited.read().replace(b",1.0,", f",{price},".encode())
        edited.seek(0)
        edited.write(text)
        edited.truncate()
    store.append(one_row(NOW + 3000, 4.0))
    seen, cursor = poll_rows(store, cursor)
    assert seen <= rows_on_disk(store.folder)
    assert seen[("btcusd", NOW + 3000, 4.0, 10_000, 0, "")] == 1
    assert store.problems() == ()
    assert not poll_rows(store, cursor)[0]


def test_an_edit_before_late_rows_were_read_hides_none_of_them(store):
    store.append(one_row())
    _, cursor = store.poll(None)
    store.append({USD: Ticks.of([NOW - HOUR, NOW - HOUR + 1], [1.0, 2.0], 10)})
    file = store.folder / bucket_path(store, NOW - HOUR)
    file.write_bytes(file.read_bytes().replace(b",1.0,", b",1.000,"))
    seen, cursor = poll_rows(store, cursor)
    assert sorted(row[2] for row in seen.elements()) == [1.0, 2.0]
    assert not poll_rows(store, cursor)[0]


@pytest.mark.parametrize("empty", [False, True], ids=["gone", "an empty mount point"])
def test_a_folder_missing_for_a_moment_is_an_error_and_its_rows_do_not_repeat(store, tmp_path, empty):
    store.append({market: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10) for market in (USD, EUR)})
    _, cursor = store.poll(None)
    store.folder.rename(tmp_path / "moved")
    if empty:
        store.folder.mkdir()
    reason = "it is empty, but held prices before; is its disk there" if empty else "No such file"
    with pytest.raises(StoreError, match=f"cannot read {store.folder}: {reason}"):
        store.poll(cursor)
    if empty:
        store.folder.rmdir()
    (tmp_path / "moved").rename(store.folder)
    assert not poll_rows(store, cursor)[0]
    store.append(one_row(NOW + 1, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0].elements()] == [3.0]


@pytest.mark.parametrize("had_rows", [True, False])
def test_after_a_folder_was_replaced_by_a_copy_without_journal_every_row_of_it_is_read(store, tmp_path, had_rows):
    other = CsvStore(tmp_path / "other", granularity=store.granularity)
    other.append({USD: Ticks.of([NOW - HOUR, NOW], [3.0, 4.0], 10)})
    other.append(one_row(NOW - HOUR, 5.0, EUR))
    for name in ("FORMAT", ".journal", ".append-lock"):
        (other.folder / name).unlink()
    if had_rows:
        store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    if had_rows:
        shutil.rmtree(store.folder)
    other.folder.rename(store.folder)
    seen = Counter()
    for number in range(3):
        new_rows, cursor = poll_rows(store, cursor)
        seen += new_rows
        store.append({USD: Ticks.of([NOW - HOUR + 1 + number, NOW + 1 + number], [6.0 + number] * 2, 10)})
    assert set(seen + poll_rows(store, cursor)[0]) == set(rows_on_disk(store.folder))


def test_new_rows_of_a_copy_without_journal_are_read(store, tmp_path):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    shutil.copytree(store.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "FORMAT"))
    copy = CsvStore(tmp_path / "copy", granularity=store.granularity)
    _, cursor = copy.poll(None)
    copy.append(one_row(NOW + 1, 3.0))
    copy.append(one_row(NOW - HOUR + 1, 4.0))
    assert {3.0, 4.0} <= {row[2] for row in poll_rows(copy, cursor)[0]} <= {1.0, 3.0, 4.0}
