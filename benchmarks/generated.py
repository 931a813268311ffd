"""Folders of the CSV store with random prices from a seed, a row each second."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.store_url import open_store
from tracker.stores.csv import CsvStore

START = 1_763_856_000_000  # epoch ms, midnight UTC
HOUR = 3_600_000
CODES = ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD", "PLN")
MARKETS = tuple(Market("kraken", "BTC", code) for code in CODES)


def prices(markets: Sequence[Market], seconds: int, seed: int = 1) -> dict[Market, Ticks]:
    """Return a random walk for each market, a row each second, with two decimals."""
    random = np.random.default_rng(seed)
    times = START + 1000 * np.arange(seconds, dtype=np.int64)
    walks = 95_000 * np.exp(1e-4 * random.standard_normal((len(markets), seconds)).cumsum(axis=1))
    return {market: Ticks.of(times, np.round(walk, 2), 1000) for market, walk in zip(markets, walks, strict=True)}


def store_of(folder: Path, ticks: dict[Market, Ticks], granularity: str = "hour") -> CsvStore:
    """Return a store in *folder* that holds *ticks*."""
    store = open_store(f"csv:{folder}", base=folder, known=tuple(ticks), granularity=granularity)
    assert isinstance(store, CsvStore)
    store.append(ticks)
    return store


def files(folder: Path, market: Market) -> list[Path]:
    """Return the files with the rows of *market*, oldest first."""
    return sorted((folder / market.exchange / market.slug).rglob("*.csv"))
