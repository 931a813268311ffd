"""
Candles of a window: the first, highest, lowest and last price of each round period.

For drawing only. Imports only numpy and plain standard library.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.downsampling import bucket_width
from tracker.core.readings import first_covering
from tracker.core.ticks import Ticks

MIN_PRICES = 4  # that fit into a candle; with fewer a line shows more
MIN_CANDLES = 5  # in a window; fewer show less than a line
_FITTING = 0.95  # of the time that prices stand for; candles are as long as those that it is of, or longer


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """
    Candles in time order; a period without a price has none.

    Attributes:
        time: int64, epoch milliseconds, UTC, of their middles.
        prices: float64, n x 4: open, high, low, close, in quote currency.
        width: milliseconds of each, anchored at the epoch: (n * width, (n + 1) * width].
    """

    time: NDArray[np.int64]
    prices: NDArray[np.float64]
    width: int


def candles(window: AnyWindow, most: int = 120, around: AnyWindow | None = None) -> Candles | None:
    """
    Return at most about *most* candles of a round length, made of every price of *window*.

    A row of *around*, a longer window, that closes after the end of *window* and covers it adds a last candle, as a row
    that opens before its start adds a first one.

    A row that is a candle adds its first price, low and high. Where so many would hold fewer than MIN_PRICES prices
    each, or less than one candle where most rows are candles, they are longer; also where they would be shorter than
    some rows, whose low and high are not those of a shorter time. None if fewer than MIN_CANDLES of those fit into the
    window.
    """
    if not window.count:
        return None
    wanted = bucket_width(window.span, most)
    parts = parts_of(window)
    needed = max(_least_prices(parts, window.count) * _usual_interval(window), _long_interval(window))
    width = max(wanted, bucket_width(needed, 1))
    if width > wanted and width * MIN_CANDLES > window.span:
        return None
    columns = [_columns(part, width) for part in (*parts, *_over_end(window, around, width))]
    bucket, opening, high, low, close = (np.concatenate(column) for column in zip(*columns, strict=True))
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    last = np.append(first[1:], bucket.size) - 1
    extremes = np.maximum.reduceat(high, first), np.minimum.reduceat(low, first)
    prices = np.column_stack((opening[first], *extremes, close[last]))
    return Candles(bucket[first] * width + width // 2, prices, width)


def _over_end(window: AnyWindow, around: AnyWindow | None, width: int) -> list[Ticks | Bars]:
    """Return what of *around* covers the end of *window*, if it has a candle of its own there, *width* ms long."""
    part = None if around is None else first_covering(around, window.end)
    if part is None:
        return []
    time = int(part.start[0] if isinstance(part, Bars) else part.time[0] - 1)
    return [part] if (window.last_time - 1) // width < time // width <= (window.end - 1) // width else []


def _columns(part: Ticks | Bars, width: int) -> tuple[NDArray[np.int64], *tuple[NDArray[np.float64], ...]]:
    """Return which candle of *width* ms each row or bar belongs to, and its first, highest, lowest, last price."""
    if isinstance(part, Bars):
        return part.start // width, part.open, part.high, part.low, part.last_price
    return (part.time - 1) // width, part.firsts(), part.highs(), part.lows(), part.price


def _least_prices(parts: Sequence[Ticks | Bars], count: int) -> int:
    """Return how many of the *count* rows in *parts* a candle needs: where most are candles, one."""
    known = sum(int(part.candle_count.sum() if isinstance(part, Bars) else part.has_candle().sum()) for part in parts)
    return 1 if 2 * known > count else MIN_PRICES


def _usual_interval(window: AnyWindow) -> int:
    """Return the interval (ms) of which as many rows have a shorter one as a longer one; hidden rows do not count."""
    weights = sorted(window.interval_weights.items())
    rows = np.cumsum([weight / interval for interval, weight in weights])
    return weights[int(np.searchsorted(rows, rows[-1] / 2))][0]


def _long_interval(window: AnyWindow) -> int:
    """Return the interval (ms) that hardly any of the time is above."""
    weights = sorted(window.interval_weights.items())
    time = np.cumsum([weight for _, weight in weights])
    return weights[int(np.searchsorted(time, _FITTING * time[-1]))][0]
