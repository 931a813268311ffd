"""
How a reader follows a folder of CSV buckets at the cost of what is new.

Most rows go to the newest bucket of their market, so a reader looks at the length of that one.
For the others the writer keeps ``.journal``. Before the rows, it notes ``<bucket> <offset> <length>``

- on its first append to a bucket, which tells of a new bucket,
- on every append to a bucket that is not its market's newest, which is late backfill.

Each note is followed by its rows, or by the failure to write them, before the next note: so only
the last one can still be waiting for its rows. Its first line tells one journal from another.
Reading takes no lock: bytes that were read ahead of their note are remembered, and skipped then.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from tracker.csv_names import file_size, markets_in, newest_bucket, stamp
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


class Chunk(NamedTuple):
    """Whole lines of a bucket, and at which byte they begin."""

    path: str
    offset: int
    data: bytes


class Position(NamedTuple):
    """How far the newest bucket of a market was read."""

    bucket: str
    offset: int
    inode: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one reader got; never changed, only replaced."""

    journal: bytes = b""  # the journal's first line; empty while there is none
    offset: int = 0  # bytes of it that are dealt with
    newest: Mapping[str, Position] = field(default_factory=dict)  # by market, "kraken/btceur"
    ahead: Mapping[str, int] = field(default_factory=dict)  # bucket: bytes read that a later note may name


def cursor_of_now(folder: Path) -> Cursor:
    """Where a reader stands that knows all there is. OSError: *folder* cannot be read."""
    # The journal first: what happens after this line is found again through it.
    identity, end, last = _end_of_journal(folder)
    note = Note.parse(last)
    waiting = note is not None and file_size(folder / note.path) < note.stop
    newest = {}
    for market in markets_in(folder):
        bucket = newest_bucket(folder / market)
        if bucket:
            path = folder / market / bucket
            newest[market] = Position(bucket, len(whole_lines(path.read_bytes())), path.stat().st_ino)
    return Cursor(identity, end - (len(last) if waiting else 0), newest)


def follow(folder: Path, cursor: Cursor) -> tuple[list[Chunk], Cursor]:
    """
    What was appended since *cursor*, each byte once, and the cursor after it.

    A journal other than the one that *cursor* knows is followed from its start: the folder is
    another one, or had none yet.

    Raises:
        OSError: something cannot be read; *cursor* stays good.
    """
    identity, data = _read_journal(folder, cursor.offset)
    if cursor.journal != identity:
        cursor = Cursor()
        identity, data = _read_journal(folder, 0)
    walk = _Walk(folder, cursor)
    done = cursor.offset
    ahead: Mapping[str, int] = {}
    lines = data.split(b"\n")[:-1]
    for number, line in enumerate(lines, start=1):
        note = Note.parse(line + b"\n")
        if note and not walk.take(note, is_last=number == len(lines)):
            ahead = cursor.ahead
            break
        done += len(line) + 1
    for market in list(walk.newest):
        walk.drain(market)
    # The next look at the journal comes after all reads of this one, so it sees every note of
    # what they were ahead of; only while a note waits may an older one still be needed.
    return walk.chunks, Cursor(identity, done, walk.newest, {**ahead, **walk.ahead})


class _Walk:
    """One poll: what it has read so far."""

    def __init__(self, folder: Path, cursor: Cursor) -> None:
        self._folder = folder
        self._before = cursor.ahead
        self.chunks: list[Chunk] = []
        self.ahead: dict[str, int] = {}
        self.newest: dict[str, Position] = {}
        for market, position in cursor.newest.items():
            stat = self._stat(f"{market}/{position.bucket}")
            if stat is None:
                continue  # purged
            inode, size = stat
            replaced = inode != position.inode or size < position.offset
            self.newest[market] = Position(position.bucket, 0, inode) if replaced else position

    def take(self, note: Note, is_last: bool) -> bool:
        """Deal with *note*; False while its rows are not there and may still come."""
        market, bucket = note.market, note.bucket
        position = self.newest.get(market)
        if position and bucket == position.bucket:
            return True
        inode, size = self._stat(note.path) or (0, 0)
        if is_last and size < note.stop:
            return False
        if size == 0:
            return True  # its writer died or failed before the rows
        start = max(note.offset, self.ahead.get(note.path, 0), self._before.get(note.path, 0))
        if position is None or stamp(bucket) > stamp(position.bucket):
            if position:
                self.ahead[f"{market}/{position.bucket}"] = self.drain(market)
            self.newest[market] = Position(bucket, start, inode)
        else:
            self.ahead[note.path] = self._read(note.path, start, note.stop)
        return True

    def drain(self, market: str) -> int:
        """Read the newest bucket of *market* to its end; where that is."""
        position = self.newest[market]
        path = f"{market}/{position.bucket}"
        end = self._read(path, position.offset, None)
        self.newest[market] = position._replace(offset=end)
        return end

    def _stat(self, path: str) -> tuple[int, int] | None:
        try:
            stat = (self._folder / path).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return stat.st_ino, stat.st_size

    def _read(self, path: str, start: int, stop: int | None) -> int:
        """Keep the whole lines in start..stop; the end of the last one, *start* if there is none."""
        if file_size(self._folder / path) <= start:
            return start
        with (self._folder / path).open("rb") as file:
            file.seek(start)
            data = whole_lines(file.read() if stop is None else file.read(max(stop - start, 0)))
        if data:
            self.chunks.append(Chunk(path, start, data))
        return start + len(data)


def _read_journal(folder: Path, offset: int) -> tuple[bytes, bytes]:
    """Its first line, and its whole lines from *offset*; both empty if there is no journal."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            identity = file.readline()
            file.seek(offset)
            data = whole_lines(file.read())
    except FileNotFoundError:
        return b"", b""
    return (identity, data) if identity.endswith(b"\n") else (b"", b"")


def _end_of_journal(folder: Path) -> tuple[bytes, int, bytes]:
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
