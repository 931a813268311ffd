"""Reads an exchange's HTTP response: its JSON body, or the kind of error that its status and headers mean."""

import json
import time
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import urlsplit

import requests

from tracker.core.ban_words import ban_end
from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable
from tracker.core.parsing import printable, refusal_text
from tracker.core.ticks import Origin
from tracker.runtime.http_headers import read_date, read_retry_after

_QUOTED = 2000  # bytes at the start of an error's body that are looked at


@dataclass(frozen=True, slots=True)
class Response:
    """A parsed JSON body, the origin that a sandbox declares (None: a real exchange), and the server's time."""

    body: Any
    origin: Origin | None = None
    date: float | None = None  # epoch seconds by the server's clock when it answered: Date, plus Age from a cache
    age: float = 0.0  # seconds of the Age header, which are part of *date*
    seconds: float = 0.0  # that the request took, by the client's clock


def parse_response(response: requests.Response, body: bytes, host: str) -> Response:
    """
    Parse *body*, which *host* sent as the whole body of *response*.

    Raises:
        ExchangeError: the status is not 200, or the body is no JSON; never UnreadableAnswer.
    """
    start = body[:_QUOTED].decode("utf-8", "replace")
    age = _age(response)
    date = _server_time(response, age)
    if response.status_code != 200:
        raise _error(response, _refusal(response, host, start), _retry_after(response, date, start))
    try:
        parsed = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise Unreachable(f"{host} answers no JSON, but {printable(start, 80)!r}") from None
    origin_name = response.headers.get("X-Tracker-Origin", "").upper()
    return Response(parsed, Origin[origin_name] if origin_name in Origin.__members__ else None, date, age)


def quoted(response: Response) -> str:
    """Return the start of the body, for a message."""
    try:
        return printable(json.dumps(response.body, ensure_ascii=False)[:_QUOTED], 80)
    except (ValueError, RecursionError):  # nested deeper than Python can write it
        return "…"


def _error(response: requests.Response, message: str, retry_after: float | None) -> ExchangeError:
    """Return the error for a response with a status other than 200."""
    if retry_after is not None:
        return RateLimited(message, retry_after)
    return Refused(message) if response.status_code in (400, 404, 422) else Unreachable(message)


def _refusal(response: requests.Response, host: str, start: str) -> str:
    reason = printable(response.reason or "") or "no reason given"
    words = f": {_words(start)}" if start[:1] in '{["' and start else ""
    if response.is_redirect and (to := urlsplit(response.headers["Location"]).hostname) not in (None, host):
        words = (
            f": it has moved to {printable(str(to))}; if that is right, set the url of this exchange in tracker.toml"
        )
    if response.status_code == 451:
        words = ": it does not serve this country; set the url of a mirror, or name another exchange"
    return f"{host} answers {response.status_code} ({reason}){words}"


def _words(start: str) -> str:
    """Return the words of a JSON body that begins with *start*, or *start* itself if that is not all of it."""
    try:
        return refusal_text(json.loads(start))
    except (ValueError, RecursionError):
        return printable(start)


def _retry_after(response: requests.Response, date: float | None, start: str) -> float | None:
    """
    Return the seconds to pause by Retry-After or by the words in the body; 0: unknown; None: no pause is demanded.

    Times are compared with the server's clock, as this computer's may be wrong.
    """
    now = time.time() if date is None else date
    pauses = [0.0] if response.status_code in (418, 429) else []
    if (asked := read_retry_after(response.headers.get("Retry-After"), now)) is not None:
        pauses.append(asked)
    if (pauses or "banned" in start) and (end := ban_end(start)) is not None:
        pauses.append(max(0.0, end / 1000 - now))
    return max(pauses, default=None)


def _server_time(response: requests.Response, age: float) -> float | None:
    """Return the epoch seconds of the server's clock: a cache passes on an old Date, and says in Age how old it is."""
    date = read_date(response.headers.get("Date"))
    return date if date is None else date + age


def _age(response: requests.Response) -> float:
    text = response.headers.get("Age", "").strip()
    return float(text[:9]) if text.isascii() and text.isdigit() else 0.0


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
