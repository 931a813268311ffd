"""
The page's HTTP server: Tornado's, with bounds on what a client can hold, and checks of what it claims to be.

Tornado alone waits for a header for an hour, accepts bodies of 100 MB before the login, and keeps an answer that is
not read for ever.
"""

import errno
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from operator import itemgetter
from typing import Any, cast

from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPConnection,
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    RequestStartLine,
    ResponseStartLine,
)
from tornado.ioloop import PeriodicCallback
from tornado.iostream import IOStream, StreamClosedError

from tracker.dashboard.server.client_connection import ClientConnection, Stage
from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.request_checks import refusal
from tracker.dashboard.server.request_scheduler import RequestScheduler
from tracker.dashboard.server.response_headers import DEFAULT_HEADERS
from tracker.runtime.loopback import is_loopback

_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Proto")  # the proxies of docs/deploying.md set them
_PASSED_THROUGH = ("X-Real-Ip", "X-Scheme")  # those proxies leave a client's own in place, and Tornado prefers them
_BUFFER_SIZE = 1_048_576  # bytes read ahead for one connection; the largest message of a websocket is 65,536
_REQUESTS_PER_TURN = 8  # of the event loop; each takes it about a millisecond
_CHECK_INTERVAL = 0.5  # s between two checks for connections that are overdue


class BoundedHttpServer(HTTPServer):
    """Tornado's server within *limits*; behind a proxy on this machine it sees the viewer's address and https."""

    def initialize(self, request_callback: Any, limits: HttpLimits) -> None:  # type: ignore[override]
        """Take what answers the requests, as Tornado's server does, and *limits*."""
        super().initialize(
            request_callback,
            xheaders=True,
            max_header_size=limits.max_header_size,
            max_body_size=limits.max_body_size,
            max_buffer_size=max(_BUFFER_SIZE, limits.max_header_size, limits.max_body_size),
        )
        self._limits = limits
        self._scheduler = RequestScheduler(_REQUESTS_PER_TURN)
        self._clients: set[ClientConnection] = set()  # without those that have become websockets
        self._check = PeriodicCallback(self._close_overdue, 1_000 * _CHECK_INTERVAL)
        self._check.start()

    def add_sockets(self, sockets: Iterable[socket.socket]) -> None:
        """Accept connections on *sockets*."""
        super().add_sockets([_Listener(each, self._close_longest_waiting) for each in sockets])

    def stop(self) -> None:
        """Accept no more connections."""
        self._check.stop()
        super().stop()

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        """Serve a new connection, and close another one if there are too many."""
        client = ClientConnection(stream.socket, max_buffer_size=self.max_buffer_size)
        client.is_from_this_machine = is_loopback(address[0])
        self._clients.add(client)
        super().handle_stream(client, address)
        if len(self._clients) > self._limits.max_connections:
            self._close_longest_waiting()

    def start_request(self, server_conn: Any, request_conn: HTTPConnection) -> HTTPMessageDelegate:
        """Expect the next request on a connection."""
        delegate = super().start_request(server_conn, request_conn)
        server_conn.stream.enter(Stage.IDLE)
        return _CheckedRequest(delegate, request_conn, server_conn.stream, self._limits, self._scheduler)

    def on_close(self, server_conn: Any) -> None:
        """Forget a connection that has ended or become a websocket."""
        super().on_close(server_conn)
        self._clients.discard(server_conn.stream)

    def _close_overdue(self) -> None:
        for client in [client for client in self._clients if client.is_overdue(self._limits)]:
            self._end(client)

    def _close_longest_waiting(self) -> None:
        waiting = [(client.waits_since, client) for client in self._clients if client.waits_since is not None]
        if waiting:
            self._end(min(waiting, key=itemgetter(0))[1])

    def _end(self, client: ClientConnection) -> None:
        self._clients.discard(client)  # not counted until on_close is called
        if client.writing():  # else the system would keep what it has taken over, megabytes, and try to send it
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


class _Listener(socket.socket):
    """Takes the place of *listening*; calls *make_room* when the process can open no more files."""

    def __init__(self, listening: socket.socket, make_room: Callable[[], None]) -> None:
        super().__init__(listening.family, listening.type, listening.proto, fileno=listening.detach())
        self.setblocking(False)
        self._make_room = make_room

    def accept(self) -> tuple[socket.socket, Any]:
        """
        Accept a connection.

        Raises:
            BlockingIOError: there is none, or no room for it; Tornado would log any other error at every turn of its
                loop.
        """
        try:
            return super().accept()
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
        self._make_room()
        try:
            return super().accept()
        except OSError as error:
            raise BlockingIOError from error


class _CheckedRequest(HTTPMessageDelegate):
    """Passes a request on to *delegate* if its headers are fit for it."""

    def __init__(
        self,
        delegate: HTTPMessageDelegate,
        request: HTTPConnection,
        client: ClientConnection,
        limits: HttpLimits,
        scheduler: RequestScheduler,
    ) -> None:
        self._delegate, self._request, self._client, self._limits = delegate, request, client, limits
        self._scheduler = scheduler
        self._is_passed_on = False

    async def headers_received(self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders) -> None:
        """
        Refuse a request that is not worth looking at, and keep only what a trusted proxy tells of the client.

        Raises:
            HTTPInputError: the connection is closed; Tornado would go on with all that came before.
        """
        self._client.enter(Stage.ANSWER)  # the client need not do anything
        await self._scheduler.wait()
        if self._client.closed():
            raise HTTPInputError("the client has left")
        self._client.enter(Stage.BODY)
        refused = refusal(cast(RequestStartLine, start_line), headers, self._limits.max_body_size)
        if refused is not None:
            await self._refuse(*refused)
            return
        for name in _PASSED_THROUGH if self._client.is_from_this_machine else (*_PASSED_THROUGH, *_FORWARDED):
            headers.pop(name, None)
        waiting = self._delegate.headers_received(start_line, headers)
        self._is_passed_on = True
        if waiting is not None:
            await waiting

    async def _refuse(self, status: int, reason: str) -> None:
        """Answer without reading the body, and close the connection."""
        answer = ResponseStartLine("HTTP/1.1", status, reason)
        headers = {**DEFAULT_HEADERS, "Connection": "close", "Content-Length": "0"}
        with suppress(StreamClosedError):
            await self._request.write_headers(answer, HTTPHeaders(headers))
        self._client.close()

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Pass a part of the body on."""
        return self._delegate.data_received(chunk) if self._is_passed_on else None

    def finish(self) -> None:
        """Let the request be answered."""
        self._client.enter(Stage.ANSWER)
        if self._is_passed_on:
            self._delegate.finish()

    def on_connection_close(self) -> None:
        """Tell the delegate, if it knows of the request, that the client has left."""
        if self._is_passed_on:
            self._delegate.on_connection_close()
