"""How each fault looks on the wire."""

import functools
import math
import socket
import struct
import threading
import zlib
from http.client import responses
from typing import TYPE_CHECKING

from tracker.sandbox.fault_spec import Fault

if TYPE_CHECKING:
    from tracker.sandbox.handler import Handler

_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
_JSON = "application/json"
_LARGEST = 64 * 2**20  # bytes
_PATIENCE = 600  # seconds that no client waits for one answer


def respond(handler: "Handler", fault: Fault, changed: threading.Event, body: bytes) -> None:
    """
    Answer *handler*'s request as *fault* says.

    Args:
        changed: set when faults are changed or the sandbox stops, which ends what would not end.
        body: the right answer.
    """
    half = body[: len(body) // 2]
    match fault.mode:
        case "status":
            status = fault.status or 500
            extra = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
            handler.send(status, responses.get(status, "Error").encode(), "text/plain", extra)
        case "redirect":
            handler.send(fault.status or 302, b"", "text/plain", {"Location": fault.location or ""})
        case "hang":
            # A request read just before the end would wait for ever; stop() severs first, then releases.
            if not handler.server.severed:
                changed.wait()
            handler.close_connection = True
        case "drip":
            _drip(handler, changed, body, fault.seconds or 1)
        case "reset":
            if fault.mid_body:
                handler.send(200, half, _JSON, {"Content-Length": str(len(body))})
            _reset(handler)
        case "html":
            handler.send(200, _PAGE, "text/html; charset=utf-8")
        case "body":
            handler.send(200, (fault.text or "").encode(), _JSON)
        case "gigantic":
            _pour(handler)
        case "bomb":
            handler.send(200, _bomb(), _JSON, {"Content-Encoding": "gzip"})
        case _:  # truncated
            handler.send(200, half, _JSON)


def _reset(handler: "Handler") -> None:
    # Lingering for 0 s makes close() send RST; detached, so that nobody sends a polite FIN before.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    socket.close(handler.connection.detach())


def _drip(handler: "Handler", changed: threading.Event, body: bytes, seconds: float) -> None:
    # Blanks after the JSON are still JSON, and keep a client waiting that would have had enough patience.
    whole = body.ljust(min(math.ceil(_PATIENCE / seconds), 2**20))
    handler.send(200, b"", _JSON, {"Content-Length": str(len(whole))})
    for sent in range(len(whole)):
        if handler.server.severed:
            handler.close_connection = True
            return
        handler.wfile.write(whole[sent : sent + 1])
        if changed.wait(seconds):
            handler.wfile.write(whole[sent + 1 :])
            return


def _pour(handler: "Handler") -> None:
    handler.close_connection = True  # without a length, the end of the connection is the end of the answer
    handler.send(200, b"[", _JSON, {"Content-Length": None})
    piece = b"0," * 32_768
    for _ in range(_LARGEST // len(piece)):
        handler.wfile.write(piece)


@functools.lru_cache(maxsize=1)
def _bomb() -> bytes:
    """An empty JSON list with more than 64 MB of blanks in it, as 64 kB of gzip."""
    gzip = zlib.compressobj(9, wbits=31)
    blanks = b" " * 2**20
    parts = [b"[", *(blanks for _ in range(_LARGEST // len(blanks))), b"]"]
    return b"".join([*map(gzip.compress, parts), gzip.flush()])
