"""A websocket that sends any frames, and reads only when it is told to."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from tests.support.kernels import V1, channels

CONTINUATION, BINARY, CLOSE, PING, PONG = 0, 2, 8, 9, 10  # opcodes
_TIMEOUT, _HANDSHAKE_TIMEOUT = 20, 5  # s; a page whose kernel is busy may wait for it
# s; while nothing is read, Linux may drop what the server sends with its acknowledgements, and sending hangs.
_SEND_TIMEOUT = 2


def frame(opcode: int, payload: bytes = b"", *, final: bool = True) -> bytes:
    """Return a frame, masked with zeros."""
    size = len(payload)
    length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0x80 | 126, size)
    return bytes([opcode | (0x80 if final else 0)]) + length + bytes(4) + payload


class RawWebsocket:
    """
    A websocket to *kernel* of the server at *url*; sending to it when it has ended raises OSError.

    *cookies*: of a viewer who is logged in, as a browser sends them.
    """

    def __init__(self, url: str, kernel: str, *, reads: bool = True, cookies: str = "") -> None:
        address = urlsplit(channels(url, kernel))
        assert address.hostname is not None
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)  # before it connects; little is kept here
        self._socket.settimeout(_HANDSHAKE_TIMEOUT)
        self._read, self.status = b"", 0
        try:
            self._socket.connect((address.hostname, address.port))
            self._socket.sendall(_handshake(f"{address.path}?{address.query}", address.netloc, cookies))
            if reads:
                self._read_answer()
        except OSError:
            self._socket.close()
            raise
        self._socket.settimeout(_TIMEOUT)

    def _read_answer(self) -> None:
        while b"\r\n\r\n" not in self._read:
            self._receive()
        head, self._read = self._read.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])

    def send(self, frames: bytes) -> None:
        """Send *frames*; waits while the server does not read, for two seconds at most."""
        self._socket.settimeout(_SEND_TIMEOUT)
        self._socket.sendall(frames)
        self._socket.settimeout(_TIMEOUT)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """Yield the opcode and payload of each frame until the connection ends."""
        with suppress(OSError):
            while True:
                size, begin = self._length()
                while size is None or len(self._read) < begin + size:
                    self._receive()
                    size, begin = self._length()
                opcode, payload = self._read[0] & 15, self._read[begin : begin + size]
                self._read = self._read[begin + size :]
                yield opcode, payload

    def close_code(self) -> int:
        """Read until the connection ends; return the server's close code, or 0 if it sent none for half a second."""
        self._socket.settimeout(0.5)
        return next((int.from_bytes(payload[:2], "big") for opcode, payload in self.frames() if opcode == CLOSE), 0)

    def leave(self) -> None:
        """End the connection once the server has read all that was sent."""
        self._socket.shutdown(socket.SHUT_WR)
        for _ in self.frames():  # until the server ends it, too
            pass
        self._socket.close()

    def abandon(self) -> None:
        """End the connection without a word; what the server has not read is lost."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _receive(self) -> None:
        received = self._socket.recv(65_536)
        if not received:
            raise ConnectionResetError
        self._read += received

    def _length(self) -> tuple[int | None, int]:
        """Return the length of the first frame's payload, None if it has not come yet, and where it begins."""
        if len(self._read) < 10:
            short = len(self._read) >= 2 and self._read[1] < 126
            return (self._read[1] if short else None), 2
        if self._read[1] < 126:
            return self._read[1], 2
        if self._read[1] == 126:
            return int.from_bytes(self._read[2:4], "big"), 4
        return int.from_bytes(self._read[2:10], "big"), 10


def _handshake(path: str, host: str, cookies: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Key: {os.urandom(16).hex()}",
        f"Sec-WebSocket-Protocol: {V1}",
        *([f"Cookie: {cookies}"] if cookies else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()
