"""The lines of ``.journal``, in which the writer of a CSV folder notes for readers what it is about to append."""

import os
import re
from pathlib import Path
from typing import NamedTuple, Self

from tracker.csv_rows import whole_lines

JOURNAL = ".journal"

_TAIL = 4096  # bytes; the journal's last line is much shorter
_NOTE = re.compile(rb"([a-z0-9_]+/[a-z0-9]+/\d{4}-\d\d-\d\d(?:-\d\d|/\d\d/\d\d)\.csv) (\d+) (\d+)\n")


def market_of(path: str) -> str:
    """The market's folder in the path of a bucket: ``kraken/btceur``."""
    return "/".join(path.split("/", 2)[:2])


class Note(NamedTuple):
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


def read_journal(folder: Path, offset: int) -> tuple[bytes, bytes]:
    """Its first line, and its whole lines from *offset*; both empty if there is no journal."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity = file.readline()
            file.seek(offset)
            data = whole_lines(file.read())
    except FileNotFoundError:
        return b"", b""
    return (identity, data) if identity.endswith(b"\n") else (b"", b"")


def end_of_journal(folder: Path) -> tuple[bytes, int, bytes]:
    """Its first line, the end of its last whole line, and that line, without reading what is between."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity = file.readline()
            size = file.seek(0, os.SEEK_END)
            start = max(size - _TAIL, 0)
            file.seek(start)
            data = whole_lines(file.read(size - start))
            if start and not data:  # nothing of ours is that long
                start = file.seek(0)
                data = whole_lines(file.read(size))
    except FileNotFoundError:
        return b"", 0, b""
    if not identity.endswith(b"\n"):
        return b"", 0, b""
    return identity, start + len(data), data[data.rfind(b"\n", 0, -1) + 1 :]
