"""
How a reader follows a folder of CSV buckets at the cost of what is new.

Most rows go to the newest bucket of their market, so a reader looks at the length of that one.
For the others the writer keeps ``.journal``. Before the rows, it notes ``<bucket> <offset> <length>``

- on its first append to a bucket, which tells of a new bucket,
- on every append to a bucket that is not its market's newest, which is late backfill.

Each note is followed by its rows, or by the failure to write them, before the next note: so only
the last one can still be waiting for its rows.
Reading takes no lock: bytes that were read ahead of their note are remembered, and skipped then.

A journal that was deleted, cut or swapped takes notes with it that nobody may have read. So a reader that
does not find the one it knows reads the newest days of each market again: their rows may come twice.
Late rows older than that, and those of a journal that came and went between two polls, it misses.
"""

import errno
import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tracker.stores.csv.journal import Entry, last_entry, read_journal
from tracker.stores.csv.layout import bucket_key, file_size, markets_in, newest_bucket, newest_first
from tracker.stores.csv.rows import whole_lines

_LAST = 128  # bytes; about four rows
_AGAIN = 9  # days; a page shows seven, and the newest may lie in the future


class Chunk(NamedTuple):
    """Whole lines of a bucket, and at which byte they begin."""

    path: str
    offset: int
    data: bytes


