"""
Writes prices from files into a store: a slot that already has a row keeps it.

Lines of other programs are moved to the slot grid, closes of candles stay; rows written by this tracker are copied
unchanged.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import GAP_FACTOR
from tracker.history.importer import thousands
from tracker.history.importer.cadence import first_of_slots
from tracker.history.importer.columns import DEFAULT, Reading
from tracker.history.importer.discovery import MarketFile
from tracker.history.importer.formats import LOOSE
from tracker.history.importer.line_report import LineReport, Summary
from tracker.history.importer.lines import read
from tracker.history.importer.own_candles import read_candles
from tracker.history.importer.series import Series
from tracker.history.importer.thousands import DoubtfulPriceError, NeighbourCheck, PriceText
from tracker.history.importer.writing import occupied, write
from tracker.stores.csv.candle_files import join


def import_prices(
    market: Market,
    files: Iterable[MarketFile],
    store: Store,
    now: int,
    reading: Reading = DEFAULT,
    *,
    since: int = 0,
    dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda size: None,
) -> Summary:
    """
    Write the prices of *market* in *files* into free slots of *store*; keeps one row per slot in memory.

    A line ``timestamp,price`` becomes the row of its slot, a multiple of the cadence: the typed one, the length of the
    file's candles, or the median step of its series. Of several lines in a slot the first in time is taken, as with
    live rows; of several with one time, the first read. A row of this tracker in the slot takes precedence, then one of
    a shorter cadence. A slot with any stored row, even a candle, stays as it is; only the first price, low and high of
    candles in the files are added to a stored row of the same time, interval and price.

    Args:
        market: the market to import.
        files: the files that hold it.
        store: receives the rows.
        now: epoch ms; the newest slots are left to the collector.
        reading: how lines are read.
        since: epoch ms; older prices are skipped, because retention would soon delete them.
        dry_run: count only, write nothing.
        on_progress: called with the number of bytes read since the last call.

    Raises:
        StoreError: the store cannot be read or written; what was written stays.
    """
    summary = Summary(market)
    copied: list[Ticks] = []
    others: list[Path] = []  # read files of other programs
    ends: list[tuple[Path, PriceText]] = []  # of those but archives
    series: dict[tuple[Path, int | None], Series] = {}
    for file in files:
        length = file.form.length if file.form else None
        of_file = series.setdefault((file.series, length), _new_series(length, reading, now, since))
        try:
            own_rows, file_ends = _add(of_file, file, market, now, reading, since, on_progress)
        except (DoubtfulPriceError, StoreError) as error:
            summary.stop(str(error))
            continue
        summary.files += 1
        copied += own_rows
        others += [file.path] if file.form else []
        if file.form and not file.form.exchange:
            ends += [(file.path, end) for end in file_ends]
    unchanged = Ticks.concat(copied).in_order()
    fresh = Ticks.concat([*_merged([*series.values()], unchanged.time, summary)])
    if not reading.thousands and (doubt := _doubt(ends, fresh, store, market)):
        _stop_all(others, doubt, summary)
        fresh, summary.lines.read = Ticks.none(), sum(map(len, copied))
    summary.duplicates = summary.lines.read - len(unchanged) - len(fresh)
    write(Ticks.concat([unchanged, fresh]), store, summary, dry_run)
    return summary


def _new_series(length: int | None, reading: Reading, now: int, since: int) -> Series:
    """Return a series for files with candles of *length* ms, or without."""
    every = max(length, reading.every or 0) if length else reading.every
    return Series(now, since, every, are_closes=bool(length), are_candles=bool(length) and every == length)


def _add(
    of_file: Series,
    file: MarketFile,
    market: Market,
    now: int,
    reading: Reading,
    since: int,
    on_progress: Callable[[int], None],
) -> tuple[list[Ticks], list[PriceText]]:
    """Add the prices of a file to its series; return its rows of this tracker, and its first and last price."""
    lines, neighbours, own_rows = LineReport(), NeighbourCheck(), list[Ticks]()
    of_file.add_file(_prices(file, market, lines, now, reading, since, own_rows, neighbours, on_progress), lines)
    return own_rows, neighbours.ends()


def _prices(
    file: MarketFile,
    market: Market,
    lines: LineReport,
    now: int,
    reading: Reading,
    since: int,
    own_rows: list[Ticks],
    neighbours: NeighbourCheck,
    on_progress: Callable[[int], None],
) -> Iterator[Ticks]:
    """Yield the prices of a file, and append its rows of this tracker to *own_rows*."""
    form, check = file.form or LOOSE, None if reading.thousands else neighbours
    candles = None if file.form else read_candles(file.path, lines)
    count = 0
    for prices, rows in read(file.path, market, lines, now, reading, form, check, on_progress):
        count += len(prices) + len(rows)
        rows = rows if candles is None or not len(rows) else join(rows, candles)
        own_rows.append(_importable(rows, lines, now, reading.every or 0, since))
        yield prices
    if lines.skipped - lines.unclear > count:
        lines.mostly_skipped.append(file.path)


def _importable(ticks: Ticks, lines: LineReport, now: int, every: int, since: int) -> Ticks:
    """
    Return the rows of this tracker without those too old or too new to import.

    The collector's slots may be as long as those of the rows, so two slots before now are left to it.
    """
    lines.too_old += int((ticks.time < since).sum())
    ticks = ticks[ticks.time >= since]
    slots = np.maximum(np.minimum(ticks.interval, DAY), every)  # no slot is longer than a day
    settled = ticks.time <= now - 2 * slots
    lines.too_new += int((~settled).sum())
    lines.read += int(settled.sum())
    return ticks[settled]


def _merged(series: list[Series], taken: NDArray[np.int64], summary: Summary) -> Iterator[Ticks]:
    """Yield the rows of all *series* by cadence, the shortest first, those whose slot is not *taken* before."""
    by_cadence: dict[int, list[Ticks]] = {}
    for one in series:
        rows = one.rows()
        summary.lines.add(one.lines)
        if len(rows):
            every = int(rows.interval[0])
            by_cadence.setdefault(every, []).append(rows)
            if one.is_measured or one.are_closes:
                summary.cadences[every] = summary.cadences.get(every, 0) + one.files
            elif one.step is not None and one.step > GAP_FACTOR * every:
                summary.sparse[every] = max(one.step, summary.sparse.get(every, 0))
    for every, parts in sorted(by_cadence.items()):
        rows = first_of_slots(Ticks.concat(parts), every)
        starts = rows.time // every * every
        rows = rows[~occupied(starts, starts + every, taken)]
        taken = np.sort(np.concatenate([taken, rows.time]))
        yield rows


def _doubt(ends: list[tuple[Path, PriceText]], fresh: Ticks, store: Store, market: Market) -> str:
    """Return what to ask about prices whose neighbour is in another file, or stored; empty if they are in no doubt."""
    extent = store.extent(market)
    try:
        thousands.check_files(ends)
        if extent is not None and len(fresh):
            for time in (max(int(fresh.time.min()), extent[0]), min(int(fresh.time.max()), extent[1])):
                span = time - DAY, time + DAY
                rows = fresh[(fresh.time >= span[0]) & (fresh.time < span[1])]
                thousands.check_stored(rows, store.read(market, *span) if len(rows) else rows)
    except DoubtfulPriceError as error:
        return str(error)
    return ""


def _stop_all(paths: list[Path], doubt: str, summary: Summary) -> None:
    """Note that the files *paths*, all of other programs, are not imported."""
    more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
    summary.stop(f"{paths[0]}{more}: {doubt}", len(paths))
    summary.files -= len(paths)
    summary.cadences.clear()
    summary.sparse.clear()
