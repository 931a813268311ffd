"""Helpers for tests of the CSV store: markets, times, rows in its files and rows of a poll."""

import os
from collections import Counter
from pathlib import Path

from hypothesis import settings

from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import CsvStore
from tracker.stores.csv.layout import bucket_name, candle_file, is_candle_file, market_dir
from tracker.stores.csv.rows import HEADER, parse_rows, whole_lines

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC
MINUTE = 60_000
CASES = settings(max_examples=40)  # a busy machine is not a fault


def bucket_path(store, time=NOW, market=USD):
    """The path of a bucket in the store's folder: ``kraken/btcusd/2026-11-23-15.csv``."""
    return f"{market_dir(market)}/{bucket_name(time, store.granularity)}"


def reopened(store):
    """A new store object for the same folder, as another process would open it."""
    return CsvStore(store.folder, granularity=store.granularity)


def one_row(time=NOW, price=1.0, market=USD):
    """A batch of one row."""
    return {market: Ticks.of([time], [price], 10_000)}


def prices(store, market=USD):
    """All stored prices of *market*, in the order of time."""
    return store.read(market, 0, NOW * 2).price.tolist()


def candle(time=NOW, close=100.0):
    """A backfilled row of a minute with first, low and high."""
    return Ticks.of([time], [close], MINUTE, Origin.BACKFILL, first=[99.5], low=[98.25], high=[close + 1])


def candle_path(store, time=NOW):
    """The file in which a candle of *time* stands."""
    return store.folder / candle_file(bucket_path(store, time))


def lows(store):
    """All stored lows of USD by time, in ms since NOW; None where a row has none."""
    ticks = store.read(USD, 0, NOW * 2)
    known = [None if low != low else low for low in ticks.candle_columns()[1].tolist()]
    return dict(zip((ticks.time - NOW).tolist(), known, strict=True))


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


def bucket_files(folder):
    return sorted(path for path in Path(folder).glob("*/*/**/*.csv") if not is_candle_file(path.name))


def rows_on_disk(folder):
    """Count every row of every bucket; a last line without newline does not count."""
    rows = Counter()
    for file in bucket_files(folder):
        data = whole_lines(file.read_bytes())
        ticks, malformed = parse_rows([data])
        assert malformed == [[]]
        assert data == b"" or data.startswith(HEADER)
        rows.update((file.relative_to(folder).parts[1], *row) for row in rows_of(ticks))
    return rows


def sizes_and_times(folder):
    """The size and modification time of every file and folder."""
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


def poll_rows(store, cursor):
    """Poll; return the rows with their counts, and the new cursor."""
    batch, cursor = store.poll(cursor)
    return Counter((market.slug, *row) for market, ticks in batch.items() for row in rows_of(ticks)), cursor


def raise_os_error(number):
    raise OSError(number, os.strerror(number))


def limit_file_size(size):
    """Let no file of this process grow beyond *size* bytes; return a function that lifts the limit."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
