"""
The version of a CSV folder's layout, in its file ``FORMAT``.

1 has buckets of an hour, whose rows come from the market's own exchange. 2 may also have buckets of a
minute and rows from elsewhere, ``live@coinbase``; a program that only knows 1 would skip them. So a
folder becomes 2 with the first of those, not before: until then one can go back to an older release.
"""

from pathlib import Path

from tracker.core.errors import StoreError
from tracker.core.ticks import Ticks
from tracker.runtime.durable_file import Verdict
from tracker.runtime.files import replace_file
from tracker.stores.csv.layout import markets_in
from tracker.stores.csv.rows import tail_verdict

FILE = "FORMAT"
FIRST, NEWEST = 1, 2


def check(folder: Path) -> int:
    """
    The format of *folder*; 0 if nothing tells.

    Raises:
        StoreError: this version does not know it.
        OSError: it cannot be read.
    """
    file = folder / FILE
    try:
        found = file.read_text(errors="replace").strip()
    except FileNotFoundError:
        return 0
    if found not in ("", *map(str, range(FIRST, NEWEST + 1))):
        raise StoreError(
            f"{file}: format {found!r}, this version reads formats {FIRST} to {NEWEST}; "
            "nothing was touched. To upgrade: pip install --upgrade btc-price-tracker"
        )
    # Empty: an older release's disk was full, or lost power, when it was first written.
    return int(found or 0)


def needed(bucket: str, rows: Ticks) -> int:
    """The oldest format in which *rows* may stand in a bucket of this name."""
    return NEWEST if "/" in bucket or rows.exchange.any() else FIRST


def judge_tail(folder: Path, tail: bytes) -> Verdict:
    """What to do with the bytes after the last newline of a bucket in *folder*."""
    return tail_verdict(tail, may_name_sources=check(folder) >= NEWEST)


def ensure(folder: Path, wanted: int) -> None:
    """
    Have *folder* be of the format *wanted* or a newer one, on the disk when this returns.

    Only while no one else writes. Raises what check raises.
    """
    found = check(folder)
    if not found and markets_in(folder):
        wanted = NEWEST  # copied without its notes: there may be rows of any format we know
    if found < wanted:
        replace_file(folder / FILE, f"{wanted}\n".encode(), durable=True)
