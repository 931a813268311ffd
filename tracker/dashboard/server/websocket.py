"""
Guards the websocket between a viewer and the viewer's kernel: limits connections and checks messages.

Voila's own connection hangs the server on malformed messages, see docs/voila-websocket.md. This one refuses or closes
the connection instead.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import Finish
from tornado.websocket import WebSocketClosedError
from traitlets import Float, Int

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MAX_MESSAGE_SIZE = 262_144  # bytes; a page sends clicks, at most the state of its widgets
ALLOWED = {"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"}
TARGETS = {"jupyter.widget.control"}  # requests the page's widgets; others would create new ones
# Limits of websockets to one kernel; a page has one.
_CONNECT_RATE, _CONNECT_BURST, _MAX_CONNECTIONS = 5, 20, 4  # a second; at once; open
_CONNECT_TIMEOUT = 10.0  # seconds after which a websocket that did not connect no longer counts
_REMEMBERED_MESSAGES = 10_000  # to one kernel, to recognise duplicates
_OFFSET_SIZE = 8  # bytes
_MIN_OFFSETS = 6  # both ends of the channel, and the ends of header, parent, metadata and content
_MAX_OFFSETS = 64  # the same with buffers
_INVALID_DATA, _POLICY = 1007, 1008  # close codes of RFC 6455


class PolicyViolation(Exception):
    """A message is not passed on; its websocket is closed with *code* of RFC 6455."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class TokenBucket:
    """Allows *rate* events a second and *burst* at once; *clock* in seconds."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._tokens, self._updated_at = burst, clock()

    def consume(self) -> bool:
        """Take a token, and return whether there was one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + self._rate * (now - self._updated_at))
        self._updated_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


