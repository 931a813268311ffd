"""The journal: found at its end however long it is, and made shorter without leading a reader astray."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, one, polled
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv import journal as csv_notes
from tracker.stores.csv.journal import Entry, compact, first_line, last_entry, read_journal

NOTES = st.builds(
    Entry,
    st.sampled_from(["kraken/btcusd/2026-11-23-15.csv", "a_1/ethusd/2026-11-23/15/04.csv"]),
    st.integers(0, 10**12),
    st.integers(0, 10**6),
)


@pytest.fixture
def store(tmp_path):
    return CsvStore(tmp_path / "data")


def notes_in(store):
    return [line.split()[0] for line in (store.folder / ".journal").read_text().splitlines()[1:]]


@CASES
@given(NOTES)
def test_a_note_reads_back(note):
    assert Entry.parse(note.line()) == note
    assert note.path == f"{note.market}/{note.bucket}"


@pytest.mark.parametrize("line", ["../x/2026-11-23-15.csv 0 1\n", "kraken/btcusd/2026-11-23/15.csv 0 1\n", "\n", "x"])
def test_anything_else_is_no_note(line):
    assert Entry.parse(line.encode()) is None


@CASES
@given(st.lists(NOTES, max_size=8), st.integers(0, 25), st.integers(0, 9), st.sampled_from([7, 64, 4096]))
def test_the_last_note_is_the_same_read_from_either_end(tmp_path_factory, notes, torn, dropped, tail):
    folder = tmp_path_factory.mktemp("journal")
    lines = [note.line() for note in notes]
    head = first_line()[:-1] + b" %d\n" % dropped if dropped else first_line()
    (folder / ".journal").write_bytes(head + b"".join(lines) + Entry("a/b/2026-11-23-15.csv", 1, 1).line()[:torn])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_notes, "_TAIL", max(tail, 100 + torn))
        found = last_entry(folder)
    whole = read_journal(folder, 0)
    assert found.identity == whole.identity == head[:40]
    assert found.lines == (lines[-1] if lines else b"")
    assert found.start + len(found.lines) == whole.start + len(whole.lines) == dropped + len(b"".join(lines))
    assert found.end == whole.end


def test_purging_drops_the_notes_of_what_is_gone_once_they_are_most_of_the_journal(store):
    hours = range(-10, 1)
    store.append({USD: Ticks.of([NOW + hour * HOUR for hour in hours], [1.0] * 11, 10)})
    store.append(one(NOW, 4.0, EUR))
    store.purge(USD, NOW - 6 * HOUR)
    assert len(notes_in(store)) == 12, "rewriting it for a few notes costs more than they do"
    store.purge(USD, NOW)
    assert notes_in(store) == ["kraken/btcusd/2026-11-23-15.csv", "kraken/btceur/2026-11-23-15.csv"]


def test_looking_at_what_purging_would_delete_leaves_the_journal_alone(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    before = (store.folder / ".journal").stat()
    assert store.purge(USD, NOW * 2, dry_run=True) == 2
    assert (store.folder / ".journal").stat() == before


def test_a_cursor_outlives_one_purge_after_the_other(store):
    _, cursor = store.poll(None)
    for hour in range(5):
        store.append({USD: Ticks.of([NOW + hour * HOUR], [hour + 1.0], 10), EUR: Ticks.of([NOW], [1.0], 10)})
        seen, cursor = polled(store, cursor)
        assert [row[2] for row in seen if row[0] == "btcusd"] == [hour + 1.0]
        store.purge(EUR, NOW * 2)
        store.purge(USD, NOW + hour * HOUR)
    journal = read_journal(store.folder, 0)
    assert 0 < journal.start <= cursor.offset <= journal.end


def test_a_cursor_from_before_notes_that_were_dropped_goes_on_with_those_that_are_left(store):
    store.append(one(NOW - HOUR, 1.0))
    _, cursor = store.poll(None)
    store.append({EUR: Ticks.of([NOW + hour * HOUR for hour in range(9)], [2.0] * 9, 10)})
    store.append(one(NOW, 3.0))
    store.purge(USD, NOW)
    store.purge(EUR, NOW * 2)
    assert read_journal(store.folder, 0).start > cursor.offset
    store.append(one(NOW + 1, 4.0, EUR))
    assert sorted(row[2] for row in polled(store, cursor)[0]) == [3.0, 4.0]


def test_a_torn_last_note_survives_the_cut_for_the_next_writer_to_deal_with(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    with (store.folder / ".journal").open("ab") as file:
        file.write(b"kraken/btcusd/2026-11-23-14.csv 0")
    (store.folder / "kraken/btcusd/2026-11-23-14.csv").unlink()
    compact(store.folder, share=0)
    assert notes_in(store) == ["kraken/btcusd/2026-11-23-15.csv", "kraken/btcusd/2026-11-23-14.csv"]
    _, cursor = store.poll(None)
    store.append(one(NOW - HOUR, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def test_where_there_is_no_journal_there_is_nothing_to_cut(tmp_path):
    compact(tmp_path)
    assert list(tmp_path.iterdir()) == []
