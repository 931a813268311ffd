"""RollingWindow: the newest rows of one market, kept up to date as rows arrive."""

from dataclasses import replace

import numpy as np

from tracker.core.exchange_codes import unify_exchanges
from tracker.core.ticks import Ticks
from tracker.core.window import Window

_LEAST_ROOM = 64  # rows


class RollingWindow:
    """
    Holds the newest rows of one market, in time order, each time once.

    Newer rows are appended at amortised constant cost; late ones are merged, which copies
    everything. Of several rows for one time one is kept, see ``Ticks.in_order``.
    A window taken earlier never changes. Not thread-safe.

    Args:
        keep: milliseconds; rows this much older than the newest, or than the clock, are dropped.

    Raises:
        ValueError: *keep* is not above 0.
    """

    def __init__(self, keep: int) -> None:
        if keep <= 0:
            raise ValueError(f"rolling: keep {keep} ms, expected above 0")
        self.keep = keep
        self._buffer = Ticks.none()  # rows outside _first.._end are spare room, or dropped
        self._first = self._end = 0

    def __len__(self) -> int:
        return self._end - self._first

    @property
    def last(self) -> tuple[int, float] | None:
        """Time and price of the newest row; None without rows."""
        if not len(self):
            return None
        return int(self._buffer.time[self._end - 1]), float(self._buffer.price[self._end - 1])

    def add(self, ticks: Ticks, now: int | None = None) -> None:
        """Add rows in any order, new or late; with *now*, a row of the future does not make others old."""
        new = ticks.in_order()
        if not len(new):
            return
        if self.last is not None and int(new.time[0]) <= self.last[0]:
            new = Ticks.concat([self._rows(), new]).in_order()
            self._first = self._end  # merged rows follow the old ones, which earlier windows still show
        self._append(new)
        newest = int(self._buffer.time[self._end - 1])
        self.drop_before((newest if now is None else min(newest, now)) - self.keep + 1)

    def drop_before(self, time: int) -> None:
        """Drop the rows older than *time*."""
        self._first += int(np.searchsorted(self._rows().time, time))

    def window(self, now: int, span: int) -> Window:
        """Return the last *span* milliseconds up to and with *now*; its columns are read-only views."""
        return Window.of(self._rows(), span, now)

    def _rows(self) -> Ticks:
        return self._buffer[self._first : self._end]

    def _append(self, new: Ticks) -> None:
        if self._end + len(new) > len(self._buffer):
            rows = self._rows()
            # A quarter more, as a day of rows is large. Copies of a row, since ticks cannot hold a price of 0.
            room = np.zeros((len(rows) + len(new)) // 4 + _LEAST_ROOM, dtype=np.intp)
            self._buffer = Ticks.concat([rows, new, new[room]])
            self._first, self._end = 0, len(rows) + len(new)
            return
        names, (_, exchanges) = unify_exchanges([(part.exchange_names, part.exchange) for part in (self._buffer, new)])
        if names != self._buffer.exchange_names:
            self._buffer = replace(self._buffer, exchange_names=names)
        to = slice(self._end, self._end + len(new))
        self._buffer.time[to], self._buffer.price[to] = new.time, new.price
        self._buffer.interval[to], self._buffer.origin[to] = new.interval, new.origin
        self._buffer.exchange[to] = exchanges
        self._put_candles(to, new)
        self._end += len(new)

    def _put_candles(self, to: slice, new: Ticks) -> None:
        if new.low is None and self._buffer.low is None:
            return
        if self._buffer.low is None:
            # Columns of the buffer's own: the rows of earlier windows stay without.
            first, low, high = (np.full(len(self._buffer), np.nan) for _ in range(3))
            self._buffer = replace(self._buffer, first=first, low=low, high=high)
        for column, values in zip(self._buffer.candle_columns(), new.candle_columns(), strict=True):
            column[to] = values
