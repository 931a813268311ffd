"""Split from simulated_prices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.core.simulated_prices import _CURRENCIES, _STEP, _prices, prices
from tracker.sandbox.price_source import Candle

_QUARTER = 900_000  # milliseconds


_PAIRS = frozenset(("BTC", code) for code in _CURRENCIES if code != "BTC") | {
    ("PAXG", "BTC"),
    ("PAXG", "USD"),
    ("PAXG", "EUR"),
}


class Simulated:
    """
    The simulated market as a sandbox's source.

    Args:
        pairs: (base, quote) of what it sells: without it BTC against every currency known here, and
            gold as PAXG. Codes that are not known here may be among them.
    """

    origin = "simulated"

    def __init__(self, seed: int = 1, pairs: frozenset[tuple[str, str]] = _PAIRS) -> None:
        self.seed = seed
        self.pairs = pairs

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return prices(self.seed, market, times)

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        # All in one go: a market alone costs a millisecond, a hundred together little more.
        steps = np.array([now], dtype=np.int64) >> _STEP
        return _prices(self.seed, markets, steps)[:, 0].tolist() if markets else []

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        # High and low are those of a few moments: enough for a candle, and a day's still see its hours.
        moments = max(7, length // _QUARTER + 1)
        ends = np.minimum(starts + length, now)
        times = starts[:, None] + (ends - starts)[:, None] * np.arange(moments) // (moments - 1)
        seen = self.prices(market, times)
        columns = (seen[:, 0], seen.max(axis=1), seen.min(axis=1), seen[:, -1], seen.mean(axis=1))
        rows = zip(starts.tolist(), *(column.tolist() for column in columns), strict=True)
        return [Candle._make((*row, moments)) for row in rows]
