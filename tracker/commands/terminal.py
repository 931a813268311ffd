"""Prints whatever standard output is: a terminal, a pipe, a limited encoding, a full disk."""

import codecs
import os
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_MOST_SKIPPED = 5  # reasons that are printed
_ENDLESS = 100_000  # columns
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


def print_table(headings: Sequence[str], rows: Iterable[Sequence[str]], whole: Sequence[str] = ()) -> None:
    """
    Print *rows* below *headings*.

    On a narrow terminal the text of a cell goes on in its next line, except in columns that have to be *whole*.
    Elsewhere each row is one line, for other programs that read lines.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=heading in whole)
    for row in rows:
        table.add_row(*map(Text, row))
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=table_width(table))
    console.print(table)


def table_width(table: Table) -> int:
    """Return how many columns *table* takes, of which no cell goes on in another line."""
    wide = Console(width=_ENDLESS)
    return Measurement.get(wide, wide.options, table).maximum


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
