"""
Attacks on a server's HTTP, each for some seconds: parked bodies, slow headers, connections held, odd requests.

Each takes the server's address, fails if the server does not hold what it promises, and returns what it counted.
None needs a login. An attack has to last longer than the bound that it tries, see ``SHORT``.
"""

import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests.support.odd_requests import odd_requests

PATIENCE = 20.0  # s; for one answer
SLACK = 2.0  # s until the server has noticed that a bound is exceeded
# Bounds for a server that is attacked for a few seconds only.
SHORT = (
    "--HttpLimits.header_timeout=1",
    "--HttpLimits.body_timeout=1",
    "--HttpLimits.idle_timeout=1.5",
    "--HttpLimits.write_timeout=1",
)
_LARGE_BODY = 95_000_001  # bytes


def connection(url: str) -> socket.socket:
    """Open a connection to the server at *url*."""
    host, port = urlsplit(url).hostname, urlsplit(url).port
    assert host is not None
    return socket.create_connection((host, port or 80), timeout=PATIENCE)


def answer(url: str, request: bytes) -> bytes:
    """Send *request* and no more; return all that comes, nothing if the connection is closed at once."""
    received = b""
    with connection(url) as client, suppress(ConnectionError):
        client.sendall(request)
        _has_come(client, 0.2)
        with suppress(OSError):  # the server may have closed the connection
            client.shutdown(socket.SHUT_WR)  # ends what the server still waits for
        while part := client.recv(65_536):
            received += part
    return received


def ask_oddly(url: str, seconds: float, seed: int = 1, *, for_pages: bool = False) -> Counter[str]:
    """
    Send odd requests, also *for_pages*, which may start kernels; return how often each status came.

    No answer may be an error of the server.
    """
    statuses: Counter[str] = Counter()
    end = time.monotonic() + seconds
    requests = odd_requests(seed, for_pages=for_pages)
    while time.monotonic() < end:
        request = next(requests)
        status = answer(url, request)[9:12].decode() or "none"
        statuses[status] += 1
        assert status in ("none", "503") or status < "500", (status, request[:500])  # 503: no room for a viewer
    return statuses


def park_bodies(url: str, seconds: float, timeout: float = 10.0, count: int = 20) -> Counter[str]:
    """Send *count* bodies each of 95 MB, and of all the size allowed, without their last bytes; none is waited for."""
    head = "POST {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n"
    with _held(url, count) as clients:
        for number, client in enumerate(clients):
            path = ("/", "/login", "/nothing")[number % 3]
            size = (_LARGE_BODY, 65_536)[number % 2]
            with suppress(ConnectionError):
                client.sendall(head.format(path, size).encode() + bytes(min(size, 65_536) - 1))
        open_until = _open_until(clients, seconds)
        assert max(open_until) <= timeout + SLACK, f"a body was waited for for {max(open_until):.0f} s"
        return Counter(closed=len(open_until))


def hold_headers(url: str, seconds: float, timeout: float = 10.0, count: int = 100) -> Counter[str]:
    """Send *count* headers byte by byte that never end; all are given up."""
    with _held(url, count) as clients:
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nA: ")
        open_until = _open_until(clients, seconds, send=b"x")
    assert max(open_until) <= timeout + SLACK, f"a header was waited for for {max(open_until):.0f} s"
    return Counter(closed=len(open_until))


def stay_idle(url: str, seconds: float, timeout: float = 30.0, count: int = 100) -> Counter[str]:
    """Open *count* connections, half of them with one request, and go on with none; all are given up."""
    with _held(url, count) as clients:
        for client in clients[: count // 2]:
            client.sendall(b"GET /tracker/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        open_until = _open_until(clients, seconds)
    assert max(open_until) <= timeout + SLACK, f"an idle connection was kept for {max(open_until):.0f} s"
    return Counter(closed=len(open_until))


def leave_unread(url: str, seconds: float, count: int = 20) -> Counter[str]:
    """Ask for a large file ever again on *count* connections, and read nothing; all are given up."""
    request = f"GET {_large_file()} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with _held(url, count) as clients:
        for client in clients:
            client.sendall(request * 100)
        kept = _wait_until_reset(clients, seconds)
    assert not kept, f"{len(kept)} unread answers were kept for {seconds:.0f} s"
    return Counter(closed=count, requests=100 * count)


def pipeline(url: str, seconds: float, count: int = 200) -> Counter[str]:
    """Send hundreds of requests at once on each of *count* connections, ever again; others are answered meanwhile."""
    requests = b"HEAD /voila/static/voila.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 500
    asked: Counter[str] = Counter()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with _held(url, count) as clients:
            for client in clients:
                client.sendall(requests)
            asked["requests"] += 500 * count
            begun = time.monotonic()
            assert answer(url, b"GET /tracker/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert time.monotonic() - begun < 3, "the server is slow to answer another client"
            asked["answered"] += 1
    return asked


def crowd(url: str, seconds: float, most: int = 1_000, count: int = 1_200) -> Counter[str]:
    """Open *count* silent connections, more than the server keeps, again as they close; it stays reachable."""
    asked: Counter[str] = Counter()
    fewest = count
    with ExitStack() as stack:
        clients = [stack.enter_context(connection(url)) for _ in range(count)]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            begun = time.monotonic()
            assert answer(url, b"GET /tracker/nothing HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert time.monotonic() - begun < 3, "the server is slow to answer another client"
            asked["answered"] += 1
            closed = [client for client in clients if _is_closed(client)]
            asked["closed"] += len(closed)
            fewest = min(fewest, len(clients) - len(closed))
            for client in closed:
                client.close()
                clients.remove(client)
            clients += [stack.enter_context(connection(url)) for _ in closed]
    assert fewest <= most, f"{fewest} connections are kept"
    return asked


def _large_file() -> str:
    """Return the path of the largest script of a widget library."""
    folder = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    largest = max(folder.glob("bqplot/static/*.js"), key=lambda file: file.stat().st_size)
    return f"/voila/labextensions/{largest.relative_to(folder)}"


@contextmanager
def _held(url: str, count: int) -> Iterator[list[socket.socket]]:
    """Yield *count* connections."""
    with ExitStack() as stack:
        yield [stack.enter_context(connection(url)) for _ in range(count)]


def _open_until(clients: list[socket.socket], seconds: float, send: bytes = b"") -> list[float]:
    """Return after how many seconds each was closed; infinity if it still is open after *seconds*."""
    begun = time.monotonic()
    closed: dict[socket.socket, float] = {}
    while len(closed) < len(clients) and time.monotonic() - begun < seconds:
        time.sleep(0.1)
        for client in clients:
            if client not in closed and _is_closed(client, send):
                closed[client] = time.monotonic() - begun
    return [closed.get(client, float("inf")) for client in clients]


def _is_closed(client: socket.socket, send: bytes = b"") -> bool:
    """Return whether the server has closed the connection, which an attempt to *send* or to read shows."""
    try:
        if send:
            client.sendall(send)
        while _has_come(client):
            if not client.recv(65_536):
                return True
    except OSError:
        return True
    return False


def _has_come(client: socket.socket, seconds: float = 0) -> bool:
    """Return whether something can be read; waits for some *seconds*. For any number of open files."""
    poll = select.poll()
    poll.register(client, select.POLLIN)
    return bool(poll.poll(1_000 * seconds))


def _wait_until_reset(clients: list[socket.socket], seconds: float) -> set[int]:
    """Wait until the server has dropped each connection with what is unread; return the numbers of those kept."""
    end = time.monotonic() + seconds
    poll = select.poll()
    for client in clients:
        poll.register(client, select.POLLRDHUP)  # not whether something can be read
    kept = {client.fileno() for client in clients}
    while kept and time.monotonic() < end:
        for number, _ in poll.poll(1_000 * (end - time.monotonic())):
            poll.unregister(number)
            kept.discard(number)
    return kept
