"""The newest rows of one market in memory, and what of the older ones is asked for."""

import math
from collections.abc import Iterator

from tracker.alerts.readings.aggregate import Aggregate, aggregates_of_rows, joined
from tracker.core.bar_making import make_bars
from tracker.core.bar_window import AnyWindow
from tracker.core.bars import Bars, step_for
from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.price_changes import last_run
from tracker.core.rolling_window import RollingWindow
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.history.bar_reader import PriceSource, read_bar_window

# ms: spans up to 25 h are those of rows, the part in which one begins included; and what is newer than a past time.
_KEEP = 26 * HOUR
# Number of a part of the grid, and the aggregate of its rows up to the newest; None if some share time.
_Tail = tuple[int, Aggregate | None]


class FollowedRows:
    """
    The rows of *market* as they arrive, and those of the past as *source* has them.

    Nothing is read that is newer than the newest row added, so a rehearsal may read from all that is stored.
    Not thread-safe. Any method may raise StoreError; the next call works again once the cause is gone.

    Attributes:
        version: changes with each row.
        edition: changes when a row has arrived that is not newer than all before.
        newest: epoch ms of the newest row; None before the first.
        previous: of the row before it.
        price: of the newest row; nan before the first.
        interval: ms that the newest row stands for.
        run: time of the first of the last rows of one price, and their number; of the last day or longer.
    """

    def __init__(self, market: Market, source: PriceSource) -> None:
        self._market, self._source = market, source
        self._kept = RollingWindow(_KEEP)
        self._tails: dict[tuple[int, int], _Tail] = {}
        self._kept_from = 0  # epoch ms; rows after it are in memory
        self.version = self.edition = 0
        self.newest: int | None = None
        self.previous: int | None = None
        self.interval = 1
        self.price = math.nan
        self.run = (0, 0)

    def add(self, ticks: Ticks) -> None:
        """Add rows that are stored, in any order, new or late."""
        for _ in self.arrive(ticks):
            pass

    def arrive(self, ticks: Ticks) -> Iterator[int]:
        """
        Add rows that are stored, but let each count only when its time (epoch ms) is yielded.

        Until the next one is, no later time may be read. Late rows count at once, with all others.
        """
        rows = ticks.in_order()
        if not len(rows):
            return
        if self.newest is not None and int(rows.time[0]) > self.newest:
            self._kept.add(rows)
            self._kept_from = int(rows.time[-1]) - _KEEP
            yield from self._follow(rows)
            return
        if self.newest is None:
            newest = int(rows.time[-1])
            self._kept.add(self._source.read(self._market, max(0, newest - _KEEP), newest + 1))
        self._kept.add(rows)
        self._start_over()
        yield self.newest or 0

    def between(self, start: int, end: int) -> Ticks:
        """Return the rows with *start* < time <= *end* (epoch ms), which is not after the newest row."""
        if end <= start:
            return Ticks.none()
        if start >= self._kept_from:
            return self._kept.window(end, end - start).ticks
        return self._source.read(self._market, max(0, start + 1), end + 1)

    def bars(self, start: int, end: int, step: int) -> Bars:
        """Return the bars of *step* ms that lie in (*start*, *end*], which is not after the newest row."""
        if start >= self._kept_from:
            return make_bars(self.between(start, end), step)
        return self._source.bars(self._market, start, end, step)

    def window(self, now: int, span: int) -> AnyWindow:
        """Return the last *span* ms up to *now*; spans above 25 h as bars."""
        if step_for(span) is None and now - span >= self._kept_from:
            return self._kept.window(now, span)
        if self.newest is None:
            return Window.of(Ticks.none(), span, now)
        return read_bar_window(_UpTo(self._source, self.newest), self._market, span, now)

    def tail(self, step: int, points: int) -> Aggregate | None:
        """Return that of the rows in the newest row's part of the grid of *step* ms; None if some share time."""
        key = (step, points)
        if key not in self._tails and self.newest is not None:
            tail: _Tail = (-1, None)
            for row in aggregates_of_rows(self.between((self.newest - 1) // step * step, self.newest), points):
                tail = _joined_tail(tail, row, step)
            self._tails[key] = tail
        return self._tails[key][1] if key in self._tails else None

    def _follow(self, rows: Ticks) -> Iterator[int]:
        """Let *rows*, newer than those before, count one after the other; yield the time of each."""
        aggregates: dict[int, list[Aggregate]] = {}
        columns = (rows.time.tolist(), rows.price.tolist(), rows.interval.tolist())
        for index, (time, price, interval) in enumerate(zip(*columns, strict=True)):
            self.version += 1
            self.run = (self.run[0], self.run[1] + 1) if price == self.price else (time, 1)
            self.price, self.interval = price, interval
            self.previous, self.newest = self.newest, time
            for key, tail in self._tails.items():
                step, points = key
                if points not in aggregates:
                    aggregates[points] = aggregates_of_rows(rows, points)
                self._tails[key] = _joined_tail(tail, aggregates[points][index], step)
            yield time

    def _start_over(self) -> None:
        """Compute anew what follows from rows."""
        self.version += 1
        self.edition += 1
        self._tails = {}
        newest = self._kept.last
        if newest is None:
            return
        self.newest, self.price = newest
        self._kept_from = self.newest - _KEEP
        window = self._kept.window(self.newest, DAY)
        self.run = last_run(window)
        self.interval = int(window.ticks.interval[-1])
        self.previous = int(window.ticks.time[-2]) if window.count > 1 else None


class _UpTo:
    """A source without what is newer than *newest*, epoch ms."""

    def __init__(self, source: PriceSource, newest: int) -> None:
        self._source, self._newest = source, newest

    def read(self, market: Market, start: int, end: int) -> Ticks:
        return self._source.read(market, start, min(end, self._newest + 1))

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        if end <= self._newest:
            return self._source.bars(market, start, end, step)
        whole = max(start, self._newest // step * step)
        return Bars.concat(
            [self._source.bars(market, start, whole, step), make_bars(self.read(market, whole + 1, end + 1), step)]
        )


def _joined_tail(tail: _Tail, row: Aggregate, step: int) -> _Tail:
    """Return *tail* with *row*, or of the row alone if it begins another part of the grid."""
    part, aggregate = tail
    if (row.last_time - 1) // step != part:
        return (row.last_time - 1) // step, row
    return part, None if aggregate is None else joined(aggregate, row)
