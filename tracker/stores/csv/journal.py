"""
The lines of ``.journal``, in which the writer of a CSV folder notes for readers what it is about to append.

The first, ``journal 5d41…``, tells one journal from another. Notes are added at the end and never changed,
and where notes of deleted buckets make up half of it, compact() drops them from the front. How many bytes
it dropped in all then stands in the first line, ``journal 5d41… 7300``: offsets count on from there, so
that one means the same note for ever.
"""

import os
import re
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self
from uuid import uuid4

from tracker.runtime.files import replace_file
from tracker.stores.csv.layout import file_size
from tracker.stores.csv.rows import whole_lines

JOURNAL = ".journal"

_TAIL = 4096  # bytes; the journal's last line is much shorter
_HEAD = re.compile(rb"(journal [0-9a-f]+)(?: (\d+))?\n")
_NOTE = re.compile(rb"([a-z0-9_]+/[a-z0-9]+/\d{4}-\d\d-\d\d(?:-\d\d|/\d\d/\d\d)\.csv) (\d+) (\d+)\n")


def market_of(path: str) -> str:
    """The market's folder in the path of a bucket: ``kraken/btceur``."""
    return "/".join(path.split("/", 2)[:2])


class Entry(NamedTuple):
    """One line of the journal: *length* bytes from *offset* of a bucket, ``kraken/btceur/2026-11-23-15.csv``."""

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
        """None for anything else, e.g. the journal's own first line."""
        match = _NOTE.fullmatch(line)
        return cls(match[1].decode(), int(match[2]), int(match[3])) if match else None


class Journal(NamedTuple):
    """
    Whole lines of the journal.

    Attributes:
        identity: what tells it from another; empty while there is none.
        start: the offset of the first of *lines*.
        end: the offset at which the file ends, its last line being whole or not.
    """

    identity: bytes = b""
    start: int = 0
    lines: bytes = b""
    end: int = 0


def first_line() -> bytes:
    """That of a new journal."""
    return f"journal {uuid4().hex}\n".encode()


def read_journal(folder: Path, offset: int) -> Journal:
    """Its lines from *offset* on, or the first that are left if those at *offset* were dropped. OSError."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _head(file)
            start = max(offset, file.tell() + shift)
            end = file.seek(0, os.SEEK_END) + shift
            file.seek(start - shift)
            return Journal(identity, start, whole_lines(file.read()), end) if identity else Journal()
    except FileNotFoundError:
        return Journal()


def last_note(folder: Path) -> Journal:
    """Its last whole line alone, which may be none, without reading those before it. OSError."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _head(file)
            first = file.tell()
            size = file.seek(0, os.SEEK_END)
            begin = max(first, size - _TAIL)
            file.seek(begin)
            lines = whole_lines(file.read(size - begin))
            if begin > first and not lines:  # nothing of ours is that long
                begin = file.seek(first)
                lines = whole_lines(file.read(size - begin))
    except FileNotFoundError:
        return Journal()
    last = lines[lines.rfind(b"\n", 0, -1) + 1 :]
    return Journal(identity, begin + len(lines) - len(last) + shift, last, size + shift) if identity else Journal()


def compact(folder: Path, share: float = 0.5) -> None:
    """
    Drop the oldest notes, up to the first whose bucket is still there, if they are more than *share* of the journal.

    No reader needs them, however old its cursor is. Only while no one else writes. OSError.
    """
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity, shift = _head(file)
            first = place = file.tell()
            gone: dict[str, bool] = {}
            for line in file:
                note = Entry.parse(line)
                if not line.endswith(b"\n") or (note and not gone.setdefault(note.path, _is_gone(folder, note))):
                    break
                place += len(line)
            size = file.seek(0, os.SEEK_END)
            if not identity.startswith(b"journal ") or place - first <= share * (size - first):
                return
            file.seek(place)
            rest = file.read()
    except FileNotFoundError:
        return
    replace_file(folder / JOURNAL, b"%s %d\n" % (identity, place + shift) + rest, durable=True)


def _is_gone(folder: Path, note: Entry) -> bool:
    return file_size(folder / note.path) == 0


def _head(file: BinaryIO) -> tuple[bytes, int]:
    """Read the first line: what tells this journal from another, and what offsets are ahead of bytes in the file."""
    line = file.readline()
    match = _HEAD.fullmatch(line)
    if match:
        return match[1], int(match[2] or 0) - len(line)
    return (line[:-1], -len(line)) if line.endswith(b"\n") else (b"", 0)
