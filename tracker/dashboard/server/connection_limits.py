"""Limits what the browser of one page may cost: its websockets, their messages, and what is unsent to it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracker.dashboard.server.message_check import POLICY, PageMessage, PolicyViolation

_REMEMBERED_MESSAGES = 10_000  # to one kernel, to recognise duplicates
_REMEMBERED_COMMS = 1_000
_ALL_STATES = "request_states"  # a method
_COSTLY = {"comm_open", "comm_info_request"}


class TokenBucket:
    """Allows *rate* events a second and *burst* at once; *clock* in seconds."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._updated_at = burst, clock()

    def consume(self, amount: float = 1) -> bool:
        """Take *amount* tokens, and return whether there were as many."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + self._rate * (now - self._updated_at))
        self._updated_at = now
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True


@dataclass(frozen=True)
class Rates:
    """What one page may send; see the configuration of ``GuardedConnection``."""

    frames: tuple[float, int]  # a second, at once
    data: tuple[float, int]  # bytes a second, at once
    connections: tuple[float, int]  # a second, at once
    state_requests: int  # a minute, of each kind and for each widget
    max_connections: int


class ConnectionLimiter:
    """Limits the websockets to one kernel and what they send, and recognises duplicates; *clock* in seconds."""

    def __init__(self, rates: Rates, clock: Callable[[], float] = time.monotonic) -> None:
        self.frames = TokenBucket(*rates.frames, clock)
        self.unsent = 0  # bytes to all websockets of the page
        self._data = TokenBucket(*rates.data, clock)
        self._opens = TokenBucket(*rates.connections, clock)
        self._state_requests = rates.state_requests
        self._requests: Counter[tuple[str, str]] = Counter()  # since the minute began; for each kind and comm
        self._minute = clock()
        self._clock = clock
        self._max_connections = rates.max_connections
        self._connections = 0
        self._seen: dict[int, None] = {}  # oldest first
        self._control_comms: dict[str, None] = {}  # oldest first

    def attempt(self) -> bool:
        """Count an attempt to open a websocket, and return whether it may go on."""
        return self._connections < self._max_connections and self._opens.consume()

    def admit(self) -> bool:
        """Return whether a websocket may connect after its attempt; it counts until it is released."""
        if self._connections >= self._max_connections:
            return False
        self._connections += 1
        return True

    def release(self) -> None:
        """Free the place of an admitted websocket."""
        self._connections -= 1

    def check(self, message: PageMessage, size: int) -> None:
        """
        Count a message of *size* bytes.

        Raises:
            PolicyViolation: the page sends too much, or asks too often for what costs the server much.
        """
        if not self._data.consume(size):
            raise PolicyViolation(POLICY, "too many bytes")
        if message.kind == "comm_open":
            _remember(self._control_comms, message.comm, _REMEMBERED_COMMS)
        # The kernel logs a traceback for other requests on a control comm, and a line for this one elsewhere.
        is_control = message.comm in self._control_comms
        if message.kind == "comm_msg" and is_control != (message.method == _ALL_STATES):
            raise PolicyViolation(POLICY, f"method {message.method!a:.40} not allowed on this comm")
        if message.kind in _COSTLY or message.method == _ALL_STATES:
            self._count_request(message.method or message.kind, "")
        if message.method == "request_state":
            self._count_request(message.method, message.comm)

    def _count_request(self, kind: str, comm: str) -> None:
        """Count a request whose answer is large; a page that opens or reconnects makes each once."""
        if self._clock() - self._minute >= 60:
            self._requests.clear()
            self._minute = self._clock()
        self._requests[kind, comm] += 1
        if self._requests[kind, comm] > self._state_requests:
            raise PolicyViolation(POLICY, f"too many {kind} messages")

    def is_duplicate(self, digest: int) -> bool:
        """Return whether a message with this *digest* came before; the kernel would log half a page about it."""
        if digest in self._seen:
            return True
        _remember(self._seen, digest, _REMEMBERED_MESSAGES)
        return False


def _remember(seen: dict[Any, None], key: object, limit: int) -> None:
    seen[key] = None
    if len(seen) > limit:
        del seen[next(iter(seen))]
