"""Every store, opened for its contract: rows in and out, and polling until they arrive."""

import functools
from time import monotonic

from tests.support.memory_store import MemoryStore
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store as open_csv

USD, EUR = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "EUR")
SAME_SLUG = Market("kraken", "BTCU", "SD")  # the same slug as USD
ETHER = Market("coinbase", "ETH", "USD")  # its slug alone does not separate base and quote
MARKETS = [ETHER, EUR, USD]
HOUR = 3_600_000
NOW = 1795446000000  # 2026-11-23 15:00 UTC
in_memory = functools.cache(lambda place: MemoryStore())
# A new store adds one line: how a test opens an empty one, and opens the same one again, with which markets configured.
OPEN = {
    "memory": lambda place, known=MARKETS: in_memory(place),
    "csv": lambda place, known=MARKETS: open_csv("data", base=place, known=known),
    "csv by minute": lambda place, known=MARKETS: open_csv("data", base=place, known=known, granularity="minute"),
}


def ticks_of(rows):
    return Ticks.of(*(list(column) for column in zip(*rows, strict=True))) if rows else Ticks.none()


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return list(zip(*(column.tolist() for column in columns), ticks.exchanges(), strict=True))


def all_rows(store, market):
    return rows_of(store.read(market, 0, NOW * 2))


def poll_until(store, cursor, count):
    """Poll until *count* rows have come or the store's time limit is over; return them by market, and the cursor."""
    rows = {}
    deadline = monotonic() + 2 * store.visible_after
    while True:
        batch, cursor = store.poll(cursor)
        for market, ticks in batch.items():
            rows.setdefault(market, []).extend(rows_of(ticks))
        if sum(map(len, rows.values())) >= count or monotonic() >= deadline:
            return rows, cursor


def append(store, batch):
    """Append *batch*, and wait until it can be read."""
    _, cursor = store.poll(None)
    store.append(batch)
    poll_until(store, cursor, sum(map(len, batch.values())))
