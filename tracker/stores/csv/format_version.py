"""
The version of a CSV folder's layout, in its file ``FORMAT``.

Format 1 has hourly buckets whose rows come from the market's own exchange. Format 2 may also have buckets of a
minute and rows of a stand-in, ``live@coinbase``; a program that knows only format 1 would skip them. A folder is
raised to 2 with the first of those, not before, so that until then an older release can still be used.
"""

from pathlib import Path

from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime.files import replace_file
from tracker.runtime.line_file import TailAction
from tracker.stores.csv.listing import markets_in
from tracker.stores.csv.rows import tail_action

FILE = "FORMAT"
FIRST, NEWEST = 1, 2


def check(folder: Path) -> int:
    """
    Return the format of *folder*; 0 if it has no ``FORMAT``.

    Raises:
        StoreError: this release does not know the format.
        OSError: the file cannot be read.
    """
    file = folder / FILE
    try:
        return parse(file.read_text(errors="replace"), file)
    except FileNotFoundError:
        return 0


def parse(text: str, file: Path) -> int:
    """Return the format in the *text* of *file*. Raises StoreError if this release does not know it."""
    version = text.strip()
    if version not in ("", *map(str, range(FIRST, NEWEST + 1))):
        raise StoreError(
            f"{file}: format {version!r}, this version reads formats {FIRST} to {NEWEST}; "
            "nothing was touched. To upgrade: pip install --upgrade btc-price-tracker"
        )
    # Empty after a full disk or a power cut while an older release wrote it.
    return int(version or 0)


def needed(bucket: str, rows: Ticks) -> int:
    """Return the oldest format that allows *rows* in a bucket of this name."""
    return NEWEST if "/" in bucket or rows.exchange.any() else FIRST


def choose_tail_action(folder: Path, tail: bytes) -> TailAction:
    """Return what is done with *tail*, the bytes after the last newline of a bucket in *folder*."""
    return tail_action(tail, may_name_sources=check(folder) >= NEWEST)


def ensure(folder: Path, minimum: int) -> None:
    """
    Raise the format of *folder* durably to *minimum*, if it is older. The caller holds the append lock.

    Raises:
        StoreError, OSError: as check().
    """
    version = check(folder)
    if not version and markets_in(folder):
        minimum = NEWEST  # a copy without FORMAT may hold rows of any known format
    if version < minimum:
        replace_file(folder / FILE, f"{minimum}\n".encode(), durable=True)
