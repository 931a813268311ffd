"""Takes memory of the operating system in whole pages, and gives memory back to it."""

import ctypes
import mmap
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ARENA_MAX = -8  # M_ARENA_MAX of malloc.h
# The environment with which a process has one heap for all its threads, also for those that run before share_heap().
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
_LEAST = 16_384  # bytes; less would waste much of its last page


def own_pages(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """
    Return zeros in pages of their own, where the system offers that.

    They go back to it at once when nothing uses them any more: among smaller blocks of the C library they would hold,
    and be held by, what was needed for a moment. Pages that are only read take no memory.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < _LEAST or not hasattr(mmap, "MAP_ANONYMOUS"):
        return np.zeros(shape, dtype)
    buffer = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(buffer, dtype).reshape(shape)


def share_heap() -> None:
    """
    Let all threads take small blocks from one heap, where the C library can; heaps that exist stay in use.

    By itself glibc has a heap for each of several threads. Each keeps what a long read needed for a moment, and
    ``give_back`` cannot give back the end of any but the first.
    """
    with suppress(AttributeError, OSError, TypeError):  # another C library, or Windows
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_back() -> None:
    """
    Return to the operating system what the process has freed, where the C library can; it takes milliseconds.

    By itself glibc keeps freed blocks of less than 32 MB, and a page reads once, then rests for hours.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    """Return ``malloc_trim`` of glibc; None elsewhere."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, or Windows
        return None
