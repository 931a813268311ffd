"""Locks against other threads and processes; a forked child holds none of them."""

import os
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from tracker.core.errors import StoreError

T = TypeVar("T")

_initialisers: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def reinit_after_fork(owner: T, init: Callable[[T], None]) -> None:
    """
    Call ``init(owner)`` now, and in every child process forked while *owner* exists.

    *init* creates the owner's locks. A lock that another thread held during the fork would never be released in
    the child, where that thread does not run.
    """
    _initialisers[owner] = init
    init(owner)


def _reinit() -> None:
    for owner, init in list(_initialisers.items()):
        init(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reinit)


@contextmanager
def locked(file: Path, lock: threading.Lock, wait: float) -> Iterator[None]:
    """
    Exclude other threads and processes that use the same *file* for the length of the block.

    Args:
        file: the lock file; created if missing, and never removed.
        lock: shared by the threads of one object, so they queue; filelock alone polls, and may starve one of them.
        wait: seconds to wait for another process.

    Raises:
        StoreError: another process held the lock for longer than *wait*.
        OSError: the file cannot be created or locked.
    """
    with lock:
        file_lock = _acquire(file, wait)
        try:
            yield
        finally:
            file_lock.release()


def _acquire(file: Path, wait: float) -> FileLock:
    end = time.monotonic() + wait
    while True:
        inodes: list[tuple[int, int]] = []
        # A new object each time: those of filelock do not survive a fork.
        file_lock = FileLock(
            file,
            thread_local=False,
            timeout=max(end - time.monotonic(), 0),
            on_acquired=partial(_append_inode, inodes),
        )
        try:
            file_lock.acquire()
        except Timeout:
            raise StoreError(f"{file.parent}: another process has been writing for {wait:.0f} s") from None
        try:
            if [_inode(file.stat())] == inodes:
                return file_lock
        except FileNotFoundError:
            pass  # deleted during the wait; see below
        except OSError:
            file_lock.release()
            raise
        # The file was deleted or replaced during the wait, so later processes lock a new one; retry with that. Deletion
        # of a file while its lock is held goes unnoticed, and admits a second holder.
        file_lock.release()


def _append_inode(inodes: list[tuple[int, int]], handle: int) -> None:
    inodes.append(_inode(os.fstat(handle)))


def _inode(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino
