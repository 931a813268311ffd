"""
HTTP GET with bounded time and size; the only module that accesses the network.

An HttpGet is an argument of the collector, so its tests need no network.
"""

import asyncio
import json
import math
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, Protocol
from urllib.parse import urlsplit
from weakref import ref

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable
from tracker.core.parsing import printable
from tracker.core.ticks import Origin
from tracker.runtime.loopback import is_loopback
from tracker.runtime.threads import in_thread

CONNECT_TIMEOUT = 3.05  # seconds; just over one TCP retransmission, as requests advises
READ_TIMEOUT = 8.0  # seconds without a byte
TOTAL_TIMEOUT = 15.0  # seconds for the whole response, against one that drips
MAX_BODY = 8 * 2**20  # bytes; the largest genuine response seen is a pair list of 1.5 MB
_DISCONNECT_AGAIN = 0.25  # seconds


@dataclass(frozen=True, slots=True)
class Response:
    """A parsed JSON body, the origin that a sandbox declares (None: a real exchange), and the server's time."""

    body: Any
    origin: Origin | None = None
    date: float | None = None  # epoch seconds of the Date header


class HttpGet(Protocol):
    """Sends one request. Raises ExchangeError with the reason, never UnreadableAnswer."""

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response: ...


class _Adapter(HTTPAdapter):
    """An HTTPAdapter that records its *connections*, also while a response's headers are still awaited."""

    def __init__(self, connections: "list[ref[HTTPConnection]]") -> None:
        super().__init__()
        self._connections = connections

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        connection_class = type(pool).ConnectionCls

        def connection(*args: Any, **kwargs: Any) -> Any:
            created = connection_class(*args, **kwargs)
            # In one step, as another thread may read the list.
            self._connections[:] = [*(each for each in self._connections if each() is not None), ref(created)]
            return created

        pool.ConnectionCls = connection
        return pool


class _Session(requests.Session):
    """
    A Session with requests that another thread can abort.

    Attributes:
        is_reusable: the last answer was read to its end, so the connection can be used again.
        is_done: no call is under way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_reusable = False
        self.is_done = True
        self.response: requests.Response | None = None
        self._connections: list[ref[HTTPConnection]] = []
        for scheme in ("http://", "https://"):
            self.mount(scheme, _Adapter(self._connections))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return None: for a target, requests would read the whole body, however long."""
        return None

    def disconnect(self) -> None:
        """Shut the connections down: a thread that waits for them continues at once, with an error."""
        for each in self._connections.copy():
            sock = getattr(each(), "sock", None)
            if isinstance(sock, socket.socket):
                with suppress(OSError):
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not the TLS socket's, which is not thread-safe
        # A connection that will close hands its socket to the response.
        if self.response is not None and (shut := getattr(self.response.raw, "shutdown", None)) is not None:
            with suppress(OSError, ValueError, RuntimeError):
                shut()
        self.close()


class RequestsHttp:
    """An HttpGet by requests, each call in a thread; connections are kept and reused."""

    def __init__(self) -> None:
        # A Session is not thread-safe: each call takes one out.
        self._idle: list[_Session] = []

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response:
        host = urlsplit(url).hostname or "the exchange"  # never the whole URL: it may hold a key
        limit = TOTAL_TIMEOUT + CONNECT_TIMEOUT
        session = self._idle.pop() if self._idle else _Session()
        session.is_reusable = session.is_done = False
        try:
            # No socket time-out ends a name lookup that hangs, or headers that drip.
            async with asyncio.timeout(limit):
                return await in_thread(self._get, session, url, host, headers)
        except TimeoutError:
            raise Unreachable(f"{host} had not answered after {limit:g} s") from None
        finally:
            if session.is_reusable:
                self._idle.append(session)
            else:
                _discard(session)

    def _get(self, session: _Session, url: str, host: str, headers: Mapping[str, str]) -> Response:
        session.trust_env = not is_loopback(host)  # a proxy does not reach a sandbox on this machine
        try:
            with session.get(
                url, headers=headers, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), stream=True, allow_redirects=False
            ) as response:
                session.response = response
                body = _read(response, host)
            session.is_reusable = True
            return _parse(response, body, host)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unreachable(_describe(error, host)) from None
        finally:
            session.response = None
            session.is_done = True

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().close()


