"""Reads prices, status and outages for the page, its snapshot and a published page; or one past period of prices."""

import math
import time
from collections.abc import Callable, Mapping

from tracker.collector import outage_log
from tracker.collector.outage_log import OutageLog
from tracker.core.bar_window import AnyWindow
from tracker.core.contracts import Store
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Outage, Status
from tracker.core.standstill import unmoved_since
from tracker.core.window import Window
from tracker.history import replay
from tracker.history.follower import Follower
from tracker.history.playback import Playback
from tracker.history.row_status import status_of_replay, status_of_rows
from tracker.runtime.clock import Clock, ReplayClock
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder

_REREAD_FIRST = 600.0  # real seconds; a backfill or an import may have brought earlier prices


def read_window(store: Store, market: Market, span: int, end: int) -> Window:
    """Return the *span* ms of *market* up to *end* (epoch ms) as they are stored now. Raises StoreError."""
    return Window.of(store.read(market, max(0, end - span + 1), end + 1), span, end)


def read_unmoved(store: Store, windows: Mapping[Market, AnyWindow], after: int) -> dict[Market, int]:
    """
    Return the markets of *windows* whose price stands still at their end, see ``unmoved_since``.

    The last day counts also where a window is shorter, so that it hides no standstill. Raises StoreError.
    """
    longer = {
        market: window if window.span >= DAY else read_window(store, market, DAY, window.end)
        for market, window in windows.items()
    }
    return unmoved_since(longer, after)


class PriceReader:
    """
    Reads stored prices, the collector's status, and the reasons for missing prices.

    Blocking; safe from several threads. Call ``load`` first. Any method may raise StoreError; the next call works
    again once the cause is gone.

    Args:
        settings: their markets are read.
        store: holds the prices.
        clock: a Playback replays stored prices; with any other clock the reader follows the store.
        collector_status: returns the status of the collecting process.

    Attributes:
        markets: the configured markets, in the settings' order.
        folder: of the store's and the collector's files.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock, collector_status: Callable[[], Status]) -> None:
        self.store, self.clock = store, clock
        self.markets = settings.market_list()
        self.folder = data_folder(settings)
        self._settings = settings
        self._collector_status = collector_status
        self._outages = OutageLog(outage_log.log_path(settings))
        self._first_stored: int | None = None
        self._first_read_at = -math.inf  # real seconds
        self._rows: Follower | replay.ReplayFollower
        if isinstance(clock, Playback):
            self._rows = replay.ReplayFollower(store, self.markets, clock)
        else:
            self._rows = Follower(store, self.markets, clock)

    def playing(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> "PriceReader":
        """
        Return a reader that replays stored prices from *at* (epoch ms; default: the last day) on.

        It ends now; with a ReplayClock, at the last stored row.

        Raises:
            ConfigError: nothing is stored.
        """
        until = None if isinstance(self.clock, ReplayClock) else self.clock.now()
        clock = replay.open_playback(self.store, self.markets, until, at, speed)
        if not moving:
            clock.pause()
        return PriceReader(self._settings, self.store, clock, self._collector_status)

    def load(self, span: int) -> bool:
        """
        Read the last *span* ms, or what of it is not in memory yet; return whether anything was read.

        At least a day is read, so that a short span hides no price that stands still.
        """
        return self._rows.load(max(span, DAY))

    def refresh(self) -> frozenset[Market]:
        """Read rows that arrived or were replayed since the last call; return their markets."""
        return self._rows.refresh()

    def first_stored(self) -> int | None:
        """Return the time of the first stored price of its markets, read every ten minutes; None without any."""
        now = time.monotonic()
        if now - self._first_read_at > _REREAD_FIRST:
            extents = [extent for market in self.markets if (extent := self.store.extent(market))]
            self._first_stored = min((first for first, _ in extents), default=None)
            self._first_read_at = now
        return self._first_stored

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """Return the last *span* ms of *market* up to *now* (default: the clock's)."""
        return self._rows.window(market, span, now)

    def status(self) -> Status:
        """Return the collector's status, with the mode (live, simulated, replay) of the newest stored rows."""
        now = self.clock.now()
        windows = {market: self._rows.window(market, self._settings.span, now) for market in self.markets}
        if isinstance(self.clock, Playback):
            return status_of_replay(windows, {market.name: market.every for market in self._settings.markets})
        return status_of_rows(self._collector_status(), windows)

    def outages(self, status: Status) -> tuple[Outage, ...]:
        """Return recorded outages, and those in progress by *status*, up to the last full minute."""
        return self._outages.read(status, self.clock.now() // MINUTE * MINUTE)
