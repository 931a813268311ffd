"""A day of prices of two markets in a folder's store, for testing commands."""

import time
from pathlib import Path

import numpy as np

from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store

HOUR = 3_600_000
EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")


def now() -> int:
    """Return the last multiple of 10 s, in epoch ms."""
    return round(time.time() * 1000) // 10_000 * 10_000


def store_day(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """
    Store a price every 10 s of the last 24 h: EUR rises by a tenth, USD by half a percent.

    Returns:
        the times in epoch ms, and for each the share of the day that has passed, 0 to 1.
    """
    end = now()
    times = np.arange(end - 24 * HOUR + 10_000, end + 1, 10_000)
    share = np.linspace(0, 1, times.size)
    store = open_store("data", base=folder, known=())
    store.append({EUR: Ticks.of(times, 100 + 10 * share, 10_000), USD: Ticks.of(times, 200 + share, 10_000)})
    store.close()
    return times, share
