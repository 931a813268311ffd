"""
Readers poll at every step of a writer, which may fail or be killed at any: every row reaches every reader once.

After a bucket was edited, or the journal lost with entries that were not read yet, rows may repeat.
"""

import errno
import os
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, bucket_files, poll_rows, reopened, rows_on_disk
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import files, line_file
from tracker.stores.csv import CsvStore
from tracker.stores.csv import store as csv_store
from tracker.stores.csv.journal import compact

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
        st.tuples(st.just("restart"), st.sampled_from(["hour", "minute"])),
        st.tuples(st.just("reader"), st.none()),
        st.tuples(st.just("purge"), st.integers(-2, 4)),
        st.tuples(st.just("paused"), st.booleans()),
        st.tuples(st.just("journal gone"), st.booleans()),
        st.tuples(st.just("edited"), st.integers(0, 9)),
    ),
    max_size=8,
)


class Killed(BaseException):
    """The writing process ends here."""


class ObservedWriter:
    """A writer whose writes happen in halves, with a poll by all readers after each; it can fail or be killed."""

    def __init__(self, folder, monkeypatch, granularity):
        self.writer = CsvStore(folder, granularity=granularity)
        self.folder, self.reading_store = folder, reopened(self.writer)
        self.readers = []  # [rows before it, rows it read, its cursor]
        self.failure = None  # (writes that still succeed, bytes of the next one, its error)
        self.number = 0
        self.purged, self.may_repeat, self.is_paused = set(), False, False
        real_append = line_file.LineFile.append

        def write(file, data):
            """FileIO.write in two halves, or up to the failure."""
            if self.failure:
                writes, size, error = self.failure
                self.failure = (writes - 1, size, error)
                if writes == 1:
                    os.write(file.fileno(), bytes(data[:size]))
                    self.poll_unless_paused()
                    self.failure = None
                    raise error
            half = len(data) // 2 or 1
            self.poll_unless_paused()
            os.write(file.fileno(), bytes(data[:half]))
            self.poll_unless_paused()
            return half

        class HalfWriter:
            def __init__(self, file):
                self._file = file

            def __getattr__(self, name):
                return getattr(self._file, name)

            def write(self, data):
                return write(self._file, data)

        def append(line_file, lines):
            line_file._file = HalfWriter(line_file._file)
            try:
                real_append(line_file, lines)
            finally:
                line_file._file = line_file._file._file
            self.poll_unless_paused()

        monkeypatch.setattr(line_file.LineFile, "append", append)

    def poll_unless_paused(self):
        if not self.is_paused:
            self.poll()

    def poll(self):
        for reader in self.readers:
            seen, reader[2] = poll_rows(self.reading_store, reader[2])
            reader[1] += seen

    def step(self, kind, value):
        if kind == "reader":
            self.readers.append([rows_on_disk(self.folder), Counter(), self.reading_store.poll(None)[1]])
        elif kind == "restart":  # perhaps with another granularity
            self.writer = CsvStore(self.folder, granularity=value)
        elif kind == "append":
            self.append(value)
        elif kind == "purge":
            self.purge(NOW + value * HOUR)
        elif kind == "journal gone":
            journal = self.folder / ".journal"
            if not all(reader[2].journal for reader in self.readers):
                self.poll()  # a journal created and deleted between two polls is allowed to be missed
            if journal.exists():
                self.may_repeat = True
                journal.write_bytes(b"") if value else journal.unlink()
        elif kind == "paused":
            self.is_paused = value
        elif kind == "edited":
            self.edit(value)
        else:
            writes, size, hour = value
            self.failure = (writes, size, Killed() if kind == "killed" else OSError(errno.ENOSPC, "No space left"))
            try:
                with suppress(StoreError):
                    self.append({USD: [hour, hour, hour + 1], EUR: [hour]})
            except Killed:
                self.writer = reopened(self.writer)
            self.failure = None

    def purge(self, before):
        before_purge = rows_on_disk(self.folder)
        self.writer.purge(USD, before)
        self.purged |= set(before_purge) - set(rows_on_disk(self.folder))

    def edit(self, number):
        """Lengthen a price in a bucket in place; readers may get its rows again."""
        files = bucket_files(self.folder)
        if files:
            file = files[number % len(files)]
            data = file.read_bytes()
            self.may_repeat = True
            file.write_bytes(data.replace(b".0,", b".000,", 1))

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
@example(steps=[("append", {USD: [-1, 0]}), ("paused", True), ("append", {USD: [-1]}), ("journal gone", False)])
@example(steps=[("append", {USD: [-1, 0]}), ("paused", True), ("append", {USD: [-1]}), ("edited", 0)])
def test_every_row_reaches_every_reader_once_wherever_the_writer_fails_or_dies(tmp_path_factory, granularity, steps):
    folder = tmp_path_factory.mktemp("observed") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "fsync", lambda handle: None)  # slow, and not part of this claim
        patch.setattr(csv_store, "compact", lambda folder: compact(folder, share=0))  # as often as possible
        observed = ObservedWriter(folder, patch, granularity)
        for kind, value in [("reader", None), *steps]:
            observed.step(kind, value)
    # One more append by a new writer completes what a killed one left.
    reopened(observed.writer).append({market: Ticks.of([NOW - 9 * HOUR], [0.5], 10) for market in (USD, EUR)})
    observed.poll()
    assert set(rows_on_disk(folder).values()) == {1}
    assert observed.reading_store.problems() == ()  # no poll started in the middle of a line
    for before, seen, _ in observed.readers:
        new = {row for row in rows_on_disk(folder) if row not in before}
        assert new <= set(seen) <= new | observed.purged | (set(before) if observed.may_repeat else set())
        assert observed.may_repeat or set(seen.values()) <= {1}
