"""
Guards the websocket between a viewer and the viewer's kernel: limits connections and checks messages.

Voila's own connection hangs the server on malformed messages, see docs/voila-websocket.md. This one refuses or closes
the connection instead.
"""

import asyncio
import re
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.web import Finish
from traitlets import Float, Int

from tracker.dashboard.server.connection_limits import ConnectionLimiter, Rates
from tracker.dashboard.server.message_check import POLICY, PolicyViolation, check

_CHECK_INTERVAL = 0.5  # s between two looks at a kernel that does not answer
PROTOCOL = "v1.kernel.websocket.jupyter.org"
_GOING_AWAY = 1001  # close code of RFC 6455
_CROWDED = "too many connections to this page\n"
# Types of messages with the notebook's source, tracebacks, and what is printed or logged: a page shows none of them.
_UNSENT = re.compile(rb'"(?:execute_input|error|stream)"')


class GuardedConnection(ZMQChannelsWebsocketConnection):
    """One viewer's websocket; a violation closes it and affects no other connection."""

    rate = Float(30.0, config=True, help="Messages and other frames a second that a page may send.")
    burst = Int(1_000, config=True, help="Messages and other frames that a page may send at once.")
    data_rate = Float(65_536.0, config=True, help="Bytes of messages a second that a page may send.")
    data_burst = Int(2_000_000, config=True, help="Bytes of messages that a page may send at once.")
    max_connections = Int(4, config=True, help="Websockets of one page at a time; it needs one.")
    connection_rate = Float(1.0, config=True, help="Websockets a second that a page may open.")
    connection_burst = Int(30, config=True, help="Websockets that a page may open at once.")
    max_unsent = Int(8_000_000, config=True, help="Bytes that may wait to be sent to a page that does not read them.")
    state_requests = Int(
        12,
        config=True,
        help="Requests a minute for all of a page's widgets, and for each of them; it needs one to open or reconnect.",
    )

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.limiter = self._limiter_of_kernel()
        self._is_admitted = False
        self._is_connected = False

    @property
    def subprotocol(self) -> str:
        """Return the v1 protocol always: a closed connection has none, and writing to it in the old format hangs."""
        return PROTOCOL

    def _limiter_of_kernel(self) -> ConnectionLimiter:
        """Return the limiter of the kernel, kept as an attribute of it so that both end together."""
        kernel: Any = self.kernel_manager
        if "tracker_limiter" not in kernel.__dict__:
            rates = Rates(
                frames=(self.rate, self.burst),
                data=(self.data_rate, self.data_burst),
                connections=(self.connection_rate, self.connection_burst),
                state_requests=self.state_requests,
                max_connections=self.max_connections,
            )
            kernel.__dict__["tracker_limiter"] = ConnectionLimiter(rates)
        limiter: ConnectionLimiter = kernel.__dict__["tracker_limiter"]
        return limiter

    async def prepare(self) -> None:
        """Refuse clients that do not offer the protocol, and more connections than one page needs."""
        offered = self.websocket_handler.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in (name.strip() for name in offered.split(",")):
            self._refuse(400, f"expected the websocket subprotocol {PROTOCOL}\n")
        if not self.limiter.attempt():
            self._refuse(429, _CROWDED)
        await self._prepare_while_kernel_runs()
        # The viewer may have logged out while the kernel started.
        provider: Any = self.websocket_handler.identity_provider
        if provider.has_ended(self.websocket_handler.current_user):
            self._refuse(403, "logged out\n")

    async def _prepare_while_kernel_runs(self) -> None:
        """Prepare as Jupyter does, which waits for a minute for the answer of a kernel that has ended."""
        prepared = asyncio.ensure_future(super().prepare())  # type: ignore[no-untyped-call]
        while not (await asyncio.wait({prepared}, timeout=_CHECK_INTERVAL))[0]:
            if not await ensure_async(self.kernel_manager.is_alive()):
                prepared.cancel()
                if self.kernel_info_channel is not None and not self._kernel_info_future.done():
                    self.kernel_info_channel.close()
                    self._kernel_info_future.set_result({})  # other websockets may wait for the same answer
        if prepared.cancelled() or self.kernel_id not in self.multi_kernel_manager:
            self._refuse(404, "the kernel has ended\n")
        await prepared

    def admit(self) -> None:
        """
        Take one of the page's places for websockets, of which each needs five of the server's sockets.

        Raises:
            Finish: there is none left; the request is answered.
        """
        if not self.limiter.admit():
            self._refuse(429, _CROWDED)
        self._is_admitted = True

    def _refuse(self, status: int, text: str) -> None:
        self.websocket_handler.set_status(status)
        self.websocket_handler.finish(text)
        raise Finish

    def connect(self) -> Any:
        """Connect the websocket to the kernel; return a future that is done when both answer."""
        self._is_connected = True
        # Jupyter pings by itself. Its settings in ms reach Tornado as seconds, which warns of such a timeout.
        websocket: Any = self.websocket_handler.ws_connection
        websocket.params.ping_timeout = websocket.params.ping_interval
        return super().connect() or asyncio.sleep(0)  # None if the kernel has ended, which the caller would await

    def disconnect(self) -> None:  # type: ignore[override]
        """Free what the websocket took, also if its handshake failed, when the base class would miscount."""
        if self._is_admitted:
            self._is_admitted = False
            self.limiter.release()
        if self._is_connected:
            self._is_connected = False
            super().disconnect()  # type: ignore[no-untyped-call]
        elif self._open_sessions.get(self.session_key) is self.websocket_handler:
            del self._open_sessions[self.session_key]  # otherwise kept as long as the server runs

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Pass a message on to the kernel if the page's own scripts could have sent it."""
        try:
            message = check(incoming_msg)
            self.limiter.check(message, len(incoming_msg))
        except PolicyViolation as violation:
            self.end(violation)
            return
        if not self.limiter.is_duplicate(message.digest):
            super().handle_incoming_message(incoming_msg)

    def handle_frame(self) -> None:
        """Count a frame of any kind, also a ping, a pong or a part of a message."""
        if not self.limiter.frames.consume():
            self.end(PolicyViolation(POLICY, "too many messages"))

    def end(self, violation: PolicyViolation) -> None:
        """Close the websocket; its handler reads no more of it."""
        self.log.warning("closing a viewer's connection: %s", violation)
        self.websocket_handler.close(violation.code, str(violation))

    def _on_zmq_reply(self, stream: Any, msg_list: Any) -> None:
        # Voila's handler would read the header of each message to leave these out, and hang on some.
        if not _UNSENT.search(bytes(msg_list[0])):
            super()._on_zmq_reply(stream, msg_list)  # type: ignore[no-untyped-call]


def close_websockets(kernel: str) -> None:
    """Close the websockets to *kernel*, which has ended: each would keep its sockets as long as its browser stays."""
    for connection in list(GuardedConnection._open_sockets):
        if connection.kernel_id == kernel:
            connection.websocket_handler.close(_GOING_AWAY, "the kernel has ended")
