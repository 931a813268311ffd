"""Hands settings that change while the process runs to the collector, and reports those that cannot take effect."""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress

from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.status import StatusBoard
from tracker.core.errors import ConfigError
from tracker.core.market_status import Note
from tracker.runtime.clock import Clock
from tracker.runtime.settings import Settings
from tracker.runtime.settings_watch import AT_START, needs_restart

log = logging.getLogger(__name__)


class LiveSettings:
    """
    The settings by which this process collects. Methods may be called in any thread.

    A change takes effect at once if this process collects, else when it begins to. Settings that cannot be used change
    nothing; a note says so until they can.

    Args:
        settings: those at the start. Those of AT_START hold until the process ends.
        make_plan: returns what they decide about collecting. Raises ConfigError.
        board: takes the notes.
        clock: of the notes.

    Raises:
        ConfigError: *settings* cannot be used.
    """

    def __init__(
        self, settings: Settings, make_plan: Callable[[Settings], Plan], board: StatusBoard, clock: Clock
    ) -> None:
        self._settings = settings
        self._make_plan = make_plan
        self._board = board
        self._clock = clock
        self._lock = threading.Lock()
        self._plan = make_plan(settings)
        self._collector: Collector | None = None  # of the last term
        self._loop: asyncio.AbstractEventLoop | None = None  # of that collector
        self._problem = ""
        self._unchanged: tuple[str, ...] = ()  # settings that differ, and take effect with the next start
        board.change_markets({feed.market: feed.interval for feed in self._plan.feeds})

    def begin_term(self, make_collector: Callable[[Plan], Collector]) -> Collector:
        """Return the collector of a term, made from the present plan. To be called in the event loop."""
        with self._lock:
            self._loop, self._collector = asyncio.get_running_loop(), make_collector(self._plan)
            return self._collector

    def change(self, settings: Settings) -> None:
        """Collect as *settings* state from now on, except for those of AT_START."""
        with self._lock:
            try:
                plan = self._make_plan(
                    settings.model_copy(update={name: getattr(self._settings, name) for name in AT_START})
                )
            except ConfigError as error:
                self._report(str(error))
                return
            self._report("")
            self._report_unchanged(needs_restart(self._settings, settings))
            if plan == self._plan:
                return
            log.info("the settings have changed; markets collected from now on: %d", len(plan.feeds))
            self._plan = plan
            if self._collector is None or self._loop is None:
                self._board.change_markets({feed.market: feed.interval for feed in plan.feeds})
                return
            with suppress(RuntimeError):  # the loop has ended with the process's work
                self._loop.call_soon_threadsafe(self._collector.change, plan)

    def refuse(self, problem: str) -> None:
        """Report the *problem* of settings that cannot be read; what runs goes on."""
        with self._lock:
            self._report(problem)

    def _report(self, problem: str) -> None:
        """Note the *problem* of the settings; empty: there is none."""
        if problem == self._problem:
            return
        if problem:
            log.warning("the settings cannot be used, so those before stay in force: %s", problem)
            self._board.remove_notes("settings_wrong")
            self._board.add_note(Note("settings_wrong", self._clock.now(), words=problem))
        else:
            log.info("the settings can be used again")
            self._board.remove_notes("settings_wrong")
        self._problem = problem

    def _report_unchanged(self, names: tuple[str, ...]) -> None:
        """Note that the settings *names* take effect with the next start."""
        if names == self._unchanged:
            return
        self._unchanged = names
        self._board.remove_notes("start_needed")
        if names:
            log.warning("changed settings that take effect with the next start only: %s", ", ".join(names))
            self._board.add_note(Note("start_needed", self._clock.now(), words=", ".join(names)))
