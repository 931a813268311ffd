"""
Runs the collector in an event loop in a daemon thread, while this process holds the collect lease.

A notebook cell that computes for ten seconds misses no slot. The process that holds the lease collects; the others
try to acquire it four times a second, so another one takes over almost at once.
"""

import asyncio
import atexit
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tracker.collector.collector import Collector
from tracker.collector.live_settings import LiveSettings
from tracker.collector.outage_log import OutageRecorder
from tracker.collector.status import StatusBoard, last_published, publish, published
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError, TrackerError
from tracker.core.market_status import Note, Status
from tracker.core.parsing import printable
from tracker.runtime.clock import Clock
from tracker.runtime.settings import Settings
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

JOB = "collect"
CHECK_EVERY = 0.25  # real seconds between two attempts to acquire the lease
PUBLISH_EVERY = 1.0  # real seconds between two checks whether the status changed
HEARTBEAT = 3.0  # real seconds after which an unchanged status is written again
SILENCE = 12.0  # real seconds without a heartbeat, after which followers report that the collector cannot write
STOP_TIMEOUT = 30.0  # real seconds to wait for a write under way; the store waits 5 s for another writer, a disk longer
FAILURE_PAUSE = 5.0  # real seconds without the lease after a bug, so that another process may try


def followed_status(coordination: Coordination, own_status: Status) -> Status:
    """
    Return the status that the collecting process published.

    Without a readable status of the lease's holder, return one with the holder and the markets of *own_status*.
    """
    holder = coordination.holder(JOB)
    status = published(coordination, SILENCE) if holder else None
    # Another process' status is of an earlier term; a holder of an older release publishes elsewhere.
    if status is None or status.collector != holder:
        return Status(collector=holder, store_problem=own_status.store_problem, markets=own_status.markets)
    return status


