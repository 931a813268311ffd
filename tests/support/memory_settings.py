"""Settings in memory, under the contract of those in a file."""

import hashlib
import threading
import uuid
from collections.abc import Callable

from tracker.core.settings_contract import ABSENT, SettingsConflict, SettingsText


class MemorySettings:
    """
    Fulfils SettingsDocument.

    Attributes:
        reads: is released by each read; for tests that wait for some.
    """

    place = "memory"

    def __init__(self, text: str | None = None) -> None:
        self._text = text
        self._lock = threading.Lock()
        self._callbacks: dict[uuid.UUID, Callable[[], None]] = {}
        self.reads = threading.Semaphore(0)

    def read(self) -> SettingsText:
        self.reads.release()
        return _as_read(self._text)

    def write(self, text: str, expected: str) -> SettingsText:
        with self._lock:
            if _as_read(self._text).version != expected:
                raise SettingsConflict("memory has changed since it was read")
            self.put(text)
        return _as_read(text)

    def put(self, text: str | None) -> None:
        """Replace the text, or remove it, as somebody else."""
        self._text = text
        for callback in list(self._callbacks.values()):
            threading.Thread(target=callback).start()

    def watch(self, callback: Callable[[], None]) -> Callable[[], None]:
        key = uuid.uuid4()
        self._callbacks[key] = callback
        return lambda: self._callbacks.pop(key, None) and None


def _as_read(text: str | None) -> SettingsText:
    if text is None:
        return SettingsText("", ABSENT)
    return SettingsText(text, hashlib.sha256(text.encode()).hexdigest())
