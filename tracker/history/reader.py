"""Reads prices, status and outages for the page, its snapshot and a published page; or one past period of prices."""

import math
import time
from collections.abc import Callable, Mapping, Sequence

from tracker.collector import outage_log
from tracker.collector.outage_log import OutageLog
from tracker.core.bar_window import AnyWindow
from tracker.core.bars import step_for
from tracker.core.contracts import Store
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.market_status import Outage, Status
from tracker.core.standstill import unmoved_since
from tracker.history import replay
from tracker.history.bar_reader import read_window
from tracker.history.follower import KEEP, Follower
from tracker.history.playback import Playback
from tracker.history.row_status import status_of_replay, status_of_rows
from tracker.history.windows import Period, Windows
from tracker.runtime.clock import Clock, ReplayClock
from tracker.runtime.memory import share_heap
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder

_REREAD_EXTENTS = 600.0  # real seconds; a backfill or an import may have brought earlier prices


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
        share_heap()  # before it reads, as each of its reads has a thread of its own
        self.store, self.clock = store, clock
        self.markets = settings.market_list()
        self.folder = data_folder(settings)
        self._settings = settings
        self._collector_status = collector_status
        self._outages = OutageLog(outage_log.log_path(settings))
        self._extents: Mapping[Market, tuple[int, int]] = {}
        self._extents_read_at = -math.inf  # real seconds
        self._rows: Follower | replay.ReplayFollower
        if isinstance(clock, Playback):
            self._rows = replay.ReplayFollower(store, self.markets, clock)
        else:
            self._rows = Follower(store, self.markets, clock)
        self._windows = Windows(store, self.markets, self._rows)

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
        return self.load_periods([Period(span, self.clock.now())])

    def load_periods(self, periods: Sequence[Period]) -> bool:
        """Read the last day and *periods*, or what of them is not in memory; return whether anything was read."""
        now = self.clock.now()
        ages = [now - end + span for span, end in periods if step_for(span) is None]
        # A moment more, as charts may be drawn of one that is past.
        was_read = self._rows.load(max([DAY, *(age for age in ages if age < KEEP)]) + MINUTE)
        return self._windows.load(periods) or was_read

    def has_periods(self, periods: Sequence[Period]) -> bool:
        """Return whether *periods* are in memory. Does not block."""
        return self._windows.has(periods)

    def refresh(self) -> frozenset[Market]:
        """Read rows that arrived or were replayed since the last call; return their markets."""
        changed = self._rows.refresh()
        if changed:
            arrived = self._rows.arrived()
            self._windows.rows_changed(arrived)
            for market, (first, last) in arrived.items():
                known = self._extents.get(market, (first, last))
                self._extents = {**self._extents, market: (min(first, known[0]), max(last, known[1]))}
        return changed

    def renew(self) -> bool:
        """
        Compare older prices in memory with what is stored, each once a minute; return whether some have changed.

        Takes as long as reading what has changed.
        """
        return self._windows.renew(self.clock.now())

    def extents(self) -> Mapping[Market, tuple[int, int]]:
        """Return the times of the first and the last stored price of its markets, read every ten minutes."""
        now = time.monotonic()
        if now - self._extents_read_at > _REREAD_EXTENTS:
            extents = {market: self.store.extent(market) for market in self.markets}
            self._extents = {market: extent for market, extent in extents.items() if extent is not None}
            self._extents_read_at = now
        return self._extents

    @property
    def known_extents(self) -> Mapping[Market, tuple[int, int]]:
        """The extents that were read last; none before. Does not block."""
        return self._extents

    def window(self, market: Market, span: int, now: int | None = None) -> AnyWindow:
        """Return the last *span* ms of *market* up to *now* (default: the clock's), of what is in memory."""
        return self._windows.window(market, span, self.clock.now() if now is None else now)

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
