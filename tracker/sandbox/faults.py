"""Faults: the wrong responses that are switched on."""

import threading
from dataclasses import replace
from typing import Any

from tracker.sandbox.fault_spec import Fault, parse


class Faults:
    """The faults that are switched on, if any. Safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: tuple[Fault, ...] = ()
        self._changed = threading.Event()

    def set(self, mode: str, **fields: Any) -> None:
        """Switch on, e.g. ``set("status", status=500, count=3)``; ``set("none")`` clears. See ``apply``."""
        self.apply({"mode": mode, **fields})

    def apply(self, spec: Any) -> None:
        """
        Replace the current faults by *spec*; requests held by the old ones continue or end.

        Args:
            spec: a mapping such as ``{"mode": "status", "status": 500, "count": 3}``: mode, its own
                fields, and for any mode count, every, exchange, path; see Fault. Or a list of them, of
                which the first that matches a request applies.

        Raises:
            ConfigError: a mode, field or value is not valid; nothing is changed.
        """
        parsed = [parse(fault) for fault in spec] if isinstance(spec, list) and spec else [parse(spec)]
        with self._lock:
            self._faults = tuple(fault for fault in parsed if fault)
            self._wake()

    def take(self, exchange: str, path: str) -> tuple[Fault | None, threading.Event]:
        """Return the fault for one request, counted down, and an event that is set when faults change."""
        with self._lock:
            for number, fault in enumerate(self._faults):
                if not fault.hits(exchange, path):
                    continue
                after = replace(fault, matched=fault.matched + 1)
                applies = after.matched % (fault.every or 1) == 0
                if applies and fault.count is not None:
                    after = replace(after, count=fault.count - 1)
                left = () if after.count == 0 else (after,)
                self._faults = (*self._faults[:number], *left, *self._faults[number + 1 :])
                if applies:
                    return fault, self._changed
            return None, self._changed

    def show(self) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the current fault, or a list of several, in the form of ``apply``, with the remaining counts."""
        with self._lock:
            specs = [fault.spec() for fault in self._faults]
        return specs if len(specs) > 1 else specs[0] if specs else {"mode": "none"}

    def release(self) -> None:
        """End held requests without changing the faults."""
        with self._lock:
            self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = threading.Event()
