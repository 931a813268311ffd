"""
The handler of the websocket between a viewer and the viewer's kernel, in place of Voila's.

It ends a websocket whose browser does not read, or sends more frames of any kind than a page does.
"""

import asyncio
import logging
import re
from typing import Any

from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from jupyter_server.utils import url_path_join
from tornado.iostream import StreamClosedError
from tornado.log import gen_log
from tornado.web import Finish
from tornado.websocket import WebSocketClosedError, WebSocketProtocol13

from tracker.dashboard.server.pings import Pings
from tracker.dashboard.server.websocket import GuardedConnection

_SESSION = re.compile(r"[\w-]{0,64}", re.ASCII)  # becomes a name in ZeroMQ, of at most 255 bytes, and is logged
_DOCS = "docs/deploying.md"
_CLOSE_TIME = 0.25  # seconds for a browser to read why it is closed
_MESSAGE_OVERHEAD = 2_048  # bytes that Tornado needs for each unsent message


def websocket_handlers(voila: Any) -> list[Any]:
    """Return the handler of the kernels' websockets, which precedes Voila's own if it is added before."""
    gen_log.addFilter(_is_worth_a_line)
    return [(url_path_join(voila.server_url, r"/api/kernels/(?P<kernel_id>[\w-]+)/channels"), TrackerWebsocketHandler)]


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Leave out what pyzmq logs for each message that was on its way when a websocket ended."""
    return not str(record.msg).startswith("Got events for closed stream")


class CountingProtocol(WebSocketProtocol13):
    """Counts every frame, as Tornado calls no handler for parts of messages, and stops reading at a violation."""

    handler: "TrackerWebsocketHandler"

    async def _receive_frame(self) -> None:
        await super()._receive_frame()
        self.handler.on_frame()
        if self.server_terminated and not self.client_terminated:
            # Tornado would read on for up to five seconds until the client closes, too.
            await asyncio.sleep(_CLOSE_TIME)
            self.stream.close()
            raise StreamClosedError  # reading on would begin with what has come already


class TrackerWebsocketHandler(KernelWebsocketHandler):
    """One websocket of a page."""

    connection: GuardedConnection | None = None
    ws_connection: CountingProtocol | None

    def initialize(self) -> None:
        """Prepare for pings, whose interval and timeout are settings in ms."""
        self._pings = Pings(self.ping_interval / 1000, self.ping_timeout / 1000)
        self._is_open = False

    async def get(self, kernel_id: str) -> None:
        """Serve a websocket until it ends."""
        if not _SESSION.fullmatch(self.get_argument("session_id", "")):
            self.set_status(400)
            self.finish("expected a session_id of letters, digits and hyphens\n")
            return
        if self.request.headers.get("Upgrade", "").lower() != "websocket":
            self.log.warning("a websocket lost its Upgrade header on the way; the proxy has to pass it on: %s", _DOCS)
        try:
            await super().get(kernel_id=kernel_id)  # type: ignore[no-untyped-call]
        finally:
            if self.connection is not None:  # not closed, as the handshake failed
                self.connection.disconnect()

    def get_websocket_protocol(self) -> CountingProtocol | None:
        """Admit a websocket whose origin has been checked."""
        protocol: Any = super().get_websocket_protocol()
        if protocol is None:
            return None
        if self.connection is None:
            raise Finish  # the client has left during the handshake
        self.connection.admit()
        return CountingProtocol(self, False, protocol.params)

    async def open(self, kernel_id: str) -> None:
        """Connect the websocket to its kernel."""
        await super().open(kernel_id)  # type: ignore[no-untyped-call]
        self._is_open = True

    def on_frame(self) -> None:
        """Count a frame of any kind."""
        if self.connection is not None:
            self.connection.handle_frame()

    def on_message(self, message: str | bytes) -> None:
        """Pass a message on; one that arrives after the end of the connection is ignored."""
        if self.connection is not None:
            self.connection.handle_incoming_message(message)

    def on_close(self) -> None:
        """Free what the websocket took."""
        if self.connection is not None:
            super().on_close()  # type: ignore[no-untyped-call]

    def write_message(self, message: Any, binary: bool = False) -> None:  # type: ignore[override]
        """Send a message, unless the viewer has left; end the connection if the viewer reads too little."""
        if self.connection is None:
            return
        limiter = self.connection.limiter
        # Checked before the message is added, so that a single large one can be sent.
        if limiter.unsent > self.connection.max_unsent:
            self._end(f"more than {self.connection.max_unsent:,} bytes unsent")
            return
        try:
            sent = super().write_message(message, binary)
        except WebSocketClosedError:
            return
        size = len(message) + _MESSAGE_OVERHEAD
        limiter.unsent += size

        def done(future: "asyncio.Future[None]") -> None:
            limiter.unsent -= size
            # Otherwise asyncio logs each message that was unsent when the connection ended.
            if not future.cancelled():
                future.exception()

        sent.add_done_callback(done)

    def send_ping(self) -> None:
        """Send a ping, or end the connection if the answers to the last ones are overdue."""
        if self.ws_connection is None or self.ws_connection.is_closing():
            callback: Any = self.ping_callback
            callback.stop()
        elif self._is_open:  # nothing is read before
            now = asyncio.get_running_loop().time()
            if self._pings.is_overdue(now):
                self._end(f"no answer to pings for {self.ping_timeout / 1000:g} s")
            else:
                self.ping(self._pings.next(now))

    def on_pong(self, data: bytes) -> None:
        """Record the answer to a ping."""
        self._pings.answer(data)

    def _end(self, reason: str) -> None:
        """Close the connection at once, which frees what is unsent; a closing handshake would have to wait for it."""
        if self.ws_connection is not None and not self.ws_connection.stream.closed():
            self.log.warning("ending a viewer's connection: %s", reason)
            self.ws_connection.stream.close()