class CollectorService:
    """
    Collects whenever this process holds the lease.

    Args:
        collector: makes the collector of a term, from the board and a function that reports whether the lease is held.
        coordination: its lease ``collect`` decides which process collects.
        board: what the collector writes its status to.
        outage_file: path of the outage log.
        clock: of the collector; gives notes their time.
        take_over: called at the start of a term and every second of it; takes over files of older releases, and
            returns the epoch ms at which one of them last published its status, None if none did.
        live_settings: of the collectors; None: they do not change.

    Attributes:
        is_leader: whether this process collects now.
    """

    def __init__(
        self,
        collector: Callable[[StatusBoard, Callable[[], bool]], Collector],
        coordination: Coordination,
        board: StatusBoard,
        outage_file: Path,
        clock: Clock,
        take_over: Callable[[], int | None] = lambda: None,
        live_settings: LiveSettings | None = None,
    ) -> None:
        self._collector = collector
        self._coordination = coordination
        self._board = board
        self._outage_file = outage_file
        self._take_over = take_over
        self._live_settings = live_settings
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._is_stopping = False
        self.is_leader = False

    def start(self) -> None:
        """Start campaigning for the lease. Call once."""
        self._thread = threading.Thread(target=self._run, name="tracker-collector", daemon=True)
        self._thread.start()
        self._ready.wait(5)
        atexit.register(self.stop)

    def stop(self) -> None:
        """Finish the write under way and release the lease. Idempotent."""
        atexit.unregister(self.stop)
        self._is_stopping = True
        if self._loop is not None and self._main is not None:
            with suppress(RuntimeError):  # the loop has already ended
                self._loop.call_soon_threadsafe(self._main.cancel)
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
            if self._thread.is_alive():
                # The write still needs the lease, which is released when the write or the process ends.
                log.error("a write has not ended after %g s", STOP_TIMEOUT)
                return
        self._coordination.release(JOB)

    def change(self, settings: Settings) -> None:
        """Collect as *settings* state from now on, see ``LiveSettings``. Thread-safe, at any time."""
        if self._live_settings is not None:
            self._live_settings.change(settings)

    def refuse(self, problem: str) -> None:
        """Report the *problem* of changed settings that cannot be read; what runs goes on. Thread-safe."""
        if self._live_settings is not None:
            self._live_settings.refuse(problem)

    def status(self) -> Status:
        """Return this process's own status if it collects, else the one the collecting process published."""
        own_status = self._board.status()
        return own_status if self.is_leader else followed_status(self._coordination, own_status)

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._main = self._loop.create_task(self._campaign())
            self._ready.set()
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._main)

    async def _campaign(self) -> None:
        while not self._is_stopping:  # a cancellation that arrives while an error ends a term is lost
            try:
                if await in_thread(self._try_acquire) and not await self._lead():
                    await asyncio.sleep(FAILURE_PAUSE)
            except LeaseError as error:
                if self._board.status().store_problem != str(error):
                    log.error("cannot collect: %s", error)
                self._board.update(store_problem=str(error))
            await asyncio.sleep(CHECK_EVERY)

    async def _lead(self) -> bool:
        """Collect for one term. Return False if a bug ended it."""
        log.info("this process collects")
        succeeded = True
        self.is_leader = True
        self._board.update(collector=self._coordination.holder(JOB), store_problem="", rivals=())
        try:
            await in_thread(self._restore_stops)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._publish())
                group.create_task(self._watch_lease())
                await self._collector(self._board, self._holds_lease).run()
        except* TrackerError as lost:
            log.warning("this process no longer collects: %s", _first_leaf(lost))
        except* Exception as bugs:  # top level of the collector: the error is logged and shown
            log.exception("the collector failed")
            bug = _first_leaf(bugs)
            words = printable(f"{type(bug).__name__}: {bug}")
            self._board.add_note(Note("collector_failed", self._clock.now(), words=words))
            succeeded = False
        finally:
            self.is_leader = False
            self._coordination.release(JOB)
        return succeeded

    def _restore_stops(self) -> None:
        """Take over since when markets are not traded: a state without a time holds since it was first seen."""
        before, own = published(self._coordination), self._board.status().markets
        stops = {market: status.stop for market, status in before.markets.items()} if before else {}
        self._board.mark_stops(
            {market: stop for market, stop in stops.items() if market in own and not own[market].stop}
        )

    def _try_acquire(self) -> bool:
        acquired = self._coordination.try_acquire(JOB)
        if acquired and self._is_stopping:  # stop() does not wait for this thread
            self._coordination.release(JOB)
        return acquired and not self._is_stopping

    def _holds_lease(self) -> bool:
        return self._coordination.held(JOB)

    async def _watch_lease(self) -> None:
        """
        End the term soon after the lease is lost, even between two polls; report processes that it did not exclude.

        Raises:
            LeaseError: it is lost.
        """
        while await in_thread(self._holds_lease):
            rivals = await in_thread(self._coordination.rivals, JOB)
            if new := [rival for rival in rivals if rival not in self._board.status().rivals]:
                log.error("the lock of the collect lease excludes nobody: %s could take it too", ", ".join(new))
            self._board.update(rivals=rivals)
            await asyncio.sleep(CHECK_EVERY)
        raise LeaseError("the collect lease is gone; another process may collect")

    async def _publish(self) -> None:
        version, written = -1, float("-inf")
        last_times = [await in_thread(last_published, self._coordination), await in_thread(self._take_over)]
        recorder = OutageRecorder(self._outage_file, max(filter(None, last_times), default=None))
        is_too_large = False
        while True:
            if self._board.version != version or time.monotonic() - written > HEARTBEAT:
                version, written = self._board.version, time.monotonic()
                status = self._board.status()
                try:
                    await in_thread(publish, status, self._coordination)
                    is_too_large = False
                except LeaseError as error:
                    log.debug("status not published: %s", error)  # the store reports a full disk itself
                except ValueError as error:  # the status is too large; collecting goes on
                    if not is_too_large:
                        log.error("status not published, so pages of other processes show none: %s", error)
                    is_too_large = True
                await in_thread(recorder.record, status, self._clock.now())
            await asyncio.sleep(PUBLISH_EVERY)
            await in_thread(self._take_over)


def _first_leaf(error: BaseException) -> BaseException:
    """Return the first error in nested exception groups: a task's error comes wrapped once by each TaskGroup."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
