"""The parts behind one page, made from its settings: store, collector, reader and snapshot writer."""

import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from tracker.alerts.service.factory import make_alert_service
from tracker.alerts.service.service import AlertService
from tracker.alerts.service.settings_changes import follow_settings
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.bar_keeper import BarKeeper, progress
from tracker.collector.factory import configured_feeds, exchange_names, make_collector_service, make_coordination
from tracker.collector.poll_request import PollRequest
from tracker.core.contracts import Store
from tracker.core.market_status import Note, Status
from tracker.dashboard.alerts.actions import AlertActions
from tracker.dashboard.alerts.source import PLAYBACK, AlertsSource, ShownAlerts
from tracker.dashboard.simulated_day import SimulatedDay
from tracker.dashboard.snapshot_writer import SnapshotWriter, make_snapshot_writer
from tracker.dashboard.view_state import ViewState
from tracker.history.playback import Playback
from tracker.history.reader import PriceReader
from tracker.history.recorded_store import RecordedStore
from tracker.render.page import status_view
from tracker.render.page.page_data import ViewerRequests
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import state_folder
from tracker.runtime.store_url import open_configured_store
from tracker.runtime.viewer_edits import viewers_may_edit
from tracker.runtime.viewer_requests import viewers_may_request
from tracker.sandbox.demo import Demo


