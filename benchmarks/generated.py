"""Folders of the CSV store with random prices from a seed: a day with a row each second, or years of any cadence."""

import io
import itertools
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from tracker.core.durations import DAY, HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.store_url import open_store
from tracker.sandbox import Simulated
from tracker.stores.csv import CsvStore, format_version
from tracker.stores.csv.layout import bucket_name, market_dir
from tracker.stores.csv.rows import HEADER

START = 1_763_856_000_000  # epoch ms, midnight UTC
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


def write_days(
    folder: Path, markets: Sequence[Market], days: int, every: int, until: int, source: Simulated | None = None
) -> CsvStore:
    """
    Return a new store in *folder* of *days* of random walks up to *until* (epoch ms), a row a market every *every*.

    Buckets are written whole, with the bytes that ``Store.append`` would write, which takes much longer.

    Args:
        folder: of the store.
        markets: each has a walk of its own.
        days: as many as are stored.
        every: ms, whole seconds.
        until: epoch ms, after the last row.
        source: the simulated market that goes on from there; the walks end at its prices.
    """
    folder.mkdir(parents=True)
    format_version.ensure(folder, format_version.FIRST)
    random = np.random.default_rng(1)
    time = np.arange(-(-(until - days * DAY) // every) * every, until, every)
    borders = [0, *(np.flatnonzero(np.diff(time // HOUR)) + 1).tolist(), time.size]
    for market in markets:
        place = folder / market_dir(market)
        place.mkdir(parents=True)
        walk = np.exp((random.standard_normal(time.size) * 3e-5 * (every / 1000) ** 0.5).cumsum())
        last = source.prices(market, time[-1:])[0] if source else 95_000.0
        text = _csv_lines(time, walk / walk[-1] * last, every)
        ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == ord("\n")) + 1
        bounds = [0, *ends[np.array(borders[1:]) - 1].tolist()]
        for row, (begin, end) in zip(borders[1:], itertools.pairwise(bounds), strict=True):
            last_row = int(time[row - 1])
            path = place / bucket_name(last_row)
            path.write_bytes(HEADER + text[begin:end])
            os.utime(path, (last_row / 1000, last_row / 1000))  # bars of what changed a moment ago are not kept
    return CsvStore(folder, markets)


def name_markets(folder: Path, markets: Sequence[Market], every: int) -> None:
    """Write the settings of commands on the store in *folder*: *markets*, polled every *every* ms."""
    text = "".join(f'[[markets]]\nname = "{market}"\nevery = "{every // 1000}s"\n' for market in markets)
    (folder.parent / "tracker.toml").write_text(text)


def _csv_lines(time: np.ndarray, price: np.ndarray, every: int) -> memoryview:
    """Return the lines of rows of one cadence."""
    cents = np.round(100 * price)
    cents += cents % 100 == 0  # pyarrow writes 95000.0 as 95000, a store does not
    columns = {
        "timestamp": time // 1000,
        "price": cents / 100,
        "interval": pa.repeat(pa.scalar(every // 1000), time.size),
        "origin": pa.repeat(pa.scalar("live"), time.size),
    }
    text = io.BytesIO()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
    pyarrow.csv.write_csv(pa.table(columns), text, options)
    return text.getbuffer()
