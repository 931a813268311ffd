"""Which sessions have been logged out; kept where cookies stay valid when the server restarts."""

import logging
import threading
from pathlib import Path

from tracker.runtime.files import replace_file

log = logging.getLogger(__name__)


class EndedSessions:
    """
    The names of the newest *limit* sessions that were logged out.

    Args:
        limit: the oldest of more are forgotten.
        file: keeps them for the next start, with those of other servers that have this file; None: a restart makes
            all cookies invalid anyway.

    Raises:
        OSError: *file* exists and cannot be read.
    """

    def __init__(self, limit: int, file: Path | None = None) -> None:
        self._limit = limit
        self._file = file
        self._lock = threading.Lock()
        self._names: dict[str, None] = dict.fromkeys(self._read())  # oldest first

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """Remember *name*; it counts at once, and for the next start after ``save``."""
        self._names[name] = None
        if len(self._names) > self._limit:
            del self._names[next(iter(self._names))]

    def save(self) -> None:
        """Write the file, if there is one. Blocking; safe from several threads; a failure is logged."""
        if self._file is None:
            return
        with self._lock:
            try:
                names = list(dict.fromkeys([*self._read(), *list(self._names)]))[-self._limit :]
                replace_file(self._file, "".join(f"{name}\n" for name in names).encode())
            except OSError as error:
                log.error("log-outs are forgotten at a restart: %s; change the token to end these sessions", error)

    def _read(self) -> list[str]:
        if self._file is None:
            return []
        try:
            return self._file.read_text("utf-8", errors="replace").split()[-self._limit :]
        except FileNotFoundError:
            return []
