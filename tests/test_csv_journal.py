"""How a poll finds what is new: at every step of the writer, through a journal that may be torn, foreign or gone."""

import errno
import os
import shutil
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from bucket_helpers import CASES, EUR, HOUR, NOW, USD, again, fail, file_of, on_disk, one, polled
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker import csv_journal, durable
from tracker.csv_rows import HEADER
from tracker.errors import StoreError
from tracker.market import Ticks
from tracker.stores.csv_buckets import CsvBuckets


@pytest.fixture(params=["hour", "minute"])
def store(request, tmp_path):
    return CsvBuckets(tmp_path / "data", granularity=request.param)


# --- a poll, at every step of the writer


STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("append"),
            st.dictionaries(
                st.sampled_from([USD, EUR]),
                st.lists(st.integers(-3, 3), min_size=1, max_size=4),
                min_size=1,
                max_size=2,
            ),
        ),
        st.tuples(
            st.sampled_from(["killed", "failed"]), st.tuples(st.integers(1, 6), st.integers(0, 130), st.integers(-3, 3))
        ),
        st.tuples(st.just("restart"), st.none()),
        st.tuples(st.just("reader"), st.none()),
    ),
    max_size=8,
)


class Killed(BaseException):
    """The process ends here."""


class Watched:
    """A writer whose every write is watched, in halves, by all readers; it can fail or be killed in one of them."""

    def __init__(self, folder, monkeypatch, granularity):
        self.writer = CsvBuckets(folder, granularity=granularity)
        self.folder, self.plain = folder, again(self.writer)
        self.readers = []  # [what was there before it, what it saw, its cursor]
        self.trouble = None  # (writes still good, bytes still good, what then)
        self.number = 0
        real = durable.LineFile.append

        def write(file, data):
            """FileIO.write, in two halves, or up to the trouble."""
            if self.trouble:
                writes, size, error = self.trouble
                self.trouble = (writes - 1, size, error)
                if writes == 1:
                    os.write(file.fileno(), bytes(data[:size]))
                    self.watch()
                    self.trouble = None
                    raise error
            half = len(data) // 2 or 1
            self.watch()
            os.write(file.fileno(), bytes(data[:half]))
            self.watch()
            return half

        class Halves:
            def __init__(self, file):
                self._file = file

            def __getattr__(self, name):
                return getattr(self._file, name)

            def write(self, data):
                return write(self._file, data)

        def append(line_file, lines):
            line_file._file = Halves(line_file._file)
            try:
                real(line_file, lines)
            finally:
                line_file._file = line_file._file._file
            self.watch()

        monkeypatch.setattr(durable.LineFile, "append", append)

    def watch(self):
        for reader in self.readers:
            seen, reader[2] = polled(self.plain, reader[2])
            reader[1] += seen

    def step(self, kind, value):
        if kind == "reader":
            self.readers.append([on_disk(self.folder), Counter(), self.plain.poll(None)[1]])
        elif kind == "restart":
            self.writer = again(self.writer)
        elif kind == "append":
            self.append(value)
        else:
            writes, size, hour = value
            self.trouble = (writes, size, Killed() if kind == "killed" else OSError(errno.ENOSPC, "No space left"))
            try:
                with suppress(StoreError):
                    self.append({USD: [hour, hour, hour + 1], EUR: [hour]})
            except Killed:
                self.writer = again(self.writer)
            self.trouble = None

    def append(self, hours_of):
        batch = {}
        for market, hours in hours_of.items():
            numbers = range(self.number, self.number + len(hours))
            self.number += len(hours)
            times = [NOW + hour * HOUR + number for hour, number in zip(hours, numbers, strict=True)]
            batch[market] = Ticks.of(times, [number + 1.0 for number in numbers], 10)
        self.writer.append(batch)


@settings(CASES, max_examples=30)
@pytest.mark.parametrize("granularity", ["hour", "minute"])
@given(steps=STEPS)
def test_every_row_reaches_every_reader_once_wherever_the_writer_stands_or_falls(tmp_path_factory, granularity, steps):
    folder = tmp_path_factory.mktemp("watched") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "_fsync", lambda path: None)  # slow, and no part of this
        watched = Watched(folder, patch, granularity)
        for kind, value in [("reader", None), *steps]:
            watched.step(kind, value)
    # One more append by a new writer, so that what died in the middle is settled.
    again(watched.writer).append({market: Ticks.of([NOW - 9 * HOUR], [0.5], 10) for market in (USD, EUR)})
    watched.watch()
    assert set(on_disk(folder).values()) == {1}
    for before, seen, _ in watched.readers:
        assert seen == on_disk(folder) - before


