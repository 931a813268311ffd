"""
A writer is watched at every step, may fail or be killed at any, and still every row reaches every reader once.

Where a bucket was edited, or the journal lost with notes that nobody had read, rows may come again.
"""

import errno
import os
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.csv_files import CASES, EUR, HOUR, NOW, USD, again, bucket_files, on_disk, polled
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import durable_file, files
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
        st.tuples(st.just("asleep"), st.booleans()),
        st.tuples(st.just("journal gone"), st.booleans()),
        st.tuples(st.just("edited"), st.integers(0, 9)),
    ),
    max_size=8,
)


class Killed(BaseException):
    """The process ends here."""


class Watched:
    """A writer whose every write is watched, in halves, by all readers; it can fail or be killed in one of them."""

    def __init__(self, folder, monkeypatch, granularity):
        self.writer = CsvStore(folder, granularity=granularity)
        self.folder, self.plain = folder, again(self.writer)
        self.readers = []  # [what was there before it, what it saw, its cursor]
        self.trouble = None  # (writes still good, bytes still good, what then)
        self.number = 0
        self.purged, self.may_repeat, self.asleep = set(), False, False
        real = durable_file.LineFile.append

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

        monkeypatch.setattr(durable_file.LineFile, "append", append)

    def watch(self):
        if not self.asleep:
            self.poll()

    def poll(self):
        for reader in self.readers:
            seen, reader[2] = polled(self.plain, reader[2])
            reader[1] += seen

    def step(self, kind, value):
        if kind == "reader":
            self.readers.append([on_disk(self.folder), Counter(), self.plain.poll(None)[1]])
        elif kind == "restart":  # the user may have changed the setting
            self.writer = CsvStore(self.folder, granularity=value)
        elif kind == "append":
            self.append(value)
        elif kind == "purge":
            self.purge(NOW + value * HOUR)
        elif kind == "journal gone":
            journal = self.folder / ".journal"
            if not all(reader[2].journal for reader in self.readers):
                self.poll()  # one that comes and goes between two polls is not missed
            if journal.exists():
                self.may_repeat = True
                journal.write_bytes(b"") if value else journal.unlink()
        elif kind == "asleep":
            self.asleep = value
        elif kind == "edited":
            self.edit(value)
        else:
            writes, size, hour = value
            self.trouble = (writes, size, Killed() if kind == "killed" else OSError(errno.ENOSPC, "No space left"))
            try:
                with suppress(StoreError):
                    self.append({USD: [hour, hour, hour + 1], EUR: [hour]})
            except Killed:
                self.writer = again(self.writer)
            self.trouble = None

    def purge(self, before):
        kept = on_disk(self.folder)
        self.writer.purge(USD, before)
        self.purged |= set(kept) - set(on_disk(self.folder))

    def edit(self, number):
        """Lengthen a price of some bucket, in place; its readers may get its rows again."""
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
@example(steps=[("append", {USD: [-1, 0]}), ("asleep", True), ("append", {USD: [-1]}), ("journal gone", False)])
@example(steps=[("append", {USD: [-1, 0]}), ("asleep", True), ("append", {USD: [-1]}), ("edited", 0)])
def test_every_row_reaches_every_reader_once_wherever_the_writer_stands_or_falls(tmp_path_factory, granularity, steps):
    folder = tmp_path_factory.mktemp("watched") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files.os, "fsync", lambda handle: None)  # slow, and no part of this
        patch.setattr(csv_store, "compact", lambda folder: compact(folder, share=0))  # whenever it can
        watched = Watched(folder, patch, granularity)
        for kind, value in [("reader", None), *steps]:
            watched.step(kind, value)
    # One more append by a new writer, so that what died in the middle is settled.
    again(watched.writer).append({market: Ticks.of([NOW - 9 * HOUR], [0.5], 10) for market in (USD, EUR)})
    watched.poll()
    assert set(on_disk(folder).values()) == {1}
    assert watched.plain.problems() == ()  # nobody read from the middle of a line
    for before, seen, _ in watched.readers:
        new = {row for row in on_disk(folder) if row not in before}
        assert new <= set(seen) <= new | watched.purged | (set(before) if watched.may_repeat else set())
        assert watched.may_repeat or set(seen.values()) <= {1}
