"""The parts behind one page, made from its settings: store, collector, reader and snapshot writer."""

from collections.abc import Callable

from tracker.collector.factory import exchange_names, make_collector_service
from tracker.core.market_status import Note, Status
from tracker.dashboard.snapshot_writer import SnapshotWriter, make_snapshot_writer
from tracker.history.playback import Playback
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store
from tracker.sandbox.demo import Demo


class PageServices:
    """
    What a page reads from and what it runs.

    Attributes:
        settings: of all parts; those of the simulation after ``simulate``.
        store: holds the prices.
        collector: writes prices while it has the lease.
        reader: reads the prices that the page shows; another one while stored prices are replayed.
        snapshots: writes the snapshot of the page.
        is_simulated: whether the page shows a simulated market.
    """

    def __init__(self, settings: Settings) -> None:
        self._demo: Demo | None = None
        self._open(settings)

    def _open(self, settings: Settings) -> None:
        self.settings = settings
        self.store, clock = open_configured_store(settings), settings.make_clock()
        self.collector = make_collector_service(settings, self.store, clock, "dashboard")
        self.reader = PriceReader(settings, self.store, clock, self.collector.status)
        self.snapshots: SnapshotWriter = make_snapshot_writer(settings, "dashboard")

    @property
    def is_simulated(self) -> bool:
        return self._demo is not None

    @property
    def playback(self) -> Playback | None:
        """The clock of the replay; None: live prices."""
        return self.reader.clock if isinstance(self.reader.clock, Playback) else None

    def simulate(self) -> None:
        """Replace all parts by those of a simulated market on loopback; stop the collector first."""
        self.snapshots.stop()
        self._demo = Demo(self.reader.clock.now)
        self._open(self._demo.settings(self.settings, exchange_names(self.settings)))

    def live_reader(self) -> Callable[[], PriceReader]:
        """Return a function that makes a reader of live prices from the parts as they are now. It may block."""
        settings, store, status = self.settings, self.store, self.collector.status
        return lambda: PriceReader(settings, store, settings.make_clock(), status)

    def status(self) -> Status:
        """Return the collector's status without paths of this machine. Blocking."""
        return status_view.hide_paths(self.reader.status(), self.reader.folder)

    def malformed_lines(self) -> Note | None:
        """Return a note on the store's malformed lines; None if there are none."""
        return status_view.malformed_lines_note(self.store, self.reader.folder)

    def stop(self) -> None:
        """Release the leases, and delete simulated prices."""
        self.collector.stop()
        self.snapshots.stop()
        if self._demo is not None:
            self._demo.stop()
