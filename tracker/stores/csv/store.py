"""
Plain CSV files, one for each market and hour or minute: ``data/kraken/btceur/2026-11-23-15.csv``.

``data/README.md`` explains the folder to those who open it. Appending is one write of whole lines
at the end of a file, so a killed process leaves at most one torn line, which readers ignore and the
next append cuts off. Reading never changes anything, and needs no right to write.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tracker import csv_format
from tracker.csv_journal import Chunk, Cursor, cursor_of_now, follow
from tracker.csv_names import (
    bucket_names,
    file_size,
    guessed,
    hours_of,
    markets_in,
    named,
    newest_bucket,
    place_of,
    remove_empty_folders,
    stamp,
    stamp_of,
)
from tracker.csv_notes import compact, market_of
from tracker.csv_rows import parse_rows, whole_lines
from tracker.csv_writer import Writer, in_words
from tracker.errors import ConfigError
from tracker.locks import begin_anew_in_children, locked
from tracker.market import Market, Ticks

_LOCK_WAIT = 5.0  # seconds; an append holds the lock for milliseconds, an import's for longer
_PURGED_AT_ONCE = 200  # files

_log = logging.getLogger(__name__)


def local_folder(rest: str, *, base: Path) -> Path:
    """The folder *rest*, seen from *base* if relative; it need not exist yet. ConfigError: ``~`` is nobody's."""
    try:
        return base / Path(rest).expanduser()
    except RuntimeError:
        raise ConfigError(f"store csv:{rest}: no such user's folder, expected e.g. csv:data or csv:/srv/btc") from None


def open_store(rest: str, *, base: Path, known: Sequence[Market], granularity: str = "hour") -> "CsvBuckets":
    """The store in local_folder(*rest*)."""
    return CsvBuckets(local_folder(rest, base=base), known, granularity)


class CsvBuckets:
    """
    A Store in *folder*, which the first append creates.

    Order of arrival in ``poll`` holds for each bucket; late backfill may come before or after
    newer rows of the same poll.

    Attributes:
        folder: where the buckets are.
        granularity: how much time a new bucket holds, ``hour`` or ``minute``; both kinds are read.
        alien_lines: lines met so far, by reading, that are not rows; each counts once.
        alien_file: the file in which the latest of them was met, ``""`` if none was.
    """

    visible_after = 0.0
    can_purge = True

    def __init__(self, folder: Path, known: Iterable[Market] = (), granularity: str = "hour") -> None:
        self.folder = folder
        self.granularity = granularity
        self.alien_file = ""
        self._aliens: set[tuple[str, int]] = set()  # (bucket, byte)
        self._markets = {place_of(market): market for market in known}
        self._writer = Writer(folder, granularity)
        begin_anew_in_children(self, CsvBuckets._make_lock)

    @property
    def alien_lines(self) -> int:
        return len(self._aliens)

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """If a file cannot be written, the others of *batch* still are, before StoreError says so."""
        if any(map(len, batch.values())):
            with self._writing():
                self._write(batch)

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        with self._writing():
            chosen = choose(self.read(market, start, end))
            if len(chosen):
                self._write({market: chosen})
        return chosen

    def read(self, market: Market, start: int, end: int) -> Ticks:
        place = place_of(market)
        self._markets[place] = market
        with in_words("read", self.folder / place):
            csv_format.check(self.folder)
            names = bucket_names(self.folder / place, stamp_of(start), stamp_of(end - 1))
            ticks = self._parse([self._chunk(f"{place}/{name}") for name in names])
        inside = (ticks.time >= start) & (ticks.time < end)
        return (ticks if inside.all() else ticks[inside]).in_order()

    def poll(self, cursor: Cursor | None) -> tuple[Mapping[Market, Ticks], Cursor]:
        with in_words("read", self.folder):
            csv_format.check(self.folder)
            if cursor is None:
                return {}, cursor_of_now(self.folder)
            chunks, now = follow(self.folder, cursor)
            arrived: dict[Market, list[Chunk]] = {}
            for chunk in chunks:
                if market := self._market(market_of(chunk.path)):
                    arrived.setdefault(market, []).append(chunk)
        ticks = {market: self._parse(parts) for market, parts in arrived.items()}
        return {market: rows for market, rows in ticks.items() if len(rows)}, now

    def markets(self) -> list[Market]:
        with in_words("read", self.folder):
            csv_format.check(self.folder)
            places = [place for place in markets_in(self.folder) if newest_bucket(self.folder / place)]
            return sorted(market for place in places if (market := self._market(place)))

    def hours(self, market: Market) -> list[int]:
        """When each hour that has rows begins (epoch ms), the oldest first; told by the files' names alone."""
        place = place_of(market)
        with in_words("read", self.folder / place):
            csv_format.check(self.folder)
            return hours_of(bucket_names(self.folder / place))

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        place = place_of(market)
        limit = stamp_of(before)
        with in_words("read", self.folder / place):
            csv_format.check(self.folder)
            names = bucket_names(self.folder / place, last=limit)
            old = [f"{place}/{name}" for name in names if not limit.startswith(stamp(name))]
        removed = 0
        for first in range(0, len(old), _PURGED_AT_ONCE):
            # Counting takes longest, so it comes before the lock, for which rows of now may be waiting.
            with in_words("read", self.folder / place):
                counted = {path: self._count(path) for path in old[first : first + _PURGED_AT_ONCE]}
            if not dry_run:
                with self._writing(), in_words("delete", self.folder / place):
                    counted = {path: self._remove(path, count) for path, count in counted.items()}
                    self._aliens = {alien for alien in self._aliens if alien[0] not in counted}
                    if old[-1] in counted:
                        remove_empty_folders(self.folder / place, limit)
                        compact(self.folder)
            removed += sum(rows for _, rows in counted.values())
        return removed

    def close(self) -> None:
        """Have everything on the disk now; the store stays usable."""
        self._writer.close()

    def _make_lock(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One writer at a time, in this process and among all; the folder exists and is of a format we know."""
        with in_words("write", self.folder):
            csv_format.check(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".append-lock", self._lock, _LOCK_WAIT):
                csv_format.check(self.folder)  # again: another writer may have raised it meanwhile
                yield

    def _write(self, batch: Mapping[Market, Ticks]) -> None:
        self._markets.update({place_of(market): market for market in batch})
        self._writer.append(batch)

    def _count(self, path: str) -> tuple[int, int]:
        """The bytes and the rows of a bucket."""
        size = file_size(self.folder / path)
        return size, len(parse_rows([self._chunk(path).data])[0])

    def _remove(self, path: str, count: tuple[int, int]) -> tuple[int, int]:
        """Remove a bucket; its count then, which is another than *count* if it has grown since."""
        now = count if file_size(self.folder / path) == count[0] else self._count(path)
        (self.folder / path).unlink(missing_ok=True)
        return now

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
        if place not in self._markets and (market := named(self.folder / place)):
            self._markets[place] = market
        return self._markets.get(place) or guessed(place)
