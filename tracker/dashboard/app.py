"""Starts and stops the page, and switches between live, replayed and simulated prices."""

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import ClassVar, Self

from tracker.core.errors import StoreError, TrackerError
from tracker.dashboard import self_test
from tracker.dashboard.background import BackgroundTasks, failure_text
from tracker.dashboard.kernel_log import join_server_log
from tracker.dashboard.services import PageServices, shown_status
from tracker.dashboard.state_updater import StateUpdater, load
from tracker.dashboard.view_state import Actions, ViewState
from tracker.history.reader import PriceReader
from tracker.render.page import status_view
from tracker.render.page.periods import needed_periods
from tracker.render.page.state import ActionName, FailedAction
from tracker.runtime.clock import ReplayClock
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)


class App:
    """The parts of one page; widgets use ``app.state``. A kernel has one App: ``start()`` stops the one before."""

    _running: ClassVar["App | None"] = None

    def __init__(self, settings: Settings) -> None:
        self.state = ViewState(monotonic=time.monotonic, watched=False)  # until a browser connects
        self._services = PageServices(settings)
        self._background = BackgroundTasks(lambda failure: self.state.update(failure=failure))
        self._alert_editor = self._services.alert_editor(self.state, self._background.start)
        self._updater = StateUpdater(self.state, self._services, self._background.start)
        self._refreshing: asyncio.Task[None] | None = None
        self._is_simulating = False  # a simulated market is being started
        self._is_switching = False  # a replay is being started or ended

    @classmethod
    def start(cls, settings: Settings | None = None) -> Self:
        """
        Read the settings, load stored prices and start to follow the store and to compete for the collect lease.

        Needs a running event loop, as every notebook cell has. Blocks it, so that the first picture has prices.

        Raises:
            ConfigError: a setting is invalid.
        """
        if "VOILA_PREHEAT" in os.environ:  # served by Voila; in JupyterLab the log is the analyst's own
            join_server_log()
        if App._running is not None:
            App._running.stop()
        app = cls(settings or read_settings())
        app._begin()
        app._refreshing = app._background.start(app._updater.run())
        App._running = app
        return app

    def stop(self) -> None:
        """Stop the page's tasks, release the lease and delete simulated prices."""
        self._background.cancel()
        self._services.stop()
        App._running = None

    async def simulate(self) -> None:
        """Switch to a simulated market on loopback, stored in a temporary folder; stored prices stay untouched."""
        services = await in_thread(self._services.simulated)
        stored = await in_thread(load, services, services.settings.span)
        self._services = self._updater.services = services
        with self.state.hold_trait_notifications():
            self.state.update(**stored)
            self._updater.connect(self._actions())
        await in_thread(services.start)
        self.state.update(status=await in_thread(shown_status, services.reader))

    async def check(self) -> None:
        """Wait for a new price of every market if ``TRACKER_CHECK=1``; see ``self_test``."""
        await self_test.wait_for_new_price(self.state, lambda: self._refreshing is None or self._refreshing.done())

    def replay(
        self, at: int | None = None, speed: float = 60.0, moving: bool = True, *, of_address: bool = True
    ) -> None:
        """
        Start to replay stored prices, while collecting continues.

        Args:
            at: epoch ms to begin at; None: the last day.
            speed: seconds of the replay per real second.
            moving: whether it plays; False: it is paused.
            of_address: whether the page's address named *at*, and a problem is one of it.
        """
        reader = self._services.reader
        report = (
            self._report_address_problem
            if of_address and at is not None
            else partial(self._report_failure, "start_replay")
        )
        self._switch(lambda: reader.playing(at, speed, moving), report)

    def replay_simulated_day(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> None:
        """Start to replay a simulated day, while collecting continues; arguments as for ``replay``."""
        services = self._services
        self._switch(lambda: services.simulated_day(at, speed, moving), partial(self._report_failure, "start_replay"))

    def live(self) -> None:
        """Start to return from a replay to live prices."""
        self._switch(self._services.live_reader(), partial(self._report_failure, "end_replay"))

    def _begin(self) -> None:
        """Fill the state with stored prices, then start to collect. Blocking."""
        services, settings = self._services, self._services.settings
        self.state.span = settings.span // 1000
        if settings.playback:
            clock = services.reader.clock
            services.reader = services.reader.playing(
                clock.origin if isinstance(clock, ReplayClock) else None, clock.speed
            )
        self.state.update(**load(services, settings.span))
        self._updater.connect(self._actions())
        if not settings.playback:
            services.start()
        alerts = services.read_alerts(self.state.zone)
        self.state.update(status=shown_status(services.reader), alerts=alerts.view, alert_marks=alerts.marks)

    def _actions(self) -> Actions:
        live, settings = self._services.playback is None, self._services.settings
        can_simulate = not (self._services.is_simulated or self._is_simulating)
        may_request = live and self._services.may_request
        can_return = not (live or settings.playback)  # a playback has no live prices to return to
        return Actions(
            simulate=self._start_simulation if can_simulate else None,
            start_replay=self.replay if live and not self._is_switching else None,
            replay_simulated_day=self.replay_simulated_day if live and not self._is_switching else None,
            end_replay=self.live if can_return and not self._is_switching else None,
            fetch=self._fetch if may_request else None,
            poll=self._poll if may_request else None,
            alerts=self._alert_editor if self._services.may_edit else None,
            is_switching=self._is_switching,
        )

    def _fetch(self, since: int) -> None:
        work = partial(in_thread, self._services.request_prices, since)
        self._start_action(work, partial(self._report_failure, "fetch"))

    def _poll(self, stand_ins: bool) -> None:
        work = partial(in_thread, self._services.request_poll, stand_ins)
        self._start_action(work, partial(self._report_failure, "poll"))

    def _start_simulation(self) -> None:
        self._is_simulating = True
        self._start_action(self._simulate, partial(self._report_failure, "simulate"))

    async def _simulate(self) -> None:
        try:
            await self.simulate()
        finally:
            self._is_simulating = False

    def _switch(self, make_reader: Callable[[], PriceReader], report: Callable[[Exception], None]) -> None:
        self.state.view = None
        self._is_switching = True
        self._start_action(partial(self._switch_reader, make_reader), report)

    async def _switch_reader(self, make_reader: Callable[[], PriceReader]) -> None:
        services = self._services
        try:
            reader = await in_thread(make_reader)
            with suppress(StoreError):  # the next refresh meets the same error and shows it
                await in_thread(reader.extents)
                await in_thread(reader.load_periods, needed_periods(self._updater.page_of(reader)))
            status = await in_thread(shown_status, reader)
        finally:
            self._is_switching = False
        if services is self._services:  # otherwise simulate() has replaced them meanwhile
            services.reader = reader
            with self.state.hold_trait_notifications():
                self._updater.connect(self._actions())
                self.state.update(status=status)

    def _start_action(self, work: Callable[[], Awaitable[None]], report: Callable[[Exception], None]) -> None:
        self.state.actions = self._actions()
        self._background.start(self._run_action(work, report))

    async def _run_action(self, work: Callable[[], Awaitable[None]], report: Callable[[Exception], None]) -> None:
        """Do *work*; if it fails, *report* the error. Then offer the actions that are possible."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # the page goes on without this action
            report(error)
        else:
            self.state.failed_action = None
        self.state.actions = self._actions()

    def _report_failure(self, action: ActionName, error: Exception) -> None:
        self.state.failed_action = FailedAction(action, self._cause(error))

    def _report_address_problem(self, error: Exception) -> None:
        problems = (self.state.address_problem, f"replay: {self._cause(error)}")
        self.state.address_problem = "; ".join(filter(None, problems))
        self.state.view = None  # that of the address is a part of the replayed time

    def _cause(self, error: Exception) -> str:
        """Return *error* as text for viewers; an unexpected one is logged."""
        if isinstance(error, TrackerError):
            return status_view.for_viewers(str(error), self._services.reader.folder)
        log.error("an action of the page failed", exc_info=error)
        return failure_text(error)
