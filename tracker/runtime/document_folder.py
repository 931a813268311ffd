"""
Small named documents as files in a folder, for the coordination of processes on one machine.

A file begins with a line of its own, ``document 1``, and for an ephemeral document the name of its owner. An owner
is a lock file in the same folder, which its process holds for as long as it lives.
"""

import logging
import os
import re
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tracker.core.contracts import LARGEST_DOCUMENT
from tracker.core.errors import LeaseError
from tracker.runtime.files import replace_file

LOOK = 0.25  # seconds between two looks for changes
_HEAD = re.compile(rb"document 1(?: (\.owner-[0-9a-f]{32}))?\n")
_NAME = re.compile(r"[a-z][a-z0-9.-]{0,99}")

log = logging.getLogger(__name__)


class DocumentFolder:
    """The documents in *folder*, which the first one creates. Methods are those of the contract ``Coordination``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner: FileLock | None = None  # of this process's ephemeral documents
        self._watches: dict[uuid.UUID, tuple[str, Callable[[], None], object]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        """Replace the document *name*; not forced onto the disk."""
        if len(data) > LARGEST_DOCUMENT:
            raise ValueError(f"document {name}: {len(data):,} bytes, expected at most {LARGEST_DOCUMENT:,}")
        path = self._path(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            head = f"document 1 {self._own()}\n" if ephemeral else "document 1\n"
            replace_file(path, head.encode() + data)
        except OSError as error:
            raise _lease_error("write", path, error) from error

    def read(self, name: str) -> bytes | None:
        """The bytes of *name*; None without it, and for a file of another format."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            head = _HEAD.match(data)
            return data[head.end() :] if head and self._is_owned(head) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _lease_error("read", path, error) from error

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """The names that begin with *prefix*, sorted."""
        return tuple(sorted(name for name, _ in self._seen(prefix)))

    def remove(self, name: str) -> None:
        """Remove the document, if there is one."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _lease_error("remove", path, error) from error

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Look every LOOK seconds, in a thread that ends with the last watch."""
        before, key = self._seen_or_none(prefix), uuid.uuid4()
        with self._lock:
            self._watches[key] = prefix, callback, before
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="tracker-documents", daemon=True)
                self._thread.start()

        def end() -> None:
            with self._lock:
                self._watches.pop(key, None)

        return end

    def close(self) -> None:
        """End all watches; this process's ephemeral documents are gone."""
        with self._lock:
            self._watches.clear()
            owner, self._owner = self._owner, None
        self._closed.set()
        if owner is not None and owner.is_locked:
            with suppress(OSError):
                Path(owner.lock_file).unlink()
            owner.release()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"document {name!r}: expected a to z, digits, - and ., a letter first")
        return self._folder / name

    def _own(self) -> str:
        """The name of this process's lock, which is held when this returns. Raises OSError."""
        with self._lock:
            if self._owner is None or not self._owner.is_locked or not Path(self._owner.lock_file).exists():
                path = self._folder / f".owner-{uuid.uuid4().hex}"
                owner = FileLock(path, thread_local=False, preserve_lock_file=True)
                owner.acquire(blocking=False)
                self._owner = owner
            return Path(self._owner.lock_file).name

    def _is_owned(self, head: re.Match[bytes]) -> bool:
        """Whether a document with *head* still exists: an ephemeral one ends with the process that holds its lock."""
        if head[1] is None:
            return True
        path = self._folder / head[1].decode()
        if not path.exists():
            return False
        probe = FileLock(path, thread_local=False, preserve_lock_file=True)
        try:
            probe.acquire(blocking=False)
        except (Timeout, OSError):  # held, or not ours to lock
            return True
        with suppress(OSError):  # its name is never used again
            path.unlink()
        probe.release()
        return False

    def _seen(self, prefix: str) -> set[tuple[str, tuple[int, ...]]]:
        """The documents whose names begin with *prefix*, each with what changes when it is replaced."""
        found: set[tuple[str, tuple[int, ...]]] = set()
        try:
            for entry in os.scandir(self._folder):
                if entry.name.startswith(prefix) and _NAME.fullmatch(entry.name):
                    with suppress(FileNotFoundError), Path(entry.path).open("rb") as file:  # may be removed by now
                        about = os.fstat(file.fileno())
                        head = _HEAD.match(file.read(80))
                        if head and self._is_owned(head):
                            found.add((entry.name, (about.st_ino, about.st_mtime_ns, about.st_size)))
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise _lease_error("list", self._folder, error) from error
        return found

    def _seen_or_none(self, prefix: str) -> object:
        try:
            return self._seen(prefix)
        except LeaseError:
            return None

    def _look(self) -> None:
        while not self._closed.wait(LOOK):
            with self._lock:
                watches = list(self._watches.items())
                if not watches:
                    self._thread = None
                    return
            for key, (prefix, callback, before) in watches:
                now = self._seen_or_none(prefix)
                if now == before:
                    continue
                with self._lock:
                    if key not in self._watches:
                        continue
                    self._watches[key] = prefix, callback, now
                try:
                    callback()
                except Exception:  # one callback's bug must not end the others' watches
                    log.exception("a callback for documents %s* failed", prefix)


def _lease_error(what: str, path: Path, error: OSError) -> LeaseError:
    return LeaseError(f"cannot {what} {path}: {error.strerror or error}")
