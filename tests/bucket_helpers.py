"""What the tests of the CSV store's modules share: markets, times, and what is on the disk or in a poll."""

import os
from collections import Counter
from pathlib import Path

from hypothesis import settings

from tracker.csv_rows import HEADER, parse_rows, whole_lines
from tracker.market import Market, Ticks

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC
FILE = "kraken/btcusd/2026-11-23-15.csv"
CASES = settings(deadline=None, max_examples=40)  # a busy machine is not a fault


def one(time=NOW, price=1.0, market=USD):
    return {market: Ticks.of([time], [price], 10_000)}


def prices(store, market=USD):
    return store.read(market, 0, NOW * 2).price.tolist()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def on_disk(folder):
    """Every row of every bucket; a last line without its end is none yet."""
    rows = Counter()
    for file in Path(folder).glob("*/*/*.csv"):
        data = whole_lines(file.read_bytes())
        ticks, aliens = parse_rows([data])
        assert aliens == [[]]
        assert data == b"" or data.startswith(HEADER)
        rows.update((file.parent.name, *row) for row in rows_of(ticks))
    return rows


def polled(store, cursor):
    batch, cursor = store.poll(cursor)
    return Counter((market.slug, *row) for market, ticks in batch.items() for row in rows_of(ticks)), cursor


def fail(number):
    raise OSError(number, os.strerror(number))


def limit_file_size(size):
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
