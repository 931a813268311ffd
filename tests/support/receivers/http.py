"""HTTP services on loopback: they note what they get, and answer well, slowly, with an error, or not at all."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.page_server import free_port

PATIENCE = 20.0  # s


@dataclass(frozen=True)
class Received:
    """A request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}


@dataclass(frozen=True)
class Reply:
    """An answer; *delay* in s, *drips* s between the bytes of the body; with status 0 the connection is closed."""

    status: int = 200
    body: bytes = b"ok"
    headers: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0
    drips: float = 0.0


def json_reply(status: int, value: Any, **options: Any) -> Reply:
    return Reply(status, json.dumps(value).encode(), **options)


Answerer = Callable[[Received], Reply | None]  # None: no answer, ever


class HttpReceiver:
    """A service at *base* that answers by *answerer*, which tests may replace at any time."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer
        self.received: list[Received] = []
        self.is_closing = threading.Event()
        self.has_received = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver._handle(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Received(handler.command, handler.path, dict(handler.headers), body)
        self.received.append(request)
        self.has_received.set()
        reply = self.answerer(request)
        handler.close_connection = True
        if reply is None:
            self.is_closing.wait(PATIENCE)
            return
        if reply.status == 0:
            return
        self.is_closing.wait(reply.delay)
        try:
            handler.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            parts = [reply.body] if not reply.drips else [bytes([byte]) for byte in reply.body]
            for part in parts:
                handler.wfile.write(part)
                self.is_closing.wait(reply.drips)
        except OSError:
            pass  # the client has gone

    def paths(self) -> list[str]:
        return [urlsplit(request.path).path for request in self.received]

    def close(self) -> None:
        self.is_closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)


@contextmanager
def receiving(answerer: Answerer) -> Iterator[HttpReceiver]:
    receiver = HttpReceiver(answerer)
    try:
        yield receiver
    finally:
        receiver.close()


def closed_base() -> str:
    """Return an address where nothing listens."""
    return f"http://127.0.0.1:{free_port()}"
