"""
Brings prices from files into a store, each once: nothing that the store has is touched or doubled.

What came alone, ``timestamp,price``, is put on the slot grid; rows of this tracker stay what they were.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.contracts import Store
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.importer.lines import DAY, LineReport, read


@dataclass
class Summary:
    """What became of the lines of one market."""

    market: Market
    lines: LineReport = field(default_factory=LineReport)
    files: int = 0
    doubled: int = 0  # more prices of a slot that has one already
    there: int = 0  # slots that the store has a row for
    written: int = 0
    first: int = 0  # epoch ms, of what was written
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
    seen: Callable[[int], None] = lambda size: None,
) -> Summary:
    """
    Keep what *paths* hold of *market* and *store* lacks; in memory is one row for each slot, of one market.

    A line ``timestamp,price`` becomes the row of its slot, the multiple of *every* (ms): of several the
    first in time, as a live row is the first answer in its slot; of several at one time the first read.
    Where a row of this tracker stands in that slot, it goes above. A slot in which the store has any row,
    be it a fetched candle, is left as it is.

    Args:
        since: epoch ms; what is older is left, for retention would delete it soon after.
        seen: told how many bytes were read, again and again.

    Raises:
        StoreError: a file cannot be read, or the store not written; what was written stays.
    """
    summary = Summary(market)
    polled: list[Ticks] = []
    own: list[Ticks] = []
    for path in paths:
        summary.files += 1
        for alone, kept in read(path, market, summary.lines, every, now, seen, since):
            # At once: nine of ten lines of the old app may be double.
            polled.append(_first_of_slots(alone, every))
            own.append(kept)
    rows = _first_of_slots(Ticks.concat(polled), every)
    starts = rows.time // every * every
    kept = Ticks.concat(own).in_order()
    free = ~_occupied(starts, starts + every, kept.time)
    fresh = Ticks.of(starts[free], rows.price[free], every, Origin.IMPORT)
    everything = Ticks.concat([kept, fresh])
    summary.doubled = summary.lines.read - len(everything)
    _write(everything[np.argsort(everything.time, kind="stable")], store, summary, dry_run)
    return summary


def _first_of_slots(ticks: Ticks, every: int) -> Ticks:
    """The first in time of each slot, not moved to its start yet."""
    ordered = ticks[np.argsort(ticks.time, kind="stable")]
    _, first = np.unique(ordered.time // every, return_index=True)
    return ordered[first]


def _occupied(starts: NDArray[np.int64], ends: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Of each span, start included and end not, whether any of *times* (in order) falls into it."""
    return np.searchsorted(times, ends) > np.searchsorted(times, starts)


def _slots(ticks: Ticks) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of the slot of each row; a candle stands at its close alone."""
    # A slot is never longer than a day here, so that a broken interval cannot have the whole store read.
    length = np.where(ticks.origin == Origin.BACKFILL, 1, np.minimum(ticks.interval, DAY))
    starts = ticks.time // length * length
    return starts, starts + length


def _days(ticks: Ticks) -> Iterator[Ticks]:
    """*ticks*, in order, day by day (UTC)."""
    edges = [0, *(np.flatnonzero(np.diff(ticks.time // DAY)) + 1).tolist(), len(ticks)]
    yield from (ticks[first:last] for first, last in itertools.pairwise(edges) if first < last)


def _write(ticks: Ticks, store: Store, summary: Summary, dry_run: bool) -> None:
    """Append those of *ticks*, in order, whose slot is free; a day at once."""
    just_written = np.array([], dtype=np.int64)
    for part in _days(ticks):
        starts, ends = _slots(part)

        def free_in(there: Ticks, part: Ticks = part, before: NDArray[np.int64] = just_written) -> Ticks:
            starts, ends = _slots(part)
            # A slot may have begun the day before: what this very import put there takes it from nobody.
            return part[~_occupied(starts, ends, there.time[~np.isin(there.time, before)])]

        span = summary.market, int(starts.min()), int(ends.max())
        free = free_in(store.read(*span)) if dry_run else store.append_chosen(*span, free_in)
        summary.there += len(part) - len(free)
        just_written = free.time
        if not len(free):
            continue
        summary.first = summary.first or int(free.time[0])
        summary.last = int(free.time[-1])
        summary.written += len(free)
