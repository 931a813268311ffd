"""
Reads price files of other programs, and of another data folder of this one, into a store.

Understood are lines ``timestamp,price`` (the app that this tracker replaces wrote them, once for each
open browser tab, into files named in local time) and this tracker's own four columns. A file's name says
which market it is of, never when its rows are from. Nothing that the store has is touched or doubled.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.adapters import Store, names
from tracker.answers import number, price
from tracker.csv_rows import HEADER, parse_rows
from tracker.errors import ConfigError, StoreError
from tracker.market import Market, Origin, Ticks

MOST_TOLD = 5  # skipped lines of a market that are named
CHUNK = 1 << 22  # bytes of a file that are read at once
PART = 50_000  # rows in one append
_DAY = 86_400_000
_GENESIS = 1_231_006_505_000  # ms; no price of bitcoin is older than its first block
_HOUR_FILE = re.compile(r"\d{4}-\d\d-\d\d-\d\d\.csv")
_DAY_FOLDER = re.compile(r"\d{4}-\d\d-\d\d")
_HEAD = re.compile(rb"\s*timestamp\s*,\s*price\s*", re.IGNORECASE)


@dataclass
class Summary:
    """What became of the lines of one market."""

    market: Market
    files: int = 0
    read: int = 0  # lines that are prices
    skipped: int = 0  # lines that are none
    told: list[str] = field(default_factory=list)  # where the first of those are
    doubled: int = 0  # more prices of a slot that has one already
    there: int = 0  # slots that the store has a row for
    written: int = 0
    first: int = 0  # epoch ms, of what was written
    last: int = 0

    def skip(self, path: Path, line: int, text: bytes) -> None:
        """Count a line that is no price, and remember where it is."""
        self.skipped += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(f"{path}, line {line}: {text[:40].decode(errors='replace')!r}")


def find(folder: Path, exchange: str, known: Iterable[Market]) -> tuple[dict[Market, list[Path]], list[Path]]:
    """
    The price files under *folder* by market, and those whose name does not tell one.

    Args:
        exchange: of which they are where no folder says so.

    Raises:
        ConfigError: there is no file, or no such folder.
    """
    known = list(known)
    found: dict[Market, list[Path]] = {}
    strange: list[Path] = []
    for path in sorted(folder.rglob("*.csv")):
        if not path.is_file():
            continue
        market = _market(path.relative_to(folder), exchange, known)
        if market is None:
            strange.append(path)
        else:
            found.setdefault(market, []).append(path)
    if not found:
        raise ConfigError(
            f"import {folder}: no price file; expected e.g. btceur/2021-10-30-15.csv or btceur.csv with timestamp,price"
        )
    return found, strange


def _market(path: Path, exchange: str, known: list[Market]) -> Market | None:
    parts = list(path.parts)
    if len(parts) >= 4 and _DAY_FOLDER.fullmatch(parts[-3]):
        parts = [*parts[:-3], f"{parts[-3]}-{parts[-2]}.csv"]  # a minute's file: as if it were the hour's
    if _HOUR_FILE.fullmatch(parts[-1]):
        if len(parts) < 2:
            return None
        slug, above = parts[-2], parts[-3] if len(parts) > 2 else ""
    else:
        slug, above = path.stem, ""
    try:
        return Market.from_slug(above if above in names("exchanges") else exchange, slug.lower(), known)
    except ConfigError:
        return None


def bring_in(
    market: Market,
    paths: Iterable[Path],
    store: Store,
    every: int,
    now: int,
    *,
    dry_run: bool = False,
    seen: Callable[[Path], None] = lambda path: None,
) -> Summary:
    """
    Keep what *paths* hold of *market* and *store* lacks.

    A line ``timestamp,price`` becomes the row of its slot, the multiple of *every* (ms): of several the
    first in time, as a live row is the first answer in its slot. Lines of this tracker stay what they were.
    Rows of the last two intervals before *now* (ms) are left to the collector.

    Raises:
        StoreError: a file cannot be read, or the store not written; what was written stays.
    """
    summary = Summary(market)
    polled: list[Ticks] = []
    own: list[Ticks] = []
    latest = now - 2 * every
    for path in paths:
        summary.files += 1
        seen(path)
        for loose, kept in _read(path, summary, latest):
            polled.append(loose)
            own.append(kept)
    rows = _on_grid(Ticks.concat(polled), every, summary)
    kept = Ticks.concat(own)
    once = kept.in_order()
    summary.doubled += len(kept) - len(once)
    for ticks, interval in ((once, 0), (rows, every)):
        _write(market, ticks, store, interval, summary, dry_run)
    return summary


def _read(path: Path, summary: Summary, latest: int) -> Iterator[tuple[Ticks, Ticks]]:
    """Of each part of the file: its loose prices, and its rows of this tracker."""
    line = 0
    try:
        with path.open("rb") as file:
            while lines := file.readlines(CHUNK):
                yield _split(path, lines, line, summary, latest)
                line += len(lines)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _split(path: Path, lines: list[bytes], before: int, summary: Summary, latest: int) -> tuple[Ticks, Ticks]:
    times: list[int] = []
    prices: list[float] = []
    own: list[bytes] = []
    places: dict[int, int] = {}  # where each of *own* begins in all of them, and its line in the file
    size = 0
    for count, line in enumerate(lines, start=before + 1):
        text = line.strip().removeprefix(b"\xef\xbb\xbf") if count == 1 else line.strip()
        if not text or text == HEADER.strip() or (count == 1 and _HEAD.fullmatch(text)):
            continue
        fields = text.split(b",")
        if len(fields) == 4:
            own.append(text + b"\n")
            places[size] = count
            size += len(text) + 1
            continue
        try:
            seconds, value = (field.decode("ascii").strip() for field in fields)
            time = round(number(seconds) * 1000)
            if not time > _GENESIS:
                raise ValueError
            cost = price(value)
        except ValueError:
            summary.skip(path, count, text)
            continue
        if time > latest + _DAY:
            summary.skip(path, count, text)  # milliseconds, or a clock that was wrong
        elif time <= latest:
            times.append(time)
            prices.append(cost)
    joined = b"".join(own)
    ticks, aliens = parse_rows([joined])
    for place in aliens[0]:
        summary.skip(path, places[place], joined[place:].partition(b"\n")[0])
    fits = (ticks.time > _GENESIS) & (ticks.time <= latest)
    summary.read += len(times) + int(fits.sum())
    return Ticks.of(times, prices, 1), ticks[fits]


def _on_grid(ticks: Ticks, every: int, summary: Summary) -> Ticks:
    """The first price in time of each slot, as the row of that slot."""
    order = np.argsort(ticks.time, kind="stable")
    slots, first = np.unique(ticks.time[order] // every, return_index=True)
    summary.doubled += len(ticks) - len(slots)
    return Ticks.of(slots * every, ticks.price[order][first], every, Origin.IMPORT)


def _write(market: Market, ticks: Ticks, store: Store, every: int, summary: Summary, dry_run: bool) -> None:
    """Append those of *ticks* (in order) whose slot of *every* ms, or whose very time if that is 0, is free."""
    for first in range(0, len(ticks), PART):
        part = ticks[first : first + PART]
        step = every or 1
        there = store.read(market, int(part.time[0]), int(part.time[-1]) + step)
        # A candle that was fetched later does not take the place of a price that was seen.
        taken = there.time if not every else there.time[there.origin != Origin.BACKFILL]
        free = part[~np.isin(part.time // step, taken // step)]
        summary.there += len(part) - len(free)
        if not len(free):
            continue
        if not dry_run:
            store.append({market: free})
        summary.first = min(summary.first or int(free.time[0]), int(free.time[0]))
        summary.last = max(summary.last, int(free.time[-1]))
        summary.written += len(free)
