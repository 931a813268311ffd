"""Runs the page: connects settings, store, collector and reader to the state that its widgets watch."""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, ClassVar, Self

from tracker.collector.factory import exchange_names, make_collector_service
from tracker.collector.outage_log import Outage
from tracker.core.errors import StoreError, TrackerError
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.dashboard import self_test
from tracker.dashboard.snapshot_writer import make_snapshot_writer
from tracker.dashboard.view_state import Actions, ViewState
from tracker.history.playback import Playback
from tracker.history.reader import PriceReader
from tracker.render.format import plain_text
from tracker.render.page import status_view
from tracker.render.page.state import PageState
from tracker.render.page.static_state import default_state, local_zone
from tracker.runtime.settings import Settings, read_settings
from tracker.runtime.store_url import open_configured_store
from tracker.runtime.threads import in_thread
from tracker.sandbox.demo import Demo

log = logging.getLogger(__name__)

REFRESH = 0.4  # real seconds between two reads of the store
UNWATCHED = 2.0  # the same while no browser shows the page


class App:
    """The parts of one page; widgets use ``app.state``. A kernel has one App: ``start()`` stops the one before."""

    _running: ClassVar["App | None"] = None

    def __init__(self, settings: Settings) -> None:
        self.state = ViewState(monotonic=time.monotonic)
        self._demo: Demo | None = None
        self._task: asyncio.Task[None] | None = None
        self._changes: set[asyncio.Task[None]] = set()  # to a replay, live prices or a simulated market
        self._seen = asyncio.Event()  # a browser shows the page again
        self._open(settings)

    @classmethod
    def start(cls, settings: Settings | None = None) -> Self:
        """
        Read the settings, load stored prices and start to follow the store and to compete for the collect lease.

        Needs a running event loop, as every notebook cell has.

        Raises:
            ConfigError: a setting is invalid.
        """
        if App._running is not None:
            App._running.stop()
        app = cls(settings or read_settings())
        app._begin()
        app._task = asyncio.get_running_loop().create_task(app._refresh())
        app._task.add_done_callback(app._ended)
        app.state.observe(lambda change: app._seen.set(), "watched")
        App._running = app
        return app

    def stop(self) -> None:
        """Stop the page's tasks, release the lease and delete simulated prices."""
        if self._task is not None:
            self._task.remove_done_callback(self._ended)
            self._task.cancel()
        for change in self._changes:
            change.cancel()
        self._runner.stop()
        self._snapshots.stop()
        if self._demo is not None:
            self._demo.stop()
        App._running = None

    async def simulate(self) -> None:
        """Switch to a simulated market on loopback, stored in a temporary folder; stored prices stay untouched."""
        await in_thread(self._runner.stop)
        self._snapshots.stop()
        self._demo = Demo(self._reader.clock.now)
        self._open(self._demo.settings(self._settings, exchange_names(self._settings)))
        self._begin()

    async def check(self) -> None:
        """Wait for a new price of every market if ``TRACKER_CHECK=1``; see ``self_test``."""
        await self_test.wait_for_new_price(self.state, lambda: self._task is None or self._task.done())

    def _open(self, settings: Settings) -> None:
        self._settings = settings
        self._store, clock = open_configured_store(settings), settings.make_clock()
        self._runner = make_collector_service(settings, self._store, clock, "dashboard")
        self._reader = PriceReader(settings, self._store, clock, self._runner.status)
        self._skipped = status_view.MalformedLines(self._store, self._reader.folder)
        self._snapshots = make_snapshot_writer(settings, "dashboard")

    def _begin(self) -> None:
        """Fill the state with stored prices, then start to collect."""
        if self._demo is None:
            self.state.span = self._settings.span // 1000
        if self._settings.playback:
            clock = self._reader.clock
            self._reader = self._reader.playing(getattr(clock, "origin", None), clock.speed)
            self._load()
            self._turn(self._reader)
            self.state.actions = replace(self.state.actions, end_replay=None)  # there are no live prices to return to
            return
        self._load()
        self._fill()
        self._runner.start()
        self.state.update(status=self._status())

    def replay(self, at: int | None = None, speed: float = 60.0, moving: bool = True) -> None:
        """Start to replay stored prices from *at* (epoch ms; default: the last day), while collecting continues."""
        reader = self._reader
        self._change(lambda: reader.playing(at, speed, moving))

    def live(self) -> None:
        """Start to return from a replay to live prices."""
        settings, store, status = self._settings, self._store, self._runner.status
        self._change(lambda: PriceReader(settings, store, settings.make_clock(), status))

    def _change(self, make: Callable[[], PriceReader]) -> None:
        self.state.view = None
        self.state.actions = replace(self.state.actions, start_replay=None, end_replay=None)
        self._soon(self._changed(make))

    async def _changed(self, make: Callable[[], PriceReader]) -> None:
        store, span = self._store, max(self.state.span * 1000, self._settings.span)
        try:
            reader = await in_thread(make)
            with suppress(StoreError):  # the next refresh meets the same error and shows it
                await in_thread(reader.load, span)
        except TrackerError as error:
            self.state.address_problem = f"replay: {status_view.with_folder_label(str(error), self._reader.folder)}"
            self.state.actions = replace(self.state.actions, start_replay=self.replay)
        else:
            if store is self._store:  # simulate() may have changed it meanwhile
                self._turn(reader)

    def _turn(self, reader: PriceReader) -> None:
        self._reader = reader
        clock = reader.clock if isinstance(reader.clock, Playback) else None
        with self.state.hold_trait_notifications():
            self.state.replay, self.state.playing = clock, clock is not None and clock.playing
            self._fill()
            self.state.update(status=self._status())

    def _fill(self) -> None:
        state = self.state
        live = state.replay is None
        with state.hold_trait_notifications():
            if not state.data.markets:  # otherwise keep the viewer's choices
                state.chosen = self._reader.markets
            state.actions = Actions(
                simulate=self._simulate_soon if self._demo is None else None,
                start_replay=self.replay if live else None,
                end_replay=None if live else self.live,
            )
            state.update(
                markets=self._reader.markets,
                now=self._reader.clock.now(),
                revision=state.data.revision + 1,
                read=self._reader.window,
                floor=self._settings.coverage_floor,
                store_label=status_view.folder_label(self._reader.folder),
            )

    def _load(self) -> None:
        try:
            self._reader.load(max(self._reach(), self._settings.span))
            self.state.update(has_stored_prices=bool(self._store.markets()), problem="")
        except TrackerError as error:
            log.error("%s", error)
            self.state.update(problem=status_view.with_folder_label(str(error), self._reader.folder))

    async def _refresh(self) -> None:
        while True:
            reader = self._reader
            try:
                if await in_thread(reader.load, self._reach()):
                    changed = frozenset(self.state.data.markets)
                else:
                    changed = await in_thread(reader.refresh)
                problem = ""
            except TrackerError as error:
                changed, problem = frozenset(), status_view.with_folder_label(str(error), reader.folder)
                if problem != self.state.data.problem:
                    log.error("%s", error)
            if reader is self._reader:  # simulate() may have changed it meanwhile
                status = await in_thread(self._status)
                why = await in_thread(reader.outages, status)
                self._show(changed, status, why, problem)
                await in_thread(self._snapshots.write_if_due, self._picture)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._seen.wait(), REFRESH if self.state.watched else UNWATCHED)
            self._seen.clear()

    def _reach(self) -> int:
        """Return how many ms of rows, back from now, the page may show."""
        now = self._reader.clock.now()
        page = replace(self.state.page, data=self.state.data.updated(now=now))  # data.now is 0 at first
        return max(self.state.span * 1000, now - page.visible_range[0])

    def _show(self, changed: frozenset[Market], status: Status, why: tuple[Outage, ...], problem: str) -> None:
        state, data, now = self.state, self.state.data, self._reader.clock.now()
        with state.hold_trait_notifications():
            state.playing = state.replay is not None and state.replay.playing
            state.update(
                # The clock on the page ticks in whole seconds, unless there are new rows.
                now=now if changed or now // 1000 != data.now // 1000 else data.now,
                revision=data.revision + bool(changed),
                status=status,
                outages=why,
                problem=problem,
                malformed_lines=self._skipped.note(now),
                has_stored_prices=data.has_stored_prices or bool(changed),
            )

    def _picture(self) -> PageState | None:
        """Return the page as it opens now; None during a replay or a simulation."""
        if self.state.replay is not None or self._demo is not None:
            return None
        now = self._reader.clock.now()
        return default_state(replace(self.state.data, now=now, failure=""), self._settings.span, local_zone())

    def _status(self) -> Status:
        return status_view.hide_paths(self._reader.status(), self._reader.folder)

    def _simulate_soon(self) -> None:
        self._soon(self.simulate())
        self.state.actions = replace(self.state.actions, simulate=None)

    def _soon(self, change: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(change)
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Log and show the exception of a background task, which nobody awaits."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the page's background work ended", exc_info=error)
            self.state.update(failure=plain_text.hide_folders(f"{type(error).__name__}: {error}"))