class Position(NamedTuple):
    """How far a bucket was read. Inodes are used again, and an edit may keep them: *last* tells that too."""

    bucket: str
    offset: int = 0
    inode: int = 0
    last: bytes = b""  # what stands right before the offset


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far one reader got; never changed, only replaced."""

    journal: bytes = b""  # the journal's identity; empty while there is none
    offset: int = 0  # up to where its notes are dealt with
    last: bytes = b""  # the line that ends there, if one was read: a journal cut and grown again has another
    newest: Mapping[str, Position] = field(default_factory=dict)  # by market, "kraken/btceur"
    ahead: Mapping[str, Position] = field(default_factory=dict)  # by path; read, and a later note may name it


def cursor_of_now(folder: Path) -> Cursor:
    """Where a reader stands that knows all there is. OSError: *folder* cannot be read."""
    # The journal first: what happens after this line is found again through it.
    journal = last_entry(folder)
    note = Entry.parse(journal.lines)
    waiting = note is not None and file_size(folder / note.path) < note.stop
    newest = {}
    for market in markets_in(folder):
        position = _end_of_newest(folder / market)
        if position:
            newest[market] = position
    last = b"" if waiting else journal.lines
    return Cursor(journal.identity, journal.start + len(last), last, newest)


def follow(folder: Path, cursor: Cursor) -> tuple[list[Chunk], Cursor]:
    """
    What was appended since *cursor*, and the cursor after it; each byte once, while the journal stays.

    A journal other than the one that *cursor* knows, or an older copy of it, is followed from its
    start. It was deleted, and what its notes told is found by looking around; or the folder is
    another one, or had none yet, and is read whole.

    Raises:
        OSError: something cannot be read, or the folder is away; *cursor* stays good.
    """
    journal = read_journal(folder, cursor.offset - len(cursor.last))
    is_other = cursor.journal != journal.identity or journal.end < cursor.offset
    if not is_other and journal.start < cursor.offset:
        is_other = not journal.lines.startswith(cursor.last)
        journal = journal._replace(start=cursor.offset, lines=journal.lines.removeprefix(cursor.last))
    if is_other:
        journal = read_journal(folder, 0)
    walk = _Poll(folder, cursor, is_other)
    if is_other or not journal.identity:
        # The first journal of a folder names all that was appended since it was made.
        walk.look_around(again=is_other and bool(cursor.journal))
    done, last = journal.start, b"" if is_other else cursor.last
    ahead: Mapping[str, Position] = {}
    lines = journal.lines.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        note = Entry.parse(line)
        if note and not walk.take(note, is_last=number == len(lines)):
            ahead = cursor.ahead
            break
        done, last = done + len(line), line
    for market in list(walk.newest):
        walk.drain(market)
    if cursor.newest and not walk.newest:
        _check_is_there(folder)
    # The next look at the journal comes after all reads of this one, so it sees every note of
    # what they were ahead of; only while a note waits may an older one still be needed.
    return walk.chunks, Cursor(journal.identity, done, last, walk.newest, {**ahead, **walk.ahead})


def _check_is_there(folder: Path) -> None:
    """OSError: *folder* is away, or empty as where a disk is not mounted: its rows may return, and are known then."""
    if not any(folder.iterdir()):
        raise OSError(errno.ENOENT, "it is empty, but held prices before; is its disk there?", str(folder))


class _Poll:
    """One poll: what it has read so far."""

    def __init__(self, folder: Path, cursor: Cursor, is_other: bool) -> None:
        self._folder = folder
        self._before = cursor.ahead
        self.chunks: list[Chunk] = []
        self.ahead: dict[str, Position] = {}
        self.newest: dict[str, Position] = {}
        for market, position in cursor.newest.items():
            path = f"{market}/{position.bucket}"
            if self._holds(path, position, grown=is_other):
                self.newest[market] = position
            elif not is_other and (folder / path).exists():  # else it was purged
                self.newest[market] = Position(position.bucket)

    def take(self, note: Entry, is_last: bool) -> bool:
        """Deal with *note*; False while its rows are not there and may still come."""
        market, bucket = note.market, note.bucket
        position = self.newest.get(market)
        if position and bucket == position.bucket:
            if note.offset == 0 and not self._holds(note.path, position, grown=True):
                self.newest[market] = Position(bucket)  # purged and begun anew
            return True
        size = file_size(self._folder / note.path)
        if is_last and size < note.stop:
            return False
        if size == 0:
            return True  # its writer died or failed before the rows
        start = self._start(note)
        if position is None or bucket_key(bucket) > bucket_key(position.bucket):
            self._move(market, start)
        else:
            self.ahead[note.path] = self._read(note.path, start, note.stop)
        return True

    def look_around(self, again: bool) -> None:
        """
        Find the buckets newer than those that were read, and all of a market of which none was, without notes.

        With *again*, the older ones of its newest days too, whole: late rows may have come to any.
        """
        for market in markets_in(self._folder):
            position = self.newest.get(market)
            for bucket in _newer(self._folder / market, bucket_key(position.bucket) if position else ""):
                if file_size(self._folder / market / bucket):
                    self._move(market, Position(bucket))
            if again and position:
                for bucket in _newest_days(self._folder / market):
                    if bucket_key(bucket) < bucket_key(position.bucket):
                        self.ahead[f"{market}/{bucket}"] = self._read(f"{market}/{bucket}", Position(bucket), None)

    def _move(self, market: str, start: Position) -> None:
        """From now on the newest bucket of *market* is that of *start*."""
        if market in self.newest:
            end = self.drain(market)
            self.ahead[f"{market}/{end.bucket}"] = end
        self.newest[market] = start

    def drain(self, market: str) -> Position:
        """Read the newest bucket of *market* to its end; where that is."""
        position = self.newest[market]
        end = self.newest[market] = self._read(f"{market}/{position.bucket}", position, None)
        return end

    def _start(self, note: Entry) -> Position:
        """Where to read on for *note*: at its rows, or after those of them that were read ahead of it."""
        ahead = self.ahead.get(note.path) or self._before.get(note.path)
        if ahead and ahead.offset >= note.offset and self._holds(note.path, ahead, grown=True):
            return ahead
        with (self._folder / note.path).open("rb") as file:
            return _position(note.bucket, file, note.offset)

    def _holds(self, path: str, position: Position, grown: bool = False) -> bool:
        """Whether the bucket still is what was read up to *position*; looks into it only if it has *grown*."""
        try:
            stat = (self._folder / path).stat()
            if not grown and (stat.st_ino, stat.st_size) == (position.inode, position.offset):
                return True
            with (self._folder / path).open("rb") as file:
                return _position(position.bucket, file, position.offset) == position
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _read(self, path: str, start: Position, stop: int | None) -> Position:
        """Keep the whole lines in start..stop; the end of the last one, *start* if there is none."""
        if file_size(self._folder / path) <= start.offset:
            return start
        offset = start.offset
        with (self._folder / path).open("rb") as file:
            if offset and not start.last.endswith(b"\n"):
                offset, stop = 0, None  # edited since it was noted
            file.seek(offset)
            data = file.read() if stop is None else file.read(max(stop - offset, 0))
            if data and not data.endswith(b"\n"):
                data = whole_lines(data + file.read())  # edited, and its rows end elsewhere now
            if data:
                self.chunks.append(Chunk(path, offset, data))
            return _position(start.bucket, file, offset + len(data))


def _end_of_newest(folder: Path) -> Position | None:
    """The end of the newest bucket in *folder*, if there is any."""
    while bucket := newest_bucket(folder):
        # Purged since it was found: another is the newest now.
        with suppress(FileNotFoundError), (folder / bucket).open("rb") as file:
            return _position(bucket, file, len(whole_lines(file.read())))
    return None


def _newer(folder: Path, oldest: str) -> list[str]:
    """The buckets in *folder* whose stamps come after *oldest*, oldest first."""
    return list(itertools.takewhile(lambda name: bucket_key(name) > oldest, newest_first(folder)))[::-1]


def _newest_days(folder: Path) -> Iterator[str]:
    """The buckets in *folder* of the newest _AGAIN days of which there are any."""
    days = itertools.groupby(newest_first(folder), lambda name: bucket_key(name)[:8])
    yield from (bucket for _, buckets in itertools.islice(days, _AGAIN) for bucket in buckets)


def _position(bucket: str, file: BinaryIO, offset: int) -> Position:
    file.seek(max(offset - _LAST, 0))
    return Position(bucket, offset, os.fstat(file.fileno()).st_ino, file.read(min(offset, _LAST)))
