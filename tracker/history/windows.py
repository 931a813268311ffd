"""Windows of any span of the record for a page: recent rows, rows of the past, or bars; read before they are drawn."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from tracker.core.bar_window import AnyWindow
from tracker.core.bars import Bars, step_for
from tracker.core.contracts import Store
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.history.bar_reader import WindowParts, parts_of_window, read_bar_window
from tracker.history.range_cache import NotReadError, RangeCache
from tracker.runtime.memory import give_back

_MOST_WINDOWS = 200  # that are remembered until prices change: each panel asks for the same ones


class Period(NamedTuple):
    """A period of time."""

    span: int  # ms
    end: int  # epoch ms


class RecentPrices(Protocol):
    """The recent rows, or those around the clock of a replay."""

    def rows(self, market: Market, start: int, end: int) -> Ticks | None:
        """Return the rows with start < time <= end; None if some of that time is not in memory."""

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """Return what is in memory of the last *span* ms up to *now*."""


class Windows:
    """
    Windows of *markets*, as long as the record, of what is in memory: *recent* rows and ranges of *store*.

    Safe from several threads. ``load`` and ``renew`` read the store, block and may raise StoreError.
    """

    def __init__(
        self,
        store: Store,
        markets: Sequence[Market],
        recent: RecentPrices,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._markets, self._recent = markets, recent
        self._cache = RangeCache(store, recent.rows, monotonic)
        self._lock = threading.Lock()  # guards what follows
        self._windows: dict[tuple[Market, int, int], AnyWindow] = {}
        self._changes = 0  # how often windows were forgotten
        self._has_changed = False  # older prices have, which no call of renew has returned yet

    def has(self, periods: Iterable[Period]) -> bool:
        """Return whether the prices of *periods* are in memory; they count as needed."""
        wanted = [parts_of_window(*period) for period in periods]
        missing = [_missing(self._cache, market, parts) for market in self._markets for parts in wanted]
        return not any(rows or bars for rows, bars in missing)

    def load(self, periods: Iterable[Period]) -> bool:
        """Read what of *periods* is not in memory; return whether anything was read."""
        periods = list(periods)
        if self.has(periods):  # waits for no thread that reads others
            return False
        with self._cache.turn():
            if self.has(periods):
                return False
            for period in sorted(periods, key=_reading_order):
                for market in self._markets:  # one after the other, see read_bar_windows
                    self._read(parts_of_window(*period), market)
            give_back()
            self.rows_changed()
            for span, end in periods:
                self._make_ahead(span, end)
            return True

    def _read(self, parts: WindowParts, market: Market) -> None:
        rows, bars = _missing(self._cache, market, parts)
        for start, end in rows:
            self._cache.read_rows(market, start, end)
        for start, end, step in bars:
            self._cache.read_bars(market, start, end, step)

    def _make_ahead(self, span: int, end: int) -> None:
        """Make the windows of bars that will be drawn; it may read rows of bars that overlap."""
        if step_for(span) is not None:
            for market in self._markets:
                with suppress(NotReadError):  # what was read first had to make room
                    self._made(market, span, end)

    def renew(self, now: int) -> bool:
        """Read what may have changed by *now* (epoch ms), and drop what is not needed; see ``RangeCache.renew``."""
        if self._cache.drop_unneeded():
            self.rows_changed()  # windows, too, hold what was dropped
            give_back()
        was_read = False
        for has_changed in self._cache.renew(now):
            self._has_changed |= has_changed
            was_read = True
            self.rows_changed()
        if was_read:
            give_back()
        has_changed, self._has_changed = self._has_changed, False
        return has_changed

    def rows_changed(self, arrived: Mapping[Market, tuple[int, int]] | None = None) -> None:
        """Forget windows, as recent rows are others; *arrived*: the first and last time of what came of each market."""
        for market, (first, last) in (arrived or {}).items():
            self._cache.add_late(market, first, last)
        with self._lock:
            self._windows.clear()
            self._changes += 1

    def window(self, market: Market, span: int, end: int) -> AnyWindow:
        """
        Return the last *span* ms of *market* up to *end* (epoch ms): above 25 h as bars, see ``step_for``.

        Where bars were not loaded, it has recent rows only. A few rows at its ends are read if they are not in memory.
        """
        if step_for(span) is None and (rows := self._recent.rows(market, end - span, end)) is not None:
            return Window(rows, end - span, end)
        with suppress(NotReadError, StoreError):
            return self._made(market, span, end)
        return self._recent.window(market, span, end)

    def _made(self, market: Market, span: int, end: int) -> AnyWindow:
        """Return the window of what is in memory, which is made only once. Raises NotReadError or StoreError."""
        key = market, span, end
        with self._lock:
            known, changes = self._windows.get(key), self._changes
        if known is not None:
            return known
        window = read_bar_window(_Memory(self._cache), market, span, end)
        with self._lock:
            if len(self._windows) >= _MOST_WINDOWS:
                self._windows.clear()
            if changes == self._changes:  # else it may be of prices that have changed meanwhile
                self._windows[key] = window
        return window


def _reading_order(period: Period) -> tuple[bool, int]:
    """Sort spans of rows first, in which the ends of others may lie, and longer ones before those that may be parts."""
    return step_for(period.span) is not None, -period.span


def _missing(
    cache: RangeCache, market: Market, parts: WindowParts
) -> tuple[list[tuple[int, int]], list[tuple[int, int, int]]]:
    """Return the times of rows, and of bars with their step, that are not in memory; all others count as needed."""
    wanted = [(max(-1, start), end) for start, end in (parts.head, parts.tail) if start < end]
    rows = [(start, end) for start, end in wanted if cache.rows(market, start, end) is None]
    return rows, [bars for bars in parts.bars if bars[0] < bars[1] and not cache.has_bars(market, *bars)]


class _Memory:
    """The cache, as ``read_bar_window`` reads a store; rows that are not in memory are read."""

    def __init__(self, cache: RangeCache) -> None:
        self._cache = cache

    def read(self, market: Market, start: int, end: int) -> Ticks:
        rows = self._cache.rows(market, start - 1, end - 1)
        return self._cache.read_rows(market, start - 1, end - 1) if rows is None else rows

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        return self._cache.bars(market, start, end, step) if start < end else Bars.none(step)
