"""Polling: it reads only what was added, whichever object of the store added it."""

from pathlib import Path

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
)
from tracker.core.ticks import Ticks
from tracker.stores.csv import tail
from tracker.stores.csv.journal import Entry, read_journal
from tracker.stores.csv.rows import HEADER


def test_a_writer_notices_what_another_writer_appended_meanwhile(store):
    store.append(one_row(NOW, 1.0))
    reopened(store).append(one_row(NOW + HOUR, 2.0))
    _, cursor = store.poll(None)
    store.append(one_row(NOW + 1, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [3.0]


def test_a_poll_with_nothing_new_opens_no_bucket(store, monkeypatch):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    opened, real_open = [], Path.open
    monkeypatch.setattr(
        Path, "open", lambda path, *args, **kw: opened.append(path.name) or real_open(path, *args, **kw)
    )
    store.poll(cursor)
    assert [name for name in opened if name.endswith(".csv")] == []


def test_a_poll_reads_only_the_bytes_added(store, monkeypatch):
    store.append({USD: Ticks.of(range(NOW, NOW + 1000), [1.0] * 1000, 10)})
    _, cursor = store.poll(None)
    store.append(one_row(NOW + 5000, 2.0))
    store.append(one_row(NOW - HOUR, 3.0))
    chunks, _ = tail.follow(store.folder, cursor)
    assert sorted(chunk.data.removeprefix(HEADER).count(b"\n") for chunk in chunks) == [1, 1]


@pytest.mark.parametrize(
    "last_line",
    [b"", b"half an entry", b"x" * 9000, b"x" * 9000 + b"\n"],
    ids=["whole", "torn", "long and torn", "long"],
)
def test_the_first_cursor_reads_only_the_end_of_the_journal(store, last_line):
    store.append(one_row())
    with (store.folder / ".journal").open("ab") as file:
        file.write(Entry(bucket_path(store), 0, 10).line() * 20_000 + last_line)
    size = read_journal(store.folder, 0).end
    before = bytes_read_by_process()
    cursor = tail.cursor_of_now(store.folder)
    assert cursor.offset == size - (0 if last_line.endswith(b"\n") else len(last_line))
    if len(last_line) < 9000:
        assert bytes_read_by_process() - before < 100_000 < size
    store.append(one_row(NOW - HOUR, 2.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [2.0]


def bytes_read_by_process():
    """Return how many bytes this process has read from files; 0 if the system does not count them."""
    try:
        counters = Path("/proc/self/io").read_text()
    except OSError:
        return 0
    return int(counters.split("rchar: ")[1].split()[0])


def test_a_writer_remembers_one_bucket_of_each_market_however_long_it_runs(store):
    for hour in range(5):
        store.append({USD: Ticks.of([NOW + hour * HOUR], [1.0], 10), EUR: Ticks.of([NOW - hour * HOUR], [1.0], 10)})
    assert len(store._writer._newest) == len(store._writer._announced) == 2
    lines = (store.folder / ".journal").read_text().splitlines()
    store.append(one_row(NOW + 4 * HOUR + 1))
    assert (store.folder / ".journal").read_text().splitlines() == lines
