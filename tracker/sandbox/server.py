"""The sandbox over HTTP: every dialect under ``/<exchange>/…``, with faults on demand."""

import contextlib
import importlib
import json
import logging
import pkgutil
import socket
import socketserver
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tracker.errors import ConfigError
from tracker.sandbox import dialects
from tracker.sandbox.faults import Fault, Faults
from tracker.sandbox.source import Source

_LOG = logging.getLogger(__name__)
_DIALECTS = {
    module.name: importlib.import_module(f"{dialects.__name__}.{module.name}")
    for module in pkgutil.iter_modules(dialects.__path__)
}
_LONGEST_BODY = 65_536
_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


class Sandbox:
    """
    An exchange on loopback, as a context manager or by ``start`` and ``stop``.

    ``GET /<exchange>/…`` answers as that exchange does; ``GET /faults`` and ``POST /faults`` show
    and switch a fault (a JSON object, see ``Faults.apply``; 400 says what was expected);
    ``GET /stats`` counts the requests of each path. Every answer carries ``X-Tracker-Origin``
    and the sandbox clock's ``Date``.

    Args:
        market_source: where prices come from.
        clock: the time in epoch milliseconds; called from several threads.
        port: 0 takes a free one, and keeps it when started again.
    """

    def __init__(self, market_source: Source, clock: Callable[[], int], port: int = 0) -> None:
        self.source = market_source
        self.clock = clock
        self.port = port
        self.faults = Faults()
        self._requests: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Without a slash at the end; Kraken's BASE_URL is ``url + "/kraken"``."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer from now on. ConfigError: the port is taken."""
        if self._server:
            return
        try:
            server = _Server(self)
        except OSError as error:
            raise ConfigError(f"sandbox: port {self.port}: {error.strerror}; take another one with --port") from error
        self.port = server.server_address[1]
        self._server = server
        threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Close all connections, also those that hang; when it returns, nothing is answered any more."""
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
        """Requests since the beginning by path, without the query: ``{"/kraken/0/public/Ticker": 3}``."""
        with self._lock:
            return dict(self._requests)

    def count(self, path: str) -> None:
        with self._lock:
            self._requests[path] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.severed = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", sandbox.port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask the name service who 127.0.0.1 is, which can take seconds.
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
        """End the connections that are kept alive; their threads would answer on after the end."""
        self.severed = True
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that went away is no error of ours
            _LOG.exception("sandbox: a request failed")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        sandbox = self.server.sandbox
        if url.path == "/faults":
            self._send_json(200, sandbox.faults.show())
        elif url.path == "/stats":
            self._send_json(200, {"requests": sandbox.stats()})
        else:
            self._exchange(url.path, dict(parse_qsl(url.query)))

    def do_POST(self) -> None:
        body = self._body()
        if self.path != "/faults":
            self._send_json(404, {"error": f"nothing takes a POST at {self.path}; expected /faults"})
            return
        try:
            self.server.sandbox.faults.apply(json.loads(body))
        except ValueError:
            self._send_json(400, {"error": 'expected a JSON object, e.g. {"mode": "status", "status": 500}'})
        except ConfigError as error:
            self._send_json(400, {"error": str(error)})
        else:
            self._send_json(200, self.server.sandbox.faults.show())

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if length.isdecimal() and int(length) <= _LONGEST_BODY:
            return self.rfile.read(int(length))
        self.close_connection = True  # what follows would be read as the next request
        return b""

    def _exchange(self, path: str, query: dict[str, str]) -> None:
        sandbox = self.server.sandbox
        exchange, _, rest = path.lstrip("/").partition("/")
        dialect = _DIALECTS.get(exchange)
        if dialect is None:
            names = ", ".join(_DIALECTS)
            self._send_json(404, {"error": f"no exchange at {path}; there are {names}, and /faults, /stats"})
            return
        sandbox.count(path)
        fault, changed = sandbox.faults.take(exchange, f"/{rest}")
        if fault and fault.mode == "refused":
            self._send_json(*dialect.refusal(fault.words))
        elif fault and fault.mode == "latency":
            changed.wait(fault.seconds)
        elif fault:
            whole = dialect.answer(f"/{rest}", query, sandbox.source, sandbox.clock())
            self._fail(fault, changed, _json(whole[1]))
            return
        if not fault or fault.mode == "latency":
            self._send_json(*dialect.answer(f"/{rest}", query, sandbox.source, sandbox.clock()))

    def _fail(self, fault: Fault, changed: threading.Event, body: bytes) -> None:
        half = body[: len(body) // 2]
        match fault.mode:
            case "status":
                status = fault.status or 500
                extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                self._send(status, responses.get(status, "Error").encode(), "text/plain", extra)
            case "hang":
                # A request read just before the end would wait for ever; stop() severs first, then releases.
                if not self.server.severed:
                    changed.wait()
                self.close_connection = True
            case "reset":
                if fault.mid_body:
                    self._send(200, half, "application/json", {"Content-Length": str(len(body))})
                self._reset()
            case "html":
                self._send(200, _PAGE, "text/html; charset=utf-8")
            case _:  # truncated
                self._send(200, half, "application/json")

    def _reset(self) -> None:
        # Lingering for 0 s makes close() send RST; detached, so that nobody sends a polite FIN before.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())

    def _send_json(self, status: int, body: Any) -> None:
        self._send(status, _json(body), "application/json")

    def _send(self, status: int, body: bytes, kind: str, extra: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def send_response(self, code: int, message: str | None = None) -> None:
        self.send_response_only(code, message)
        self.send_header("Date", formatdate(self.server.sandbox.clock() / 1000, usegmt=True))
        self.send_header("X-Tracker-Origin", self.server.sandbox.source.origin)
        if self.close_connection:
            self.send_header("Connection", "close")

    def log_message(self, format: str, *args: Any) -> None:
        _LOG.debug(format, *args)


def _json(body: Any) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
