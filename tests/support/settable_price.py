"""A market of a sandbox whose price a test sets."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.sandbox.price_source import Candle


class SettablePrice:
    """
    Bitcoin in US dollars at *price*, which tests may change at any time; there is no history.

    A change by more than a tenth waits to be confirmed, as on every exchange.
    """

    origin = "simulated"
    pairs = frozenset({("BTC", "USD")})

    def __init__(self, price: float) -> None:
        self.price = price

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.full(times.size, self.price)

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        return [self.price] * len(markets)

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        return []

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        return [Candle(start, *[self.price] * 5, 1) for _ in markets]

    def halted_since(self, market: Market) -> int | None:
        return None
