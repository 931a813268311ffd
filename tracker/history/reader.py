"""Stored prices and what is known about them, for whatever shows them: the page, its picture, a published page."""

from collections.abc import Callable

from tracker.collector import outage_log
from tracker.collector.outage_log import Outage, OutageLog
from tracker.core.contracts import Store
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.window import Window
from tracker.history import replay
from tracker.history.follower import Follower
from tracker.history.playback import Playback
from tracker.history.row_status import status_of_replay, status_of_rows
from tracker.runtime.clock import Clock, ReplayClock
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder

_MINUTE = 60_000  # ms


class PriceReader:
    """
    Reads stored prices, how collecting them goes, and why some are missing.

    With a Playback as *clock* it plays what is stored, else it follows the store. Blocking; safe from several
    threads. A StoreError harms nothing: the next call goes on. ``load`` comes first.

    Args:
        collector_status: returns the status of the process that collects, e.g. ``Runner.status``.

    Attributes:
        markets: those of the settings, in their order.
        folder: where the store's and its collector's files lie.
    """

    def __init__(self, settings: Settings, store: Store, clock: Clock, collector_status: Callable[[], Status]) -> None:
        self.store, self.clock = store, clock
        self.markets = settings.market_list()
        self.folder = data_folder(settings)
        self._settings = settings
        self._collector_status = collector_status
        self._outages = OutageLog(self.folder / outage_log.FILE)
        self._rows: Follower | replay.ReplayFollower
        if isinstance(clock, Playback):
            self._rows = replay.ReplayFollower(store, self.markets, clock)
        else:
            self._rows = Follower(store, self.markets, clock)

    def playing(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> "PriceReader":
        """
        Make a reader that plays what is stored, from *at* (epoch ms; default: its last day) on.

        All that is stored up to now is played; of a recording, whose clock is a ReplayClock, all of it.

        Raises:
            ConfigError: nothing is stored.
        """
        until = None if isinstance(self.clock, ReplayClock) else self.clock.now()
        clock = replay.open_recording(self.store, self.markets, until, at, speed)
        if not moving:
            clock.pause()
        return PriceReader(self._settings, self.store, clock, self._collector_status)

    def load(self, span: int) -> bool:
        """Read the last *span* ms, or what of it is not in memory yet; return whether anything was read."""
        return self._rows.load(span)

    def refresh(self) -> frozenset[Market]:
        """Take in what arrived, or was played, since the last call; return the markets it belongs to."""
        return self._rows.refresh()

    def window(self, market: Market, span: int, now: int | None = None) -> Window:
        """Return the last *span* ms of *market* up to *now* (default: the clock's)."""
        return self._rows.window(market, span, now)

    def status(self) -> Status:
        """Return how collecting goes, and whether the rows of the settings' span are live, simulated or replayed."""
        now = self.clock.now()
        windows = {market: self._rows.window(market, self._settings.span, now) for market in self.markets}
        if isinstance(self.clock, Playback):
            return status_of_replay(windows, {each.name: each.every for each in self._settings.markets})
        return status_of_rows(self._collector_status(), windows)

    def outages(self, status: Status) -> tuple[Outage, ...]:
        """Return the outages written down, and those that go on by *status*, up to the last full minute."""
        return self._outages.read(status, self.clock.now() // _MINUTE * _MINUTE)
