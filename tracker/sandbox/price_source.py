"""Source: the contract of the prices that a sandbox serves, simulated or recorded."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market


class Candle(NamedTuple):
    """
    Prices with ``start < time <= start + length``.

    ``close`` is the price at ``start + length``, or at now while the candle is open; ``trades`` counts
    the prices it was made of.
    """

    start: int  # epoch milliseconds
    open: float
    high: float
    low: float
    close: float
    mean: float
    trades: int


class Source(Protocol):
    """
    Prices of base and quote pairs. Times are epoch milliseconds; safe from several threads.

    A market's exchange is ignored: all dialects serve the same prices.
    """

    @property
    def origin(self) -> str:
        """``simulated`` or ``replay``: the origin of rows made from these prices."""

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """(base, quote) of every pair that has prices."""

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return the last price at each of *times*; nan where there is none."""

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        """Return the last price of each of *markets* at *now*; nan where there is none."""

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        """Return the candles of *length* ms that begin at *starts* (all <= now); one without a price is left out."""

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        """Return one candle of each of *markets*, from *start* (<= now) to *now*; None where it has no price."""

    def halted_since(self, market: Market) -> int | None:
        """Return the time from which the exchange states that *market* is not traded; None if it is traded."""


def last_trade(source: Source, market: Market, now: int) -> int:
    """Return the time of the last trade of *market* up to *now* as an exchange states it; epoch milliseconds."""
    halted_since = source.halted_since(market)
    return now if halted_since is None else min(now, halted_since)


def is_halted(source: Source, market: Market, now: int) -> bool:
    """Return whether the exchange states at *now* that *market* is not traded."""
    halted_since = source.halted_since(market)
    return halted_since is not None and halted_since <= now
