"""Reads one past period of a market: short ones as rows, longer ones as bars with rows at both ends."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from tracker.core.bar_window import AnyWindow, BarWindow
from tracker.core.bars import COARSE, MEDIUM, Bars, step_for
from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window

_THREADS = 4  # most of the time files are looked up and unpacked, which several threads can do at once


class PriceSource(Protocol):
    """What of a store windows are read from."""

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """See ``Store.read``."""

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """See ``Store.bars``."""


def read_window(store: PriceSource, market: Market, span: int, end: int) -> Window:
    """Return the *span* ms of *market* up to *end* (epoch ms) as they are stored now. Raises StoreError."""
    return Window.of(store.read(market, max(0, end - span + 1), end + 1), span, end)


def read_bar_window(store: PriceSource, market: Market, span: int, end: int, step: int | None = None) -> AnyWindow:
    """
    Return the same as read_window; above 25 h as bars, which are read in place of the rows. Raises StoreError.

    The rows before the first full hour and after the last are read as such; see ``step_for`` for the bars' steps.
    Rows are also read of bars that overlap, and later by the window itself for a time inside a bar.

    *step*: of the bars (ms), MEDIUM or COARSE; by default, that of the span.
    """
    start = end - span
    step = step if step and span > COARSE else step_for(span)
    if step is None:
        return read_window(store, market, span, end)
    first, stop = -(-start // HOUR) * HOUR, end // HOUR * HOUR

    def read(since: int, until: int) -> Ticks:
        return _rows(store, market, since, until)

    return BarWindow.of(read(start, first), _bars(store, market, first, stop, step), read(stop, end), start, end, read)


def read_bar_windows(store: PriceSource, markets: Iterable[Market], span: int, end: int) -> dict[Market, AnyWindow]:
    """Return read_bar_window of each of *markets*, read by several threads. Raises StoreError."""
    chosen = list(markets)
    with ThreadPoolExecutor(_THREADS) as pool:  # an error, or Ctrl-C, cancels what has not begun
        return dict(
            zip(chosen, pool.map(lambda market: read_bar_window(store, market, span, end), chosen), strict=True)
        )


def _bars(store: PriceSource, market: Market, start: int, end: int, step: int) -> list[Bars]:
    """Return the bars from *start* to *end*, which are full hours: of *step*, at both ends of an hour."""
    if step != COARSE:
        return [store.bars(market, start, end, step)]
    first, stop = -(-start // step) * step, end // step * step
    ends = store.bars(market, start, first, MEDIUM), store.bars(market, stop, end, MEDIUM)
    return [ends[0], store.bars(market, first, stop, step), ends[1]]


def _rows(store: PriceSource, market: Market, start: int, end: int) -> Ticks:
    """Return the rows with start < time <= end."""
    return store.read(market, max(0, start + 1), end + 1)
