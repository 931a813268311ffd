"""Standard output, whatever it leads to: a terminal of another encoding, a pipe that is closed, a full disk."""

import codecs
import os
import sys

_PLAIN = {"✓": "ok", "✗": "no", "–": "-", "\N{MINUS SIGN}": "-", "…": "...", "→": "->", "\N{THIN SPACE}": " "}


def make_printable() -> None:
    """From now on, print what standard output's encoding does not have in plain letters, or as ``?``."""
    codecs.register_error("plain", _plain)
    # Otherwise the user has chosen what becomes of such signs.
    if sys.stdout is not None and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="plain")  # type: ignore[union-attr]


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


def unprinted(more: str = "") -> OSError | None:
    """
    Why what was printed, and *more*, cannot be written; None if it is. Then nothing is any more, not even at
    Python's end, which would make a traceback of it.
    """
    if sys.stdout is None:
        return None
    try:
        sys.stdout.write(more)
        sys.stdout.flush()
    except OSError as error:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return error
    return None
