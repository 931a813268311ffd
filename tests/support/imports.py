"""Writes price files, imports them and reads the result."""

from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.ticks import Origin
from tracker.history.importer.columns import Reading
from tracker.history.importer.discovery import find_price_files
from tracker.history.importer.importer import import_prices
from tracker.stores.csv import open_store

EUR, USD = Market("kraken", "BTC", "EUR"), Market("kraken", "BTC", "USD")
NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
OLD = 1_635_630_270  # 2021-10-30 21:44:30 UTC, epoch s


def put(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def import_folder(folder, store=None, every=10_000, now=NOW, zone=None, thousands="", **options):
    """Import *folder*; return the store and the summary of each market."""
    store = store or MemoryStore()
    reading = Reading(zone, thousands, every)
    files = find_price_files(folder, None, [], reading=reading).files
    return store, {
        market: import_prices(market, part, store, now, reading, **options) for market, part in files.items()
    }


def prices_in(store, market=EUR):
    ticks = store.read(market, 0, 2 * NOW)
    return list(zip((ticks.time // 1000).tolist(), ticks.price.tolist(), strict=True))


def minutes(count, first=OLD // 60 * 60, step=60):
    """Return lines of *count* prices from 53000.0 on, *step* s apart."""
    return "".join(f"{first + step * number},{53000 + number}\n" for number in range(count))


def imported_rows(folder, market=EUR):
    """Return (s, price, interval in s) of each row of *market* in the store ``data`` in *folder*."""
    ticks = open_store("data", base=folder, known=()).read(market, 0, 2 * NOW)
    assert set(ticks.origin.tolist()) <= {Origin.IMPORT}
    columns = (ticks.time / 1000, ticks.price, ticks.interval / 1000)
    return list(zip(*(column.tolist() for column in columns), strict=True))
