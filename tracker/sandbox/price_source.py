"""What a sandbox can sell: Source, the contract of the simulated market and of a recording."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market


class Candle(NamedTuple):
    """
    Prices with ``start < time <= start + length``; ``close`` is the price at ``start + length``,
    or at now while the candle is open. ``trades`` counts the prices it was made of.
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
    Prices of the markets of an imagined exchange. Times are epoch milliseconds; safe from several threads.

    The exchange of a market does not count, only base and quote: one price for all dialects.
    """

    @property
    def origin(self) -> str:
        """``simulated`` or ``replay``: how rows got from here must be marked."""

    @property
    def pairs(self) -> frozenset[tuple[str, str]]:
        """(base, quote) of all there is."""

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        """The last price at each of *times*; nan where there is none."""

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        """The last price of each of *markets* at *now*; nan where there is none."""

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        """The candles of *length* ms that begin at *starts* (all <= now); one without a price is left out."""
