"""
Reads the lines of price files: ``timestamp,price``, this tracker's own four columns, or those of its exports.

A malformed line is counted and reported with its position; it never ends the import.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.core.durations import DAY
from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.parsing import GENESIS, LARGEST, SMALLEST, price, price_line
from tracker.core.ticks import Ticks
from tracker.stores.csv.rows import HEADER, parse_rows

COLUMNS = ("time", "timestamp", "price", "interval", "origin", "exchange", "market")  # of an export

MOST_EXAMPLES = 5  # malformed lines of a market that are shown
CHUNK = 1 << 22  # bytes of a file in memory at once
LONGEST = 1000  # bytes; longer lines are malformed, so that a file without line breaks does not fill the memory

_BOM = b"\xef\xbb\xbf"
OWN = HEADER.strip()
EXPORT = ",".join(COLUMNS).encode()
_LOOSE = re.compile(rb"timestamp\s*,\s*price", re.IGNORECASE)
_WORD = re.compile(rb"[\s\"']*[^\W\d].*", re.DOTALL)


@dataclass
class LineReport:
    """Counts of the lines in one market's files."""

    read: int = 0  # prices
    too_new: int = 0  # prices of the newest slots, which the live collector writes
    too_old: int = 0  # prices that retention would soon delete
    skipped: int = 0  # malformed lines
    examples: list[str] = field(default_factory=list)  # of malformed lines, with file and line number

    def skip(self, path: Path, line: int, text: bytes) -> None:
        """Count a malformed line, and keep its position."""
        self.skipped += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{path}, line {line}: {text[:40].decode(errors='replace')!r}")


def header(path: Path) -> bytes:
    """Return the header line of the file *path*; empty if it begins with a row. Raises OSError."""
    with path.open("rb") as file:
        line = b"\n"
        while line and not (text := line.removeprefix(_BOM).strip()):
            line = file.readline(LONGEST)
        return text if _is_header(text) else b""


def check_header(path: Path) -> bytes:
    """
    Return the header line of the file *path* as header() does, if its columns are known.

    Raises:
        ConfigError: the columns are unknown.
        OSError: the file cannot be read.
    """
    columns = header(path)
    if columns and not _is_known(columns):
        raise ConfigError(
            f"{path}: its columns are {columns[:60].decode(errors='replace')!r}, expected {OWN.decode()} or "
            "timestamp,price, or no first line of names"
        )
    return columns


def _is_header(text: bytes) -> bool:
    """Return whether *text* has two or more fields and each begins like a name."""
    fields = text.split(b",")
    return len(fields) > 1 and all(map(_WORD.fullmatch, fields))


def _is_known(head: bytes) -> bool:
    return head in (OWN, EXPORT) or _LOOSE.fullmatch(head) is not None


def exported(path: Path) -> list[Market]:
    """Return the markets in an export, sorted. Raises OSError."""
    names = {line.strip().rpartition(b",")[2] for lines in _blocks(path) for line in lines}
    markets = set()
    for name in names:
        with suppress(ConfigError):
            markets.add(Market.parse(name.decode(errors="replace")))
    return sorted(markets)


