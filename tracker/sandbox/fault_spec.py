"""Fault: the modes of a wrong response, the fields of each, and their validation."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import Any, NamedTuple

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.trade_facts import iso_time


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One kind of wrong response; the fields that a mode does not use are None.

    No response, or a late one: ``latency`` (the right one after *seconds*), ``drip`` (the right one,
    a byte every *seconds*, then spaces for longer than any client waits), ``hang`` (none, until the fault
    is changed or the sandbox stops), ``reset`` (RST before the response, or with *mid_body* in its middle).

    Another response: ``status`` (an error status, e.g. 429 with *retry_after*, or 500), ``redirect`` (to
    *location*, with *status* 302 by default), ``html`` (200 with a page), ``truncated`` (half of the
    JSON, with the Content-Length of the half), ``body`` (*text*, with *status* 200 by default), ``gigantic``
    (JSON up to 64 MB, or until the client disconnects), ``bomb`` (a small gzip body that inflates to more
    than 64 MB), ``refused`` (the exchange's own refusal, or *words* in its form).

    Other prices: ``missing`` (*market* has none), ``jump`` (the last price of *market*, or of all, is
    multiplied by *factor*; with *history*, candles too), ``shift`` (the candles of *market*, or of all, begin
    *seconds* after the full minute), ``halt`` (*market*, or all, has not traded since the ISO time *since*: the last
    price stays, and the exchange states it where it does, unless *stated* is false).

    Another time: ``clock`` (the exchange's clock, and with it Date, prices and candles, is ahead of the sandbox's by
    *seconds*, or behind if below 0).

    With *every*, a fault applies to one in so many requests that it matches; with *count*, to so many in all.
    """

    mode: str
    count: int | None = None  # requests that it still applies to; None: all
    every: int | None = None  # requests, of which it applies to the last; None: to each
    exchange: str | None = None  # only requests to this one
    path: str | None = None  # only paths that contain this
    status: int | None = None
    retry_after: int | str | None = None  # seconds, or the date as HTTP writes it
    seconds: float | None = None
    mid_body: bool | None = None
    words: str | None = None
    location: str | None = None
    text: str | None = None
    market: str | None = None  # BASE/QUOTE
    factor: float | None = None
    history: bool | None = None
    since: str | None = None
    stated: bool | None = None
    matched: int = 0  # requests so far; not part of its description

    def spec(self) -> dict[str, Any]:
        """Return the mapping that ``Faults.apply`` takes."""
        return {name: value for name, value in asdict(self).items() if value is not None and name != "matched"}

    def hits(self, exchange: str, path: str) -> bool:
        return self.exchange in (None, exchange) and (self.path or "") in path


def parse(spec: Any) -> Fault | None:
    """
    Return the fault that *spec* describes; None for the mode ``none``.

    Raises:
        ConfigError: the mode, a field or a value is not valid; the message lists the valid ones.
    """
    mode = spec.get("mode") if isinstance(spec, Mapping) else None
    if not isinstance(mode, str) or mode not in _MODES:
        raise ConfigError(f"fault {spec!r}: expected a mode, one of {', '.join(_MODES)}; e.g. {{'mode': 'hang'}}")
    fields = _MODES[mode] | _FILTERS
    for name, value in spec.items():
        if name == "mode":
            continue
        if name not in fields:
            raise ConfigError(f"fault {mode}: no {name!r}; there are {', '.join(fields)}")
        if not fields[name].fits(value):
            raise ConfigError(f"fault {mode}: {name} = {value!r}: expected {fields[name].words}")
    for name, field in fields.items():
        if field.needed and name not in spec:
            raise ConfigError(f"fault {mode}: expected also {name!r}, {field.words}")
    return None if mode == "none" else Fault(**spec)


class _Field(NamedTuple):
    words: str
    fits: Callable[[Any], bool]
    needed: bool = False


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    # type(), since True is an int.
    return lambda value: type(value) is int and least <= value <= most


def _above_zero(most: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and 0 < value <= most


def _between(least: float, most: float) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _word(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _header(value: Any) -> bool:
    # A line break would begin another header.
    return _word(value) and value.isascii() and value.isprintable()


def _moment(value: Any) -> bool:
    if not isinstance(value, str):
        return _whole(0, 10**6)(value)
    try:
        return formatdate(parsedate_to_datetime(value).timestamp(), usegmt=True) == value
    except (ValueError, OverflowError):
        return False


def _pair(value: Any) -> bool:
    try:
        Market.parse(f"any:{value}")
    except ConfigError:
        return False
    return True


_SECONDS = _Field("seconds above 0, at most 3600", _above_zero(3600), needed=True)
_MARKET = "base and quote of a market, e.g. BTC/EUR"
_MODES: dict[str, dict[str, _Field]] = {
    "none": {},
    "status": {
        "status": _Field("a whole number from 400 to 599", _whole(400, 599), needed=True),
        "retry_after": _Field("whole seconds from 0, or a date like Sun, 23 Nov 2025 12:13:40 GMT", _moment),
    },
    "redirect": {
        "location": _Field("the address to go to, e.g. http://127.0.0.1:9/", _header, needed=True),
        "status": _Field("301, 302, 307 or 308", lambda value: type(value) is int and value in (301, 302, 307, 308)),
    },
    "latency": {"seconds": _SECONDS},
    "drip": {"seconds": _SECONDS},
    "hang": {},
    "reset": {"mid_body": _Field("true or false", _flag)},
    "html": {},
    "truncated": {},
    "body": {
        "text": _Field('the whole body as a string, e.g. "{}"', _text, needed=True),
        "status": _Field(
            "200, or a whole number from 400 to 599", lambda value: _whole(400, 599)(value) or _whole(200, 200)(value)
        ),
    },
    "gigantic": {},
    "bomb": {},
    "refused": {"words": _Field("the exchange's words, e.g. EService:Unavailable", _word)},
    "missing": {"market": _Field(_MARKET, _pair, needed=True)},
    "jump": {
        "factor": _Field("a number above 0, e.g. 1.5", _above_zero(1e9), needed=True),
        "market": _Field(_MARKET, _pair),
        "history": _Field("true or false", _flag),
    },
    "shift": {"seconds": _SECONDS, "market": _Field(_MARKET, _pair)},
    "clock": {"seconds": _Field("seconds from -1e9 to 1e9 that the clock is ahead", _between(-1e9, 1e9), needed=True)},
    "halt": {
        "since": _Field("an ISO time, e.g. 2026-11-20T08:15:00Z", lambda value: bool(iso_time(value)), needed=True),
        "market": _Field(_MARKET, _pair),
        "stated": _Field("true or false", _flag),
    },
}
_FILTERS = {
    "count": _Field("a whole number from 1", _whole(1, 10**9)),
    "every": _Field("a whole number from 2", _whole(2, 10**9)),
    "exchange": _Field("the name of an exchange, e.g. kraken", _word),
    "path": _Field("a part of a path, e.g. Ticker", _word),
}
