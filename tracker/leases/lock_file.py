"""
Leases as locks on files in the data folder: ``data/.lease-collect``.

The operating system frees such a lock when its holder dies, however it dies. The file itself stays,
and says in one line who has or last had it. filelock closes the file in a forked child (its
``os.register_at_fork`` hooks), so the child does not keep the lock alive; a test holds it so.
"""

import os
from contextlib import suppress
from pathlib import Path

from filelock import FileLock, Timeout

from tracker.errors import LeaseError

# Seconds. holder() takes a free lock for an instant to see that it is free; this outlasts it.
_PROBE = 0.005


def open_lease(folder: Path, label: str) -> "LockFile":
    """The leases of the data folder *folder*; *label* tells people who holds one, e.g. ``dashboard``."""
    return LockFile(folder, label)


class LockFile:
    """
    A Lease whose names are lock files in *folder*, which asking creates.

    Two objects exclude each other, in one process as in two.
    """

    def __init__(self, folder: Path, label: str = "") -> None:
        self._folder = folder
        self._label = label
        # No lock guards this: each acquisition is an object of its own, and the file decides.
        self._held: dict[str, tuple[FileLock, tuple[int, int]]] = {}

    def try_acquire(self, name: str) -> bool:
        if self.held(name):
            return True
        self.release(name)  # of a file that was removed or replaced
        file = self._path(name)
        inode = (0, 0)

        def acquired(handle: int) -> None:
            nonlocal inode
            inode = _identity(os.fstat(handle))
            # The text is for people; without it (disk full) the lock is as good.
            with suppress(OSError):
                os.ftruncate(handle, 0)
                os.write(handle, f"{self._own_name()}\n".encode())

        # preserve_lock_file also refuses the fallback to a lock that outlives its holder.
        lock = FileLock(file, thread_local=False, preserve_lock_file=True, on_acquired=acquired)
        try:
            lock.acquire(timeout=_PROBE, poll_interval=_PROBE / 5)
        except Timeout:
            return False
        except OSError as error:
            raise LeaseError(f"cannot ask for the lease {file}: {error.strerror or error}") from error
        self._held[name] = (lock, inode)
        return True

    def held(self, name: str) -> bool:
        lock, inode = self._held.get(name, (None, (0, 0)))
        if lock is None or not lock.is_locked:  # a forked child inherits this object, but not the lock
            return False
        try:
            return _identity(self._path(name).stat()) == inode
        except OSError:
            return False

    def release(self, name: str) -> None:
        lock, _ = self._held.pop(name, (None, None))
        if lock is not None and lock.is_locked:
            lock.release()

    def holder(self, name: str) -> str:
        """
        The lock itself is asked, not the text or its pid: a dead holder's text stays, and
        its pid may be another's by now, or count in another container.
        """
        if self.held(name):
            return self._own_name()
        file = self._path(name)
        if not file.exists():
            return ""
        probe = FileLock(file, thread_local=False, preserve_lock_file=True)
        try:
            probe.acquire(blocking=False)
        except Timeout:
            pass
        except OSError:
            pass  # not ours to lock; its text is the best there is
        else:
            probe.release()
            return ""
        try:
            return file.read_text(errors="replace").strip() or "another process"
        except OSError:
            return "another process"

    def _path(self, name: str) -> Path:
        return self._folder / f".lease-{name}"

    def _own_name(self) -> str:
        return f"{self._label or 'process'} (pid {os.getpid()})"


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino
