"""What the tests of the CSV store's modules share: markets, times, and what is on the disk or in a poll."""

import os
from collections import Counter
from pathlib import Path

from hypothesis import settings

from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv.layout import bucket_name, market_dir
from tracker.stores.csv.rows import HEADER, parse_rows, whole_lines

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC
MINUTE = 60_000
CASES = settings(deadline=None, max_examples=40)  # a busy machine is not a fault


def file_of(store, time=NOW, market=USD):
    """The path of a bucket in the store's folder: ``kraken/btcusd/2026-11-23-15.csv``."""
    return f"{market_dir(market)}/{bucket_name(time, store.granularity)}"


def again(store):
    """The same folder, as another process would open it."""
    return CsvStore(store.folder, granularity=store.granularity)


def one(time=NOW, price=1.0, market=USD):
    return {market: Ticks.of([time], [price], 10_000)}


def prices(store, market=USD):
    return store.read(market, 0, NOW * 2).price.tolist()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


def bucket_files(folder):
    return sorted(Path(folder).glob("*/*/**/*.csv"))


def on_disk(folder):
    """Every row of every bucket; a last line without its end is none yet."""
    rows = Counter()
    for file in bucket_files(folder):
        data = whole_lines(file.read_bytes())
        ticks, malformed = parse_rows([data])
        assert malformed == [[]]
        assert data == b"" or data.startswith(HEADER)
        rows.update((file.relative_to(folder).parts[1], *row) for row in rows_of(ticks))
    return rows


def stamps(folder):
    """Size and time of every file and folder."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


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
