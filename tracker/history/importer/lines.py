"""
The lines of a price file: ``timestamp,price``, this tracker's own four columns, or those of its exports.

A line that is no price is counted and told, with its place; it never ends the import.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.parsing import LARGEST, SMALLEST, price, price_line
from tracker.core.ticks import Ticks
from tracker.stores.csv.rows import HEADER, parse_rows

COLUMNS = ("time", "timestamp", "price", "interval", "origin", "exchange", "market")  # of an export

MOST_TOLD = 5  # bad lines of a market that are named
CHUNK = 1 << 22  # bytes of a file that are held at once
LONGEST = 1000  # bytes; a longer line is none, and a file without any line break must not fill the memory
DAY = 86_400_000  # ms
GENESIS = 1_231_006_505_000  # ms; no price of bitcoin is older than its first block

_BOM = b"\xef\xbb\xbf"
OWN = HEADER.strip()
EXPORT = ",".join(COLUMNS).encode()
_LOOSE = re.compile(rb"timestamp\s*,\s*price", re.IGNORECASE)
_WORD = re.compile(rb"[\s\"']*[^\W\d].*", re.DOTALL)


@dataclass
class LineReport:
    """What the lines of one market's files were."""

    read: int = 0  # prices
    left: int = 0  # prices of the newest slots, which are the live collector's
    old: int = 0  # prices that retention would have deleted soon after
    skipped: int = 0  # none
    told: list[str] = field(default_factory=list)  # where the first of those are

    def skip(self, path: Path, line: int, text: bytes) -> None:
        """Count a line that is no price, and remember where it is."""
        self.skipped += 1
        if len(self.told) < MOST_TOLD:
            self.told.append(f"{path}, line {line}: {text[:40].decode(errors='replace')!r}")


def header(path: Path) -> bytes:
    """The names of the columns in the file *path*; empty if it begins with a row. OSError: it cannot be read."""
    with path.open("rb") as file:
        line = b"\n"
        while line and not (text := line.removeprefix(_BOM).strip()):
            line = file.readline(LONGEST)
        return text if _is_header(text) else b""


def check_header(path: Path) -> bytes:
    """
    As header, of which nothing but what can be read here comes back.

    Raises:
        ConfigError: its columns are others.
        OSError: it cannot be read.
    """
    found = header(path)
    if found and not _is_known(found):
        raise ConfigError(
            f"{path}: its columns are {found[:60].decode(errors='replace')!r}, expected {OWN.decode()} or "
            "timestamp,price, or no first line of names"
        )
    return found


def _is_header(text: bytes) -> bool:
    """Whether each field of the line *text*, of which there are two at least, begins as a name does."""
    fields = text.split(b",")
    return len(fields) > 1 and all(map(_WORD.fullmatch, fields))


def _is_known(head: bytes) -> bool:
    return head in (OWN, EXPORT) or _LOOSE.fullmatch(head) is not None


def exported(path: Path) -> list[Market]:
    """The markets in the file *path*, which ``tracker export`` wrote, sorted. OSError: it cannot be read."""
    found = {line.strip().rpartition(b",")[2] for lines in _blocks(path) for line in lines}
    markets = set()
    for text in found:
        with suppress(ConfigError):
            markets.add(Market.parse(text.decode(errors="replace")))
    return sorted(markets)


def read(
    path: Path,
    market: Market,
    lines: LineReport,
    every: int,
    now: int,
    seen: Callable[[int], None] = lambda size: None,
    since: int = 0,
) -> Iterator[tuple[Ticks, Ticks]]:
    """
    Of each part of the file: its prices that came alone, with *every* for an interval, and its rows of this tracker.

    Both within bitcoin's life, not before *since* and older than two intervals before *now* (ms): what is
    newer is left to the collector. *seen* is told how many bytes were read.

    Raises:
        StoreError: the file cannot be read.
    """
    reader = _Reader(path, market, lines, every, now, since)
    count = 0
    try:
        for block in _blocks(path):
            yield reader.part(block, count)
            count += len(block)
            seen(sum(map(len, block)))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _blocks(path: Path) -> Iterator[list[bytes]]:
    """The lines of a file, some megabytes at a time; only the last one may lack its line break, and ends in none."""
    rest = b""
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            *whole, rest = (rest + block).split(b"\n")
            yield [line + b"\n" for line in whole]
            rest = rest[: LONGEST + 1]
    if rest:
        yield [rest]


class _Reader:
    """Reads the lines of one file, whose first says what the others are."""

    def __init__(self, path: Path, market: Market, lines: LineReport, every: int, now: int, since: int) -> None:
        self._path = path
        self._market = market
        self._lines = lines
        self._every = every
        self._now = now
        self._since = since
        self._head: bytes | None = None  # empty if there is none, None before the first line that is not empty
        self._is_foreign = False  # by its header, in other columns

    def part(self, block: list[bytes], before: int) -> tuple[Ticks, Ticks]:
        times: list[int] = []
        prices: list[float] = []
        own: list[bytes] = []
        places: list[tuple[int, bytes]] = []  # of each of *own*: its line in the file, and the line
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
                own.append(row + b"\n")
                places.append((count, text))
            elif row is not None:
                times.append(row[0])
                prices.append(row[1])
        loose = Ticks.of(times, prices, self._every)
        return self._settled(loose), self._settled(self._own(own, places))

    def _row(self, line: bytes, text: bytes) -> tuple[int, float] | bytes | None:
        """A price and when, or this tracker's four fields; None for another market's. ValueError: it is no row."""
        fields = text.split(b",")
        if self._is_foreign or len(text) > LONGEST or b"\r" in text:  # other readers take that for the end of a line
            raise ValueError
        if self._head in (OWN, EXPORT):
            # Cut off in mid-write, 78120.05 would read as 7812, and live@coinbase as live.
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
        """ValueError: milliseconds in place of seconds, or a clock that was wrong."""
        if not GENESIS < time <= self._now:
            raise ValueError

    def _own(self, own: list[bytes], places: list[tuple[int, bytes]]) -> Ticks:
        """The rows of this tracker among *own*; all others are skipped."""
        ticks, malformed = parse_rows([b"".join(own)])
        wrong = {*malformed[0]}
        good, place = [], 0
        for number_, line in enumerate(own):
            if place not in wrong:
                good.append(number_)
            place += len(line)
        fits = (ticks.time > GENESIS) & (ticks.time <= self._now) & (ticks.price >= SMALLEST) & (ticks.price <= LARGEST)
        kept = {good[row] for row in np.flatnonzero(fits).tolist()}
        for number_, (count, text) in enumerate(places):
            if number_ not in kept:
                self._lines.skip(self._path, count, text)
        return ticks[fits]

    def _settled(self, ticks: Ticks) -> Ticks:
        """
        *ticks* without those that retention would delete, and those that are the collector's, whose own
        slots may be as long as theirs.
        """
        self._lines.old += int((ticks.time < self._since).sum())
        ticks = ticks[ticks.time >= self._since]
        slots = np.maximum(np.minimum(ticks.interval, DAY), self._every)  # no slot is longer than a day
        settled = ticks.time <= self._now - 2 * slots
        self._lines.left += int((~settled).sum())
        self._lines.read += int(settled.sum())
        return ticks[settled]