@pytest.fixture
def meanwhile(monkeypatch):
    """Has something happen in the next poll, after it has read the journal and before it reads a bucket."""
    real, waiting = csv_journal._read_journal, []

    def read_journal(folder, offset):
        found = real(folder, offset)
        while waiting:
            waiting.pop()()
        return found

    monkeypatch.setattr(csv_journal, "_read_journal", read_journal)
    return waiting.append


def test_late_rows_that_a_poll_reads_ahead_of_their_note_do_not_come_again(store, meanwhile):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    store.append(one(NOW + HOUR, 2.0))
    meanwhile(lambda: store.append(one(NOW + 1, 3.0)))
    first, cursor = polled(store, cursor)
    second, _ = polled(store, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [2.0, 3.0]


def test_rows_in_the_place_of_others_that_never_came_do_not_come_twice(store, meanwhile):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    note_without_rows(store, file_of(store), 1000)
    heir = again(store)
    heir.append(one(NOW + HOUR + 1, 3.0))
    meanwhile(lambda: heir.append(one(NOW + 1, 4.0)))
    first, cursor = polled(heir, cursor)
    second, _ = polled(heir, cursor)
    assert sorted(row[2] for row in (first + second).elements()) == [3.0, 4.0]


def test_rows_read_ahead_of_a_note_that_is_still_waiting_do_not_come_twice(store, meanwhile):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    note_without_rows(store, file_of(store), 1000)
    again(store).append(one(NOW + HOUR + 1, 3.0))
    rows = [b"1795446001,4.0,10,live\n", b"1795446002,5.0,10,live\n"]
    meanwhile(lambda: (note_without_rows(store, file_of(store), len(b"".join(rows))), write(rows[0])))

    def write(data):
        with (store.folder / file_of(store)).open("ab") as file:
            file.write(data)

    seen = Counter()
    for step in range(4):
        more, cursor = polled(store, cursor)
        seen += more
        if step == 1:
            write(rows[1])
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_purging_the_newest_bucket_leads_no_reader_astray(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    assert store.purge(USD, NOW * 2) == 2
    heir, seen = again(store), Counter()
    for number in range(3):
        heir.append(one(NOW + number, 3.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0]


def test_a_bucket_that_was_announced_and_never_came_is_not_waited_for(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    note_without_rows(store, file_of(store, NOW + HOUR), 60)
    heir = again(store)
    seen = Counter()
    for number in range(3):
        heir.append(one(NOW + 1 + number, 2.0 + number))
        more, cursor = polled(heir, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0, 4.0]


def test_a_cursor_taken_between_a_note_and_its_rows_leads_to_them(store):
    store.append({USD: Ticks.of([NOW, NOW + HOUR], [1.0, 2.0], 10)})
    rows = b"1795446001,3.0,10,live\n"
    note_without_rows(store, file_of(store), len(rows))
    _, cursor = store.poll(None)
    assert not polled(store, cursor)[0]
    with (store.folder / file_of(store)).open("ab") as file:
        file.write(rows)
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


@pytest.mark.parametrize("left", [b"", HEADER], ids=["empty", "header only"])
def test_a_new_bucket_that_could_not_be_written_leads_no_reader_astray(store, monkeypatch, left):
    store.append(one(NOW, 1.0))
    real = durable.LineFile.append

    def full(file, lines):
        if lines.startswith(HEADER):
            real(file, left)
            fail(errno.ENOSPC)
        real(file, lines)

    with monkeypatch.context() as patch:
        patch.setattr(durable.LineFile, "append", full)
        with pytest.raises(StoreError, match="No space left"):
            store.append(one(NOW + HOUR, 2.0))
    assert (store.folder / file_of(store, NOW + HOUR)).read_bytes() == left
    empty = store.folder / file_of(store, market=EUR)
    empty.parent.mkdir(parents=True)
    empty.touch()
    assert store.markets() == [USD]
    _, cursor = store.poll(None)
    seen = Counter()
    for row in (one(NOW + 1, 3.0), one(NOW + 2, 4.0), one(NOW + HOUR, 5.0), one(NOW + 3, 6.0)):
        store.append(row)
        more, cursor = polled(store, cursor)
        seen += more
    assert sorted(row[2] for row in seen.elements()) == [3.0, 4.0, 5.0, 6.0]


def test_a_bucket_deleted_and_filled_again_is_announced_again(store):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    (store.folder / file_of(store)).unlink()
    _, cursor = store.poll(None)
    store.append(one(NOW, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def test_a_bucket_replaced_under_a_reader_is_read_anew(store):
    store.append({USD: Ticks.of(range(NOW, NOW + 50), [1.0] * 50, 10)})
    _, cursor = store.poll(None)
    (store.folder / file_of(store)).unlink()
    store.append(one(NOW, 2.0))
    assert polled(store, cursor)[0] == on_disk(store.folder)


def test_a_deleted_journal_is_begun_anew_and_readers_go_on_from_there(store):
    store.append(one(NOW, 1.0))
    _, cursor = store.poll(None)
    (store.folder / ".journal").unlink()
    _, cursor = polled(store, cursor)
    store.append(one(NOW + 1, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def test_a_journal_torn_at_any_byte_still_leads_every_reader_to_every_row(store, monkeypatch):
    monkeypatch.setattr(durable, "_fsync", lambda path: None)  # slow, and no part of this
    store.append(one(NOW, 1.0))
    whole = (store.folder / ".journal").read_bytes()
    for length in range(len(whole) + 1):
        (store.folder / ".journal").write_bytes(whole[:length])
        _, cursor = store.poll(None)
        again(store).append(one(NOW - HOUR, 2.0))
        again(store).append(one(NOW + HOUR, 3.0))
        seen, _ = polled(store, cursor)
        assert sorted(row[2] for row in seen.elements()) == [2.0, 3.0]
        shutil.rmtree(store.folder)
        again(store).append(one(NOW, 1.0))


def test_a_writer_that_gets_its_job_back_sees_what_others_wrote_meanwhile(store):
    store.append(one(NOW, 1.0))
    again(store).append(one(NOW + HOUR, 2.0))
    _, cursor = store.poll(None)
    store.append(one(NOW + 1, 3.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [3.0]


def note_without_rows(store, path, length):
    """What a writer leaves that dies between the two."""
    bucket = store.folder / path
    with (store.folder / ".journal").open("ab") as file:
        file.write(csv_journal.Note(path, bucket.stat().st_size if bucket.exists() else 0, length).line())


def test_a_poll_with_nothing_new_opens_no_bucket(store, monkeypatch):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    _, cursor = store.poll(None)
    opened = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda path, *args, **kw: opened.append(path.name) or real(path, *args, **kw))
    store.poll(cursor)
    assert [name for name in opened if name.endswith(".csv")] == []


def test_a_poll_reads_only_the_bytes_added(store, monkeypatch):
    store.append({USD: Ticks.of(range(NOW, NOW + 1000), [1.0] * 1000, 10)})
    _, cursor = store.poll(None)
    store.append(one(NOW + 5000, 2.0))
    store.append(one(NOW - HOUR, 3.0))
    chunks, _ = csv_journal.follow(store.folder, cursor)
    assert sorted(chunk.data.removeprefix(HEADER).count(b"\n") for chunk in chunks) == [1, 1]


def test_foreign_lines_in_the_journal_are_passed_over(store):
    store.append(one())
    _, cursor = store.poll(None)
    with (store.folder / ".journal").open("a") as file:
        file.write(f"../../etc/passwd 0 100\n{file_of(store)} x 1\n\n")
    store.append(one(NOW - HOUR, 2.0))
    assert [row[2] for row in polled(store, cursor)[0]] == [2.0]


def test_a_folder_copied_without_its_notes_is_followed(store, tmp_path):
    store.append({USD: Ticks.of([NOW - HOUR, NOW], [1.0, 2.0], 10)})
    shutil.copytree(store.folder, tmp_path / "copy", ignore=shutil.ignore_patterns(".*", "FORMAT"))
    copy = CsvBuckets(tmp_path / "copy", granularity=store.granularity)
    _, cursor = copy.poll(None)
    copy.append(one(NOW + 1, 3.0))
    copy.append(one(NOW - HOUR + 1, 4.0))
    assert sorted(row[2] for row in polled(copy, cursor)[0]) == [3.0, 4.0]
