"""Polling with a journal that was lost, torn or edited."""

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
from tracker.core.ticks import Ticks
from tracker.runtime import files
from tracker.stores.csv import tail


@pytest.mark.parametrize("polls", [False, True])
@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("time", [1, HOUR], ids=["in the newest bucket", "in a new bucket"])
def test_no_row_is_hidden_after_the_journal_was_deleted_or_emptied(store, polls, emptied, time):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [0.5, 1.0], 10)})
    store.append(one_row(NOW, 1.5, EUR))
    _, cursor = store.poll(None)
    store.append(one_row(NOW + time, 2.0))
    store.append(one_row(NOW + time, 2.5, EUR))
    seen, journal = Counter(), store.folder / ".journal"
    journal.write_bytes(b"") if emptied else journal.unlink()
    for number in range(3):
        if polls:
            new_rows, cursor = poll_rows(store, cursor)
            seen += new_rows
        store.append(one_row(NOW + time + 1 + number, 3.0 + number))
        store.append(one_row(NOW - HOUR + 1 + number, 6.0 + number))
    for _ in range(2):
        new_rows, cursor = poll_rows(store, cursor)
        seen += new_rows
    new_prices = {2.0, 2.5, *(3.0 + number for number in range(6))}
    assert new_prices <= {row[2] for row in seen} <= new_prices | {0.5, 1.0, 1.5}  # older rows may repeat


@pytest.mark.parametrize("lost", ["deleted", "deleted and started again", "cut", "cut and grown again"])
def test_late_rows_whose_entries_were_lost_before_a_poll_are_read(store, lost):
    store.append({market: Ticks.of([NOW - HOUR * hour for hour in range(5)], [1.0] * 5, 10) for market in (USD, EUR)})
    store.append(one_row(NOW - 7 * HOUR, 1.5))
    _, cursor = store.poll(None)
    journal = store.folder / ".journal"
    whole = journal.read_bytes()
    store.append({USD: Ticks.of([NOW - 3 * HOUR + 1, NOW - 30 * HOUR], [2.0, 3.0], 10)})
    store.append(one_row(NOW - HOUR + 1, 4.0, EUR))
    journal.unlink() if "deleted" in lost else journal.write_bytes(whole[: whole.index(b"\n") + 1])
    later_times = [NOW - hour * HOUR + 2 for hour in range(1, 20)] if "again" in lost else []
    for time in later_times:
        store.append(one_row(time, 5.0))
    assert (journal.exists() and journal.stat().st_size > len(whole)) == bool(later_times)
    seen, cursor = poll_rows(store, cursor)
    new_rows = [row for row in rows_on_disk(store.folder) if row[2] > 1.5]
    assert len(new_rows) == 3 + len(later_times)
    assert set(new_rows) <= set(seen) <= set(rows_on_disk(store.folder))
    assert set(seen.values()) == {1}
    assert not poll_rows(store, cursor)[0]


def test_after_the_journal_was_lost_only_buckets_of_the_newest_days_are_read_again(store):
    day = 24 * HOUR
    store.append({USD: Ticks.of([NOW - number * day for number in range(30)], [1.0 + n for n in range(30)], 10)})
    store.append(one_row(NOW + 1000 * day, 99.0))  # by a clock that was ahead
    _, cursor = store.poll(None)
    (store.folder / ".journal").unlink()
    seen, cursor = poll_rows(store, cursor)
    assert sorted(row[2] for row in seen) == [1.0 + number for number in range(8)]
    assert not poll_rows(store, cursor)[0]


def test_a_journal_torn_at_any_byte_hides_no_row(store, monkeypatch):
    monkeypatch.setattr(files.os, "fsync", lambda handle: None)  # slow, and not part of this claim
    store.append(one_row(NOW, 1.0))
    whole = (store.folder / ".journal").read_bytes()
    for length in range(len(whole) + 1):
        (store.folder / ".journal").write_bytes(whole[:length])
        _, cursor = store.poll(None)
        reopened(store).append(one_row(NOW - HOUR, 2.0))
        reopened(store).append(one_row(NOW + HOUR, 3.0))
        seen, _ = poll_rows(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0]
        shutil.rmtree(store.folder)
        reopened(store).append(one_row(NOW, 1.0))


def test_malformed_lines_in_the_journal_are_skipped(store):
    store.append(one_row())
    _, cursor = store.poll(None)
    with (store.folder / ".journal").open("a") as file:
        file.write(f"../../etc/passwd 0 100\n{bucket_path(store)} x 1\n\n")
    store.append(one_row(NOW - HOUR, 2.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [2.0]


def test_rows_appended_while_the_first_journal_is_created_are_read_once(store, monkeypatch):
    reader, real_read_journal = reopened(store), tail.read_journal
    _, cursor = reader.poll(None)

    def read_journal(folder, offset):
        entries = real_read_journal(folder, offset)
        monkeypatch.setattr(tail, "read_journal", real_read_journal)
        for step in (-2, -1, 0):  # after this poll looked for the journal, before it looks for buckets
            store.append(one_row(NOW + step * HOUR))
        return entries

    monkeypatch.setattr(tail, "read_journal", read_journal)
    seen, cursor = poll_rows(reader, cursor)
    assert seen == rows_on_disk(store.folder)
    store.append(one_row(NOW - 3 * HOUR))
    seen, cursor = poll_rows(reader, cursor)
    assert [row[1] for row in seen.elements()] == [NOW - 3 * HOUR]
    assert not poll_rows(reader, cursor)[0]
