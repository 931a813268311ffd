"""Polling while an append is unfinished: a journal entry without its rows, or rows read before their entry."""

import errno
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
    raise_os_error,
    reopened,
)
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import line_file
from tracker.stores.csv import tail
from tracker.stores.csv.journal import Entry
from tracker.stores.csv.rows import HEADER


@pytest.fixture
def during_next_poll(monkeypatch):
    """Call a function during the next poll, after it has read the journal and before it reads a bucket."""
    real_read_journal, calls = tail.read_journal, []

    def read_journal(folder, offset):
        entries = real_read_journal(folder, offset)
        while calls:
            calls.pop()()
        return entries

    monkeypatch.setattr(tail, "read_journal", read_journal)
    return calls.append


def test_late_rows_read_before_their_entry_do_not_repeat(store, during_next_poll):
    store.append(one_row(NOW, 1.0))
    _, cursor = store.poll(None)
    store.append(one_row(NOW + HOUR, 2.0))
    during_next_poll(lambda: store.append(one_row(NOW + 1, 3.0)))
    first, cursor = poll_rows(store, cursor)
    second, _ = poll_rows(store, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [2.0, 3.0]


def test_rows_in_place_of_rows_that_were_never_written_do_not_repeat(store, during_next_poll):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    write_entry_without_rows(store, bucket_path(store), 1000)
    successor = reopened(store)
    successor.append(one_row(NOW + HOUR + 1, 3.0))
    during_next_poll(lambda: successor.append(one_row(NOW + 1, 4.0)))
    first, cursor = poll_rows(successor, cursor)
    second, _ = poll_rows(successor, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [3.0, 4.0]


def test_rows_read_before_an_entry_that_is_still_incomplete_do_not_repeat(store, during_next_poll):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    write_entry_without_rows(store, bucket_path(store), 1000)
    reopened(store).append(one_row(NOW + HOUR + 1, 3.0))
    rows = [b"1795446001,4.0,10,live\n", b"1795446002,5.0,10,live\n"]
    during_next_poll(lambda: (write_entry_without_rows(store, bucket_path(store), len(b"".join(rows))), write(rows[0])))

    def write(data):
        with (store.folder / bucket_path(store)).open("ab") as file:
            file.write(data)

    seen = Counter()
    for step in range(4):
        new_rows, cursor = poll_rows(store, cursor)
        seen += new_rows
        if step == 1:
            write(rows[1])
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_a_bucket_that_was_announced_and_never_written_is_not_waited_for(store):
    store.append(one_row(NOW, 1.0))
    _, cursor = store.poll(None)
    write_entry_without_rows(store, bucket_path(store, NOW + HOUR), 60)
    successor = reopened(store)
    seen = Counter()
    for number in range(3):
        successor.append(one_row(NOW + 1 + number, 2.0 + number))
        new_rows, cursor = poll_rows(successor, cursor)
        seen += new_rows
    assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0, 4.0]


def test_a_cursor_taken_between_an_entry_and_its_rows_leads_to_the_rows(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    rows = b"1795446001,3.0,10,live\n"
    write_entry_without_rows(store, bucket_path(store), len(rows))
    _, cursor = store.poll(None)
    assert not poll_rows(store, cursor)[0]
    with (store.folder / bucket_path(store)).open("ab") as file:
        file.write(rows)
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("written", [b"", HEADER], ids=["empty", "header only"])
def test_a_new_bucket_that_could_not_be_written_hides_no_later_row(store, monkeypatch, written):
    store.append(one_row(NOW, 1.0))
    real_append = line_file.LineFile.append

    def append_to_full_disk(file, lines):
        if lines.startswith(HEADER):
            real_append(file, written)
            raise_os_error(errno.ENOSPC)
        real_append(file, lines)

    with monkeypatch.context() as patch:
        patch.setattr(line_file.LineFile, "append", append_to_full_disk)
        with pytest.raises(StoreError, match="No space left"):
            store.append(one_row(NOW + HOUR, 2.0))
    assert (store.folder / bucket_path(store, NOW + HOUR)).read_bytes() == written
    empty_bucket = store.folder / bucket_path(store, market=EUR)
    empty_bucket.parent.mkdir(parents=True)
    empty_bucket.touch()
    assert store.markets() == [USD]
    _, cursor = store.poll(None)
    seen = Counter()
    for row in (one_row(NOW + 1, 3.0), one_row(NOW + 2, 4.0), one_row(NOW + HOUR, 5.0), one_row(NOW + 3, 6.0)):
        store.append(row)
        new_rows, cursor = poll_rows(store, cursor)
        seen += new_rows
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0, 6.0]


def write_entry_without_rows(store, path, length):
    """Leave what a writer leaves that dies between the entry and its rows."""
    bucket = store.folder / path
    with (store.folder / ".journal").open("ab") as file:
        file.write(Entry(path, bucket.stat().st_size if bucket.exists() else 0, length).line())
