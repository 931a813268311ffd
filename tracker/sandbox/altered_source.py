"""A price source with wrong prices or candles, for the faults ``missing``, ``jump`` and ``shift``."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.sandbox.price_source import Candle, Source


class AlteredSource:
    """
    Multiplies the last price of one market, or of all, and shifts its candles.

    Args:
        source: the right prices.
        market: BASE/QUOTE of the one that is altered; None: all are.
        factor: what prices are multiplied by; nan removes them, from candles too.
        history: whether candles are multiplied as well.
        shift: ms after the full minute, hour, … at which candles begin.
    """

    def __init__(self, source: Source, market: str | None, factor: float, history: bool, shift: int = 0) -> None:
        self._source = source
        altered = market and Market.parse(f"any:{market}")
        self._pair = altered and (altered.base, altered.quote)
        self._factor = factor
        self._history = history
        self._shift = shift
        self.origin = source.origin
        self.pairs = source.pairs

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._source.prices(market, times) * self._factor_of(market)

    def halted_since(self, market: Market) -> int | None:
        return self._source.halted_since(market)

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        last_prices = zip(markets, self._source.latest(markets, now), strict=True)
        return [last * self._factor_of(market) for market, last in last_prices]

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        if self._is_altered(market):
            starts = starts + self._shift
        candles = self._source.candles(market, starts[starts <= now], length, now)
        return [altered for candle in candles if (altered := self._altered(market, candle))]

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        candles = zip(markets, self._source.candles_since(markets, start, now), strict=True)
        return [candle and self._altered(market, candle) for market, candle in candles]

    def _altered(self, market: Market, candle: Candle) -> Candle | None:
        factor = self._factor_of(market)
        if math.isnan(factor):
            return None
        if factor == 1 or not self._history:
            return candle
        return candle._replace(
            **{name: getattr(candle, name) * factor for name in ("open", "high", "low", "close", "mean")}
        )

    def _factor_of(self, market: Market) -> float:
        return self._factor if self._is_altered(market) else 1.0

    def _is_altered(self, market: Market) -> bool:
        return self._pair in (None, (market.base, market.quote))
