"""Keeps a picture of the page beside the prices, for who opens it: one process does, whoever has the lease."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tracker.coordination import open_coordination
from tracker.core.contracts import Coordination
from tracker.core.errors import LeaseError
from tracker.render.html.snapshot import snapshot
from tracker.render.page.state import PageState
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import SNAPSHOT_FILE, state_folder

log = logging.getLogger(__name__)

LEASE = "snapshot"
INTERVAL = 5.0  # real seconds between two pictures


def make_snapshot_writer(settings: Settings, label: str) -> "SnapshotWriter":
    """As *settings* say; *label* names this process for people. Each machine keeps a picture of its own."""
    folder = state_folder(settings)
    leases = open_coordination(f"file:{folder}", base=settings.base, label=label)
    return SnapshotWriter(leases, folder / SNAPSHOT_FILE)


class SnapshotWriter:
    """
    Writes *file* every few seconds while this process holds the lease ``snapshot`` of *leases*.

    Blocking; safe from several threads. *monotonic* in seconds.
    """

    def __init__(self, leases: Coordination, file: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._leases = leases
        self._file = file
        self._monotonic = monotonic
        self._due = 0.0
        self._failure = ""
        self._lock = threading.Lock()

    def write_if_due(self, page: Callable[[], PageState | None]) -> None:
        """Write a picture of *page* if one is due and this process is to; None: another process is. Never raises."""
        with self._lock:
            now = self._monotonic()
            if now < self._due:
                return
            self._due = now + INTERVAL
            try:
                self._tend(page())
                self._failure = ""
            except Exception as error:  # a page without a picture is still a page
                self._leases.release(LEASE)  # perhaps another process can
                if (failure := f"{type(error).__name__}: {error}") != self._failure:
                    known = isinstance(error, (OSError, LeaseError))
                    log.warning("no picture of the page: %s", failure, exc_info=not known)
                self._failure = failure

    def stop(self) -> None:
        """Leave it to another process, for good."""
        with self._lock:
            self._due = float("inf")
            self._leases.release(LEASE)

    def _tend(self, page: PageState | None) -> None:
        if page is None:
            self._leases.release(LEASE)
        # Before the first price the page says what is to be done about that.
        elif page.data.newest and self._leases.try_acquire(LEASE):
            # Not forced onto the disk: there is another in a few seconds.
            replace_file(self._file, snapshot(page, round(time.time() * 1000)).encode())
