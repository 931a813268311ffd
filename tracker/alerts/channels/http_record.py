"""What a sending thread asks by HTTP, and what comes of it: a hook around every session of ``requests``."""

import functools
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3

from tracker.alerts.channels.failures import Failure, failure_of
from tracker.core.parsing import to_number
from tracker.runtime.http_headers import read_date, read_retry_after
from tracker.runtime.loopback import is_loopback

_POSITIONAL = (
    *("params", "data", "headers", "cookies", "files", "auth", "timeout", "allow_redirects", "proxies", "hooks"),
    *("stream", "verify", "cert", "json"),
)  # of requests.Session.request, after method and URL
_LONGEST_WAIT = 1e9  # s
_MOST = 2**20  # bytes of an answer; services confirm a message with a few hundred


class Answer(NamedTuple):
    """
    A service's answer to a request.

    Attributes:
        status: of HTTP.
        body: the beginning of it; it may contain secrets.
        wait: ms that it asked to wait; None if it named none.
        changes: whether the request may have sent something, unlike a GET.
    """

    status: int
    body: bytes
    wait: int | None
    changes: bool

    @property
    def is_good(self) -> bool:
        """Whether the service took the request, by the status."""
        return 200 <= self.status < 300


class HttpRecord:
    """
    The requests of one sending, in their order.

    Args:
        base: the address that every service is asked at, in place of its own; None for its own.
        deadline: seconds of the monotonic clock from which on nothing is asked any more, as nobody waits for it.
    """

    def __init__(self, base: str | None, deadline: float) -> None:
        self._base = base
        self._deadline = deadline
        self.results: list[Answer | Failure] = []

    def request(
        self, send: Callable[..., requests.Response], session: requests.Session, url: str, method: str, **options: Any
    ) -> requests.Response:
        """Call *send*, the method of *session*, within the time that is left, and note what comes of it."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise requests.exceptions.Timeout("nobody waits for this any more")
        url = self._rebased(url)
        if is_loopback(urlsplit(url).hostname or ""):
            session.trust_env = False  # a proxy does not reach this machine
        asked = options.get("timeout") or left
        connect, read = asked if isinstance(asked, tuple) else (asked, asked)
        options |= {"timeout": (min(connect or left, left), min(read or left, left)), "stream": True}
        try:
            response = send(session, method, url, **options)
            _read(response, self._deadline)
        except requests.RequestException as error:
            self.results.append(failure_of(error))
            raise
        changes = method.upper() not in ("GET", "HEAD")
        self.results.append(Answer(response.status_code, response.content, _wait(response), changes))
        return response

    def _rebased(self, url: str) -> str:
        """Return *url* at the base address; it may lead there already, as an answer may name the next one."""
        if self._base is None or f"{url}/".startswith(f"{self._base}/"):
            return url
        base, parts = urlsplit(self._base), urlsplit(url)
        return urlunsplit(parts._replace(scheme=base.scheme, netloc=base.netloc, path=base.path + parts.path))


def _read(response: requests.Response, deadline: float) -> None:
    """Read the body, which requests would do without an end for one that drips."""
    body = bytearray()
    try:
        # read1 returns what has arrived; read would block until as much as was asked for has.
        while part := response.raw.read1(65_536, decode_content=True):
            body += part
            if len(body) > _MOST:
                raise requests.exceptions.ContentDecodingError("it is too long")
            if time.monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("it takes too long")
    except (urllib3.exceptions.HTTPError, OSError) as error:
        if isinstance(error, requests.RequestException):
            raise
        raise requests.exceptions.ChunkedEncodingError("the answer broke off") from None
    finally:
        response.close()
    response._content, response._content_consumed = bytes(body), True  # type: ignore[attr-defined]  # as requests does


def _wait(response: requests.Response) -> int | None:
    """Return the ms that a service asks to wait: by the header, or as Telegram and Discord do, in the answer."""
    date = read_date(response.headers.get("Date"))
    seconds = read_retry_after(response.headers.get("Retry-After"), time.time() if date is None else date)
    if seconds is None and response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        try:
            body = response.json()
            seconds = to_number(body.get("retry_after", body.get("parameters", body).get("retry_after")))
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
            return None
    return None if seconds is None or not 0 <= seconds < _LONGEST_WAIT else math.ceil(seconds * 1000)


_record: ContextVar[HttpRecord | None] = ContextVar("tracker_http_record", default=None)
_installing = threading.Lock()


@contextmanager
def recorded_requests(record: HttpRecord) -> Iterator[None]:
    """Have *record* note the requests of this thread; those of others are as they were."""
    _install()
    token = _record.set(record)
    try:
        yield
    finally:
        _record.reset(token)


def _install() -> None:
    """Put the hook in place, once: apprise makes a session for each request, and has no place for another one."""
    with _installing:
        send = requests.Session.request
        if hasattr(send, "is_recorded"):
            return

        @functools.wraps(send)
        def request(session: requests.Session, method: str, url: str, *rest: Any, **options: Any) -> requests.Response:
            record = _record.get()
            if record is None:
                return send(session, method, url, *rest, **options)
            return record.request(send, session, url, method, **dict(zip(_POSITIONAL, rest, strict=False)) | options)

        request.is_recorded = True  # type: ignore[attr-defined]
        requests.Session.request = request  # type: ignore[method-assign,assignment]
