"""The journal: its last entry is read from its end, and compacting it hides no row from a reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, one_row, poll_rows
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv import journal as csv_journal
from tracker.stores.csv.journal import Entry, compact, first_line, last_entry, read_journal

ENTRIES = st.builds(
    Entry,
    st.sampled_from(["kraken/btcusd/2026-11-23-15.csv", "a_1/ethusd/2026-11-23/15/04.csv"]),
    st.integers(0, 10**12),
    st.integers(0, 10**6),
)


@pytest.fixture
def store(tmp_path):
    return CsvStore(tmp_path / "data")


def entries_in(store):
    return [line.split()[0] for line in (store.folder / ".journal").read_text().splitlines()[1:]]


@CASES
@given(ENTRIES)
def test_an_entry_reads_back(entry):
    assert Entry.parse(entry.line()) == entry
    assert entry.path == f"{entry.market}/{entry.bucket}"


@pytest.mark.parametrize("line", ["../x/2026-11-23-15.csv 0 1\n", "kraken/btcusd/2026-11-23/15.csv 0 1\n", "\n", "x"])
def test_any_other_line_is_no_entry(line):
    assert Entry.parse(line.encode()) is None


@CASES
@given(st.lists(ENTRIES, max_size=8), st.integers(0, 25), st.integers(0, 9), st.sampled_from([7, 64, 4096]))
def test_the_last_entry_is_the_same_read_from_either_end(tmp_path_factory, entries, torn, dropped, tail):
    folder = tmp_path_factory.mktemp("journal")
    lines = [entry.line() for entry in entries]
    head = first_line()[:-1] + b" %d\n" % dropped if dropped else first_line()
    (folder / ".journal").write_bytes(head + b"".join(lines) + Entry("a/b/2026-11-23-15.csv", 1, 1).line()[:torn])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_journal, "_TAIL", max(tail, 100 + torn))
        last = last_entry(folder)
    whole = read_journal(folder, 0)
    assert last.identity == whole.identity == head[:40]
    assert last.lines == (lines[-1] if lines else b"")
    assert last.start + len(last.lines) == whole.start + len(whole.lines) == dropped + len(b"".join(lines))
    assert last.end == whole.end


def test_a_purge_drops_the_entries_of_deleted_buckets_once_they_are_most_of_the_journal(store):
    hours = range(-10, 1)
    store.append({USD: Ticks.of([NOW + hour * HOUR for hour in hours], [1.0] * 11, 10)})
    store.append(one_row(NOW, 4.0, EUR))
    store.purge(USD, NOW - 6 * HOUR)
    assert len(entries_in(store)) == 12, "rewriting it for a few entries costs more than keeping them"
    store.purge(USD, NOW)
    assert entries_in(store) == ["kraken/btcusd/2026-11-23-15.csv", "kraken/btceur/2026-11-23-15.csv"]


def test_a_dry_run_of_a_purge_does_not_change_the_journal(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    before = (store.folder / ".journal").stat()
    assert store.purge(USD, NOW * 2, dry_run=True) == 2
    assert (store.folder / ".journal").stat() == before


def test_a_cursor_stays_valid_over_several_purges(store):
    _, cursor = store.poll(None)
    for hour in range(5):
        store.append({USD: Ticks.of([NOW + hour * HOUR], [hour + 1.0], 10), EUR: Ticks.of([NOW], [1.0], 10)})
        seen, cursor = poll_rows(store, cursor)
        assert [row[2] for row in seen if row[0] == "btcusd"] == [hour + 1.0]
        store.purge(EUR, NOW * 2)
        store.purge(USD, NOW + hour * HOUR)
    journal = read_journal(store.folder, 0)
    assert 0 < journal.start <= cursor.offset <= journal.end


def test_a_cursor_from_before_dropped_entries_continues_with_the_remaining_ones(store):
    store.append(one_row(NOW - HOUR, 1.0))
    _, cursor = store.poll(None)
    store.append({EUR: Ticks.of([NOW + hour * HOUR for hour in range(9)], [2.0] * 9, 10)})
    store.append(one_row(NOW, 3.0))
    store.purge(USD, NOW)
    store.purge(EUR, NOW * 2)
    assert read_journal(store.folder, 0).start > cursor.offset
    store.append(one_row(NOW + 1, 4.0, EUR))
    assert sorted(row[2] for row in poll_rows(store, cursor)[0]) == [3.0, 4.0]


def test_compacting_keeps_a_torn_last_entry_for_the_next_writer(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    with (store.folder / ".journal").open("ab") as file:
        file.write(b"kraken/btcusd/2026-11-23-14.csv 0")
    (store.folder / "kraken/btcusd/2026-11-23-14.csv").unlink()
    compact(store.folder, share=0)
    assert entries_in(store) == ["kraken/btcusd/2026-11-23-15.csv", "kraken/btcusd/2026-11-23-14.csv"]
    _, cursor = store.poll(None)
    store.append(one_row(NOW - HOUR, 3.0))
    assert [row[2] for row in poll_rows(store, cursor)[0]] == [3.0]


def test_compacting_a_folder_without_journal_changes_nothing(tmp_path):
    compact(tmp_path)
    assert list(tmp_path.iterdir()) == []
