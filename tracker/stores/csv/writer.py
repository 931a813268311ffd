"""Writes a CSV folder: journal entries for readers, rows to the ends of their buckets, and candles beside these."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.files import replace_file
from tracker.runtime.flusher import Flusher
from tracker.runtime.line_file import LineFile
from tracker.stores.csv import format_version
from tracker.stores.csv.candle_files import HEADER as CANDLES_HEADER
from tracker.stores.csv.candle_files import format_candles, tail_action
from tracker.stores.csv.journal import JOURNAL, Entry, first_line
from tracker.stores.csv.layout import NAME, bucket_key, by_bucket, candle_file, market_dir, stated_market
from tracker.stores.csv.listing import newest_bucket
from tracker.stores.csv.rows import HEADER, format_rows, parse_rows


class Writer:
    """
    Appends to *folder*. The caller holds the append lock.

    Args:
        folder: of the markets' folders.
        granularity: span of a new bucket, ``hour`` or ``minute``.
        owner: returns the market whose rows a folder ``kraken/btceur`` holds; None if unknown.
    """

    def __init__(self, folder: Path, granularity: str, owner: Callable[[str], Market | None]) -> None:
        self.folder = folder
        self.granularity = granularity
        self._owner = owner
        self.flusher = Flusher()
        # Cache of the folder's state; dropped after a failure, and after another process has written.
        self._journal = (0, 0)  # LineFile.identity when this process last wrote
        self._newest: dict[str, str] = {}  # by market's folder
        self._named: dict[str, Market] = {}  # by market's folder: its confirmed market
        self._announced: dict[str, str] = {}  # by market's folder: the newest bucket with a journal entry

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """Append *batch*; if one file cannot be written, the others are written before StoreError is raised."""
        parts = [(market, *part) for market in batch for part in by_bucket(batch[market], self.granularity)]
        failures: list[StoreError] = []
        needed = max(format_version.needed(name, rows) for _, name, rows in parts)
        with self._journal_after(needed) as journal:
            for market, name, rows in parts:
                subfolder = market_dir(market)
                try:
                    with as_store_error("write", self.folder / subfolder / name):
                        is_known = subfolder in self._newest and self._named.get(subfolder) == market
                        # A purge, also of another process, removes the name with the last bucket.
                        if not (is_known and (self.folder / subfolder / name).exists()):
                            self._check_owner(subfolder, market)
                        self._append(journal, subfolder, name, rows)
                except StoreError as error:
                    failures.append(error)
                    self._newest.pop(subfolder, None)
        if failures:
            raise failures[0]
        if unsafe := self.flusher.failure():
            raise StoreError(unsafe)

    def append_candles(self, folder: str, names: Collection[str], rows: Ticks) -> None:
        """
        Append what is known of stored *rows* beside their closes to candle files. Raises OSError.

        Args:
            folder: of the market: ``kraken/btceur``.
            names: the buckets in it that may hold the rows. The candles of an hour that has one stand beside that.
            rows: stored rows, with their candles.
        """
        with self._journal_after(format_version.FIRST) as journal:
            for name, of_hour in by_bucket(rows, "hour"):
                for bucket, part in [(name, of_hour)] if name in names else by_bucket(of_hour, "minute"):
                    self._append_candles(journal, f"{folder}/{bucket}", part)

    def close(self) -> None:
        """Flush everything to the disk; the writer stays usable."""
        self.flusher.close()

    @contextmanager
    def _journal_after(self, needed: int) -> Iterator[LineFile]:
        """Open the journal, after raising the folder to the format *needed*."""
        format_version.ensure(self.folder, needed)
        with LineFile(self.folder / JOURNAL) as journal:
            if journal.identity != self._journal:
                self._newest.clear()
                self._announced.clear()
            if journal.size == 0:
                journal.append(first_line())
            yield journal
            self._journal = journal.identity

    def _check_owner(self, subfolder: str, market: Market) -> None:
        """
        Write the market's name into its folder, unless the folder states it already.

        Raises:
            StoreError: it holds rows of another market with the same letters: BTC/USD and BTCU/SD.
        """
        folder = self.folder / subfolder
        file = folder / NAME
        owner = self._owner(subfolder)
        if owner not in (market, None) and newest_bucket(folder):
            raise StoreError(
                f"cannot write {market} to {folder}, which holds {owner}; if they are the same, correct its name "
                f"in tracker.toml, or write {market} to {file}"
            )
        if stated_market(folder) != market:
            folder.mkdir(parents=True, exist_ok=True)
            replace_file(file, f"{market}\n".encode(), durable=True)
        self._named[subfolder] = market

    def _append(self, journal: LineFile, subfolder: str, name: str, rows: Ticks) -> None:
        path = f"{subfolder}/{name}"
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        newest = self._newest.get(subfolder) or newest_bucket(self.folder / subfolder)
        is_late = bucket_key(name) < bucket_key(newest)
        with LineFile(file, partial(format_version.choose_tail_action, self.folder)) as bucket:
            is_new = bucket.size == 0 and not bucket.tail
            if bucket.tail:
                rows = _rows_beside(parse_rows([bucket.tail + b"\n"])[0], rows)
            lines = (HEADER if is_new else b"\n" if bucket.tail else b"") + format_rows(rows)
            if is_new or is_late or self._announced.get(subfolder) != name:
                journal.append(Entry(path, bucket.size, len(bucket.tail) + len(lines)).line())
            bucket.append(lines)
        self._newest[subfolder] = newest if is_late else name
        if not is_late:
            self._announced[subfolder] = name
        changed = [file, self.folder / JOURNAL]
        if is_new:
            above = file.relative_to(self.folder).parents
            changed += [self.folder.parent, *(self.folder / part for part in above)]
        self.flusher.mark(changed)
        self._append_candles(journal, path, rows)

    def _append_candles(self, journal: LineFile, bucket: str, rows: Ticks) -> None:
        """Append what is known of *rows* beside their closes to the candle file of *bucket*, which has these rows."""
        lines = format_candles(rows)
        if not lines:
            return
        path = candle_file(bucket)
        file = self.folder / path
        with LineFile(file, tail_action) as candles:
            is_new = candles.size == 0
            lines = (CANDLES_HEADER if is_new else b"") + lines
            journal.append(Entry(path, candles.size, len(lines)).line())
            candles.append(lines)
        self.flusher.mark([file, self.folder / JOURNAL, *([file.parent] if is_new else [])])


def _rows_beside(finished: Ticks, rows: Ticks) -> Ticks:
    """
    Return the *rows* to write beside *finished*, a row that a dying writer left without its newline.

    That row was unreadable, so its slot seemed free and was fetched again. A second row for the slot is written only if
    readers would prefer it, see ``Ticks.in_order``.
    """
    was_live, is_live = finished.origin[0] == Origin.LIVE, rows.origin == Origin.LIVE
    is_no_better = np.where(is_live == was_live, rows.interval >= finished.interval[0], was_live)
    return rows[(rows.time != finished.time[0]) | ~is_no_better]


@contextmanager
def as_store_error(verb: str, path: Path) -> Iterator[None]:
    """Turn OSError into StoreError: ``cannot write data/kraken/btcusd/…: No space left on device``."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {verb} {error.filename or path}: {error.strerror or error}") from error
