"""Reads one past period of a market: short ones as rows, longer ones as bars with rows at both ends."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from tracker.core.bar_window import AnyWindow, BarWindow
from tracker.core.bars import COARSE, MEDIUM, Bars, step_for
from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window


class PriceSource(Protocol):
    """What of a store windows are read from."""

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """See ``Store.read``."""

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """See ``Store.bars``."""


class WindowParts(NamedTuple):
    """The times of which a window is read, epoch ms; those of bars have their step. All are (start, end]."""

    head: tuple[int, int]  # rows
    bars: tuple[tuple[int, int, int], ...]
    tail: tuple[int, int]  # rows


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
    parts = parts_of_window(span, end, step)
    if not parts.bars:
        return read_window(store, market, span, end)

    def read(since: int, until: int) -> Ticks:
        return _rows(store, market, since, until)

    bars = [store.bars(market, since, until, length) for since, until, length in parts.bars]
    return BarWindow.of(read(*parts.head), bars, read(*parts.tail), end - span, end, read)


def parts_of_window(span: int, end: int, step: int | None = None) -> WindowParts:
    """Return what ``read_bar_window`` reads with the same arguments."""
    start = end - span
    step = step if step and span > COARSE else step_for(span)
    if step is None:
        return WindowParts((start, end), (), (end, end))
    first, stop = -(-start // HOUR) * HOUR, end // HOUR * HOUR
    bars: tuple[tuple[int, int, int], ...] = ((first, stop, step),)
    if step == COARSE:  # with bars of an hour before the first full day, and after the last
        begin, until = -(-first // step) * step, stop // step * step
        bars = (first, begin, MEDIUM), (begin, until, step), (until, stop, MEDIUM)
    return WindowParts((start, first), bars, (stop, end))


def read_bar_windows(store: PriceSource, markets: Iterable[Market], span: int, end: int) -> dict[Market, AnyWindow]:
    """
    Return read_bar_window of each of *markets*. Raises StoreError.

    One after the other: files are looked up in calls so short that threads would take twice as long for them.
    """
    return {market: read_bar_window(store, market, span, end) for market in markets}


def _rows(store: PriceSource, market: Market, start: int, end: int) -> Ticks:
    """Return the rows with start < time <= end."""
    return store.read(market, max(0, start + 1), end + 1)
