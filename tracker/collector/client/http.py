"""
HTTP GET with bounded time and size; only this module and its session access the network.

An HttpGet is an argument of the collector, so its tests need no network.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

import requests
import urllib3

from tracker.collector.client.response import Response, parse_response
from tracker.collector.client.session import AbortableSession
from tracker.core.errors import Unreachable
from tracker.runtime.loopback import is_loopback
from tracker.runtime.threads import in_thread

CONNECT_TIMEOUT = 3.05  # seconds; just over one TCP retransmission, as requests advises
READ_TIMEOUT = 8.0  # seconds without a byte
TOTAL_TIMEOUT = 15.0  # seconds for the whole response, against one that drips
MAX_BODY = 8 * 2**20  # bytes; the largest genuine response seen is a pair list of 1.5 MB
_DISCONNECT_AGAIN = 0.25  # seconds


class HttpGet(Protocol):
    """Sends one request. Raises ExchangeError with the reason, never UnreadableAnswer."""

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response: ...


class RequestsHttp:
    """An HttpGet by requests, each call in a thread; connections are kept and reused."""

    def __init__(self) -> None:
        # A Session is not thread-safe: each call takes one out.
        self._idle: list[AbortableSession] = []

    async def __call__(self, url: str, headers: Mapping[str, str]) -> Response:
        host = urlsplit(url).hostname or "the exchange"  # never the whole URL: it may hold a key
        limit = TOTAL_TIMEOUT + CONNECT_TIMEOUT
        session = self._idle.pop() if self._idle else AbortableSession()
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

    def _get(self, session: AbortableSession, url: str, host: str, headers: Mapping[str, str]) -> Response:
        session.trust_env = not is_loopback(host)  # a proxy does not reach a sandbox on this machine
        try:
            with session.get(
                url, headers=headers, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), stream=True, allow_redirects=False
            ) as response:
                session.response = response
                body = _read(response, host)
            session.is_reusable = True
            return parse_response(response, body, host)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise Unreachable(_describe(error, host)) from None
        finally:
            session.response = None
            session.is_done = True

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().close()


def _discard(session: AbortableSession) -> None:
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
