"""What can go wrong with an exchange, on demand."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tracker.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One way to answer wrongly; the fields that a mode does not use are None.

    Modes: ``status`` (an error status, e.g. 429 with *retry_after*, or 500), ``latency`` (a right
    answer after *seconds*), ``hang`` (no answer, until the fault is changed or the sandbox stops),
    ``reset`` (RST before the answer, or with *mid_body* in its middle), ``html`` (200 with a page),
    ``truncated`` (half of the JSON, with the Content-Length of the half), ``refused`` (the
    exchange's own refusal, or *words* in its form).
    """

    mode: str
    count: int | None = None  # requests that it still hits; None: all
    exchange: str | None = None  # only this one
    path: str | None = None  # only paths that have this in them
    status: int | None = None  # 400 to 599
    retry_after: int | None = None  # seconds
    seconds: float | None = None
    mid_body: bool | None = None
    words: str | None = None

    def spec(self) -> dict[str, Any]:
        """As ``Faults.apply`` takes it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def hits(self, exchange: str, path: str) -> bool:
        return self.exchange in (None, exchange) and (self.path or "") in path


_MODES: dict[str, tuple[str, ...]] = {
    "none": (),
    "status": ("status", "retry_after"),
    "latency": ("seconds",),
    "hang": (),
    "reset": ("mid_body",),
    "html": (),
    "truncated": (),
    "refused": ("words",),
}
_NEEDED = {"status", "seconds"}
_FILTERS = ("count", "exchange", "path")


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    # True is an int to Python, but not to the writer of a fault.
    return lambda value: type(value) is int and least <= value <= most


def _word(value: Any) -> bool:
    return isinstance(value, str) and value != ""


_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "count": ("a whole number from 1", _whole(1, 10**9)),
    "exchange": ("the name of an exchange, e.g. kraken", _word),
    "path": ("a part of a path, e.g. Ticker", _word),
    "status": ("a whole number from 400 to 599", _whole(400, 599)),
    "retry_after": ("seconds, a whole number from 0", _whole(0, 10**6)),
    "seconds": ("seconds above 0, at most 3600", lambda value: type(value) in (int, float) and 0 < value <= 3600),
    "mid_body": ("true or false", lambda value: isinstance(value, bool)),
    "words": ("the exchange's words, e.g. EService:Unavailable", _word),
}


class Faults:
    """The fault that is switched on, if any. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._changed = threading.Event()

    def set(self, mode: str, **fields: Any) -> None:
        """Switch on, e.g. ``set("status", status=500, count=3)``; ``set("none")`` clears. See ``apply``."""
        self.apply({"mode": mode, **fields})

    def apply(self, spec: Any) -> None:
        """
        Put what *spec* says in place of the present fault; requests held by that one go on or end.

        Args:
            spec: a mapping such as ``{"mode": "status", "status": 500, "count": 3}``: mode, its own
                fields, and for any mode count, exchange, path; see Fault.

        Raises:
            ConfigError: no such mode or field, or a value that cannot be; nothing is changed.
        """
        fault = _parse(spec)
        with self._lock:
            self._fault = fault
            self._changed.set()
            self._changed = threading.Event()

    def take(self, exchange: str, path: str) -> tuple[Fault | None, threading.Event]:
        """The fault for one request, counted down, and an event that is set when faults are changed."""
        with self._lock:
            fault = self._fault
            if fault is None or not fault.hits(exchange, path):
                return None, self._changed
            if fault.count is not None:
                left = {**fault.spec(), "count": fault.count - 1}
                self._fault = Fault(**left) if fault.count > 1 else None
            return fault, self._changed

    def show(self) -> dict[str, Any]:
        """The present fault in the form that ``apply`` takes; its count is what is left of it."""
        with self._lock:
            return self._fault.spec() if self._fault else {"mode": "none"}

    def release(self) -> None:
        """Let go of held requests without changing the fault."""
        with self._lock:
            self._changed.set()
            self._changed = threading.Event()


def _parse(spec: Any) -> Fault | None:
    mode = spec.get("mode") if isinstance(spec, Mapping) else None
    if not isinstance(mode, str) or mode not in _MODES:
        raise ConfigError(f"fault {spec!r}: expected a mode, one of {', '.join(_MODES)}; e.g. {{'mode': 'hang'}}")
    own = _MODES[mode]
    for name, value in spec.items():
        if name != "mode" and name not in own + _FILTERS:
            raise ConfigError(f"fault {mode}: no {name!r}; there are {', '.join(own + _FILTERS)}")
        if name in _RULES and not _RULES[name][1](value):
            raise ConfigError(f"fault {mode}: {name} = {value!r}: expected {_RULES[name][0]}")
    for name in own:
        if name in _NEEDED and name not in spec:
            raise ConfigError(f"fault {mode}: expected also {name!r}, {_RULES[name][0]}")
    return None if mode == "none" else Fault(**spec)
