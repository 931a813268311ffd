"""One HTTP request to the sandbox: which dialect answers it, or which fault."""

import importlib
import json
import logging
import math
import pkgutil
from collections.abc import Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from tracker.core.errors import ConfigError
from tracker.sandbox import dialects
from tracker.sandbox.altered_source import AlteredSource
from tracker.sandbox.fault_responses import respond
from tracker.sandbox.fault_spec import Fault
from tracker.sandbox.price_source import Source

if TYPE_CHECKING:
    from tracker.sandbox.server import Server

_LOG = logging.getLogger(__name__)
_DIALECTS = {
    module.name: importlib.import_module(f"{dialects.__name__}.{module.name}")
    for module in pkgutil.iter_modules(dialects.__path__)
}
_LONGEST_BODY = 65_536


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

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
            words = 'expected a JSON object, or a list of them, e.g. {"mode": "status", "status": 500}'
            self._send_json(400, {"error": words})
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
        mode = fault.mode if fault else "none"
        if fault and mode == "refused":
            self._send_json(*dialect.refusal(fault.words))
            return
        if fault and mode == "latency":
            changed.wait(fault.seconds)
        answer = dialect.answer(f"/{rest}", query, _source(sandbox.source, fault), sandbox.clock())
        if fault and mode not in ("latency", "missing", "jump"):
            respond(self, fault, changed, _json(answer[1]))
        else:
            self._send_json(*answer)

    def _send_json(self, status: int, body: Any) -> None:
        self.send(status, _json(body), "application/json")

    def send(self, status: int, body: bytes, kind: str, extra: Mapping[str, str | None] | None = None) -> None:
        """Answer with *body*; *extra* adds a header, replaces one that is always sent, or with None leaves it out."""
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), **(extra or {})}
        for name, value in headers.items():
            if value is not None:
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


def _source(source: Source, fault: Fault | None) -> Source:
    if fault and fault.mode == "missing":
        return AlteredSource(source, fault.market, math.nan, history=True)
    if fault and fault.mode == "jump":
        return AlteredSource(source, fault.market, fault.factor or 1.0, history=bool(fault.history))
    return source


def _json(body: Any) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
