"""
Candles of a window: the first, highest, lowest and last price of each round period.

For drawing only. Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.downsampling import bucket_width
from tracker.core.window import Window

MIN_PRICES = 4  # that fit into a candle; with fewer a line shows more
MIN_CANDLES = 5  # in a window; fewer show less than a line


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


def candles(window: Window, most: int = 120) -> Candles | None:
    """
    Return at most about *most* candles of a round length, made of every price of *window*.

    A row that is a candle adds its first price, low and high. Where so many would hold fewer than MIN_PRICES prices
    each, or less than one candle where most rows are candles, they are longer. None if fewer than MIN_CANDLES of
    those fit into the window.
    """
    ticks = window.ticks
    if not len(ticks):
        return None
    wanted = bucket_width(window.span, most)
    least = 1 if 2 * int(ticks.has_candle().sum()) > len(ticks) else MIN_PRICES  # a row that is a candle is one here
    width = max(wanted, bucket_width(least * int(np.median(ticks.interval)), 1))
    if width > wanted and width * MIN_CANDLES > window.span:
        return None
    bucket = (ticks.time - 1) // width
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    last = np.append(first[1:], bucket.size) - 1
    high, low = np.maximum.reduceat(ticks.highs(), first), np.minimum.reduceat(ticks.lows(), first)
    prices = np.column_stack((ticks.firsts()[first], high, low, ticks.price[last]))
    return Candles(bucket[first] * width + width // 2, prices, width)
