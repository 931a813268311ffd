"""Limits how many lines of the server's log clients can cause; each refused request is one or two."""

import logging
import time
from collections.abc import Callable

from tracker.dashboard.server.connection_limits import TokenBucket


class LogRate(logging.Filter):
    """
    Drops warnings beyond *rate* a second and *burst* at once; the next one that passes says how many it dropped.

    Other levels pass: errors are the server's own faults, and none of a client's. *clock* in seconds.
    """

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._bucket = TokenBucket(rate, burst, clock)
        self._dropped = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether *record* is logged."""
        if record.levelno != logging.WARNING:
            return True
        if not self._bucket.consume():
            self._dropped += 1
            return False
        if self._dropped:
            record.msg, record.args = f"{record.getMessage()} ({self._dropped:,} records before it are left out)", ()
            self._dropped = 0
        return True
