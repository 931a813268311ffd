"""Flushes written files to the disk, in a thread beside the one that writes them."""

import logging
import threading
from collections.abc import Iterable
from pathlib import Path

from tracker.runtime.file_lock import reinit_after_fork
from tracker.runtime.files import fsync

log = logging.getLogger(__name__)


class Flusher:
    """
    Flushes written files to the disk within a second, without blocking the writer.

    Its thread starts with the first marked file and ends when no file is left.
    """

    PERIOD = 0.5  # seconds; with the flush itself, a power cut loses at most a second

    def __init__(self) -> None:
        self._dirty: set[Path] = set()
        self._failure = ""
        reinit_after_fork(self, Flusher._init_locks)

    def _init_locks(self) -> None:
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None  # does not run in a forked child

    def mark(self, paths: Iterable[Path]) -> None:
        """Schedule changed files and folders for the next flush."""
        with self._lock:
            self._dirty.update(paths)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="tracker-flush", daemon=True)
                self._thread.start()

    def flush(self) -> None:
        """Flush everything marked; log a failure and keep it for failure()."""
        with self._lock:
            paths, self._dirty = self._dirty, set()
        for path in sorted(paths):
            try:
                fsync(path)
            except FileNotFoundError:
                continue  # purged since
            except OSError as error:
                failure = f"{path} may not survive a power cut: {error.strerror}"
                log.error("%s", failure)
                with self._lock:
                    self._failure = failure

    def failure(self) -> str:
        """Return the last failure to flush since the previous call; ``""`` if there was none."""
        with self._lock:
            failure, self._failure = self._failure, ""
        return failure

    def close(self) -> None:
        """Flush at once and end the thread."""
        self._closed.set()
        thread = self._thread
        if thread is not None and thread.is_alive():
            thread.join()
        self.flush()
        self._closed.clear()

    def _run(self) -> None:
        while True:
            self._closed.wait(self.PERIOD)
            self.flush()
            with self._lock:
                if not self._dirty:
                    self._thread = None
                    return
