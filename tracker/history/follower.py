"""Keeps the recent rows of each market in memory by following the store, whichever process collects."""

import threading
from collections.abc import Mapping, Sequence

from tracker.core.contracts import Cursor, Store
from tracker.core.durations import HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.rolling_window import RollingWindow
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.runtime.clock import Clock

KEEP = 26 * HOUR  # ms; longer spans are bars, which need the rows of their last day
SET_BACK = MINUTE  # ms; a larger step back means that the clock was set


class Follower:
    """
    The recent rows of *markets*, as stored.

    Blocking; safe from several threads. Any method may raise StoreError; the next call works again once the cause
    is gone.
    """

    def __init__(self, store: Store, markets: Sequence[Market], clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._reading = threading.Lock()  # held while the store is read; acquired before _lock
        self._lock = threading.Lock()  # guards the rows in memory; held briefly, because drawing waits for it
        self._rolling = {market: RollingWindow(KEEP) for market in markets}
        self._cursor: Cursor | None = None
        self._loaded_from: int | None = None  # epoch ms; earlier rows were not read
        self._dropped_before = 0  # epoch ms; earlier rows may have been dropped
        self._arrived: Mapping[Market, tuple[int, int]] = {}

    def load(self, span: int) -> bool:
        """Read the last *span* ms, or the part not in memory yet; return whether anything was read."""
        with self._reading:
            now = self._clock.now()
            start, end = now - min(span, KEEP) + 1, now + 1
            if self._loaded_from is None:
                # The cursor before the rows: what arrives in between comes twice, instead of never.
                _, self._cursor = self._store.poll(None)
                self._dropped_before = now - KEEP
            elif start >= self._loaded_from:
                return False
            else:
                end = self._loaded_from
            self._add({market: self._store.read(market, start, end) for market in self._rolling}, now)
            self._loaded_from = start
            return True

    def refresh(self) -> frozenset[Market]:
        """Read the rows that arrived since the last call; return their markets."""
        with self._reading:
            if self._cursor is None:
                raise RuntimeError("load() must be called before refresh()")
            arrived, self._cursor = self._store.poll(self._cursor)
            changed = {market: ticks for market, ticks in arrived.items() if market in self._rolling and len(ticks)}
            now = self._clock.now()
            self._arrived = {market: (int(each.time.min()), int(each.time.max())) for market, each in changed.items()}
            self._add(changed, now)
            with self._lock:
                for market in changed:
                    self._rolling[market].drop_before(now - KEEP)
            if now - KEEP < self._dropped_before - SET_BACK:
                self._reload_dropped(now)
                return frozenset(self._rolling)
            if changed:
                self._dropped_before = max(self._dropped_before, now - KEEP)
            return frozenset(changed)

    def arrived(self) -> Mapping[Market, tuple[int, int]]:
        """Return the first and the last time of the rows that the last refresh brought, by market."""
        return self._arrived

    def rows(self, market: Market, start: int, end: int) -> Ticks | None:
        """Return the rows with start < time <= end; None if some of that time is not in memory."""
        with self._lock:
            if self._loaded_from is None or start + 1 < max(self._loaded_from, self._dropped_before):
                return None
            return self._rolling[market].window(end, end - start).ticks

    def _reload_dropped(self, now: int) -> None:
        """Read again rows that were dropped as too old before the clock was set back."""
        start, end = now - KEEP, max(self._dropped_before, self._loaded_from or 0)
        self._add({market: self._store.read(market, start, end) for market in self._rolling}, now)
        self._dropped_before = self._loaded_from = start

    def _add(self, rows: Mapping[Market, Ticks], now: int) -> None:
        with self._lock:
            for market, ticks in rows.items():
                self._rolling[market].add(ticks, now)

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """Return the last *span* ms of *market* up to *now* (default: the clock's time)."""
        with self._lock:
            return self._rolling[market].window(self._clock.now() if now is None else now, span)
