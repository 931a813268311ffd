"""
Follows a folder of CSV buckets at a cost proportional to what is new.

Most rows go to the newest bucket of their market, so a reader checks the size of that one. For all other buckets the
writer keeps ``.journal``: before the rows, it appends an entry ``<bucket> <offset> <length>``

- on its first append to a bucket, which announces a new bucket,
- on every append to a bucket that is not the market's newest, which is late backfill,
- on every append to a candle file, ``<candle file> <offset> <length>``.

The rows of an entry are written, or have failed, before the next entry, so only the last entry can still be waiting
for its rows. Reading takes no lock: bytes read ahead of their entry are remembered, and skipped when it comes.

Entries are lost with a journal that is deleted, cut or replaced. A reader that does not find its journal reads the
newest days of each market again, so their rows may repeat. It misses late rows older than that, and those of a journal
that was created and removed between two polls.
"""

import errno
import itertools
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from tracker.runtime.files import file_size
from tracker.stores.csv.cursor import Chunk, Cursor, Position
from tracker.stores.csv.journal import Entry, last_entry, read_journal
from tracker.stores.csv.layout import bucket_key, is_candle_file
from tracker.stores.csv.listing import markets_in, newest_bucket, newest_first
from tracker.stores.csv.rows import whole_lines

_CONTEXT = 128  # bytes; about four rows
_REREAD_DAYS = 9  # a page shows seven, and the newest may lie in the future


def cursor_of_now(folder: Path) -> Cursor:
    """Return the cursor behind everything stored. Raises OSError."""
    # The journal first: it announces whatever is appended after this line.
    journal = last_entry(folder)
    entry = Entry.parse(journal.lines)
    waiting = entry is not None and file_size(folder / entry.path) < entry.stop
    newest = {}
    for market in markets_in(folder):
        position = _end_of_newest(folder / market)
        if position:
            newest[market] = position
    last = b"" if waiting else journal.lines
    return Cursor(journal.identity, journal.start + len(last), last, newest)


def follow(folder: Path, cursor: Cursor) -> tuple[list[Chunk], Cursor]:
    """
    Return what was appended since *cursor*, each byte once while the journal stays, and the new cursor.

    A journal unknown to *cursor*, or an older copy of the known one, is followed from its start. If the old one was
    deleted, lost entries are replaced by scanning the newest days; a folder new to *cursor* is read completely.

    Raises:
        OSError: a file cannot be read, or the folder is missing; *cursor* stays valid.
    """
    journal = read_journal(folder, cursor.offset - len(cursor.last))
    is_other = cursor.journal != journal.identity or journal.end < cursor.offset
    if not is_other and journal.start < cursor.offset:
        is_other = not journal.lines.startswith(cursor.last)
        journal = journal._replace(start=cursor.offset, lines=journal.lines.removeprefix(cursor.last))
    if is_other:
        journal = read_journal(folder, 0)
    poll = _Poll(folder, cursor, is_other)
    if is_other or not journal.identity:
        # The first journal of a folder has entries for everything appended since its creation.
        poll.scan(again=is_other and bool(cursor.journal))
    offset, last = journal.start, b"" if is_other else cursor.last
    ahead: Mapping[str, Position] = {}
    lines = journal.lines.splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        entry = Entry.parse(line)
        if entry and not poll.take(entry, is_last=number == len(lines)):
            ahead = cursor.ahead
            break
        offset, last = offset + len(line), line
    for market in list(poll.newest):
        poll.drain(market)
    if cursor.newest and not poll.newest:
        _check_is_there(folder)
    # The next poll reads the journal after all reads of this one, so it finds every entry they were ahead of. Older
    # positions are needed only while an entry waits for its rows.
    return poll.chunks, Cursor(journal.identity, offset, last, poll.newest, {**ahead, **poll.ahead})


def _check_is_there(folder: Path) -> None:
    """Raise OSError if *folder* is missing or empty, as without its disk: its rows may come back, already known."""
    if not any(folder.iterdir()):
        raise OSError(errno.ENOENT, "it is empty, but held prices before; is its disk there?", str(folder))


