"""Locks against other threads and other processes, of which a forked child is left holding none."""

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

_renewals: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def reinit_after_fork(owner: T, begin: Callable[[T], None]) -> None:
    """
    Call ``begin(owner)`` now, and in every child that is forked while *owner* lives.

    It makes the owner's locks. A thread that held one when another forked does not run in the child,
    so nobody there would ever give it back.
    """
    _renewals[owner] = begin
    begin(owner)


def _reinit() -> None:
    for owner, begin in list(_renewals.items()):
        begin(owner)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reinit)


@contextmanager
def locked(file: Path, lock: threading.Lock, wait: float) -> Iterator[None]:
    """
    Nobody else is in here with the same *file*, which is made if missing and stays.

    Args:
        lock: one for all threads that share an object. They queue here; filelock alone would have them
            wait by polling, and one could wait for long.
        wait: seconds for which another process may be in here.

    Raises:
        StoreError: another process was in here for longer.
        OSError: the file cannot be made or locked.
    """
    with lock:
        held = _acquired(file, wait)
        try:
            yield
        finally:
            held.release()


def _acquired(file: Path, wait: float) -> FileLock:
    end = time.monotonic() + wait
    while True:
        inodes: list[tuple[int, int]] = []
        # A new object each time: filelock's do not survive a fork.
        held = FileLock(
            file,
            thread_local=False,
            timeout=max(end - time.monotonic(), 0),
            on_acquired=partial(_note, inodes),
        )
        try:
            held.acquire()
        except Timeout:
            raise StoreError(f"{file.parent}: another process has been writing for {wait:.0f} s") from None
        try:
            if [_inode(file.stat())] == inodes:
                return held
        except FileNotFoundError:
            pass
        except OSError:
            held.release()
            raise
        # It was deleted while this waited for it: whoever comes now locks another, which is the one that counts.
        # Who deletes it while it is held lets the next one in beside the holder; that nothing here can see.
        held.release()


def _note(inodes: list[tuple[int, int]], handle: int) -> None:
    inodes.append(_inode(os.fstat(handle)))


def _inode(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino
