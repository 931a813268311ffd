"""A writer of a CSV folder that readers poll at each step, and that can fail or be killed at any."""

import errno
import os
from collections import Counter
from contextlib import suppress

from tests.support.csv_files import EUR, HOUR, NOW, USD, bucket_files, poll_rows, reopened, rows_on_disk
from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime import line_file
from tracker.stores.csv import CsvStore


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
