"""Gives memory back to the operating system."""

import ctypes
from functools import cache
from typing import Any


def give_back() -> None:
    """
    Return to the operating system what the process has freed, where the C library can; it takes milliseconds.

    By itself glibc keeps freed blocks of less than 32 MB for each thread that allocated some, and a page has threads
    that read once, then rest for hours.
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
