"""Says what a price file holds: rows of this tracker, an export, or lines of another program, in which format."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.parsing import price
from tracker.history.importer import thousands
from tracker.history.importer.file_names import read_name
from tracker.history.importer.formats import LOOSE, Format, recognise
from tracker.history.importer.price_file import blocks, stem
from tracker.history.importer.times import IsoTimes
from tracker.stores.csv.rows import HEADER

OLD_COLUMNS = ("time", "timestamp", "price", "interval", "origin", "exchange", "market")  # of an older export
COLUMNS = (*OLD_COLUMNS, "first", "low", "high")  # of an export
OWN = HEADER.strip()
EXPORTS = (",".join(COLUMNS).encode(), ",".join(OLD_COLUMNS).encode())

_MARKET = COLUMNS.index("market")
_LOOSE = re.compile(rb"timestamp\s*,\s*price", re.IGNORECASE)
_WORD = re.compile(rb"[\s\"']*[^\W\d].*", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """
    How lines are read, as the user typed it.

    Attributes:
        zone: of times that name none.
        thousands: one of thousands.ANSWERS, or empty: prices in doubt stop their file.
        every: the interval between prices, ms; None: it is measured.
    """

    zone: tzinfo | None = None
    thousands: str = ""
    every: int | None = None

    def to_price(self, form: Format) -> Callable[[str], float]:
        """Return what reads a price of a file in *form*: archives have decimal points, whatever the user typed."""
        is_grouped = self.thousands == thousands.POINT and not form.exchange
        return thousands.grouped_price if is_grouped else price


DEFAULT = Reading()


def check_header(path: Path, lines: Sequence[bytes]) -> bytes:
    """
    Return the header line of the file *path*, which begins with *lines*; empty if it begins with a row.

    Raises:
        ConfigError: the columns are unknown.
    """
    columns = lines[0] if lines and is_header(lines[0]) else b""
    if columns and not is_known(columns):
        raise ConfigError(
            f"{path}: its columns are {columns[:60].decode(errors='replace')!r}, expected {OWN.decode()} or "
            "timestamp,price, or no first line of names"
        )
    return columns


def file_format(path: Path, lines: Sequence[bytes], reading: Reading) -> Format:
    """
    Return the format of the file *path*, which begins with *lines*, without a header of rows or of an export.

    Raises:
        ConfigError: no format reads it; the message says what was read, and what to do.
    """
    length = read_name(stem(path)).length or reading.every
    rows = lines[1:] if lines and is_header(lines[0]) else lines
    return recognise(path, rows, IsoTimes(reading.zone), length, reading.to_price(LOOSE))


def is_header(text: bytes) -> bool:
    """Return whether *text* has two or more fields and each begins like a name."""
    fields = text.split(b",")
    return len(fields) > 1 and all(map(_WORD.fullmatch, fields))


def is_known(columns: bytes) -> bool:
    return columns in (OWN, *EXPORTS) or _LOOSE.fullmatch(columns) is not None


def exported(path: Path) -> list[Market]:
    """Return the markets in an export, sorted. Raises OSError."""
    lines = (line.strip().split(b",") for block in blocks(path) for line in block.split(b"\n"))
    names = {fields[_MARKET] for fields in lines if len(fields) > _MARKET}
    markets = set()
    for name in names:
        with suppress(ConfigError):
            markets.add(Market.parse(name.decode(errors="replace")))
    return sorted(markets)