def read(
    path: Path,
    market: Market,
    lines: LineReport,
    every: int,
    now: int,
    on_progress: Callable[[int], None] = lambda size: None,
    since: int = 0,
) -> Iterator[tuple[Ticks, Ticks]]:
    """
    Yield for each part of the file its lines ``timestamp,price``, as rows of *every* ms, and its rows of this tracker.

    Args:
        path: the file.
        market: whose prices are read.
        lines: counts what was read.
        every: the market's cadence, ms.
        now: epoch ms; prices less than two intervals older are skipped, because the collector writes them.
        on_progress: called with the number of bytes read since the last call.
        since: epoch ms; older prices are skipped.

    Raises:
        StoreError: the file cannot be read.
    """
    reader = _Reader(path, market, lines, every, now, since)
    count = 0
    try:
        for block in _blocks(path):
            yield reader.part(block, count)
            count += len(block)
            on_progress(sum(map(len, block)))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _blocks(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a file, some megabytes at a time; the last one may have no line break."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            *whole, rest = (rest + block).split(b"\n")
            yield [line + b"\n" for line in whole]
            rest = rest[: LONGEST + 1]
    if rest:
        yield [rest]


class _Reader:
    """Reads the lines of one file; the first line determines the columns."""

    def __init__(self, path: Path, market: Market, lines: LineReport, every: int, now: int, since: int) -> None:
        self._path = path
        self._market = market
        self._lines = lines
        self._every = every
        self._now = now
        self._since = since
        self._head: bytes | None = None  # empty without a header, None before the first non-empty line
        self._is_foreign = False  # its header has unknown columns

    def part(self, block: list[bytes], before: int) -> tuple[Ticks, Ticks]:
        times: list[int] = []
        prices: list[float] = []
        own_rows: list[bytes] = []
        sources: list[tuple[int, bytes]] = []  # line number and text of each of *own_rows*
        for count, line in enumerate(block, start=before + 1):
            text = line.rstrip(b"\r\n")
            if count == 1:
                text = text.removeprefix(_BOM)
            stripped = text.strip()
            if not stripped:
                continue
            if self._head is None:
                self._head = stripped if _is_header(stripped) else b""
                self._is_foreign = bool(self._head) and not _is_known(self._head)
            if stripped in (self._head, OWN):
                continue
            try:
                row = self._row(line, text)
            except (ValueError, OverflowError):
                self._lines.skip(self._path, count, text)
                continue
            if isinstance(row, bytes):
                own_rows.append(row + b"\n")
                sources.append((count, text))
            elif row is not None:
                times.append(row[0])
                prices.append(row[1])
        loose = Ticks.of(times, prices, self._every)
        return self._importable(loose), self._importable(self._parsed(own_rows, sources))

    def _row(self, line: bytes, text: bytes) -> tuple[int, float] | bytes | None:
        """Return time and price, or this tracker's four fields; None for another market. Raises ValueError."""
        fields = text.split(b",")
        if self._is_foreign or len(text) > LONGEST or b"\r" in text:  # other readers treat it as the end of a line
            raise ValueError
        if self._head in (OWN, EXPORT):
            # A torn line would read 78120.05 as 7812, and live@coinbase as live.
            if not line.endswith(b"\n") or len(fields) != (7 if self._head == EXPORT else 4):
                raise ValueError
            return self._of_export(fields) if self._head == EXPORT else text
        if len(fields) == 4:
            return text
        time, cost = price_line(text.decode("ascii"))
        self._check(time)
        return time, price(cost)

    def _of_export(self, fields: list[bytes]) -> bytes | None:
        _, when, value, interval, origin, exchange, market = fields
        try:
            if Market.parse(market.decode()) != self._market:
                return None
        except ConfigError:
            raise ValueError from None
        source = b"" if exchange.decode() == self._market.exchange else b"@" + exchange
        return b",".join((when, value, interval, origin + source))

    def _check(self, time: int) -> None:
        """Raise ValueError for a time outside of bitcoin's existence, e.g. milliseconds in place of seconds."""
        if not GENESIS < time <= self._now:
            raise ValueError

    def _parsed(self, own_rows: list[bytes], sources: list[tuple[int, bytes]]) -> Ticks:
        """Return the valid rows among *own_rows*; count the others as malformed."""
        ticks, malformed = parse_rows([b"".join(own_rows)])
        wrong = {*malformed[0]}
        well_formed, offset = [], 0
        for row, line in enumerate(own_rows):
            if offset not in wrong:
                well_formed.append(row)
            offset += len(line)
        fits = (ticks.time > GENESIS) & (ticks.time <= self._now) & (ticks.price >= SMALLEST) & (ticks.price <= LARGEST)
        kept = {well_formed[row] for row in np.flatnonzero(fits).tolist()}
        for row, (count, text) in enumerate(sources):
            if row not in kept:
                self._lines.skip(self._path, count, text)
        return ticks[fits]

    def _importable(self, ticks: Ticks) -> Ticks:
        """
        Return *ticks* without those too old or too new to import.

        The collector's slots may be as long as those of the rows, so two slots before now are left to it.
        """
        self._lines.too_old += int((ticks.time < self._since).sum())
        ticks = ticks[ticks.time >= self._since]
        slots = np.maximum(np.minimum(ticks.interval, DAY), self._every)  # no slot is longer than a day
        settled = ticks.time <= self._now - 2 * slots
        self._lines.too_new += int((~settled).sum())
        self._lines.read += int(settled.sum())
        return ticks[settled]
