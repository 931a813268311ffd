"""A coordination that keeps leases and documents in memory, for tests."""

import re
import threading
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from tracker.core.coordination_contract import LARGEST_DOCUMENT
from tracker.core.errors import LeaseError


class MemoryCoordination:
    """The coordination contract in memory; instances with the same *shared* dict act as processes of one cluster."""

    def __init__(
        self, label: str = "", shared: dict[str, Any] | None = None, now: Callable[[], int] = lambda: 0
    ) -> None:
        self.label = label or "process"
        self.now = now
        self.shared: dict[str, Any] = {} if shared is None else shared
        self._holders: dict[str, MemoryCoordination] = self.shared.setdefault("holders", {})
        self._tokens: dict[str, int] = self.shared.setdefault("tokens", {})
        self._lock: threading.Lock = self.shared.setdefault("lock", threading.Lock())
        self._documents: dict[str, tuple[bytes, Any]] = self.shared.setdefault("documents", {})  # data and owner
        self._watches: list[tuple[Any, str, Callable[[], None]]] = self.shared.setdefault("watches", [])
        self._id: str = self.shared.setdefault("id", uuid.uuid4().hex)

    def try_acquire(self, name: str) -> bool:
        with self._lock:
            if name not in self._holders:
                self._holders[name] = self
                self._tokens[name] = max(self._tokens.get(name, 0) + 1, self.now())
            return self._holders[name] is self

    def held(self, name: str) -> bool:
        return self._holders.get(name) is self

    def token(self, name: str) -> int:
        if not self.held(name):
            raise LeaseError(f"the lease {name} is not held")
        return self._tokens[name]

    def release(self, name: str) -> None:
        with self._lock:
            if self.held(name):
                del self._holders[name]

    def holder(self, name: str) -> str:
        holder = self._holders.get(name)
        return holder.label if holder else ""

    def rivals(self, name: str) -> tuple[str, ...]:
        return ()

    def identity(self) -> str:
        return self._id

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        if len(data) > LARGEST_DOCUMENT or not re.fullmatch(r"[a-z][a-z0-9.-]{0,99}", name):
            raise ValueError(f"document {name!r} of {len(data)} bytes")
        self._documents[name] = data, self if ephemeral else None
        self._changed([name])

    def read(self, name: str) -> bytes | None:
        return self._documents.get(name, (None,))[0]

    def names(self, prefix: str = "") -> tuple[str, ...]:
        return tuple(sorted(name for name in self._documents if name.startswith(prefix)))

    def remove(self, name: str) -> None:
        if self._documents.pop(name, None):
            self._changed([name])

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        watch = self, prefix, callback
        self._watches.append(watch)
        return lambda: self._watches.remove(watch) if watch in self._watches else None

    def close(self) -> None:
        for name in list(self._holders):
            self.release(name)
        self._watches[:] = [watch for watch in self._watches if watch[0] is not self]
        owned = [name for name, (_, owner) in self._documents.items() if owner is self]
        for name in owned:
            del self._documents[name]
        self._changed(owned)

    def _changed(self, names: Sequence[str]) -> None:
        calls = [call for _, prefix, call in self._watches if any(name.startswith(prefix) for name in names)]
        if calls:
            threading.Thread(target=lambda: [call() for call in calls], name="tracker-documents").start()