class PageServices:
    """
    What a page reads from and what it runs.

    Args:
        settings: of all parts.
        demo: the simulated market that *settings* name, stopped with the services; None: a real market.

    Attributes:
        settings: of all parts.
        store: holds the prices.
        collector: writes prices while it has the lease.
        bars: keeps bars of older prices while it has the lease.
        alerts: watches rules while it has the lease; None for prices that are not real.
        settings_watch: hands settings that change to collector and alerts; other parts may subscribe.
        reader: reads the prices that the page shows; another one while stored prices are replayed.
        snapshots: writes the snapshot of the page.
        is_simulated: whether the page shows a simulated market.
        may_request: whether viewers may request older prices and polls.
        may_edit: whether viewers may change and mute alerts.
        alert_source: reads what the page shows of alerts.
    """

    def __init__(self, settings: Settings, demo: Demo | None = None) -> None:
        self.settings = settings
        self.is_simulated = demo is not None
        self._demo = demo
        self._successor: PageServices | None = None
        self._simulated_day: SimulatedDay | None = None
        self.may_request = demo is None and not settings.playback and viewers_may_request(settings)
        self.may_edit = demo is None and not settings.playback and viewers_may_edit()
        self._is_stopped = False
        self._lock = threading.Lock()  # stop() waits for a start() or simulated() under way in another thread
        clock = settings.make_clock()
        self.store: Store
        if settings.playback and settings.recording is not None:
            self.store = RecordedStore(settings.recording)
        else:
            self.store = open_configured_store(settings)
        self._now = clock.now
        self._coordination = make_coordination(settings, "dashboard")
        self.collector = make_collector_service(settings, self.store, clock, self._coordination)
        self.bars = BarKeeper(self.store, self._coordination, clock)
        self.alerts: AlertService | None = None
        if demo is None:
            self.alerts = make_alert_service(settings, self.store, clock, self._coordination, self.collector.status)
        self.settings_watch = follow_settings(settings, self.collector, self.alerts)
        self.reader = PriceReader(settings, self.store, clock, self.status)
        self.alert_source = AlertsSource(
            lambda: self.settings_watch.state,
            self._coordination,
            state_folder(settings),
            clock.now,
            may_edit=self.may_edit,
            silence=PLAYBACK if settings.playback else None,
            simulated=lambda: self.store if self.is_simulated or self.collector.status().mode == "simulated" else None,
            monotonic=time.monotonic,
        )
        self.snapshots: SnapshotWriter = make_snapshot_writer(settings, "dashboard")

    @property
    def playback(self) -> Playback | None:
        """The clock of the replay; None: live prices."""
        return self.reader.clock if isinstance(self.reader.clock, Playback) else None

    def start(self) -> None:
        """Start the collector, unless ``stop`` was called. Blocking."""
        with self._lock:
            if not self._is_stopped:
                self.collector.start()
                self.bars.start()
                if self.alerts is not None:
                    self.alerts.start()
                if not self.is_simulated:  # whose settings are in no file
                    self.settings_watch.start()

    def status(self) -> Status:
        """
        Return the status of the collecting process, with how far the bars of older prices are made. Blocking.

        What is wrong in the settings of this process is noted, unless the collecting process notes that of its own.
        """
        status = replace(self.collector.status(), bars_made=progress(self._coordination))
        problem = self.settings_watch.state.problem
        if problem and not any(note.kind == "settings_wrong" for note in status.notes):
            status = replace(status, notes=(*status.notes, Note("settings_wrong", 0, words=problem)))
        return status

    def simulated(self) -> "PageServices":
        """
        Stop these services, and return those of a simulated market on loopback, not started. Blocking.

        ``stop`` also stops the returned ones, as the page may end before it uses them.

        Raises:
            RuntimeError: ``stop`` was called.
        """
        with self._lock:
            if self._is_stopped:
                raise RuntimeError("the page has stopped")
            # First: if they fail, these services go on.
            # The time is not the reader's, which may be that of a replay.
            demo = Demo(self._now, self.settings.market_list())
            self._successor = PageServices(demo.settings(self.settings, exchange_names(self.settings)), demo)
            self._successor._simulated_day = self._simulated_day  # which the page may still show
            self._stop_parts()
            return self._successor

    def live_reader(self) -> Callable[[], PriceReader]:
        """Return a function that makes a reader of live prices from the parts as they are now. It may block."""
        settings = self.settings
        return lambda: self.reader_of(settings)

    def reader_of(self, settings: Settings) -> PriceReader:
        """Return a reader of the live prices of *settings*, of which the store is this one."""
        return PriceReader(settings, self.store, settings.make_clock(), self.status)

    def simulated_day(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> PriceReader:
        """Return a reader that replays a simulated day; see ``PriceReader.playing``. Blocking."""
        with self._lock:
            if self._is_stopped:
                raise RuntimeError("the page has stopped")
            if self._simulated_day is None:
                self._simulated_day = SimulatedDay(self.settings)
            return self._simulated_day.reader(at, speed, moving)

    def viewer_requests(self) -> ViewerRequests | None:
        """Return what viewers may request now; None: nothing. Blocking."""
        if not self.may_request or self.playback is not None:
            return None
        settings, request = self.settings, BackfillRequest(self._coordination)
        stand_ins = {feed.market: feed.stand_ins for feed in configured_feeds(settings) if feed.stand_ins}
        return ViewerRequests(
            stand_ins=stand_ins,
            span=settings.span,
            retention=settings.retention,
            since=request.read(),
            done=request.last_done(),
        )

    def request_prices(self, since: int) -> None:
        """Request older prices from *since* (epoch ms) on of the collecting process. Blocking. Raises LeaseError."""
        BackfillRequest(self._coordination).submit(since)

    def request_poll(self, stand_ins: bool) -> None:
        """Request a poll now, see ``PollRequest``. Blocking. Raises LeaseError."""
        PollRequest(self._coordination).submit(stand_ins=stand_ins)

    def read_alerts(self, zone: tzinfo) -> ShownAlerts:
        """Return what the page shows of alerts, with times as in *zone*. Blocking. Raises nothing."""
        return self.alert_source.read(zone, is_replay=self.playback is not None)

    def alert_editor(
        self, state: ViewState, start: Callable[[Coroutine[Any, Any, None]], object]
    ) -> AlertActions | None:
        """Return what changes alerts for a viewer of *state*, who may; else None. *start* runs a coroutine."""
        if not self.may_edit:
            return None
        from tracker.alerts.states.mutes import MuteRequests  # with the editor comes the language of rules
        from tracker.dashboard.alerts.editor import AlertEditor

        return AlertEditor(state, self.alert_source, MuteRequests(self._coordination), self.store, start)

    def malformed_lines(self) -> Note | None:
        """Return a note on the store's malformed lines; None if there are none."""
        return status_view.malformed_lines_note(self.store, self.reader.folder)

    def stop(self) -> None:
        """Release the leases, and delete simulated prices. Blocking."""
        with self._lock:
            self._is_stopped = True
            self._stop_parts()
            for prices in (self._demo, self._simulated_day):
                if prices is not None:
                    prices.stop()
            if self._successor is not None:
                self._successor.stop()

    def _stop_parts(self) -> None:
        self.settings_watch.stop()
        self.collector.stop()
        if self.alerts is not None:  # after the last row
            self.alerts.stop()
        self.bars.stop()
        self.snapshots.stop()


def shown_status(reader: PriceReader) -> Status:
    """Return the collector's status without paths of this machine. Blocking."""
    return status_view.hide_paths(reader.status(), reader.folder)
