"""The markets of the pictures, and prices of a day that are the same whenever the pictures are taken."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox import Candle, Simulated
from tracker.stores.csv import open_store

STEP = 10_000  # ms; the cadence of all markets
# By their number: two are one pair on two exchanges, seven have very large and very small prices.
NAMES = (
    *("kraken:BTC/EUR", "coinbase:BTC/EUR", "kraken:BTC/USD", "coingecko:BTC/XAU", "coingecko:BTC/IDR"),
    *("coingecko:BTC/VND", "binance:SHIB/BTC", "kraken:BTC/GBP", "kraken:BTC/JPY", "kraken:BTC/CHF", "kraken:BTC/CAD"),
    *("kraken:BTC/AUD", "binance:BTC/TRY", "binance:BTC/BRL", "binance:BTC/PLN", "binance:BTC/USDT"),
    *("coingecko:BTC/INR", "coingecko:BTC/KRW", "coingecko:BTC/SEK", "coingecko:BTC/NOK", "coingecko:BTC/DKK"),
    *("coingecko:BTC/NZD", "coingecko:BTC/XAG", "binance:BTC/ZAR"),
)
COUNTS = (1, 2, 7, 24)

_SEED = 7
_END = 1_760_000_000_000  # the simulated time (epoch ms) that stands for the moment at which the pictures begin


def markets(count: int) -> tuple[Market, ...]:
    """Return the first *count* markets."""
    return tuple(map(Market.parse, NAMES[:count]))


class PictureMarket(Simulated):
    """
    Real-looking prices up to *end* (epoch ms), which then stand still until all pictures are taken.

    Unlike other sandboxes it calls them live, so the page shows what it shows of a real exchange.
    """

    origin = "live"

    def __init__(self, end: int) -> None:
        super().__init__(_SEED, frozenset((market.base, market.quote) for market in markets(len(NAMES))))
        self._end = end

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        return super().prices(market, np.minimum(times, self._end) - self._end + _END)

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        return [float(self.prices(market, np.array([now]))[0]) for market in markets]

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        starts = np.array([start])
        return [next(iter(self.candles(market, starts, now - start, now)), None) for market in markets]


def store_day(folder: Path, source: PictureMarket, of: Sequence[Market], end: int, candles_until: int) -> None:
    """
    Store a day up to *end* (epoch ms) for each of the markets *of*, candles of a minute up to *candles_until*.

    Three hours in the middle are from candles in any case. The second market, or the only one, has a gap of half
    an hour.
    """
    store = open_store(str(folder), base=folder, known=())
    middle = end - 12 * HOUR, end - 9 * HOUR
    gap = end - 150 * MINUTE, end - 120 * MINUTE
    for number, market in enumerate(of):
        times = np.arange(end - 24 * HOUR + STEP, end + 1, STEP)
        if number == min(1, len(of) - 1):
            times = times[(times <= gap[0]) | (times > gap[1])]
        is_candle = (times <= candles_until) | ((times > middle[0]) & (times <= middle[1]))
        kinds = (
            (times[~is_candle], STEP, Origin.LIVE),
            (times[is_candle & (times % MINUTE == 0)], MINUTE, Origin.BACKFILL),
        )
        for rows, interval, origin in kinds:
            if rows.size:
                store.append({market: Ticks.of(rows, source.prices(market, rows), interval, origin)})
    store.close()
