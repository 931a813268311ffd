"""A recording as a sandbox's source: a folder of ``<slug>.csv`` files, ``timestamp,price``."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox.price_source import Candle
from tracker.sandbox.recorded_rows import Rows, rows_of

STALE_AFTER = 300_000  # ms for which a recorded price is valid


class Recording:
    """
    Prices as they were recorded, e.g. ``btcusd.csv``; nothing interpolated.

    A file has one row per price, ``timestamp,price``, with the timestamp in epoch seconds (decimals
    allowed) and an optional header line; order does not matter, and of several rows with one time
    the last counts.

    The price at a time is that of the last row at or before it, if this row is at most
    STALE_AFTER old; else there is none. A real exchange repeats its last price without
    end, but in a recording a pause may also mean that the recorder was off, and a gap filled with an
    old price would look like a calm market. So a gap remains a gap: the market is missing from the
    ticker, and candles without a row are left out.

    Attributes:
        start: time of the first row, epoch milliseconds.
        end: time of the last row, epoch milliseconds.
        skipped: why files were left out, one text for each: its name is no BTC pair.

    Raises:
        ConfigError: the folder does not exist, has no csv file of a BTC pair, or such a file has a line of another
            form or an impossible price.
    """

    origin = "replay"

    def __init__(self, folder: Path | str) -> None:
        paths = sorted(Path(folder).glob("*.csv"))
        if not paths:
            raise ConfigError(f"recording {folder}: expected a folder with files like btcusd.csv (timestamp,price)")
        rows: dict[tuple[str, str], list[Rows]] = {}
        skipped: list[str] = []
        for path in paths:  # btcusd.csv and xbtusd.csv are of one pair
            pair = _pair(path)
            if pair is None:
                skipped.append(f"{path}: its name contains no BTC pair, expected e.g. btcusd.csv")
            else:
                rows.setdefault(pair, []).append(_read(path))
        if not rows:
            raise ConfigError(f"recording {skipped[0]}")
        self.skipped = tuple(skipped)
        self._rows = {pair: _in_order(parts) for pair, parts in rows.items()}
        self.pairs = frozenset(self._rows)
        self.start = min(int(times[0]) for times, _ in self._rows.values())
        self.end = max(int(times[-1]) for times, _ in self._rows.values())

    def prices(self, market: Market, times: NDArray[np.int64]) -> NDArray[np.float64]:
        row_times, row_prices = self._rows[market.base, market.quote]
        last = np.searchsorted(row_times, times, side="right") - 1
        is_fresh = (last >= 0) & (times - row_times[last] <= STALE_AFTER)
        return np.where(is_fresh, row_prices[last], np.nan)

    def ticks(self, market: Market) -> Ticks:
        """Return all rows of *market*; the interval of each is the median time between two rows."""
        times, prices = self._rows[market.base, market.quote]
        distances = np.diff(times)
        interval = int(np.median(distances)) if distances.size else STALE_AFTER
        return Ticks.of(times, prices, max(1, min(interval, STALE_AFTER)), Origin.REPLAY)

    def halted_since(self, market: Market) -> int | None:
        return None

    def latest(self, markets: Sequence[Market], now: int) -> list[float]:
        at = np.array([now])
        return [float(self.prices(market, at)[0]) for market in markets]

    def candles(self, market: Market, starts: NDArray[np.int64], length: int, now: int) -> list[Candle]:
        row_times, row_prices = self._rows[market.base, market.quote]
        first_rows = np.searchsorted(row_times, starts, side="right")
        end_rows = np.searchsorted(row_times, np.minimum(starts + length, now), side="right")
        candles = []
        for start, first, stop in zip(starts.tolist(), first_rows.tolist(), end_rows.tolist(), strict=True):
            prices = row_prices[first:stop].tolist()
            if prices:
                mean = math.fsum(prices) / len(prices)
                candles.append(Candle(start, prices[0], max(prices), min(prices), prices[-1], mean, len(prices)))
        return candles

    def candles_since(self, markets: Sequence[Market], start: int, now: int) -> list[Candle | None]:
        return [next(iter(self.candles(market, np.array([start]), now - start, now)), None) for market in markets]


def _pair(path: Path) -> tuple[str, str] | None:
    """Return base and quote currency of the file *path*; None if its name is no BTC pair."""
    try:
        market = Market.from_slug("recording", path.stem.lower())
    except ConfigError:
        return None
    return market.base, market.quote


def _in_order(parts: Sequence[Rows]) -> Rows:
    """Return the rows of *parts* in the order of time; of several with one time the last."""
    times, prices = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if (np.diff(times) > 0).all():
        return times, prices
    order = np.argsort(times, kind="stable")
    times, prices = times[order], prices[order]
    is_last = np.append(np.diff(times) > 0, True)
    return times[is_last], prices[is_last]


def _read(path: Path) -> Rows:
    """Return the rows of *path*, in its order. Raises ConfigError."""
    try:
        rows = rows_of(path.read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"recording {path}: cannot be read as text: {error}") from error
    except ValueError as error:
        raise ConfigError(f"recording {path}, {error}") from None
    if not len(rows[0]):
        raise ConfigError(f"recording {path}: no rows; expected timestamp,price")
    return rows
