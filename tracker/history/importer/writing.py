"""Writes imported rows into free slots of a store, and completes stored candles."""

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracker.core.contracts import Store
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.line_report import Summary


def write(ticks: Ticks, store: Store, summary: Summary, dry_run: bool) -> None:
    """
    Append the *ticks* whose slots are free, a day at a time, and add first, low and high to equal rows that are stored.

    Raises:
        StoreError: the store cannot be read or written; what was written stays.
    """
    ticks = ticks[np.argsort(ticks.time, kind="stable")]
    just_written = np.array([], dtype=np.int64)
    for part in _days(ticks):
        starts, ends = _slots(part)

        def free_in(stored: Ticks, part: Ticks = part, before: NDArray[np.int64] = just_written) -> Ticks:
            starts, ends = _slots(part)
            # A slot may begin the day before; rows that this import wrote there do not occupy it.
            stored = stored[~np.isin(stored.time, before)]
            free = part[~occupied(starts, ends, stored.time)]
            if len(free) < len(part):
                _note_other_cadences(stored, part, summary)
            return free

        span = summary.market, int(starts.min()), int(ends.max())
        free = free_in(store.read(*span)) if dry_run else store.append_chosen(*span, free_in)
        summary.already_stored += len(part) - len(free)
        just_written = free.time
        if len(free) < len(part):
            summary.completed += _add_candles(part, store, summary.market, dry_run)
        if not len(free):
            continue
        summary.first = summary.first or int(free.time[0])
        summary.last = int(free.time[-1])
        summary.written += len(free)


def _add_candles(ticks: Ticks, store: Store, market: Market, dry_run: bool) -> int:
    """Add first, low and high of *ticks*, of one day, to equal rows; return how many rows gain a value."""
    candles = ticks[ticks.has_candle()]
    if not len(candles):
        return 0
    if not dry_run:
        return store.add_candles(market, candles)
    stored = store.read(market, int(candles.time[0]), int(candles.time[-1]) + 1)
    return int(stored.with_candles(candles)[1].sum())


def occupied(starts: NDArray[np.int64], ends: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
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


def _note_other_cadences(stored: Ticks, part: Ticks, summary: Summary) -> None:
    """Note rows of an earlier import whose cadence is none of *part*'s: this import does not change it."""
    intervals = np.unique(part.interval[part.origin == Origin.IMPORT])
    other = (stored.origin == Origin.IMPORT) & ~np.isin(stored.interval, intervals)
    if len(intervals) and other.any():
        summary.other_cadences |= set(stored.interval[other].tolist())
        summary.other_last = max(summary.other_last, int(stored.time[other].max()))
