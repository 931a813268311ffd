"""
The websocket between a viewer and its kernel: who may open one, and what may come through it.

Voila's own reads whatever comes, and hangs for ever on what it did not expect; docs/voila-websocket.md
tells how. This one refuses or closes, and the server goes on.
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
LARGEST = 262_144  # bytes; what a page says are clicks, the state of its widgets at most
ALLOWED = {"comm_open", "comm_close", "comm_msg", "comm_info_request", "kernel_info_request"}
TARGETS = {"jupyter.widget.control"}  # by which a page asks for its widgets; others would make new ones
# Websockets to one kernel: opened a second for long, at once, and held; a page has one.
_OPENS, _BURST, _HELD = 5, 20, 4
_OPENING = 10.0  # seconds that it takes at most, if it is not refused for another reason
_KEPT = 10_000  # messages to one kernel that are known again
_WORD = 8  # bytes of an offset
_LEAST = 6  # offsets: the channel's two ends, and those of header, parent, metadata and content
_MOST = 64  # the same with buffers
_UNREADABLE, _POLICY = 1007, 1008  # RFC 6455: data that make no sense; against the rules


class PolicyViolation(Exception):
    """What a viewer sent is not passed on: *code* ends its websocket."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


class TokenBucket:
    """Allows *rate* a second, and *burst* at once; *clock* in seconds."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left, self._since = burst, clock()

    def allows(self) -> bool:
        """Take one; whether there was one to take."""
        now = self._clock()
        self._left = min(self._burst, self._left + self._rate * (now - self._since))
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class ConnectionLimiter:
    """What all websockets to one kernel share: how often they are opened, how much comes through, and nothing twice."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._opens = TokenBucket(_OPENS, _BURST, clock)
        self.messages = TokenBucket(rate, burst, clock)
        self._known: dict[int, None] = {}
        self._coming: deque[float] = deque()  # when they asked, of those that are not connected yet
        self._clock = clock

    def lets_in(self, connected: int) -> bool:
        """Whether one more may come, beside so many that are *connected*; many may ask at the same moment."""
        now = self._clock()
        while self._coming and self._coming[0] < now - _OPENING:
            self._coming.popleft()
        if connected + len(self._coming) >= _HELD or not self._opens.allows():
            return False
        self._coming.append(now)
        return True

    def came(self) -> None:
        """One of those that were let in is connected."""
        if self._coming:
            self._coming.popleft()

    def is_known(self, said: int) -> bool:
        """Whether the same was said before; the kernel would write half a page into the log."""
        if said in self._known:
            return True
        self._known[said] = None
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]
        return False


def check(message: object) -> int:
    """
    A number for what *message* says; raises Refused unless it is one that the page's own scripts would send.

    Its form is Jupyter's v1: a count of offsets, the offsets, then the parts between them.
    """
    if not isinstance(message, bytes):
        raise PolicyViolation(_UNREADABLE, "text, where the protocol has bytes only")
    parts = _parts(message)
    try:
        channel = parts[0].decode("ascii")
        header, content = json.loads(parts[1]), json.loads(parts[4])
        kind, target = str(header["msg_type"]), str(content.get("target_name"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PolicyViolation(_UNREADABLE, f"no message of a kernel: {type(error).__name__}") from None
    if channel not in ("shell", "control"):
        raise PolicyViolation(_POLICY, f"a message on {channel!a:.40}")
    if kind not in ALLOWED:
        raise PolicyViolation(_POLICY, f"a message of type {kind!a:.40}")
    if kind == "comm_open" and target not in TARGETS:
        raise PolicyViolation(_POLICY, f"a comm to {target!a:.40}")
    return hash(tuple(parts[1:5]))


def _parts(message: bytes) -> list[bytes]:
    count = int.from_bytes(message[:_WORD], "little")
    if not _LEAST <= count <= min(_MOST, len(message) // _WORD - 1):
        raise PolicyViolation(_UNREADABLE, "a count of parts that cannot be")
    ends = [int.from_bytes(message[_WORD * (i + 1) : _WORD * (i + 2)], "little") for i in range(count)]
    if ends[0] != _WORD * (count + 1) or ends[-1] != len(message) or ends != sorted(ends):
        raise PolicyViolation(_UNREADABLE, "parts that lie outside of the message")
    return [message[start:end] for start, end in pairwise(ends)]


class GuardedConnection(ZMQChannelsWebsocketConnection):
    """One viewer's websocket. Whoever breaks a rule loses his own connection; nobody else notices."""

    rate = Float(100.0, config=True, help="Messages a second that a page may send for long.")
    burst = Int(5_000, config=True, help="Messages that a page may send at once.")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._is_refused = False

    @property
    def subprotocol(self) -> str:
        """Fixed: a connection that just closed has none, and would be written to in the old form, which hangs."""
        return PROTOCOL

    async def prepare(self) -> None:
        """Refuse who does not speak the protocol."""
        offered = self.websocket_handler.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (each.strip() for each in offered.split(",")):
            self._refuse(400, f"expected the websocket subprotocol {PROTOCOL}\n")
        if self._is_crowded():
            self._refuse(429, "this page has its connections already\n")
        await super().prepare()  # type: ignore[no-untyped-call]

    def _refuse(self, status: int, words: str) -> None:
        self.websocket_handler.set_status(status)
        self.websocket_handler.finish(words)
        raise Finish

    def _is_crowded(self) -> bool:
        """Each connection takes five sockets to the kernel: one viewer's could be all that the server has."""
        kernels: Any = self.multi_kernel_manager
        if self.kernel_id not in kernels:
            return False  # which is told by who looks for it
        return not self._door.lets_in(kernels._kernel_connections.get(self.kernel_id, 0))

    def connect(self) -> Any:
        """Begin to pass messages on."""
        if self.kernel_id in self.multi_kernel_manager:
            self._door.came()
        return super().connect()

    @property
    def _door(self) -> ConnectionLimiter:
        """It goes with the kernel."""
        kernel: Any = self.multi_kernel_manager.get_kernel(self.kernel_id)
        door: ConnectionLimiter = kernel.__dict__.setdefault("tracker_door", ConnectionLimiter(self.rate, self.burst))
        return door

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass on what the page's own scripts may say."""
        if self._is_refused or self.kernel_id not in self.multi_kernel_manager:
            return  # what was on its way when it was closed
        door = self._door
        try:
            if not door.messages.allows():
                raise PolicyViolation(_POLICY, "too many messages")
            if door.is_known(check(incoming_msg)):
                return
        except PolicyViolation as refused:
            self._is_refused = True
            self.log.warning("a viewer's connection is closed: %s", refused)
            self.websocket_handler.close(refused.code, str(refused))
            return
        super().handle_incoming_message(incoming_msg)

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        try:
            super()._on_zmq_reply(stream, msg_list)  # type: ignore[no-untyped-call]
        except WebSocketClosedError:
            self.log.debug("a viewer left before he was told")
