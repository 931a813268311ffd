"""The rows of one market that a part of the past is evaluated on, as columns."""

from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np

from tracker.alerts.readings.aggregate import aggregate_of_bar
from tracker.alerts.readings.aggregate_columns import AggregateColumns, Bools, Spans, begins_apart
from tracker.alerts.readings.column_joins import Ints
from tracker.core.bar_joining import join_parts, parts_apart
from tracker.core.bars import FINE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.measures import resampling
from tracker.core.ticks import Ticks
from tracker.core.window import GAP_FACTOR, Window
from tracker.history.bar_reader import PriceSource

_SHORT = 26 * HOUR  # ms; shorter spans are of the same rows; a follower of rows looks back no further than for these
_KEEP = _SHORT + HOUR  # ms before the first row that are always read
_FINE_UP_TO = 31 * DAY  # ms; as for spans that are followed row by row
_SHORTEST_MIDDLE = DAY  # ms; less is read as rows


class Record(PriceSource, Protocol):
    """What of a store a rehearsal reads."""

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        """See ``Store.extent``."""


Run = tuple[int, int]  # epoch ms of the first of the last rows of one price, and their number


class Moves(NamedTuple):
    """The changes of a price: time of the row with another price than the one before, and of the one before."""

    time: Ints
    before: Ints


class PastRows:
    """
    The rows of *market* with *begin* < time <= *end* (epoch ms), and of those before what readings at them need.

    Any method may raise StoreError.

    Args:
        market: see above.
        record: has the rows.
        begin: epoch ms.
        end: epoch ms.
        run: the last run of rows of one price up to *begin*, where rows before were followed; see ``FollowedRows``.

    Attributes:
        rows: from a day before *earliest* on.
        earliest: time of the last row up to *begin*; *begin* if there is none.
    """

    def __init__(self, market: Market, record: Record, begin: int, end: int, run: Run | None = None) -> None:
        self._market, self._record, self._begin, self._end, self._run = market, record, begin, end, run
        before = record.extent(market, None, begin + 1)
        self.earliest = begin if before is None else before[1]
        self.rows = record.read(market, max(0, self.earliest - _KEEP + 1), end + 1)
        self._aggregates: dict[tuple[int, int], AggregateColumns] = {}

    def between(self, start: int, end: int) -> Ticks:
        """Return the rows with *start* < time <= *end* (epoch ms), from memory if they are there."""
        if end <= start:
            return Ticks.none()
        if start < self.earliest - _KEEP:
            return self._record.read(self._market, max(0, start + 1), end + 1)
        first, stop = np.searchsorted(self.rows.time, (start, end), side="right")
        return self.rows[int(first) : int(stop)]

    def bars(self, start: int, end: int, step: int) -> Bars:
        """Return the bars of *step* ms that lie in (*start*, *end*], epoch ms."""
        return self._record.bars(self._market, start, end, step)

    def newest(self, at: Ints) -> Ints:
        """Return the number of the newest row at each of *at* (epoch ms); -1 where there is none."""
        return np.asarray(np.searchsorted(self.rows.time, at, side="right") - 1)

    def shares_time(self, newest: Ints) -> Bools:
        """Return whether rows after each of *newest* share time with it or rows before."""
        return ~np.append(self._begins_apart, True)[newest + 1]

    @cached_property
    def runs(self) -> tuple[Ints, Ints]:
        """Return for each row the time of the first of the last rows of one price, and how many these are."""
        number, is_first = np.arange(len(self.rows)), np.diff(self.rows.price, prepend=np.nan) != 0
        known = int(np.searchsorted(self.rows.time, self._begin, side="right")) - 1
        if self._run is None:  # whoever begins to follow rows looks back for a day
            is_first |= number == int(np.searchsorted(self.rows.time, self.earliest - DAY, side="right"))
        first = np.maximum.accumulate(np.where(is_first, number, 0))
        since, count = self.rows.time[first], number - first + 1
        if self._run is not None and known >= 0:
            goes_on = (number >= known) & (first == first[known])
            since = np.where(goes_on, self._run[0], since)
            count = np.where(goes_on, self._run[1] + number - known, count)
        return since, count

    @cached_property
    def moves(self) -> Moves:
        """The changes of the price, in order."""
        changed = np.flatnonzero(np.diff(self.rows.price)) + 1
        return Moves(self.rows.time[changed], self.rows.time[changed - 1])

    @cached_property
    def window(self) -> Window:
        """All rows."""
        return Window(self.rows, self.earliest - _KEEP, max(self._end, self.earliest))

    def is_old(self, at: Ints, newest: Ints) -> Bools:
        """Return whether the price of *newest* is no longer valid at each of *at*."""
        return np.asarray(at - self.rows.time[newest] > GAP_FACTOR * self.rows.interval[newest])

    def spans(self, span: int, at: Ints) -> Spans:
        """Return the last *span* ms up to each of *at*; those before *earliest* are unknown, as if they were cut."""
        key = max(span, _SHORT), resampling(span)
        if key not in self._aggregates:
            self._aggregates[key] = self._read(*key)
        spans = Spans(self._aggregates[key], span, at)
        spans.is_cut |= at < self.earliest
        return spans

    @cached_property
    def _begins_apart(self) -> Bools:
        return begins_apart(self.rows.time, self.rows.time - self.rows.interval)

    def _read(self, span: int, points: int) -> AggregateColumns:
        """
        Return the aggregates of all rows in spans of *span* ms.

        Of long ones, what lies in all is read as bars and becomes one aggregate, unless it shares time with other rows.
        """
        start, first, stop = self.earliest - span, -(-(self._end - span) // HOUR) * HOUR, self.earliest // HOUR * HOUR
        if span > _SHORT and stop - first >= _SHORTEST_MIDDLE:
            bars = self.bars(first, stop, FINE if span <= _FINE_UP_TO else MEDIUM)
            total = join_parts(parts_apart([bars], self.between))
            middle = [AggregateColumns.of_aggregate(aggregate_of_bar(total))] if len(total) else []
            head, tail = (self.between(*part) for part in ((start, first), (stop, self._end)))
            ends = AggregateColumns.of_rows(head, points), AggregateColumns.of_rows(tail, points)
            together = AggregateColumns.concat([ends[0], *middle, ends[1]])
            if together is not None:
                return together
        return AggregateColumns.of_rows(self.between(start, self._end), points)
