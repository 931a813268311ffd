"""Rows that are stored already, shown as if they arrived now: what a page follows in a replay."""

import threading
from collections.abc import Sequence

from tracker.core.contracts import Store
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.history.follower import KEEP
from tracker.history.playback import Playback

DAY = 86_400_000


def open_recording(
    store: Store, markets: Sequence[Market], now: int | None, at: int | None = None, speed: float = 60.0
) -> Playback:
    """
    A clock over all that *store* has of *markets* up to *now* (None: all), at *at* or the last day's beginning.

    Raises:
        ConfigError: there is nothing.
    """
    end = None if now is None else now + 1
    ends = [found for market in markets if (found := store.extent(market, end=end))]
    if not ends:
        raise ConfigError(f"nothing to replay: no price of {', '.join(map(str, markets))} is stored")
    start, end = min(first for first, _ in ends), max(last for _, last in ends)
    return Playback(start, end, max(end - DAY, (start + end) // 2) if at is None else at, speed)


class ReplayFollower:
    """
    The stored rows of *markets* up to the time of *clock*, wherever that is wound to.

    Blocking; safe from several threads; the same calls as ``Follower``. May raise StoreError, after
    which the next call simply goes on.
    """

    def __init__(self, store: Store, markets: Sequence[Market], clock: Playback) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._rows = {market: Ticks.none() for market in markets}
        self._loaded = (0, 0)  # epoch ms, from and to
        self._shown = 0  # the time of the last look

    def load(self, span: int) -> bool:
        """Have in memory the last *span* ms and the day that is played; whether there was anything to read."""
        now = self._clock.now()
        start, end = now - min(span, KEEP) + 1, (now // DAY + 1) * DAY
        with self._lock:
            if self._loaded[0] <= start and end <= self._loaded[1]:
                return False
        # A day more than is needed, so that it is not read again with each hour that is played.
        start -= DAY
        rows = {market: self._store.read(market, start, end) for market in self._rows}  # not under the lock: it is slow
        with self._lock:
            self._rows, self._loaded = rows, (start, end)
        return True

    def refresh(self) -> frozenset[Market]:
        """Which markets have rows between the last look and now, or may show others since it was wound back."""
        with self._lock:
            before, self._shown = self._shown, self._clock.now()
            if self._shown < before:
                return frozenset(self._rows)
            return frozenset(
                market
                for market, rows in self._rows.items()
                if rows.time.searchsorted(before, "right") < rows.time.searchsorted(self._shown, "right")
            )

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """The last *span* ms of *market* up to *now* (default: the clock's)."""
        with self._lock:
            return Window.of(self._rows[market], span, self._clock.now() if now is None else now)
