"""Makes printing safe whatever standard output is: a limited encoding, a closed pipe, a full disk."""

import codecs
import os
import sys
from collections.abc import Sequence

_MOST_SKIPPED = 5  # reasons that are printed
_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"
_ASCII = {"✓": "ok", "✗": "no", "–": "-", "\N{MINUS SIGN}": "-", "…": "...", "→": "->", _NARROW_SPACE: " "}


def make_printable() -> None:
    """Print characters that standard output cannot encode as ASCII, or as ``?``, instead of raising."""
    codecs.register_error("ascii_substitute", _substitute)
    # Any other error handler is the user's choice, by PYTHONIOENCODING.
    if sys.stdout is not None and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="ascii_substitute")  # type: ignore[union-attr]


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Fulfil codecs.register_error: the replacement, and where encoding continues."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_ASCII.get(char, "?") for char in error.object[error.start : error.end]), error.end


def print_skipped(reasons: Sequence[str]) -> None:
    """Print the first of *reasons* why files were left out, a line each, and how many more there are."""
    for reason in reasons[:_MOST_SKIPPED]:
        print(f"skipped: {reason}")
    if len(reasons) > _MOST_SKIPPED:
        print(f"skipped: {len(reasons) - _MOST_SKIPPED:,} more")


def flush_output(text: str = "") -> OSError | None:
    """
    Write *text* and everything buffered to standard output.

    Returns:
        The error if that failed. Standard output then leads to the null device, or Python would raise
        the same error again at exit, with a traceback.
    """
    if sys.stdout is None:
        return None
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        devnull = os.open(os.devnull, os.O_WRONLY)
        os.dup2(devnull, sys.stdout.fileno())
        os.close(devnull)
        return error
    return None