def _discard(session: _Session) -> None:
    """Abort the request of *session*, again and again until its thread has ended: it may have yet to connect."""
    session.disconnect()
    if not session.is_done:
        asyncio.get_running_loop().call_later(_DISCONNECT_AGAIN, _discard, session)


def _read(response: requests.Response, host: str) -> bytes:
    started = time.monotonic()
    body = bytearray()
    # read1 returns what has arrived; read would block until 64 kB have.
    while part := response.raw.read1(65536, decode_content=True):
        body += part
        if len(body) > MAX_BODY:
            raise Unreachable(f"{host} answers more than {MAX_BODY // 2**20} MB; expected a short JSON text")
        if time.monotonic() - started > TOTAL_TIMEOUT:
            raise Unreachable(f"{host} was still sending after {TOTAL_TIMEOUT:g} s")
    return bytes(body)


def _parse(response: requests.Response, body: bytes, host: str) -> Response:
    start = body[:80].decode("utf-8", "replace")
    date = _epoch(response.headers.get("Date"))
    if response.status_code != 200:
        raise _error(response, _refusal(response, host, start), _retry_after(response, date))
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Unreachable(f"{host} answers no JSON, but {printable(start)!r}") from None
    origin_name = response.headers.get("X-Tracker-Origin", "").upper()
    return Response(parsed, Origin[origin_name] if origin_name in Origin.__members__ else None, date)


def _error(response: requests.Response, message: str, retry_after: float | None) -> ExchangeError:
    """Return the error for a response with a status other than 200."""
    if retry_after is not None:
        return RateLimited(message, retry_after)
    return Refused(message) if response.status_code in (400, 404, 422) else Unreachable(message)


def _refusal(response: requests.Response, host: str, start: str) -> str:
    reason = printable(response.reason or "") or "no reason given"
    words = f": {printable(start)}" if start[:1] in '{["' and start else ""
    if response.is_redirect and (to := urlsplit(response.headers["Location"]).hostname) not in (None, host):
        words = (
            f": it has moved to {printable(str(to))}; if that is right, set the url of this exchange in tracker.toml"
        )
    if response.status_code == 451:
        words = ": it does not serve this country; set the url of a mirror, or name another exchange"
    return f"{host} answers {response.status_code} ({reason}){words}"


def _retry_after(response: requests.Response, date: float | None) -> float | None:
    """Return Retry-After in seconds; 0 where the status alone means too many requests; else None."""
    header = response.headers.get("Retry-After", "").strip()
    if header.isascii() and header.isdigit():
        return float(header[:9])
    if (until := _epoch(header)) is not None:
        # By the server's clock, as this computer's may be wrong.
        return max(0.0, until - (time.time() if date is None else date))
    return 0.0 if response.status_code in (418, 429) else None


def _epoch(header: str | None) -> float | None:
    """Return the epoch seconds of an HTTP date; None for anything else."""
    try:
        found = parsedate_to_datetime(header or "").timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return found if math.isfinite(found) else None


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _describe(error: Exception, host: str) -> str:
    text = str(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return f"{host} could not be reached through the proxy that the environment names"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return f"{host} could not be reached within {CONNECT_TIMEOUT:g} s"
    if isinstance(error, requests.exceptions.Timeout | urllib3.exceptions.TimeoutError) or "Read timed out" in text:
        return f"{host} did not answer within {READ_TIMEOUT:g} s"
    if isinstance(error, requests.exceptions.SSLError):
        return f"{host}: its certificate could not be verified"
    if "NameResolution" in text or "getaddrinfo" in text:
        return f"the name {host} could not be found, so this computer is probably offline"
    if "refused" in text:
        return f"{host} refuses the connection"
    if isinstance(error, urllib3.exceptions.ProtocolError) or "reset" in text or "IncompleteRead" in text:
        return f"{host} broke off its answer"
    return f"{host} could not be reached ({type(error).__name__})"
