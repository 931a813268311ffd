"""Follows the last span of one market row by row: its measures cost microseconds, however long it is."""

from bisect import bisect_right

from tracker.alerts.readings.aggregate import (
    FUNCTIONS,
    Aggregate,
    aggregate_of_bar,
    aggregate_of_rows,
    aggregates_of_rows,
    joined,
)
from tracker.alerts.readings.followed_rows import FollowedRows
from tracker.core.bar_joining import join_parts, parts_apart
from tracker.core.bar_making import make_bars
from tracker.core.bar_window import AnyWindow
from tracker.core.bars import FINE, MEDIUM, POINTS, Bars, step_for
from tracker.core.durations import DAY, MINUTE
from tracker.core.measures import MEASURES, resampling

Figures = Aggregate | AnyWindow  # what all measures of a span are computed from
_FINE_UP_TO = 31 * DAY  # ms; in longer spans the ends are rows of an hour
_ROWS = 360  # of a part of the grid, at most: a part begins with as many joins
_FEW = 120  # rows; joining so many takes less time than making a bar of them
# Lengths of parts, ms; a store has bars of the first and the last.
_STEPS = (FINE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, MEDIUM)


class FollowedSpan:
    """
    The last *span* ms of a market.

    Most of the span lies in whole parts of the grid, which are joined once in a part. Of the part in which it begins,
    the rows are joined from the last to the first, once; of the part in which it ends, as they arrive. So a new row
    takes one join. Where rows share time, they do not join, and the window of all rows is computed instead.

    Args:
        rows: the market's.
        span: ms.
    """

    def __init__(self, rows: FollowedRows, span: int) -> None:
        self._rows, self._span = rows, span
        self._step = FINE
        self._points = POINTS if step_for(span) else resampling(span)
        self._bars: tuple[int, int, Bars] | None = None  # between two times
        self._middle: tuple[int, int] | None = None  # from the part after the one in which it begins, to the last
        self._head_times: list[int] = []
        self._from: list[Aggregate | None] = []  # of each row of the head and all after it before the last part
        self._is_apart = True
        self._edition = -1
        self._figures: tuple[int, int, Figures] | None = None

    def figures(self, now: int) -> Figures:
        """Return what the measures of the span up to *now* (epoch ms) are computed from. May raise StoreError."""
        version = self._rows.version
        if self._figures is None or self._figures[:2] != (version, now):
            self._figures = version, now, self._aggregate(now) or self._rows.window(now, self._span)
        return self._figures[2]

    def coverage(self, now: int) -> float:
        """Return the share of the span up to *now* that prices cover."""
        figures = self.figures(now)
        return figures.coverage(now - self._span, now) if isinstance(figures, Aggregate) else figures.coverage

    def count(self, now: int) -> int:
        """Return the number of rows in the span up to *now*."""
        figures = self.figures(now)
        return figures.size if isinstance(figures, Aggregate) else figures.count

    def _aggregate(self, now: int) -> Aggregate | None:
        """Return the aggregate of the span; None if it is too short for one, or its rows share time."""
        if self._rows.newest is None or now < self._rows.newest:
            return None
        if self._edition != self._rows.edition:
            self._bars = self._middle = None
            self._edition = self._rows.edition
            self._step = _part_length(self._span, self._rows.interval)
        start = now - self._span
        first = -(-start // self._step) * self._step
        stop = (self._rows.newest - 1) // self._step * self._step
        if first > stop:
            return None
        if self._middle != (first, stop):
            self._prepare(first, stop)
        tail = self._rows.tail(self._step, self._points)
        if not self._is_apart or tail is None:
            return None
        before = self._from[bisect_right(self._head_times, start)]
        return tail if before is None else joined(before, tail)

    def _prepare(self, first: int, stop: int) -> None:
        """Join what lies between *first* and *stop* (epoch ms), then the rows of the part before, from the last on."""
        self._middle = None  # until all is read
        begin = stop if stop - first <= _FEW * self._rows.interval else first
        after = None if begin == stop else self._joined_middle(begin, stop)
        head = self._rows.between(first - self._step, begin)
        self._head_times = head.time.tolist()
        self._from = [after]
        for row in reversed(aggregates_of_rows(head, self._points)):
            after = row if after is None else joined(row, after)
            if after is None:
                break
            self._from.append(after)
        self._from.reverse()
        self._is_apart = len(self._from) > len(head)
        self._middle = first, stop

    def _joined_middle(self, first: int, stop: int) -> Aggregate | None:
        """Return the aggregate of the rows with *first* < time <= *stop*; None without any."""
        if self._points != POINTS:
            rows = self._rows.between(first, stop)
            return aggregate_of_rows(rows, self._points) if len(rows) else None
        bars = self._bars_between(first, stop)
        total = join_parts(parts_apart([bars], self._rows.between))
        return aggregate_of_bar(total) if len(total) else None

    def _bars_between(self, first: int, stop: int) -> Bars:
        """Return the bars that lie in (*first*, *stop*], made of what arrived since they were last asked for."""
        if self._bars is None or not self._bars[0] <= first <= self._bars[1] <= stop:
            bars = self._rows.bars(first, stop, self._step)
        else:
            _, until, known = self._bars
            new = make_bars(self._rows.between(until, stop), self._step)
            bars = Bars.concat([known.inside(first, until), new])
        self._bars = first, stop, bars
        return bars


def _part_length(span: int, interval: int) -> int:
    """Return the ms of the parts in which a span of rows of this *interval* is joined."""
    if span > _FINE_UP_TO:
        return MEDIUM
    steps = _STEPS if step_for(span) is None else (FINE, MEDIUM)
    return max((step for step in steps if step <= min(span // 2, _ROWS * interval)), default=FINE)


def value_of(name: str, figures: Figures) -> float:
    """Return the measure *name*, a key of MEASURES."""
    return FUNCTIONS[name](figures) if isinstance(figures, Aggregate) else MEASURES[name].function(figures)
