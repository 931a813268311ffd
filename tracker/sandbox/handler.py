"""Responds to one HTTP request to the sandbox, by the dialect of its exchange or by a fault."""

import importlib
import json
import logging
import math
import pkgutil
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol, cast
from urllib.parse import parse_qsl

from tracker.core.errors import ConfigError
from tracker.core.trade_facts import iso_time
from tracker.sandbox import dialects
from tracker.sandbox.altered_source import AlteredSource
from tracker.sandbox.fault_responses import respond
from tracker.sandbox.fault_spec import Fault
from tracker.sandbox.faults import Faults
from tracker.sandbox.halted_source import HaltedSource
from tracker.sandbox.price_source import Source
from tracker.sandbox.request_checks import RefusedRequestError, check_sender, read_body

_LOG = logging.getLogger(__name__)
_DIALECTS = {
    module.name: importlib.import_module(f"{dialects.__name__}.{module.name}")
    for module in pkgutil.iter_modules(dialects.__path__)
}


class RunningSandbox(Protocol):
    """The part of ``Sandbox`` that a request needs."""

    @property
    def source(self) -> Source:
        """Where prices come from."""

    @property
    def clock(self) -> Callable[[], int]:
        """The time in epoch milliseconds."""

    @property
    def faults(self) -> Faults:
        """The faults that are switched on."""

    @property
    def states_origin(self) -> bool:
        """Whether answers say that prices are simulated or replayed."""

    @property
    def controls(self) -> bool:
        """Whether ``/faults`` and ``/stats`` are served."""

    def stats(self) -> dict[str, int]:
        """Return the number of requests by path."""

    def count(self, path: str) -> None:
        """Count a request."""


class RunningServer(Protocol):
    """The part of the server that a request needs."""

    @property
    def sandbox(self) -> RunningSandbox:
        """What it serves."""

    @property
    def severed(self) -> bool:
        """Whether the server has stopped and closed its connections."""


class Handler(BaseHTTPRequestHandler):
    """Routes ``/<exchange>/…`` to its dialect, and serves ``/faults`` and ``/stats`` where there are controls."""

    protocol_version = "HTTP/1.1"
    timeout = 75.0  # seconds for a read or write; no usual cadence, so a poll hardly meets the end of its connection
    disable_nagle_algorithm = True
    _clock_ahead = 0  # ms by which the clock of the exchange asked is ahead of the sandbox's

    @property
    def is_severed(self) -> bool:
        """See ``fault_responses.Reply``."""
        return cast(RunningServer, self.server).severed

    @property
    def _sandbox(self) -> RunningSandbox:
        return cast(RunningServer, self.server).sandbox

    def do_GET(self) -> None:
        self._serve(self._get)

    def do_POST(self) -> None:
        self._serve(self._post)

    def _serve(self, handle: Callable[[str, str, bytes], None]) -> None:
        try:
            body = read_body(self.headers, self.rfile)
            check_sender(self.headers)
        except RefusedRequestError as error:
            self.close_connection = True  # an unread body would be taken for the next request
            self._send_json(error.status, {"error": str(error)})
            return
        path, _, query = self.path.partition("?")
        handle(path, query, body)

    def _get(self, path: str, query: str, _: bytes) -> None:
        sandbox = self._sandbox
        if sandbox.controls and path == "/faults":
            self._send_json(200, sandbox.faults.show())
        elif sandbox.controls and path == "/stats":
            self._send_json(200, {"requests": sandbox.stats()})
        else:
            self._exchange(path, dict(parse_qsl(query)))

    def _post(self, path: str, _: str, body: bytes) -> None:
        sandbox = self._sandbox
        if not sandbox.controls or path != "/faults":
            expected = "; expected /faults" if sandbox.controls else ""
            self._send_json(404, {"error": f"no POST at {path}{expected}"})
            return
        try:
            sandbox.faults.apply(json.loads(body))
        except (ValueError, RecursionError):  # brackets nested too deeply
            message = 'expected a JSON object, or a list of them, e.g. {"mode": "status", "status": 500}'
            self._send_json(400, {"error": message})
        except ConfigError as error:
            self._send_json(400, {"error": str(error)})
        else:
            self._send_json(200, sandbox.faults.show())

    def _exchange(self, path: str, query: dict[str, str]) -> None:
        sandbox = self._sandbox
        exchange, _, rest = path.lstrip("/").partition("/")
        dialect = _DIALECTS.get(exchange)
        if dialect is None:
            controls = ", and /faults, /stats" if sandbox.controls else ""
            self._send_json(404, {"error": f"no exchange at {path}; there are {', '.join(_DIALECTS)}{controls}"})
            return
        sandbox.count(path)
        fault, changed = sandbox.faults.take(exchange, f"/{rest}")
        mode = fault.mode if fault else "none"
        self._clock_ahead = round((fault.seconds or 0) * 1000) if fault and mode == "clock" else 0
        if fault and mode == "refused":
            self._send_json(*dialect.refusal(fault.words))
            return
        if fault and mode == "latency":
            changed.wait(fault.seconds)
        answer = dialect.answer(f"/{rest}", query, _source(sandbox.source, fault), self._now())
        if fault and mode not in ("latency", "missing", "jump", "shift", "halt", "clock"):
            respond(self, fault, changed, _json(answer[1]))
        else:
            self._send_json(*answer)

    def _now(self) -> int:
        return self._sandbox.clock() + self._clock_ahead

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
        self.send_header("Date", formatdate(self._now() / 1000, usegmt=True))
        if self._sandbox.states_origin:
            self.send_header("X-Tracker-Origin", self._sandbox.source.origin)
        if self.close_connection:
            self.send_header("Connection", "close")

    def log_message(self, format: str, *args: Any) -> None:
        _LOG.debug(format, *args)


def _source(source: Source, fault: Fault | None) -> Source:
    if fault and fault.mode == "missing":
        return AlteredSource(source, fault.market, math.nan, history=True)
    if fault and fault.mode == "jump":
        return AlteredSource(source, fault.market, fault.factor or 1.0, history=bool(fault.history))
    if fault and fault.mode == "shift":
        return AlteredSource(source, fault.market, 1.0, history=False, shift=round((fault.seconds or 0) * 1000))
    if fault and fault.mode == "halt":
        return HaltedSource(source, fault.market, iso_time(fault.since) or 0, is_stated=fault.stated is not False)
    return source


def _json(body: Any) -> bytes:
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
