"""
Writes prices from files into a store: a slot that already has a row keeps it.

Lines ``timestamp,price`` are moved to the slot grid; rows written by this tracker are copied unchanged.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.lines import LineReport, read


@dataclass
class Summary:
    """What became of the lines of one market."""

    market: Market
    lines: LineReport = field(default_factory=LineReport)
    files: int = 0
    duplicates: int = 0  # further prices of a slot
    already_stored: int = 0  # slots with a row in the store
    written: int = 0
    first: int = 0  # epoch ms of the first row written
    last: int = 0


def import_prices(
    market: Market,
    paths: Iterable[Path],
    store: Store,
    every: int,
    now: int,
    *,
    since: int = 0,
    dry_run: bool = False,
    on_progress: Callable[[int], None] = lambda size: None,
) -> Summary:
    """
    Write the prices of *market* in *paths* into free slots of *store*; keeps one row per slot in memory.

    A line ``timestamp,price`` becomes the row of its slot, a multiple of *every*. Of several lines in a slot the first
    in time is taken, as with live rows; of several with one time, the first read. A row of this tracker in the slot
    takes precedence. A slot with any stored row, even a candle, stays as it is.

    Args:
        market: the market to import.
        paths: the files that hold it.
        store: receives the rows.
        every: the market's cadence, ms.
        now: epoch ms; the newest slots are left to the collector.
        since: epoch ms; older prices are skipped, because retention would soon delete them.
        dry_run: count only, write nothing.
        on_progress: called with the number of bytes read since the last call.

    Raises:
        StoreError: a file cannot be read, or the store cannot be written; what was written stays.
    """
    summary = Summary(market)
    polled: list[Ticks] = []
    copied: list[Ticks] = []
    for path in paths:
        summary.files += 1
        for price_lines, own_rows in read(path, market, summary.lines, every, now, on_progress, since):
            # Now rather than at the end: nine of ten lines of the former app may be duplicates.
            polled.append(_first_of_slots(price_lines, every))
            copied.append(own_rows)
    rows = _first_of_slots(Ticks.concat(polled), every)
    starts = rows.time // every * every
    unchanged = Ticks.concat(copied).in_order()
    free = ~_occupied(starts, starts + every, unchanged.time)
    fresh = Ticks.of(starts[free], rows.price[free], every, Origin.IMPORT)
    everything = Ticks.concat([unchanged, fresh])
    summary.duplicates = summary.lines.read - len(everything)
    _write(everything[np.argsort(everything.time, kind="stable")], store, summary, dry_run)
    return summary


def _first_of_slots(ticks: Ticks, every: int) -> Ticks:
    """Return the first row in time of each slot, not yet moved to the slot's start."""
    ordered = ticks[np.argsort(ticks.time, kind="stable")]
    _, first = np.unique(ordered.time // every, return_index=True)
    return ordered[first]


def _occupied(starts: NDArray[np.int64], ends: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each span, start <= time < end, whether it holds any of the sorted *times*."""
    return np.searchsorted(times, ends) > np.searchsorted(times, starts)


def _slots(ticks: Ticks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return start and end of each row's slot; that of a candle is its close only."""
    # Limited to a day, so that a wrong interval cannot cause the whole store to be read.
    length = np.where(ticks.origin == Origin.BACKFILL, 1, np.minimum(ticks.interval, DAY))
    starts = ticks.time // length * length
    return starts, starts + length


def _days(ticks: Ticks) -> Iterator[Ticks]:
    """Yield the sorted *ticks* day by day (UTC)."""
    edges = [0, *(np.flatnonzero(np.diff(ticks.time // DAY)) + 1).tolist(), len(ticks)]
    yield from (ticks[first:last] for first, last in itertools.pairwise(edges) if first < last)


def _write(ticks: Ticks, store: Store, summary: Summary, dry_run: bool) -> None:
    """Append the sorted *ticks* whose slots are free, a day at a time."""
    just_written = np.array([], dtype=np.int64)
    for part in _days(ticks):
        starts, ends = _slots(part)

        def free_in(stored: Ticks, part: Ticks = part, before: NDArray[np.int64] = just_written) -> Ticks:
            starts, ends = _slots(part)
            # A slot may begin the day before; rows that this import wrote there do not occupy it.
            return part[~_occupied(starts, ends, stored.time[~np.isin(stored.time, before)])]

        span = summary.market, int(starts.min()), int(ends.max())
        free = free_in(store.read(*span)) if dry_run else store.append_chosen(*span, free_in)
        summary.already_stored += len(part) - len(free)
        just_written = free.time
        if not len(free):
            continue
        summary.first = summary.first or int(free.time[0])
        summary.last = int(free.time[-1])
        summary.written += len(free)
