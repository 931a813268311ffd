"""
Stores small named documents as files in a folder, for the coordination of processes on one machine.

A file begins with a header line, ``document 1``, followed for an ephemeral document by the name of its owner. An
owner is a lock file in the same folder, which its process locks for its whole life.
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

from tracker.core.coordination_contract import LARGEST_DOCUMENT
from tracker.core.errors import LeaseError
from tracker.runtime.files import replace_file

POLL_INTERVAL = 0.25  # seconds between two checks for changes
_HEADER = re.compile(rb"document 1(?: (\.owner-[0-9a-f]{32}))?\n")
_NAME = re.compile(r"[a-z][a-z0-9.-]{0,99}")

log = logging.getLogger(__name__)


class DocumentFolder:
    """The documents in *folder*, created by the first of them. The methods fulfil the contract ``Coordination``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._owner: FileLock | None = None  # lock of this process's ephemeral documents
        self._watches: dict[uuid.UUID, tuple[str, Callable[[], None], object]] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        """Replace the document *name*; it may not survive a power cut."""
        if len(data) > LARGEST_DOCUMENT:
            raise ValueError(f"document {name}: {len(data):,} bytes, expected at most {LARGEST_DOCUMENT:,}")
        path = self._path(name)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            header = f"document 1 {self._acquire_owner()}\n" if ephemeral else "document 1\n"
            replace_file(path, header.encode() + data)
        except OSError as error:
            raise _lease_error("write", path, error) from error

    def read(self, name: str) -> bytes | None:
        """Return the bytes of *name*; None if it does not exist or has another format."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            header = _HEADER.match(data)
            return data[header.end() :] if header and self._exists(header) else None
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _lease_error("read", path, error) from error

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names that begin with *prefix*, sorted."""
        return tuple(sorted(name for name, _ in self._versions(prefix)))

    def remove(self, name: str) -> None:
        """Remove the document *name*, if it exists."""
        path = self._path(name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise _lease_error("remove", path, error) from error

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        """Call *callback* after changes, from a thread that polls every POLL_INTERVAL and ends with the last watch."""
        before, key = self._versions_or_none(prefix), uuid.uuid4()
        with self._lock:
            self._watches[key] = prefix, callback, before
            if self._thread is None:
                self._thread = threading.Thread(target=self._poll, name="tracker-documents", daemon=True)
                self._thread.start()

        def end() -> None:
            with self._lock:
                self._watches.pop(key, None)

        return end

    def close(self) -> None:
        """End all watches and this process's ephemeral documents."""
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

    def _acquire_owner(self) -> str:
        """Return the name of this process's lock file, locked. Raises OSError."""
        with self._lock:
            if self._owner is None or not self._owner.is_locked or not Path(self._owner.lock_file).exists():
                path = self._folder / f".owner-{uuid.uuid4().hex}"
                owner = FileLock(path, thread_local=False, preserve_lock_file=True)
                owner.acquire(blocking=False)
                self._owner = owner
            return Path(self._owner.lock_file).name

    def _exists(self, header: re.Match[bytes]) -> bool:
        """Return whether a document with *header* exists: an ephemeral one ends with the process that owns it."""
        if header[1] is None:
            return True
        path = self._folder / header[1].decode()
        if not path.exists():
            return False
        probe = FileLock(path, thread_local=False, preserve_lock_file=True)
        try:
            probe.acquire(blocking=False)
        except (Timeout, OSError):  # its process lives, or this one has no permission to lock
            return True
        with suppress(OSError):  # no other process will use the name
            path.unlink()
        probe.release()
        return False

    def _versions(self, prefix: str) -> set[tuple[str, tuple[int, ...]]]:
        """Return the names that begin with *prefix*, each with inode, time and size of its file."""
        versions: set[tuple[str, tuple[int, ...]]] = set()
        try:
            for entry in os.scandir(self._folder):
                if entry.name.startswith(prefix) and _NAME.fullmatch(entry.name):
                    with suppress(FileNotFoundError), Path(entry.path).open("rb") as file:  # removed meanwhile
                        stat = os.fstat(file.fileno())
                        header = _HEADER.match(file.read(80))
                        if header and self._exists(header):
                            versions.add((entry.name, (stat.st_ino, stat.st_mtime_ns, stat.st_size)))
        except FileNotFoundError:
            return set()
        except OSError as error:
            raise _lease_error("list", self._folder, error) from error
        return versions

    def _versions_or_none(self, prefix: str) -> object:
        try:
            return self._versions(prefix)
        except LeaseError:
            return None

    def _poll(self) -> None:
        while not self._closed.wait(POLL_INTERVAL):
            with self._lock:
                watches = list(self._watches.items())
                if not watches:
                    self._thread = None
                    return
            for key, (prefix, callback, before) in watches:
                now = self._versions_or_none(prefix)
                if now == before:
                    continue
                with self._lock:
                    if key not in self._watches:
                        continue
                    self._watches[key] = prefix, callback, now
                try:
                    callback()
                except Exception:  # the other watches go on
                    log.exception("a callback for documents %s* failed", prefix)


def _lease_error(verb: str, path: Path, error: OSError) -> LeaseError:
    return LeaseError(f"cannot {verb} {path}: {error.strerror or error}")
