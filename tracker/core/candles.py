"""
A window -> candles: first, highest, lowest and last price of each round stretch of time.

For drawing only. Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.core.downsampling import bucket_width
from tracker.core.window import Window

LEAST = 4  # prices that a full candle must be able to hold, or a line says it better


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """
    Candles in time order; where there was no price there is none.

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
    At most about *most* candles of a round length, from every price of *window*.

    None if its prices are too far apart for that: a candle needs at least LEAST of them.
    """
    ticks = window.ticks
    if not len(ticks):
        return None
    width = bucket_width(window.span, most)
    if width < LEAST * int(np.median(ticks.interval)):
        return None
    bucket = (ticks.time - 1) // width
    first = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    last = np.append(first[1:], bucket.size) - 1
    high, low = np.maximum.reduceat(ticks.price, first), np.minimum.reduceat(ticks.price, first)
    prices = np.column_stack((ticks.price[first], high, low, ticks.price[last]))
    return Candles(bucket[first] * width + width // 2, prices, width)
