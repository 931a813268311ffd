"""
Plain CSV files, one for each market and hour or minute: ``data/kraken/btceur/2026-11-23-15.csv``.

``docs/data-format.md`` describes the folder. An append is one write of complete lines at the end of a file, so a
killed process leaves at most one torn line, which readers ignore and the next append cuts off. Reading changes
nothing and needs no write permission.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tracker.core.bars import Bars
from tracker.core.contracts import Problem
from tracker.core.market import Market
from tracker.core.stored_bars import part_with_rows
from tracker.core.ticks import Ticks
from tracker.runtime.file_lock import locked, reinit_after_fork
from tracker.runtime.files import file_size, typed_path
from tracker.stores.csv import format_version
from tracker.stores.csv.bucket_reader import BucketReader
from tracker.stores.csv.candle_files import CandleLines, fit_several
from tracker.stores.csv.cursor import Chunk, Cursor
from tracker.stores.csv.journal import compact, market_of
from tracker.stores.csv.kept_bars import KeptBars
from tracker.stores.csv.layout import bucket_key, held_market, market_dir, minute_key
from tracker.stores.csv.listing import (
    markets_in,
    newest_bucket,
    newest_first,
    oldest_first,
    remove_empty_folders,
    size_of,
    stored_files,
)
from tracker.stores.csv.tail import cursor_of_now, follow
from tracker.stores.csv.writer import Writer, as_store_error

_LOCK_WAIT = 5.0  # seconds; an append holds the lock for milliseconds, an import for longer
_PURGE_BATCH = 200  # files
_CANDLES_BATCH = 200 * 3_600_000  # ms of rows whose candles are added under one lock; live rows may be waiting for it
_UNBOUNDED = 2**62  # ms, before and after 1970


def local_folder(place: str, *, base: Path) -> Path:
    """Return the folder *place*, which need not exist yet. Raises ConfigError for an unknown ``~user``."""
    return base / typed_path(place, f"store csv:{place}", "csv:data or csv:/srv/btc")


def open_store(place: str, *, base: Path, known: Sequence[Market], granularity: str = "hour") -> "CsvStore":
    """Open the store in local_folder(*place*)."""
    return CsvStore(local_folder(place, base=base), known, granularity)


class CsvStore:
    """
    Store in *folder*, which the first append creates.

    ``poll`` keeps the order of arrival within each bucket; late backfill may come before or after newer rows.

    Attributes:
        folder: of the markets' folders.
        granularity: span of a new bucket, ``hour`` or ``minute``; both kinds are read.
    """

    visible_after = 0.0
    can_purge = True

    def __init__(self, folder: Path, known: Iterable[Market] = (), granularity: str = "hour") -> None:
        self.folder = folder
        self.granularity = granularity
        self._buckets = BucketReader(folder)
        self._known = {market_dir(market): market for market in known}
        # A function without *self*, because a reference cycle would keep an unused store, and its locks, in memory.
        self._market = partial(held_market, folder, self._known)
        self._polled: dict[str, Market] = {}  # by folder
        self._writer = Writer(folder, granularity, self._market)
        reinit_after_fork(self, CsvStore._make_lock)

    @property
    def place(self) -> str:
        return str(self.folder)

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """Append *batch*; if one file cannot be written, the others are written before StoreError is raised."""
        if any(map(len, batch.values())):
            with self._writing():
                self._writer.append(batch)

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        with self._writing():
            chosen = choose(self.read(market, start, end))
            if len(chosen):
                self._writer.append({market: chosen})
        return chosen

    def add_candles(self, market: Market, ticks: Ticks) -> int:
        subfolder = market_dir(market)
        candles = ticks[ticks.has_candle()]
        batches = candles.time // _CANDLES_BATCH
        return sum(
            self._add_candles(market, subfolder, candles[batches == batch])
            for batch in np.unique(batches).tolist()
            if (self.folder / subfolder).is_dir()
        )

    def _add_candles(self, market: Market, subfolder: str, candles: Ticks) -> int:
        folder = self.folder / subfolder
        with self._writing():
            with as_store_error("read", folder):
                if not self._holds(subfolder, market):
                    return 0
                names = stored_files(folder, minute_key(int(candles.time.min())), minute_key(int(candles.time.max())))
                stored = self._buckets.read([f"{subfolder}/{name}" for name in names])
            rows, gains = stored.in_order().with_candles(candles)
            gains &= ~fit_several(CandleLines(rows.time, rows.interval, np.stack(rows.candle_columns())), stored)
            if gains.any():
                self._writer.append_candles(subfolder, names, rows[gains])
        return int(gains.sum())

    def read(self, market: Market, start: int, end: int) -> Ticks:
        subfolder = market_dir(market)
        with as_store_error("read", self.folder / subfolder):
            format_version.check(self.folder)
            if not self._holds(subfolder, market):
                return Ticks.none()
            names = stored_files(self.folder / subfolder, minute_key(start), minute_key(end - 1))
            ticks = self._buckets.read([f"{subfolder}/{name}" for name in names])
        inside = (ticks.time >= start) & (ticks.time < end)
        return (ticks if inside.all() else ticks[inside]).in_order()

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        span = part_with_rows(partial(self.extent, market), start, end, step)
        return self.kept_bars().bars(market, *span, step)

    def kept_bars(self) -> KeptBars:
        return KeptBars(self.folder, self._market, self.read)

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        subfolder = market_dir(market)
        span = (-_UNBOUNDED if start is None else start, _UNBOUNDED if end is None else end)
        stamps = minute_key(span[0]), minute_key(span[1] - 1)
        folder = self.folder / subfolder
        with as_store_error("read", folder):
            format_version.check(self.folder)
            if not self._holds(subfolder, market):
                return None
            first = self._buckets.first_times(subfolder, oldest_first(folder, *stamps), *span)
            last = self._buckets.first_times(subfolder, newest_first(folder, *stamps), *span) if len(first) else first
        return (int(first.min()), int(last.max())) if len(last) else None

    def size(self, start: int | None = None, end: int | None = None) -> int:
        first, last = -_UNBOUNDED if start is None else start, _UNBOUNDED if end is None else end
        with as_store_error("read", self.folder):
            format_version.check(self.folder)
            return size_of(self.folder, minute_key(first), minute_key(last - 1))

    def poll(self, cursor: Cursor | None) -> tuple[Mapping[Market, Ticks], Cursor]:
        with as_store_error("read", self.folder):
            format_version.check(self.folder)
            if cursor is None:
                return {}, cursor_of_now(self.folder)
            chunks, now = follow(self.folder, cursor)
            arrived: dict[Market, list[Chunk]] = {}
            for chunk in chunks:
                if market := self._polled_market(chunk):
                    arrived.setdefault(market, []).append(chunk)
            ticks = {market: self._buckets.arrived(parts) for market, parts in arrived.items()}
        return {market: rows for market, rows in ticks.items() if len(rows)}, now

    def markets(self) -> list[Market]:
        with as_store_error("read", self.folder):
            format_version.check(self.folder)
            subfolders = [subfolder for subfolder in markets_in(self.folder) if newest_bucket(self.folder / subfolder)]
            return sorted(market for subfolder in subfolders if (market := self._market(subfolder)))

    def problems(self) -> tuple[Problem, ...]:
        return self._buckets.malformed_lines.problems()

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        subfolder = market_dir(market)
        limit = minute_key(before)
        with as_store_error("read", self.folder / subfolder):
            format_version.check(self.folder)
            if not self._holds(subfolder, market):
                return 0
            names = stored_files(self.folder / subfolder, last=limit)
            old = [f"{subfolder}/{name}" for name in names if not limit.startswith(bucket_key(name))]
        removed = 0
        for first in range(0, len(old), _PURGE_BATCH):
            # Counting is slow, so it is done outside of the lock, which live rows may be waiting for.
            with as_store_error("read", self.folder / subfolder):
                counted = self._buckets.count(old[first : first + _PURGE_BATCH])
            if not dry_run:
                with self._writing(), as_store_error("delete", self.folder / subfolder):
                    counted = {path: self._remove(path, count) for path, count in counted.items()}
                    for path in counted:
                        self._buckets.malformed_lines.forget(path)
                    if old[-1] in counted:
                        remove_empty_folders(self.folder / subfolder, limit)
                        compact(self.folder)
            removed += sum(rows for _, rows in counted.values())
        if not dry_run:
            self.kept_bars().forget(market, before)
        return removed

    def close(self) -> None:
        self._writer.close()

    def _make_lock(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the append lock of the folder, which is created if missing and has a known format."""
        with as_store_error("write", self.folder):
            format_version.check(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".append-lock", self._lock, _LOCK_WAIT):
                format_version.check(self.folder)  # again, because another writer may have raised it
                yield

    def _remove(self, path: str, count: tuple[int, int]) -> tuple[int, int]:
        """Remove a bucket; return its size and rows, counted again if it has grown since *count*."""
        removed = count if file_size(self.folder / path) == count[0] else self._buckets.count([path])[path]
        (self.folder / path).unlink(missing_ok=True)
        return removed

    def _polled_market(self, chunk: Chunk) -> Market | None:
        """Return the market of the chunk's folder; it can change only with a new bucket, so most polls read no file."""
        subfolder = market_of(chunk.path)
        market = self._polled.get(subfolder) if chunk.offset else None
        if market is None and (market := self._market(subfolder)):
            self._polled[subfolder] = market
        return market

    def _holds(self, subfolder: str, market: Market) -> bool:
        """Return whether the folder may hold rows of *market*: its market is that one or unknown."""
        return self._market(subfolder) in (market, None)
