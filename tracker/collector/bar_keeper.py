"""
Keeps the bars of a store up to date in the background, while this process holds the lease ``bars``.

Prices that were stored before, a year of them or an import, are caught up with; then there is a file to make each hour.
Any process may do it, one at a time. Without it every number is the same, and long spans take longer.
"""

import json
import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError, StoreError
from tracker.core.kept_bars import BarWork, KeptBars
from tracker.runtime.clock import Clock
from tracker.runtime.memory import give_back

log = logging.getLogger(__name__)

JOB = "bars"
DOCUMENT = "bars"  # name in the coordination
FORMAT = 1
START_AFTER = 5.0  # real seconds; a page that opens needs the processor itself
LOOK_EVERY = 60.0  # real seconds between two looks for what is to be done
AGAIN_AFTER = 600.0  # real seconds after a failure; on a full disk, each time all rows are read in vain
_SHARE_OF_LOOKS = 0.01  # of the time; looking at years of files takes seconds
REST = 1.0  # seconds of rest for each second of processor time, so that neither polls nor a page wait for it
_SHOWN_FROM = 500  # hours of work; less is done in a moment
_PUBLISH_EVERY = 1.0  # real seconds
_STOP_TIMEOUT = 10.0  # real seconds; the rows of a day are read in less


class BarKeeper:
    """
    Keeps the bars of *store* in a daemon thread.

    Args:
        store: may be one that keeps none; then nothing is started.
        coordination: its lease ``bars`` decides which process does the work.
        clock: decides which hours are closed.
        rest: seconds to wait for each second of processor time.
    """

    def __init__(self, store: Store, coordination: Coordination, clock: Clock, rest: float = REST) -> None:
        self._kept = store.kept_bars()
        self._coordination = coordination
        self._clock = clock
        self._rest = rest
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._published = float("-inf")  # monotonic seconds
        self._worked = 0.0  # seconds of processor time of the thread, up to the last rest
        self._failure = ""

    def start(self) -> None:
        """Start the thread. Call once."""
        if self._kept is not None and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, args=(self._kept,), name="tracker-bars", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the work, at the latest after the rows of a day, and release the lease. Blocking. Idempotent."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(_STOP_TIMEOUT)

    def _run(self, kept: KeptBars) -> None:
        pause = START_AFTER
        while not self._stopping.wait(pause):
            began = time.monotonic()
            pause = LOOK_EVERY
            try:
                if self._coordination.try_acquire(JOB):
                    work = kept.work(self._clock.now())
                    pause = max(LOOK_EVERY, (time.monotonic() - began) / _SHARE_OF_LOOKS)
                    self._do(kept, work)
                self._failure = ""
            except Exception as error:  # pages work without kept bars
                if (failure := f"{type(error).__name__}: {error}") != self._failure:
                    is_known = isinstance(error, (StoreError, LeaseError))
                    log.warning("bars of older prices are not kept: %s", failure, exc_info=not is_known)
                self._failure = failure
                pause = AGAIN_AFTER
                self._coordination.release(JOB)  # another process may succeed
        self._coordination.release(JOB)

    def _do(self, kept: KeptBars, work: Sequence[BarWork]) -> None:
        """Do all of *work*, as long as this process may. Raises the first StoreError, after the pieces that succeed."""
        total, done = sum(piece.size for piece in work), 0
        failures: list[StoreError] = []
        self._worked = time.thread_time()
        try:
            for piece in work:
                if total >= _SHOWN_FROM:
                    self._publish(done, total)
                try:
                    if not kept.keep(piece, self._may_go_on):
                        return
                except StoreError as error:
                    failures.append(error)
                done += piece.size
        finally:
            with suppress(LeaseError):  # also what a killed process left
                self._coordination.remove(DOCUMENT)
            if work:
                give_back()  # a page that rests for hours would keep what the work needed
        if failures:
            raise failures[0]

    def _may_go_on(self) -> bool:
        """Rest in proportion to the work since the last rest; return whether to go on afterwards."""
        before, self._worked = self._worked, time.thread_time()
        self._stopping.wait(self._rest * (self._worked - before))
        return not self._stopping.is_set() and self._coordination.held(JOB)

    def _publish(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._published >= _PUBLISH_EVERY:
            self._published = now
            data = json.dumps({"format": FORMAT, "done": done, "total": total}).encode()
            with suppress(LeaseError):
                self._coordination.publish(DOCUMENT, data)


def progress(coordination: Coordination) -> float | None:
    """Return the share of older prices, 0 to 1, whose bars have been made; None if none are being made. Blocking."""
    try:
        data = coordination.read(DOCUMENT)
        if data is None or not coordination.holder(JOB):  # else its writer was killed
            return None
        fields = json.loads(data)
        return min(max(fields["done"] / fields["total"], 0.0), 1.0) if fields["format"] == FORMAT else None
    except (LeaseError, ArithmeticError, LookupError, TypeError, ValueError):
        return None
