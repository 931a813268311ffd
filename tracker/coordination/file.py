"""
Coordination by lock files in a folder: ``data/.lease-collect``.

The operating system releases such a lock when its holder dies, however it dies. The file remains and names its last
holder. filelock closes the file in a forked child (its ``os.register_at_fork`` hooks), so a child does not keep a
lock alive. ``.token-collect`` beside each lock holds the token of its latest term. Documents are files in
``.documents/``.

Some network file systems grant a lock to everyone. A process that takes a lock therefore first listens for the
heartbeat of another one that holds the lease, and beats itself; of two that hold it all the same, the newer steps down.
"""

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from tracker.core.errors import LeaseError
from tracker.runtime.clock import seconds_since_boot
from tracker.runtime.document_folder import DocumentFolder
from tracker.runtime.files import replace_file, typed_path
from tracker.runtime.heartbeats import Heartbeats
from tracker.runtime.lease_files import can_lock, folder_identity, token_in

_PROBE = 0.005  # seconds; longer than holder() takes to test a free lock
CONFIRMED = 0.25  # seconds for which held() relies on its last check of the lock file
_UNKNOWN_HOLDER = "another process"


def open_coordination(place: str, *, base: Path, label: str) -> "FileCoordination":
    """
    Return the coordination of the folder *place*, relative to *base*; it need not exist yet.

    Raises:
        ConfigError: *place* begins with an unknown ``~user``.
    """
    return FileCoordination(base / typed_path(place, f"coordination file:{place}", "file:data"), label)


@dataclass
class _Held:
    """A lease that this process holds."""

    lock: FileLock
    inode: tuple[int, int]
    token: int
    confirmed: float  # monotonic seconds of the last check of the lock file


