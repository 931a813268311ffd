"""A price source of which markets stopped trading, for the fault ``halt``."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.sandbox.price_source import Candle, Source


class HaltedSource:
    """
    Keeps the last price of one market, or of all, from a time on; there are no candles after it.

    Args:
        source: the prices until then.
        market: BASE/QUOTE of the market that is halted; None: all are.
        since: epoch ms of the last trade.
        is_stated: whether the exchange's answers state it, where that exchange does.
    """

    def __init__(self, source: Source, market: str | None, since: int, is_stated: bool) -> None:
        self._source = source
        halted = market and Market.parse(f"any:{market}")
        self._pair = halted and (halted.base, halted.quote)
        self._since = since
        self._is_stated = is_stated
        self.origin = source.origin
        self.pairs = source.pairs

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._source.prices(market, np.minimum(times, self._since) if self._is_halted(market) else times)

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        current = self._source.latest(markets, now)
        last = self._source.latest(markets, min(now, self._since))
        return [
            before if self._is_halted(market) else price
            for market, price, before in zip(markets, current, last, strict=True)
        ]

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        if not self._is_halted(market):
            return self._source.candles(market, starts, length, now)
        return self._source.candles(market, starts[starts < self._since], length, min(now, self._since))

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        current = self._source.candles_since(markets, start, now)
        return [
            self._last_candle(market, start, now) if self._is_halted(market) else candle
            for market, candle in zip(markets, current, strict=True)
        ]

    def halted_since(self, market: Market) -> int | None:
        return self._since if self._is_stated and self._is_halted(market) else self._source.halted_since(market)

    def _last_candle(self, market: Market, start: int, now: int) -> Candle | None:
        if start < self._since:
            return self._source.candles_since([market], start, min(now, self._since))[0]
        # A ticker goes on answering the last price, also a day after the last trade.
        [last] = self._source.latest([market], self._since)
        return None if np.isnan(last) else Candle(start, last, last, last, last, last, 0)

    def _is_halted(self, market: Market) -> bool:
        return self._pair in (None, (market.base, market.quote))
