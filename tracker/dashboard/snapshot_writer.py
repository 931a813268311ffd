"""Writes a snapshot of the page, shown while a page opens; only the process with the lease writes."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tracker.coordination import open_coordination
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError
from tracker.render.html.snapshot import snapshot
from tracker.render.page.state import PageState
from tracker.runtime.files import replace_file
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import SNAPSHOT_FILE, state_folder

log = logging.getLogger(__name__)

LEASE = "snapshot"
INTERVAL = 5.0  # real seconds between two snapshots


def make_snapshot_writer(settings: Settings, label: str) -> "SnapshotWriter":
    """Return a writer for this machine's state folder; *label* names this process in messages."""
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
        """
        Write a snapshot of *page* if one is due and this process has the lease. Never raises.

        Args:
            page: returns the page, or None to leave the lease to another process.
        """
        with self._lock:
            now = self._monotonic()
            if now < self._due:
                return
            self._due = now + INTERVAL
            try:
                self._write(page())
                self._failure = ""
            except Exception as error:  # the page works without a snapshot
                self._leases.release(LEASE)  # another process may succeed
                if (failure := f"{type(error).__name__}: {error}") != self._failure:
                    known = isinstance(error, (OSError, LeaseError))
                    log.warning("no snapshot of the page: %s", failure, exc_info=not known)
                self._failure = failure

    def stop(self) -> None:
        """Write no more, and release the lease."""
        with self._lock:
            self._due = float("inf")
            self._leases.release(LEASE)

    def _write(self, page: PageState | None) -> None:
        if page is None:
            self._leases.release(LEASE)
        # A page without prices shows only what to do next.
        elif page.data.newest and self._leases.try_acquire(LEASE):
            # Not synced to disk, as it is replaced in a few seconds.
            replace_file(self._file, snapshot(page, round(time.time() * 1000)).encode())
