"""Sends the wrong responses of faults."""

import functools
import math
import socket
import struct
import threading
import zlib
from collections.abc import Mapping
from http.client import responses
from io import BufferedIOBase
from typing import Protocol

from tracker.sandbox.fault_spec import Fault

_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
_JSON = "application/json"
_MAX_BYTES = 64 * 2**20
_PATIENCE = 600  # seconds; no client waits that long for a response


class Reply(Protocol):
    """The part of a request handler that a fault needs."""

    close_connection: bool
    connection: socket.socket
    wfile: BufferedIOBase

    @property
    def is_severed(self) -> bool:
        """Whether the server has stopped and closed its connections."""

    def send(self, status: int, body: bytes, kind: str, extra: Mapping[str, str | None] | None = None) -> None:
        """Answer with *body* of the content type *kind*."""


def respond(handler: Reply, fault: Fault, changed: threading.Event, body: bytes) -> None:
    """
    Send the wrong response of *fault*.

    Args:
        handler: sends the response.
        fault: how the response is wrong.
        changed: set when faults are changed or the sandbox stops; ends responses without an end.
        body: the right response.
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
            # stop() severs first, then sets *changed*: a request read in between must not wait.
            if not handler.is_severed:
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
            handler.send(fault.status or 200, (fault.text or "").encode(), _JSON)
        case "gigantic":
            _endless(handler)
        case "bomb":
            handler.send(200, _gzip_bomb(), _JSON, {"Content-Encoding": "gzip"})
        case _:  # truncated
            handler.send(200, half, _JSON)


def _reset(handler: Reply) -> None:
    # Lingering for 0 s makes close() send RST; detached, so that the server does not send a FIN before.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    socket.close(handler.connection.detach())


def _drip(handler: Reply, changed: threading.Event, body: bytes, seconds: float) -> None:
    # Spaces after the JSON are still JSON; they take longer than any client waits.
    whole = body.ljust(min(math.ceil(_PATIENCE / seconds), 2**20))
    handler.send(200, b"", _JSON, {"Content-Length": str(len(whole))})
    for sent in range(len(whole)):
        if handler.is_severed:
            handler.close_connection = True
            return
        handler.wfile.write(whole[sent : sent + 1])
        if changed.wait(seconds):
            handler.wfile.write(whole[sent + 1 :])
            return


def _endless(handler: Reply) -> None:
    handler.close_connection = True  # without a length, the response ends with the connection
    handler.send(200, b"[", _JSON, {"Content-Length": None})
    piece = b"0," * 32_768
    for _ in range(_MAX_BYTES // len(piece)):
        handler.wfile.write(piece)


@functools.lru_cache(maxsize=1)
def _gzip_bomb() -> bytes:
    """Return an empty JSON list that contains more than 64 MB of spaces, as 64 kB of gzip."""
    gzip = zlib.compressobj(9, wbits=31)
    blanks = b" " * 2**20
    parts = [b"[", *(blanks for _ in range(_MAX_BYTES // len(blanks))), b"]"]
    return b"".join([*map(gzip.compress, parts), gzip.flush()])
