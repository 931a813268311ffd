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
from tracker.history.bar_reader import read_bar_window, read_bar_windows
from tracker.history.span_pieces import NotReadError, SpanPieces
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


class Spans:
    """
    Windows of *markets*, as long as the record, of what is in memory: *recent* rows and pieces of *store*.

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
        self._pieces = SpanPieces(store, recent.rows, monotonic)
        self._reading = threading.Lock()  # held while the store is read, so that nothing is read twice
        self._lock = threading.Lock()
        self._windows: dict[tuple[Market, int, int], AnyWindow] = {}

    def has(self, periods: Iterable[Period]) -> bool:
        """Return whether the prices of *periods* are in memory; they count as needed."""
        probe = _Probe(self._pieces)
        for market in self._markets:
            for span, end in periods:
                read_bar_window(probe, market, span, end)
        return not probe.is_missing

    def load(self, periods: Iterable[Period]) -> bool:
        """Read what of *periods* is not in memory; return whether anything was read."""
        periods = list(periods)
        if self.has(periods):  # waits for no thread that reads others
            return False
        with self._reading:
            if self.has(periods):
                return False
            for span, end in periods:
                read_bar_windows(_ReadThrough(self._pieces), self._markets, span, end)
            give_back()
            self.rows_changed()
            return True

    def renew(self, now: int) -> bool:
        """Read what may have changed by *now* (epoch ms), and drop what is not needed; see ``SpanPieces.renew``."""
        with self._reading:
            was_dropped = self._pieces.drop_unneeded()
            has_changed = self._pieces.renew(now)
        if has_changed or was_dropped:
            self.rows_changed()  # windows, too, hold what was dropped
        if was_dropped:
            give_back()
        return has_changed

    def rows_changed(self, arrived: Mapping[Market, tuple[int, int]] | None = None) -> None:
        """Forget windows, as recent rows are others; *arrived*: the first and last time of what came of each market."""
        for market, (first, last) in (arrived or {}).items():
            self._pieces.add_late(market, first, last)
        with self._lock:
            self._windows.clear()

    def window(self, market: Market, span: int, end: int) -> AnyWindow:
        """
        Return the last *span* ms of *market* up to *end* (epoch ms): above 25 h as bars, see ``step_for``.

        Where bars were not loaded, it has recent rows only. A few rows at its ends are read if they are not in memory.
        """
        if step_for(span) is None and (rows := self._recent.rows(market, end - span, end)) is not None:
            return Window(rows, end - span, end)
        key = market, span, end
        with self._lock:
            known = self._windows.get(key)
        if known is not None:
            return known
        with suppress(NotReadError, StoreError):
            window = read_bar_window(_Memory(self._pieces), market, span, end)
            with self._lock:
                if len(self._windows) >= _MOST_WINDOWS:
                    self._windows.clear()
                self._windows[key] = window
            return window
        return self._recent.window(market, span, end)


class _Memory:
    """The pieces as ``read_bar_window`` reads a store; rows that are not in memory are read."""

    def __init__(self, pieces: SpanPieces) -> None:
        self._pieces = pieces

    def read(self, market: Market, start: int, end: int) -> Ticks:
        rows = self._pieces.rows(market, start - 1, end - 1)
        return self._pieces.read_rows(market, start - 1, end - 1) if rows is None else rows

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        return self._pieces.bars(market, start, end, step) if start < end else Bars.none(step)


class _ReadThrough(_Memory):
    """The same; bars that are not in memory are read, too."""

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        try:
            return super().bars(market, start, end, step)
        except NotReadError:
            return self._pieces.read_bars(market, start, end, step)


class _Probe:
    """The same without any rows or bars; notes whether some would have to be read."""

    def __init__(self, pieces: SpanPieces) -> None:
        self._pieces = pieces
        self.is_missing = False

    def read(self, market: Market, start: int, end: int) -> Ticks:
        self.is_missing |= start < end and self._pieces.rows(market, start - 1, end - 1) is None
        return Ticks.none()

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        self.is_missing |= start < end and not self._pieces.has_bars(market, start, end, step)
        return Bars.none(step)
