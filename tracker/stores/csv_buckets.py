"""
Plain CSV files, one for each market and hour: ``data/kraken/btceur/2026-11-23-15.csv``.

``data/README.md`` explains the folder to those who open it. Appending is one write of whole lines
at the end of a file, so a killed process leaves at most one torn line, which readers ignore and the
next append cuts off. Reading never changes anything, and needs no right to write.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from tracker.csv_journal import JOURNAL, Chunk, Cursor, Note, cursor_of_now, follow, markets_in
from tracker.csv_rows import (
    HEADER,
    bucket_name,
    bucket_names,
    by_bucket,
    format_rows,
    newest_bucket,
    parse_rows,
    whole_lines,
)
from tracker.durable import Flusher, LineFile
from tracker.errors import ConfigError, StoreError
from tracker.market import Market, Ticks

_FORMAT = 1
_LOCK_WAIT = 5.0  # seconds; an append holds the lock for milliseconds, an import's for longer

_log = logging.getLogger(__name__)


def open_store(rest: str, *, base: Path, known: Sequence[Market], granularity: str = "hour") -> "CsvBuckets":
    """The folder *rest*, seen from *base* if relative; it need not exist yet."""
    return CsvBuckets(base / Path(rest).expanduser(), known)


class CsvBuckets:
    """
    A Store in *folder*, which the first append creates.

    Order of arrival in ``poll`` holds for each bucket; late backfill may come before or after
    newer rows of the same poll.

    Attributes:
        folder: where the buckets are.
        alien_lines: lines met so far, by reading, that are not rows; each counts once.
        alien_file: the file in which the latest of them was met, ``""`` if none was.
    """

    visible_after = 0.0
    can_purge = True

    def __init__(self, folder: Path, known: Iterable[Market] = ()) -> None:
        self.folder = folder
        self.alien_file = ""
        self._aliens: set[tuple[str, int]] = set()  # (bucket, byte)
        self._markets = {_place(market): market for market in known}
        self._flusher = Flusher()
        # Threads queue here; filelock alone would have them wait by polling, and one could wait for long.
        self._lock = threading.Lock()
        # The writer's own view; begun anew whenever someone else has written, or something failed.
        self._journal = (0, 0)  # LineFile.identity when this process last wrote
        self._noted: set[str] = set()  # buckets whose first append is in the journal
        self._newest: dict[str, str] = {}

    @property
    def alien_lines(self) -> int:
        return len(self._aliens)

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """If a file cannot be written, the others of *batch* still are, before StoreError says so."""
        self._markets.update({_place(market): market for market in batch})
        parts = [(_place(market), name, rows) for market in batch for name, rows in by_bucket(batch[market])]
        if not parts:
            return
        failures: list[StoreError] = []
        with self._writing(), LineFile(self.folder / JOURNAL) as journal:
            self._begin(journal)
            for place, name, rows in parts:
                try:
                    with _in_words("write", self.folder / place / name):
                        self._append(journal, place, name, rows)
                except StoreError as error:
                    failures.append(error)
                    self._newest.pop(place, None)
            self._journal = journal.identity
        if failures:
            raise failures[0]
        if unsafe := self._flusher.failure():
            raise StoreError(unsafe)

    def read(self, market: Market, start: int, end: int) -> Ticks:
        place = _place(market)
        self._markets[place] = market
        first, last = bucket_name(start), bucket_name(end - 1)
        with _in_words("read", self.folder / place):
            self._check_format()
            names = [name for name in bucket_names(self.folder / place) if first <= name <= last]
            ticks = self._parse([self._chunk(f"{place}/{name}") for name in names])
        return ticks[(ticks.time >= start) & (ticks.time < end)].in_order()

    def poll(self, cursor: Cursor | None) -> tuple[Mapping[Market, Ticks], Cursor]:
        with _in_words("read", self.folder):
            self._check_format()
            if cursor is None:
                return {}, cursor_of_now(self.folder)
            chunks, now = follow(self.folder, cursor)
        arrived: dict[Market, list[Chunk]] = {}
        for chunk in chunks:
            if market := self._market(chunk.path.rpartition("/")[0]):
                arrived.setdefault(market, []).append(chunk)
        ticks = {market: self._parse(parts) for market, parts in arrived.items()}
        return {market: rows for market, rows in ticks.items() if len(rows)}, now

    def markets(self) -> list[Market]:
        with _in_words("read", self.folder):
            self._check_format()
            places = [place for place in markets_in(self.folder) if newest_bucket(self.folder / place)]
        return sorted(market for place in places if (market := self._market(place)))

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        place = _place(market)
        removed = 0
        with _in_words("read", self.folder / place):
            self._check_format()
            old = [name for name in bucket_names(self.folder / place) if name < bucket_name(before)]
        if not old or dry_run:
            return sum(len(parse_rows([self._chunk(f"{place}/{name}").data])[0]) for name in old)
        with self._writing(), _in_words("delete", self.folder / place):
            for name in old:
                path = f"{place}/{name}"
                removed += len(parse_rows([self._chunk(path).data])[0])
                (self.folder / path).unlink(missing_ok=True)
            self._aliens = {alien for alien in self._aliens if alien[0] not in {f"{place}/{name}" for name in old}}
            with suppress(OSError):  # other buckets are left
                (self.folder / place).rmdir()
        return removed

    def close(self) -> None:
        """Have everything on the disk now; the store stays usable."""
        self._flusher.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, in this process and among all; the folder exists and is of this format."""
        with self._lock, _in_words("write", self.folder):
            self._check_format()
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                # A new object each time: filelock's do not survive a fork.
                with FileLock(self.folder / ".append-lock", timeout=_LOCK_WAIT, thread_local=False):
                    yield
            except Timeout:
                raise StoreError(f"{self.folder}: another process has been writing for {_LOCK_WAIT:.0f} s") from None

    def _begin(self, journal: LineFile) -> None:
        if journal.identity != self._journal:
            self._noted.clear()
            self._newest.clear()
        if journal.size == 0:
            journal.append(f"journal {uuid4().hex}\n".encode())
        if not (self.folder / "FORMAT").exists() or not (self.folder / "FORMAT").stat().st_size:
            (self.folder / "FORMAT").write_text(f"{_FORMAT}\n")

    def _append(self, journal: LineFile, place: str, name: str, rows: Ticks) -> None:
        path = f"{place}/{name}"
        (self.folder / place).mkdir(parents=True, exist_ok=True)
        with LineFile(self.folder / path) as bucket:
            is_new = bucket.size == 0
            lines = (HEADER if is_new else b"") + format_rows(rows)
            newest = self._newest.get(place) or newest_bucket(self.folder / place)
            if is_new or path not in self._noted or name < newest:
                journal.append(Note(path, bucket.size, len(lines)).line())
            bucket.append(lines)
        self._noted.add(path)
        self._newest[place] = max(newest, name)
        folders = [self.folder / place, (self.folder / place).parent, self.folder, self.folder.parent]
        self._flusher.mark([self.folder / path, self.folder / JOURNAL, *(folders if is_new else [])])

    def _chunk(self, path: str) -> Chunk:
        try:
            return Chunk(path, 0, whole_lines((self.folder / path).read_bytes()))
        except FileNotFoundError:
            return Chunk(path, 0, b"")  # purged since it was listed

    def _parse(self, chunks: list[Chunk]) -> Ticks:
        ticks, aliens = parse_rows([chunk.data for chunk in chunks])
        for chunk, places in zip(chunks, aliens, strict=True):
            found = {(chunk.path, chunk.offset + place) for place in places} - self._aliens
            if found:
                self._aliens |= found
                self.alien_file = str(self.folder / chunk.path)
                _log.warning("%s: skipped %d lines that are not rows", self.alien_file, len(found))
        return ticks

    def _market(self, place: str) -> Market | None:
        """The market of a folder ``kraken/btceur``; None if it is not one's, or nobody can tell which."""
        exchange, _, slug = place.partition("/")
        with suppress(ConfigError):
            return self._markets.get(place) or Market.from_slug(exchange, slug)
        return None

    def _check_format(self) -> None:
        file = self.folder / "FORMAT"
        try:
            found = file.read_text(errors="replace").strip()
        except FileNotFoundError:
            return
        # Empty: the disk was full when it was first written.
        if found not in ("", str(_FORMAT)):
            raise StoreError(
                f"{file}: format {found!r}, this version reads format {_FORMAT}; "
                "nothing was touched. To upgrade: pip install --upgrade btc-price-tracker"
            )


def _place(market: Market) -> str:
    return f"{market.exchange}/{market.slug}"


@contextmanager
def _in_words(verb: str, path: Path) -> Iterator[None]:
    """OSError becomes StoreError: ``cannot write data/kraken/btcusd/…: No space left on device``."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {verb} {error.filename or path}: {error.strerror or error}") from error
