"""Serves the sandbox over HTTP: every dialect under ``/<exchange>/…``, with faults on demand."""

import contextlib
import logging
import socket
import socketserver
import sys
import threading
from collections import Counter
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any, Self

from tracker.core.errors import ConfigError
from tracker.sandbox.faults import Faults
from tracker.sandbox.handler import Handler
from tracker.sandbox.price_source import Source

_LOG = logging.getLogger(__name__)


class Sandbox:
    """
    An exchange on loopback, as a context manager or by ``start`` and ``stop``.

    ``GET /<exchange>/…`` answers as that exchange does. With *controls*, ``GET /faults`` and ``POST /faults``
    show and switch faults (a JSON object or a list of them, see ``Faults.apply``; 400 says what was expected),
    and ``GET /stats`` counts the requests of each path. Requests of web pages and for other hosts than this
    machine are refused (403). Every answer carries ``X-Tracker-Origin`` and the sandbox clock's ``Date``.

    Args:
        source: where prices come from.
        clock: the time in epoch milliseconds; called from several threads.
        port: 0 takes a free one, and keeps it when started again.
        controls: whether ``/faults`` and ``/stats`` are served; ``faults`` and ``stats`` work in any case.
        states_origin: whether answers carry ``X-Tracker-Origin``; only tests leave it out, so that rows count as real.
    """

    def __init__(
        self,
        source: Source,
        clock: Callable[[], int],
        port: int = 0,
        *,
        controls: bool = False,
        states_origin: bool = True,
    ) -> None:
        self.source = source
        self.clock = clock
        self.port = port
        self.controls = controls
        self.states_origin = states_origin
        self.faults = Faults()
        self._requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """The address without a slash at the end; Kraken's BASE_URL is ``url + "/kraken"``."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """
        Start responding to requests, in a thread.

        Raises:
            ConfigError: the port is taken.
        """
        if self._server:
            return
        try:
            server = Server(self)
        except OSError as error:
            raise ConfigError(f"sandbox: port {self.port}: {error.strerror}; take another one with --port") from error
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Stop responding and close all connections, even those that hang."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()
            server.sever()
            self.faults.release()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stats(self) -> dict[str, int]:
        """Return the number of requests by path, without the query: ``{"/kraken/0/public/Ticker": 3}``."""
        with self._lock:
            return dict(self._requests)

    def count(self, path: str) -> None:
        """Count a request of *path*."""
        with self._lock:
            self._requests[path] += 1


class Server(ThreadingHTTPServer):
    """A thread for each connection, all of which can be closed at once."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.severed = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", sandbox.port), Handler)

    def server_bind(self) -> None:
        # HTTPServer resolves the name of 127.0.0.1, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def sever(self) -> None:
        """Close the connections that are kept alive; their threads would continue to respond."""
        self.severed = True
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # the client hung up
            _LOG.exception("sandbox: a request failed")
