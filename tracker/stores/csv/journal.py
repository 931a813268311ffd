"""
Reads and writes ``.journal``, in which the writer of a CSV folder announces to readers what it will append.

The first line, ``journal 5d41…``, identifies the journal. Entries are appended and never changed. Once entries of
deleted files make up half of the file, compact() drops them from the front. The first line then holds the total
number of dropped bytes, ``journal 5d41… 7300``; offsets include them, so an offset always means the same entry.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self
from uuid import uuid4

from tracker.runtime.files import file_size, replace_file
from tracker.stores.csv.rows import whole_lines

JOURNAL = ".journal"

_TAIL = 4096  # bytes; the journal's last line is much shorter
_HEADER = re.compile(rb"(journal [0-9a-f]+)(?: (\d+))?\n")
_ENTRY = re.compile(rb"([a-z0-9_]+/[a-z0-9]+/\d{4}-\d\d-\d\d(?:-\d\d|/\d\d/\d\d)(?:\.candles)?\.csv) (\d+) (\d+)\n")


def market_of(path: str) -> str:
    """Return the market's folder in the path of a bucket: ``kraken/btceur``."""
    return "/".join(path.split("/", 2)[:2])


class Entry(NamedTuple):
    """
    One line of the journal: *length* bytes at *offset* of a bucket, ``kraken/btceur/2026-11-23-15.csv``.

    Or of a candle file, ``kraken/btceur/2026-11-23-15.candles.csv``: releases that know none skip that entry.
    """

    path: str
    offset: int
    length: int

    @property
    def market(self) -> str:
        return market_of(self.path)

    @property
    def bucket(self) -> str:
        return self.path.removeprefix(f"{self.market}/")

    @property
    def stop(self) -> int:
        return self.offset + self.length

    def line(self) -> bytes:
        return f"{self.path} {self.offset} {self.length}\n".encode()

    @classmethod
    def parse(cls, line: bytes) -> Self | None:
        """Return the entry in *line*; None for anything else, e.g. the first line of the journal."""
        match = _ENTRY.fullmatch(line)
        return cls(match[1].decode(), int(match[2]), int(match[3])) if match else None


class Journal(NamedTuple):
    """
    Complete lines of a journal.

    Attributes:
        identity: its first line without the dropped bytes; empty while there is no journal.
        start: offset of the first of *lines*.
        lines: the lines read.
        end: offset of the end of the file, whether or not its last line is complete.
    """

    identity: bytes = b""
    start: int = 0
    lines: bytes = b""
    end: int = 0


def first_line() -> bytes:
    """Return the first line of a new journal."""
    return f"journal {uuid4().hex}\n".encode()


def read_journal(folder: Path, offset: int) -> Journal:
    """Return the lines from *offset* on; from the first line left if those were dropped. Raises OSError."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _read_header(file)
            start = max(offset, file.tell() + shift)
            end = file.seek(0, os.SEEK_END) + shift
            file.seek(start - shift)
            return Journal(identity, start, whole_lines(file.read()), end) if identity else Journal()
    except FileNotFoundError:
        return Journal()


def last_entry(folder: Path) -> Journal:
    """Return the last complete line, if any, without reading those before it. Raises OSError."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _read_header(file)
            first = file.tell()
            size = file.seek(0, os.SEEK_END)
            begin = max(first, size - _TAIL)
            file.seek(begin)
            lines = whole_lines(file.read(size - begin))
            if begin > first and not lines:  # no entry is that long
                begin = file.seek(first)
                lines = whole_lines(file.read(size - begin))
    except FileNotFoundError:
        return Journal()
    last = lines[lines.rfind(b"\n", 0, -1) + 1 :]
    return Journal(identity, begin + len(lines) - len(last) + shift, last, size + shift) if identity else Journal()


def compact(folder: Path, share: float = 0.5) -> None:
    """
    Drop entries of deleted files from the front, if they make up more than *share* of the journal.

    No reader needs them, however old its cursor is. The caller holds the append lock. Raises OSError.
    """
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _read_header(file)
            first = position = file.tell()
            gone: dict[str, bool] = {}
            for line in file:
                entry = Entry.parse(line)
                if not line.endswith(b"\n") or (entry and not gone.setdefault(entry.path, _is_gone(folder, entry))):
                    break
                position += len(line)
            size = file.seek(0, os.SEEK_END)
            if not identity.startswith(b"journal ") or position - first <= share * (size - first):
                return
            file.seek(position)
            kept = file.read()
    except FileNotFoundError:
        return
    replace_file(folder / JOURNAL, b"%s %d\n" % (identity, position + shift) + kept, durable=True)


def _is_gone(folder: Path, entry: Entry) -> bool:
    return file_size(folder / entry.path) == 0


def _read_header(file: BinaryIO) -> tuple[bytes, int]:
    """Read the first line; return the identity, and offset minus byte position of the entries."""
    line = file.readline()
    match = _HEADER.fullmatch(line)
    if match:
        return match[1], int(match[2] or 0) - len(line)
    return (line[:-1], -len(line)) if line.endswith(b"\n") else (b"", 0)