class ConnectionLimiter:
    """Limits the websockets to one kernel and their messages, and recognises duplicates; *clock* in seconds."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._opens = TokenBucket(_CONNECT_RATE, _CONNECT_BURST, clock)
        self.messages = TokenBucket(rate, burst, clock)
        self._seen: dict[int, None] = {}  # oldest first
        self._pending: deque[float] = deque()  # when each websocket that is not connected yet was admitted
        self._clock = clock

    def admit(self, connected: int) -> bool:
        """Return whether one more websocket may connect beside those that are *connected* and those pending."""
        now = self._clock()
        while self._pending and self._pending[0] < now - _CONNECT_TIMEOUT:
            self._pending.popleft()
        if connected + len(self._pending) >= _MAX_CONNECTIONS or not self._opens.consume():
            return False
        self._pending.append(now)
        return True

    def connected(self) -> None:
        """Record that an admitted websocket has connected."""
        if self._pending:
            self._pending.popleft()

    def is_duplicate(self, digest: int) -> bool:
        """Return whether a message with this *digest* came before; the kernel would log half a page about it."""
        if digest in self._seen:
            return True
        self._seen[digest] = None
        if len(self._seen) > _REMEMBERED_MESSAGES:
            del self._seen[next(iter(self._seen))]
        return False


def check(message: object) -> int:
    """
    Return a digest of *message*, which is in Jupyter's v1 format: a count of offsets, the offsets, the parts.

    Raises:
        PolicyViolation: it is malformed, or not a message that the page's own scripts send.
    """
    if not isinstance(message, bytes):
        raise PolicyViolation(_INVALID_DATA, "expected bytes, got text")
    parts = _parts(message)
    try:
        channel = parts[0].decode("ascii")
        header, content = json.loads(parts[1]), json.loads(parts[4])
        kind, target = str(header["msg_type"]), str(content.get("target_name"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PolicyViolation(_INVALID_DATA, f"not a kernel message: {type(error).__name__}") from None
    if channel not in ("shell", "control"):
        raise PolicyViolation(_POLICY, f"message on channel {channel!a:.40} not allowed")
    if kind not in ALLOWED:
        raise PolicyViolation(_POLICY, f"message of type {kind!a:.40} not allowed")
    if kind == "comm_open" and target not in TARGETS:
        raise PolicyViolation(_POLICY, f"comm to {target!a:.40} not allowed")
    return hash(tuple(parts[1:5]))


def _parts(message: bytes) -> list[bytes]:
    size = _OFFSET_SIZE
    count = int.from_bytes(message[:size], "little")
    if not _MIN_OFFSETS <= count <= min(_MAX_OFFSETS, len(message) // size - 1):
        raise PolicyViolation(_INVALID_DATA, "impossible number of parts")
    ends = [int.from_bytes(message[size * (i + 1) : size * (i + 2)], "little") for i in range(count)]
    if ends[0] != size * (count + 1) or ends[-1] != len(message) or ends != sorted(ends):
        raise PolicyViolation(_INVALID_DATA, "part outside of the message")
    return [message[start:end] for start, end in pairwise(ends)]


class GuardedConnection(ZMQChannelsWebsocketConnection):
    """One viewer's websocket; a violation closes it and affects no other connection."""

    rate = Float(100.0, config=True, help="Messages a second that a page may send.")
    burst = Int(5_000, config=True, help="Messages that a page may send at once.")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._is_closed = False

    @property
    def subprotocol(self) -> str:
        """Return the v1 protocol always: a closed connection has none, and writing to it in the old format hangs."""
        return PROTOCOL

    async def prepare(self) -> None:
        """Refuse clients that do not offer the protocol, and more connections than one page needs."""
        offered = self.websocket_handler.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (name.strip() for name in offered.split(",")):
            self._refuse(400, f"expected the websocket subprotocol {PROTOCOL}\n")
        if self._is_crowded():
            self._refuse(429, "too many connections to this page\n")
        await super().prepare()  # type: ignore[no-untyped-call]
        # The viewer may have logged out while the kernel started.
        provider: Any = self.websocket_handler.identity_provider
        if provider.has_ended(self.websocket_handler.current_user):
            self._refuse(403, "logged out\n")

    def _refuse(self, status: int, text: str) -> None:
        self.websocket_handler.set_status(status)
        self.websocket_handler.finish(text)
        raise Finish

    def _is_crowded(self) -> bool:
        """Return whether the kernel has too many connections; each takes five of the server's sockets."""
        kernels: Any = self.multi_kernel_manager
        if self.kernel_id not in kernels:
            return False  # the base class answers 404
        return not self._limiter.admit(kernels._kernel_connections.get(self.kernel_id, 0))

    def connect(self) -> Any:
        """Connect the websocket to the kernel."""
        if self.kernel_id in self.multi_kernel_manager:
            self._limiter.connected()
        # Jupyter pings by itself. Its settings in ms reach Tornado as seconds, which warns of such a timeout.
        websocket: Any = self.websocket_handler.ws_connection
        websocket.params.ping_timeout = websocket.params.ping_interval
        return super().connect()

    @property
    def _limiter(self) -> ConnectionLimiter:
        """The limiter of the kernel, kept as an attribute of it so that both end together."""
        kernel: Any = self.multi_kernel_manager.get_kernel(self.kernel_id)
        new = ConnectionLimiter(self.rate, self.burst)
        limiter: ConnectionLimiter = kernel.__dict__.setdefault("tracker_limiter", new)
        return limiter

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on to the kernel if the page's own scripts could have sent it."""
        if self._is_closed or self.kernel_id not in self.multi_kernel_manager:
            return  # sent before the connection was closed
        limiter = self._limiter
        try:
            if not limiter.messages.consume():
                raise PolicyViolation(_POLICY, "too many messages")
            if limiter.is_duplicate(check(incoming_msg)):
                return
        except PolicyViolation as violation:
            self._is_closed = True
            self.log.warning("closing a viewer's connection: %s", violation)
            self.websocket_handler.close(violation.code, str(violation))
            return
        super().handle_incoming_message(incoming_msg)

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        try:
            super()._on_zmq_reply(stream, msg_list)  # type: ignore[no-untyped-call]
        except WebSocketClosedError:
            self.log.debug("a viewer left before a message was sent")
