"""
Joins all bars of a span, of whichever steps, to one.

Imports only numpy and plain standard library.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_making import make_bars_of_runs
from tracker.core.bar_merging import gaps_between, merge_bars
from tracker.core.bars import Bars
from tracker.core.durations import DAY
from tracker.core.ticks import Ticks

_ROWS_BETWEEN, _ROWS_AT_ONCE = 5_000, 400_000  # reading so many rows takes less time than reading twice

WHOLE = DAY << 30  # ms; the bar of this step that begins with 1970 holds every row


def join_bars(bars: Bars, read: Callable[[int, int], Ticks]) -> Bars:
    """
    Return *bars* as one bar of step WHOLE; none if there are none.

    Args:
        bars: in time order, of one market. Some may be longer than their step says, as long as no two share a row.
        read: returns the rows with start < time <= end, of which bars that overlap are made anew, in one piece.
    """
    while (share_time := _share_time(bars)).any():  # again only if rows changed meanwhile; each time fewer are left
        bars = _remake(bars, share_time, read)
    return merge_bars(bars, WHOLE)


def parts_apart(parts: Sequence[Bars], read: Callable[[int, int], Ticks]) -> tuple[Bars, ...]:
    """
    Return those of *parts* that have bars; where rows share time, one bar of all in place of them.

    Args:
        parts: of one step, one after the other. Bars may be longer than their step says.
        read: see join_bars().
    """
    filled = tuple(part for part in parts if len(part))
    if not filled or not _share_time(*filled).any():
        return filled
    joined = join_bars(Bars.concat(filled), read)
    return (joined,) if len(joined) else ()


def join_parts(parts: Sequence[Bars]) -> Bars:
    """
    Return the bars of *parts*, which are those of parts_apart(), as join_bars() does.

    Each part is joined first, because to put long ones together takes as long as joining them.
    """
    if not parts:
        return Bars.none(WHOLE)
    return merge_bars(Bars.concat([_as_one(part) for part in parts]), WHOLE)


def gaps_of_parts(parts: Sequence[Bars]) -> list[tuple[int, int]]:
    """Return the gaps between the rows of *parts* as join_parts() has them, in a tenth of the time."""
    opening_time = np.concatenate([part.opening_time for part in parts])[1:]
    opening_interval = np.concatenate([part.opening_interval for part in parts])[1:]
    last_time = np.concatenate([part.last_time for part in parts])[:-1]
    between = gaps_between(opening_time, opening_interval, last_time)
    starts = np.concatenate([*(part.gap_start for part in parts), last_time[between]])
    ends = np.concatenate([*(part.gap_end for part in parts), (opening_time - opening_interval)[between]])
    return sorted(zip(starts.tolist(), ends.tolist(), strict=True))


def _as_one(bars: Bars) -> Bars:
    return bars if len(bars) == 1 else replace(merge_bars(bars, WHOLE), step=bars.step, start=bars.start[:1])


def _share_time(*parts: Bars) -> NDArray[np.bool_]:
    """Return for each bar whether its rows, or those of a later one, overlap the rows of an earlier one."""
    opens = np.concatenate([part.opening_time - part.opening_interval for part in parts])
    ends = np.concatenate([part.last_time for part in parts])
    result = np.zeros(ends.size, dtype=bool)
    result[1:] = np.minimum.accumulate(opens[::-1])[::-1][1:] < ends[:-1]
    return result


def _remake(bars: Bars, share_time: NDArray[np.bool_], read: Callable[[int, int], Ticks]) -> Bars:
    """Return *bars* with each run that shares time made of its rows as one bar, and some others between made anew."""
    begins = np.flatnonzero(~share_time)  # of each run, its first bar
    key = bars.start[np.repeat(begins, np.diff(begins, append=len(bars)))] // bars.step
    parts, done = [], 0
    for first, stop in _batches(begins, np.append(0, np.cumsum(bars.count))):
        rows = read(int(bars.first_time[first]) - 1, int(bars.last_time[stop - 1]))
        bar = first - 1 + np.searchsorted(bars.first_time[first:stop], rows.time, side="right")
        parts += [bars[done:first], make_bars_of_runs(rows, key[bar], bars.step)]
        done = stop
    return Bars.concat([*parts, bars[done:]])


def _batches(begins: NDArray[np.intp], rows: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """
    Yield the bars (first, stop) whose rows are read at once: runs of several bars, and what lies between near ones.

    Args:
        begins: the first bar of each run.
        rows: number of rows before each bar, and of all.
    """
    ends = np.append(begins[1:], rows.size - 1)
    runs = np.column_stack((begins, ends))[ends - begins > 1]
    first, stop = runs[0].tolist()
    for begin, end in runs[1:].tolist():
        if rows[begin] - rows[stop] > _ROWS_BETWEEN or rows[end] - rows[first] > _ROWS_AT_ONCE:
            yield first, stop
            first = begin
        stop = end
    yield first, stop
