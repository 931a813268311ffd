"""Bars of any length, made of those that a store has, for exports and analysts."""

from collections.abc import Iterator

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bar_merging import merge_bars, overlapping
from tracker.core.bars import COARSE, FINE, MEDIUM, Bars
from tracker.core.contracts import Store
from tracker.core.durations import DAY, duration_text
from tracker.core.errors import ConfigError
from tracker.core.market import Market

_BARS_AT_ONCE = 31 * DAY  # ms of bars in memory together
_ROWS_AT_ONCE = DAY  # ms of rows in memory together, of which shorter bars are made


def check_length(every: int, name: str) -> int:
    """
    Return *every* (ms), the length of bars, if days consist of such bars or they of days.

    Args:
        every: above 0.
        name: of the option or argument, for the error.

    Raises:
        ConfigError: bars of that length would begin at another time each day.
    """
    if DAY % every and every % DAY:
        raise ConfigError(
            f"{name} {duration_text(every)}: expected a length that divides a day, or whole days, "
            "e.g. 5min, 15min, 1h, 4h, 1d, 7d"
        )
    return every


def resampled(store: Store, market: Market, start: int, end: int, every: int) -> Iterator[Bars]:
    """
    Yield the bars of *every* ms in order of time, in parts of a month or one bar at most; no part is empty.

    The bar that *start* lies in is whole. That which *end* lies in holds the rows up to *end*, exclusive.

    Args:
        store: holds the prices.
        market: one that it has.
        start: epoch ms.
        end: epoch ms.
        every: as ``check_length`` returns it.

    Raises:
        StoreError: the store cannot be read.
    """
    length = max(every, (_BARS_AT_ONCE if every >= FINE else _ROWS_AT_ONCE) // every * every)
    since = start // every * every
    last = end if end % every else end + 1  # a row at the end of a bar belongs to it
    while (extent := store.extent(market, since + 1, last)) is not None:
        since = (extent[0] - 1) // every * every  # skips a stretch without rows in one call
        until = since + length
        bars = _bars(store, market, since, min(until, end), every)
        if len(bars):
            yield bars
        since = until


def _bars(store: Store, market: Market, start: int, end: int, every: int) -> Bars:
    """Return the bars of *every* ms of the rows in (start, end]; *end* is excluded unless it ends a bar."""
    step = next((step for step in (COARSE, MEDIUM, FINE) if every % step == 0), None)
    whole = end // every * every  # later rows are those of the bar that is still open
    until = end + 1 if end == whole else end
    if step is None:
        return make_bars(store.read(market, start + 1, until), every)
    parts = []
    if whole > start:
        parts.append(_merged(store, market, store.bars(market, start, whole, step), every))
    if end > whole:
        parts.append(make_bars(store.read(market, whole + 1, until), every))
    return Bars.concat(parts)


def _merged(store: Store, market: Market, bars: Bars, every: int) -> Bars:
    """Return *bars* merged to those of *every* ms, which are made of their rows where bars overlap."""
    if bars.step == every:
        return bars
    groups = bars.start // every
    with_overlap = np.unique(groups[overlapping(bars)])
    parts: list[Bars] = []
    first = 0
    for group in with_overlap.tolist():
        begin, stop = np.searchsorted(groups, (group, group + 1)).tolist()
        rows = store.read(market, group * every + 1, (group + 1) * every + 1)
        parts += [merge_bars(bars[first:begin], every), make_bars(rows, every)]
        first = stop
    parts.append(merge_bars(bars[first:], every))
    return Bars.concat(parts)
