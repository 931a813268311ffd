"""Rows that arrive in parts, and what measures state about all that have arrived, for tests that compare the two."""

import numpy as np
from hypothesis import strategies as st

from tests.support.bar_rows import ROWS
from tests.support.memory_store import MemoryStore
from tracker.alerts.readings.followed_rows import FollowedRows
from tracker.core.market import Market
from tracker.core.ticks import Ticks

MARKET = Market("kraken", "BTC", "EUR")


def apart(rows: Ticks) -> Ticks:
    """Return *rows* without those that share time with one before."""
    kept, last = [], 0
    for row, (time, interval) in enumerate(zip(rows.time.tolist(), rows.interval.tolist(), strict=True)):
        if time - interval >= last:
            kept.append(row)
            last = time
    return rows[np.array(kept, dtype=np.intp)]


APART = ROWS.map(apart)
ANY_ROWS = st.one_of(APART, APART, ROWS).filter(len)  # most rows of the live service share no time


def followed(store: MemoryStore | None = None) -> tuple[FollowedRows, MemoryStore]:
    """Return an empty follower of MARKET, and the store that it reads the past from."""
    store = store or MemoryStore()
    return FollowedRows(MARKET, store), store


def arrive(rows: FollowedRows, store: MemoryStore, ticks: Ticks) -> None:
    """Store *ticks*, then add them to *rows*, as the live service does."""
    store.append({MARKET: ticks})
    rows.add(ticks)