class _Poll:
    """One poll of a folder, and what it has read so far."""

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

    def take(self, entry: Entry, is_last: bool) -> bool:
        """Handle *entry*; return False while its rows are missing and may still come."""
        market, bucket = entry.market, entry.bucket
        position = self.newest.get(market)
        if position and bucket == position.bucket:
            if entry.offset == 0 and not self._holds(entry.path, position, grown=True):
                self.newest[market] = Position(bucket)  # purged and started again
            return True
        size = file_size(self._folder / entry.path)
        if is_last and size < entry.stop:
            return False
        if size == 0:
            return True  # its writer died, or failed to write the rows
        start = self._start(entry)
        is_newer = position is None or bucket_key(bucket) > bucket_key(position.bucket)
        if is_newer and not is_candle_file(bucket):
            self._move(market, start)
        else:
            self.ahead[entry.path] = self._read(entry.path, start, entry.stop)
        return True

    def scan(self, again: bool) -> None:
        """
        Find the buckets newer than those read, and all of an unknown market, without journal entries.

        With *again*, also read all older buckets of the newest days, because late rows may have come to any.
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
        """Make the bucket of *start* the newest of *market*, after reading the rest of the previous one."""
        if market in self.newest:
            end = self.drain(market)
            self.ahead[f"{market}/{end.bucket}"] = end
        self.newest[market] = start

    def drain(self, market: str) -> Position:
        """Read the newest bucket of *market* to its end; return the end."""
        position = self.newest[market]
        end = self.newest[market] = self._read(f"{market}/{position.bucket}", position, None)
        return end

    def _start(self, entry: Entry) -> Position:
        """Return where to read on for *entry*: at its rows, or after those already read."""
        ahead = self.ahead.get(entry.path) or self._before.get(entry.path)
        if ahead and ahead.offset >= entry.offset and self._holds(entry.path, ahead, grown=True):
            return ahead
        with (self._folder / entry.path).open("rb") as file:
            return _position(entry.bucket, file, entry.offset)

    def _holds(self, path: str, position: Position, grown: bool = False) -> bool:
        """Return whether the bucket is still the one read up to *position*; its content is compared if *grown*."""
        try:
            stat = (self._folder / path).stat()
            if not grown and (stat.st_ino, stat.st_size) == (position.inode, position.offset):
                return True
            with (self._folder / path).open("rb") as file:
                return _position(position.bucket, file, position.offset) == position
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _read(self, path: str, start: Position, stop: int | None) -> Position:
        """Read the complete lines from *start* to *stop*; return the end of the last one, *start* without any."""
        if file_size(self._folder / path) <= start.offset:
            return start
        offset = start.offset
        with (self._folder / path).open("rb") as file:
            if offset and not start.last.endswith(b"\n"):
                offset, stop = 0, None  # edited after its entry
            file.seek(offset)
            data = file.read() if stop is None else file.read(max(stop - offset, 0))
            if data and not data.endswith(b"\n"):
                data = whole_lines(data + file.read())  # edited, so its rows end elsewhere
            if data:
                self.chunks.append(Chunk(path, offset, data))
            return _position(start.bucket, file, offset + len(data))


def _end_of_newest(folder: Path) -> Position | None:
    """Return the end of the newest bucket in *folder*, if there is any."""
    while bucket := newest_bucket(folder):
        # If it was purged meanwhile, another is the newest.
        with suppress(FileNotFoundError), (folder / bucket).open("rb") as file:
            return _position(bucket, file, len(whole_lines(file.read())))
    return None


def _newer(folder: Path, oldest: str) -> list[str]:
    """Return the buckets in *folder* with keys after *oldest*, oldest first."""
    return list(itertools.takewhile(lambda name: bucket_key(name) > oldest, newest_first(folder)))[::-1]


def _newest_days(folder: Path) -> Iterator[str]:
    """Yield the buckets in *folder* of its newest _REREAD_DAYS days."""
    days = itertools.groupby(newest_first(folder), lambda name: bucket_key(name)[:8])
    yield from (bucket for _, buckets in itertools.islice(days, _REREAD_DAYS) for bucket in buckets)


def _position(bucket: str, file: BinaryIO, offset: int) -> Position:
    file.seek(max(offset - _CONTEXT, 0))
    return Position(bucket, offset, os.fstat(file.fileno()).st_ino, file.read(min(offset, _CONTEXT)))
