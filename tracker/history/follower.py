"""Keeps the last rows of each market in memory by following the store; needs no collector in its process."""

import threading
from collections.abc import Mapping, Sequence

from tracker.core.contracts import Cursor, Store
from tracker.core.market import Market
from tracker.core.rolling_window import RollingWindow
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.runtime.clock import Clock

KEEP = 7 * 24 * 3_600_000  # ms; the longest span a page shows
SET_BACK = 60_000  # ms; a clock that goes back further has been set


class Follower:
    """
    The recent past of *markets*, as the store has it.

    Blocking; safe from several threads. Every method may raise StoreError, after which
    the next call simply goes on.
    """

    def __init__(self, store: Store, markets: Sequence[Market], clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reading = threading.Lock()  # held while the store is read, and taken first
        self._lock = threading.Lock()  # of the rows in memory: whoever draws waits for it
        self._rolling = {market: RollingWindow(KEEP) for market in markets}
        self._cursor: Cursor | None = None
        self._loaded_from: int | None = None  # epoch ms; rows before it were not read
        self._forgot_before = 0  # epoch ms; rows before it may have been forgotten

    def load(self, span: int) -> bool:
        """Read the last *span* ms, or what of it is not in memory yet; whether there was anything to read."""
        with self._reading:
            now = self._clock.now()
            start, end = now - min(span, KEEP) + 1, now + 1
            if self._loaded_from is None:
                # First the cursor, then the rows: what arrives between them comes by both ways, not by none.
                _, self._cursor = self._store.poll(None)
                self._forgot_before = now - KEEP
            elif start >= self._loaded_from:
                return False
            else:
                end = self._loaded_from
            self._add({market: self._store.read(market, start, end) for market in self._rolling}, now)
            self._loaded_from = start
            return True

    def refresh(self) -> frozenset[Market]:
        """Take in what arrived since the last call; which markets it was for."""
        with self._reading:
            if self._cursor is None:
                raise RuntimeError("load() comes before refresh()")
            arrived, self._cursor = self._store.poll(self._cursor)
            changed = {market: ticks for market, ticks in arrived.items() if market in self._rolling and len(ticks)}
            now = self._clock.now()
            self._add(changed, now)
            with self._lock:
                for market in changed:
                    self._rolling[market].drop_before(now - KEEP)
            if now - KEEP < self._forgot_before - SET_BACK:
                self._remember(now)
                return frozenset(self._rolling)
            if changed:
                self._forgot_before = max(self._forgot_before, now - KEEP)
            return frozenset(changed)

    def _remember(self, now: int) -> None:
        """Read again what by the clock, as it was before it was set back, was too old."""
        start, end = now - KEEP, max(self._forgot_before, self._loaded_from or 0)
        self._add({market: self._store.read(market, start, end) for market in self._rolling}, now)
        self._forgot_before = self._loaded_from = start

    def _add(self, rows: Mapping[Market, Ticks], now: int) -> None:
        with self._lock:
            for market, ticks in rows.items():
                self._rolling[market].add(ticks, now)

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """The last *span* ms of *market* up to *now* (default: the clock's)."""
        with self._lock:
            return self._rolling[market].window(self._clock.now() if now is None else now, span)