class FileCoordination:
    """
    Coordination in *folder*, which the first acquisition creates.

    Two objects exclude each other, also within one process.

    Args:
        folder: of lock files, tokens and documents.
        label: the kind of process, for people, e.g. ``dashboard``.
        now: epoch ms, for tokens.
        monotonic: seconds, those of sleep included.
    """

    def __init__(
        self,
        folder: Path,
        label: str = "",
        *,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        monotonic: Callable[[], float] = seconds_since_boot,
    ) -> None:
        self._folder = folder
        self._label = label
        self._now = now
        self._monotonic = monotonic
        # Needs no lock: each acquisition has its own object, and the file decides.
        self._held: dict[str, _Held] = {}
        self._heartbeats: dict[str, Heartbeats] = {}
        self._documents = DocumentFolder(folder / ".documents")

    def try_acquire(self, name: str) -> bool:
        if self.held(name):
            return True
        self.release(name)  # its file was removed or replaced, or another process holds the lease too
        heartbeats = self._heartbeats_of(name)
        if heartbeats.has_stepped_down:
            heartbeats.look(is_new_live=False)
            heartbeats.step_down(self._path(name), self._now())
        handle = -1

        def acquired(new_handle: int) -> None:
            nonlocal handle
            handle = new_handle

        # preserve_lock_file also disables the fallback to a lock that outlives its holder.
        lock = FileLock(self._path(name), thread_local=False, preserve_lock_file=True, on_acquired=acquired)
        try:
            lock.acquire(timeout=_PROBE, poll_interval=_PROBE / 5)
        except Timeout:
            heartbeats.stop()
            return False
        except OSError as error:
            raise LeaseError(f"cannot acquire the lease {self._path(name)}: {error.strerror or error}") from error
        try:
            heartbeats.listen()
            heartbeats.step_down(self._path(name), self._now())
            heartbeats.remove_dead()
            # The text is for people only; writing the token will report a full disk.
            with suppress(OSError):
                os.ftruncate(handle, 0)
                os.write(handle, f"{self._own_name()}\n".encode())
            token = self._next_token(name)
            self._held[name] = _Held(lock, _identity(os.fstat(handle)), token, float("-inf"))
        except BaseException:
            lock.release()
            raise
        if self.held(name):
            return True
        self.release(name)  # the file was removed or replaced meanwhile
        return False

    def held(self, name: str) -> bool:
        """
        Rely on memory for CONFIRMED seconds, then check that the lock file is still in its place, and beat.

        A process that was suspended therefore checks before it writes.
        """
        held = self._held.get(name)
        if held is None or not held.lock.is_locked:  # a forked child has this object, but not the lock
            return False
        now = self._monotonic()
        if now - held.confirmed <= CONFIRMED:
            return True
        try:
            in_place = _identity(self._path(name).stat()) == held.inode
        except OSError:
            in_place = False
        in_place = in_place and self._heartbeats_of(name).keep(held.token) is None
        held.confirmed = now if in_place else float("-inf")
        return in_place

    def release(self, name: str) -> None:
        held = self._held.pop(name, None)
        if held is not None and held.lock.is_locked:
            self._heartbeats_of(name).stop()
            held.lock.release()

    def token(self, name: str) -> int:
        held = self._held.get(name)
        if held is None or not self.held(name):
            raise LeaseError(f"the lease {self._path(name)} is not held, so it has no token")
        return held.token

    def holder(self, name: str) -> str:
        """
        Test the lock itself, not the text or its pid.

        The text of a dead holder remains, and its pid may belong to another process, or to another container.
        """
        if self.held(name):
            return self._own_name()
        file = self._path(name)
        try:
            file.stat()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except OSError:
            return _UNKNOWN_HOLDER  # the folder cannot be read, so a process may hold the lease
        if can_lock(file):
            heartbeats = self._heartbeats_of(name)
            heartbeats.look(is_new_live=False)
            rival = heartbeats.rival()
            return rival.name if rival else ""
        try:
            return file.read_text(errors="replace").strip() or _UNKNOWN_HOLDER
        except OSError:
            return _UNKNOWN_HOLDER

    def identity(self) -> str:
        return folder_identity(self._folder, self._path("identity"))

    def rivals(self, name: str) -> tuple[str, ...]:
        """Listen for a second if this process does not hold the lease and others have left heartbeats."""
        heartbeats = self._heartbeats_of(name)
        if not self.held(name):
            heartbeats.listen(for_all=True)
            if len(heartbeats.live) < 2 and not (heartbeats.rival() and can_lock(self._path(name))):
                return ()
        return tuple(beat.description() for beat in heartbeats.live)

    def publish(self, name: str, data: bytes, *, ephemeral: bool = False) -> None:
        self._documents.publish(name, data, ephemeral=ephemeral)

    def read(self, name: str) -> bytes | None:
        return self._documents.read(name)

    def names(self, prefix: str = "") -> tuple[str, ...]:
        return self._documents.names(prefix)

    def remove(self, name: str) -> None:
        self._documents.remove(name)

    def watch(self, prefix: str, callback: Callable[[], None]) -> Callable[[], None]:
        return self._documents.watch(prefix, callback)

    def close(self) -> None:
        for name in list(self._held):
            self.release(name)
        for heartbeats in list(self._heartbeats.values()):
            heartbeats.stop()
        self._documents.close()

    def _heartbeats_of(self, name: str) -> Heartbeats:
        if name not in self._heartbeats:
            heartbeats = Heartbeats(self._folder, name, self._own_name(), self._monotonic)
            self._heartbeats.setdefault(name, heartbeats)  # another thread may have been faster
        return self._heartbeats[name]

    def _next_token(self, name: str) -> int:
        """
        Return the token of a new term, durably written. The caller holds the lock.

        Raises:
            LeaseError: the token cannot be read or written, so the lease must not be taken.
        """
        file = self._folder / f".token-{name}"
        try:
            token = max(token_in(file) + 1, self._now())
            replace_file(file, f"{token}\n".encode(), durable=True)
        except OSError as error:
            raise LeaseError(f"cannot take the lease {self._path(name)}: {file}: {error.strerror or error}") from error
        return token

    def _path(self, name: str) -> Path:
        return self._folder / f".lease-{name}"

    def _own_name(self) -> str:
        return f"{self._label or 'process'} (pid {os.getpid()})"


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino
