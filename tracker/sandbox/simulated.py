"""The simulated market as a price source of the sandbox."""

from collections.abc import Iterable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.core.simulated_prices import CURRENCIES, prices, prices_of_markets
from tracker.sandbox.price_source import Candle

_QUARTER_HOUR = 900_000  # milliseconds
_PAIRS = frozenset(("BTC", code) for code in CURRENCIES if code != "BTC") | {
    ("PAXG", "BTC"),
    ("PAXG", "USD"),
    ("PAXG", "EUR"),
}


class Simulated:
    """
    Computes prices from a seed; see ``tracker.core.simulated_prices``.

    Args:
        seed: the same seed always produces the same prices.
        pairs: (base, quote) of the markets it offers; by default BTC in every currency of CURRENCIES, and
            gold as PAXG. Other codes are allowed; see ``tracker.core.simulated_prices.has_level``.
    """

    origin = "simulated"

    def __init__(self, seed: int = 1, pairs: frozenset[tuple[str, str]] = _PAIRS) -> None:
        self.seed = seed
        self.pairs = pairs

    @classmethod
    def with_markets(cls, seed: int, markets: Iterable[Market]) -> Self:
        """Return a source that offers the pairs of *markets*, too, so that none of a configuration is refused."""
        return cls(seed, _PAIRS | {(market.base, market.quote) for market in markets})

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return prices(self.seed, market, times)

    def halted_since(self, market: Market) -> int | None:
        return None

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        times = np.array([now], dtype=np.int64)
        return prices_of_markets(self.seed, markets, times)[:, 0].tolist() if markets else []

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        sampled = self.prices(market, _moments(starts, np.minimum(starts + length, now), length))
        return _candles(starts.tolist(), sampled)

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        if not markets:
            return []
        [times] = _moments(np.array([start]), np.array([now]), now - start)
        return [*_candles([start] * len(markets), prices_of_markets(self.seed, markets, times))]


def _moments(starts: NDArray[np.int64], ends: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return when each candle, a row, is sampled: a few times, at least once in each quarter of an hour."""
    count = max(7, length // _QUARTER_HOUR + 1)
    return starts[:, None] + (ends - starts)[:, None] * np.arange(count) // (count - 1)


def _candles(starts: Sequence[int], sampled: NDArray[np.float64]) -> list[Candle]:
    """Return the candle of each row of *sampled* prices, in time order."""
    columns = (sampled[:, 0], sampled.max(axis=1), sampled.min(axis=1), sampled[:, -1], sampled.mean(axis=1))
    rows = zip(starts, *(column.tolist() for column in columns), strict=True)
    return [Candle._make((*row, sampled.shape[1])) for row in rows]
