"""How a CSV folder is written: rows to the ends of their buckets, and before them the notes for its readers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.durable_file import Flusher, LineFile
from tracker.runtime.files import replace_file
from tracker.stores.csv import format_version
from tracker.stores.csv.journal import JOURNAL, Entry, first_line
from tracker.stores.csv.layout import NAME, bucket_key, by_bucket, guess_market, market_dir, newest_bucket
from tracker.stores.csv.rows import HEADER, format_rows, parse_rows


class Writer:
    """
    Appends to *folder*; only while no one else writes there.

    Args:
        granularity: how much time a new bucket holds, ``hour`` or ``minute``.
        owner: whose rows a folder ``kraken/btceur`` holds, as far as anything says.
    """

    def __init__(self, folder: Path, granularity: str, owner: Callable[[str], Market | None]) -> None:
        self.folder = folder
        self.granularity = granularity
        self._owner = owner
        self.flusher = Flusher()
        # Its own view; begun anew whenever someone else has written, or something failed.
        self._journal = (0, 0)  # LineFile.identity when this process last wrote
        self._newest: dict[str, str] = {}  # by market's folder
        self._named: dict[str, Market] = {}  # by market's folder: for which it is known to be the right one
        self._noted: dict[str, str] = {}  # the newest bucket, once its first append is in the journal

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        """If a file cannot be written, the others of *batch* still are, before StoreError says so."""
        parts = [(market, *part) for market in batch for part in by_bucket(batch[market], self.granularity)]
        failures: list[StoreError] = []
        needed = max(format_version.needed(name, rows) for _, name, rows in parts)
        with self._journal_after(needed) as journal:
            for market, name, rows in parts:
                place = market_dir(market)
                try:
                    with in_words("write", self.folder / place / name):
                        if place not in self._newest or self._named.get(place) != market:
                            self._name(place, market)
                        self._append(journal, place, name, rows)
                except StoreError as error:
                    failures.append(error)
                    self._newest.pop(place, None)
        if failures:
            raise failures[0]
        if unsafe := self.flusher.failure():
            raise StoreError(unsafe)

    def close(self) -> None:
        """Have everything on the disk now; the writer stays usable."""
        self.flusher.close()

    @contextmanager
    def _journal_after(self, needed: int) -> Iterator[LineFile]:
        """The journal, ready for notes, once the folder is of the format *needed*."""
        format_version.ensure(self.folder, needed)
        with LineFile(self.folder / JOURNAL) as journal:
            if journal.identity != self._journal:
                self._newest.clear()
                self._noted.clear()
            if journal.size == 0:
                journal.append(first_line())
            yield journal
            self._journal = journal.identity

    def _name(self, place: str, market: Market) -> None:
        """
        Have the market's folder say whose it is, if its name does not.

        Raises:
            StoreError: it holds rows of another, which is spelt alike: BTC/USD and BTCU/SD.
        """
        file = self.folder / place / NAME
        owner = self._owner(place)
        if owner not in (market, None) and newest_bucket(file.parent):
            raise StoreError(
                f"cannot write {market} to {file.parent}, which holds {owner}; if they are one, correct its name in "
                f"tracker.toml, or write {market} to {file}"
            )
        if guess_market(place) != market and (owner not in (market, None) or not file.exists()):
            file.parent.mkdir(parents=True, exist_ok=True)
            replace_file(file, f"{market}\n".encode(), durable=True)
        self._named[place] = market

    def _append(self, journal: LineFile, place: str, name: str, rows: Ticks) -> None:
        path = f"{place}/{name}"
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        newest = self._newest.get(place) or newest_bucket(self.folder / place)
        is_late = bucket_key(name) < bucket_key(newest)
        with LineFile(file, partial(format_version.judge_tail, self.folder)) as bucket:
            is_new = bucket.size == 0 and not bucket.tail
            if bucket.tail:
                rows = _beside(parse_rows([bucket.tail + b"\n"])[0], rows)
            lines = (HEADER if is_new else b"\n" if bucket.tail else b"") + format_rows(rows)
            if is_new or is_late or self._noted.get(place) != name:
                journal.append(Entry(path, bucket.size, len(bucket.tail) + len(lines)).line())
            bucket.append(lines)
        self._newest[place] = newest if is_late else name
        if not is_late:
            self._noted[place] = name
        changed = [file, self.folder / JOURNAL]
        if is_new:
            above = file.relative_to(self.folder).parents
            changed += [self.folder.parent, *(self.folder / part for part in above)]
        self.flusher.mark(changed)


def _beside(finished: Ticks, rows: Ticks) -> Ticks:
    """
    Those of *rows* that are worth a line beside the row *finished*, which a dying writer left without its newline.

    Nobody could read that one, so its slot seemed free and was asked for again. A second row for it no
    reader would take, see ``Ticks.in_order``.
    """
    was_live, is_live = finished.origin[0] == Origin.LIVE, rows.origin == Origin.LIVE
    is_no_better = np.where(is_live == was_live, rows.interval >= finished.interval[0], was_live)
    return rows[(rows.time != finished.time[0]) | ~is_no_better]


@contextmanager
def in_words(verb: str, path: Path) -> Iterator[None]:
    """OSError becomes StoreError: ``cannot write data/kraken/btcusd/…: No space left on device``."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot {verb} {error.filename or path}: {error.strerror or error}") from error
