"""A connection to the page's server that knows what it waits for, and since when."""

import time
from collections.abc import Callable
from enum import Enum
from typing import Any

from tornado.iostream import IOStream

from tracker.dashboard.server.http_limits import HttpLimits


class Stage(Enum):
    """What happens to a connection's next request."""

    IDLE = 1  # its first byte has not come
    HEADER = 2  # it has begun
    BODY = 3  # its headers are complete
    ANSWER = 4  # it is complete; the answer is made and sent


class ClientConnection(IOStream):
    """A connection that records its progress; *clock* in seconds."""

    is_from_this_machine = False  # such as a proxy on it

    def __init__(self, *arguments: Any, clock: Callable[[], float] = time.monotonic, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._clock = clock
        self._written_at = clock()
        self.enter(Stage.IDLE)

    def enter(self, stage: Stage) -> None:
        """Record that *stage* begins."""
        self.stage, self.since = stage, self._clock()

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        """Read, and record the beginning of a request."""
        size = super().read_from_fd(buf)
        if size and self.stage is Stage.IDLE:
            self.enter(Stage.HEADER)
        return size

    def write_to_fd(self, data: memoryview) -> int:
        """Write, and record that the client has made room for it."""
        size = super().write_to_fd(data)
        if size:
            self._written_at = self._clock()
        return size

    @property
    def waits_since(self) -> float | None:
        """When the server began to wait for the client to send or to read something; None: it does not wait."""
        if self.stage is not Stage.ANSWER:
            return self.since
        return self._written_at if self.writing() else None

    def is_overdue(self, limits: HttpLimits) -> bool:
        """Return whether the client has exceeded a time of *limits*; to be called more often than those pass."""
        now = self._clock()
        if not self.writing():
            self._written_at = now  # there was nothing to read
        timeouts = {
            Stage.IDLE: limits.idle_timeout,
            Stage.HEADER: limits.header_timeout,
            Stage.BODY: limits.body_timeout,
        }
        waiting, unread = now - self.since, now - self._written_at
        return unread > limits.write_timeout or waiting > timeouts.get(self.stage, float("inf"))
