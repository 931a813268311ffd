"""
Reads the lines of price files: ``timestamp,price``, archives of exchanges, this tracker's own four columns or exports.

A malformed line is counted and reported with its position; it never ends the import.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tracker.core.errors import ConfigError, StoreError
from tracker.core.market import Market
from tracker.core.parsing import GENESIS, LARGEST, SMALLEST, price, price_line
from tracker.core.ticks import Ticks
from tracker.history.importer.candle_values import (
    Values,
    ticks_of_lines,
    values_in,
    values_of_export,
    with_values,
)
from tracker.history.importer.columns import DEFAULT, EXPORTS, OWN, Reading, is_header, is_known
from tracker.history.importer.fast_lines import read_numbers
from tracker.history.importer.formats import LOOSE, OWN_COLUMNS, Format
from tracker.history.importer.line_report import LineReport
from tracker.history.importer.price_file import LONGEST, blocks
from tracker.history.importer.thousands import DoubtfulPriceError, NeighbourCheck, ask_if_grouped
from tracker.history.importer.times import NumberTimes, UnclearTimeError
from tracker.stores.csv.rows import parse_rows

_PIECE = 1 << 16  # bytes; a piece with a malformed line is not split further


def read(
    path: Path,
    market: Market,
    lines: LineReport,
    now: int,
    reading: Reading = DEFAULT,
    form: Format = LOOSE,
    neighbours: NeighbourCheck | None = None,
    on_progress: Callable[[int], None] = lambda size: None,
) -> Iterator[tuple[Ticks, Ticks]]:
    """
    Yield for each part of the file its prices, with an interval of 1 ms, and its rows of this tracker.

    Args:
        path: the file.
        market: whose prices are read.
        lines: counts the malformed lines.
        now: epoch ms; later times are malformed.
        reading: how lines are read.
        form: the file's format, unless its header is that of rows or of an export.
        neighbours: checks the prices; None: they are taken as they are.
        on_progress: called with the number of bytes read since the last call.

    Raises:
        StoreError: the file cannot be read.
        DoubtfulPriceError: a price may have a point between thousands.
    """
    reader = _Reader(path, market, lines, now, reading, form, neighbours)
    try:
        for block in blocks(path, on_progress):
            yield reader.part(block)
    except DoubtfulPriceError as error:
        raise DoubtfulPriceError(f"{path}, {error}") from None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _split(block: bytes) -> list[bytes]:
    """Return the lines of *block*, which only a newline ends, with their ends."""
    *whole, rest = block.split(b"\n")
    return [*(line + b"\n" for line in whole), *([rest] if rest else [])]


class _Reader:
    """Reads the lines of one file; the first line determines whether they are rows of this tracker."""

    def __init__(
        self,
        path: Path,
        market: Market,
        lines: LineReport,
        now: int,
        reading: Reading,
        form: Format,
        neighbours: NeighbourCheck | None,
    ) -> None:
        self._path = path
        self._market = market
        self._lines = lines
        self._now = now
        self._form = form
        self._to_price = reading.to_price(form)
        self._neighbours = neighbours
        self._count = 0  # lines before the part
        self._head: bytes | None = None  # empty without a header, None before the first non-empty line
        self._is_foreign = False  # its header has unknown columns
        self._has_price_lines = False  # as stored rows and recordings have them

    def part(self, block: bytes) -> tuple[Ticks, Ticks]:
        before = self._count
        self._count += block.count(b"\n")
        if self._head is None:
            block, before = self._without_header(block, before)
        pieces = [*self._pieces(block, before)]
        return Ticks.concat([prices for prices, _ in pieces]), Ticks.concat([rows for _, rows in pieces])

    def _pieces(self, block: bytes, before: int) -> Iterator[tuple[Ticks, Ticks]]:
        """Yield the prices and rows in *block*, of which only the surroundings of a malformed line are read slowly."""
        if self._head in (OWN, *EXPORTS) or self._is_foreign or self._to_price is not price:
            yield self._line_by_line(block, before)
            return
        numbers = read_numbers(block, self._form, self._now)
        middle = block.find(b"\n", len(block) // 2) + 1
        if numbers is not None:
            if self._neighbours is not None:
                self._neighbours.check(numbers.times, numbers.prices, lambda index: self._text_of(block, before, index))
            yield ticks_of_lines(numbers.times, numbers.prices, numbers.candles), Ticks.none()
        elif len(block) < _PIECE or not 0 < middle < len(block) or not isinstance(self._form.times, NumberTimes):
            yield self._line_by_line(block, before)
        else:
            yield from self._pieces(block[:middle], before)
            yield from self._pieces(block[middle:], before + block.count(b"\n", 0, middle))

    def _without_header(self, block: bytes, before: int) -> tuple[bytes, int]:
        """Return the lines below the file's header, and how many are before them."""
        while block:
            first, newline, rest = block.partition(b"\n")
            stripped = first.strip()
            if stripped:
                self._head = stripped if is_header(stripped) else b""
                self._is_foreign = bool(self._head) and not is_known(self._head)
                is_own = self._head in (OWN, *EXPORTS)
                self._has_price_lines = self._form == LOOSE and self._to_price is price and not is_own
                return (rest, before + 1) if self._head else (block, before)
            block, before = rest, before + len(newline)
        return block, before

    def _text_of(self, block: bytes, before: int, index: int) -> tuple[int, str]:
        """Return line number and text of the price of an index in *block*, which has no malformed line."""
        for count, line in enumerate(block.split(b"\n"), start=before + 1):
            if line.strip():
                if not index:
                    return count, self._price_of(line.rstrip(b"\r"))
                index -= 1
        raise IndexError(index)

    def _price_of(self, text: bytes) -> str:
        return text.split(b",")[self._form.price_column].decode()

    def _line_by_line(self, block: bytes, before: int) -> tuple[Ticks, Ticks]:
        times: list[int] = []
        prices: list[float] = []
        candles: list[Values] = []  # of each of *prices*, if the file has candles
        places: list[tuple[int, bytes]] = []  # line number and text of each of *prices*
        own_rows: list[bytes] = []
        sources: list[tuple[int, bytes]] = []  # line number and text of each of *own_rows*
        headers = (b"", self._head, OWN)
        for count, line in enumerate(_split(block), before + 1):
            text = line.rstrip(b"\r\n")
            if text.strip() in headers:
                continue
            try:
                row = self._row(line, text)
            except (ValueError, OverflowError) as error:
                self._ask_if_grouped(count, text)
                self._lines.unclear += isinstance(error, UnclearTimeError)
                self._lines.skip(self._path, count, text)
                continue
            if isinstance(row, bytes):
                own_rows.append(row + b"\n")
                sources.append((count, text))
            elif row is not None:
                times.append(row[0])
                prices.append(row[1])
                if self._form.candle_columns is not None:
                    candles.append(values_in(text.split(b","), self._form.candle_columns))
                places.append((count, text))
        if self._neighbours is not None:
            self._neighbours.check(
                np.array(times), np.array(prices), lambda index: (places[index][0], self._price_of(places[index][1]))
            )
        return ticks_of_lines(times, prices, candles or None), self._parsed(own_rows, sources)

    def _ask_if_grouped(self, count: int, text: bytes) -> None:
        """Raise DoubtfulPriceError if a line is malformed because points separate the thousands of its price."""
        fields = text.decode(errors="replace").split(",")
        if self._neighbours is not None and len(fields) == self._form.columns:
            ask_if_grouped(count, fields[self._form.price_column])

    def _row(self, line: bytes, text: bytes) -> tuple[int, float] | bytes | None:
        """Return time and price, or a row of this tracker; None for another market. Raises ValueError."""
        if self._is_foreign or len(text) > LONGEST or b"\r" in text:  # other readers treat it as the end of a line
            raise ValueError
        if self._has_price_lines and text.count(b",") == 1:  # the usual case, in half the time
            time, cost = price_line(text.decode("ascii"))
            if not GENESIS < time <= self._now:
                raise ValueError
            return time, price(cost)
        fields = text.split(b",")
        if self._head in (OWN, *EXPORTS):
            # A torn line would read 78120.05 as 7812, and live@coinbase as live.
            if not line.endswith(b"\n") or len(fields) != self._head.count(b",") + 1:
                raise ValueError
            return text if self._head == OWN else self._of_export(fields)
        if len(fields) == len(OWN_COLUMNS):
            return text
        return self._form.row(fields, self._now, self._to_price)

    def _of_export(self, fields: list[bytes]) -> bytes | None:
        _, when, value, interval, origin, exchange, market, *_ = fields
        try:
            if Market.parse(market.decode()) != self._market:
                return None
        except ConfigError:
            raise ValueError from None
        source = b"" if exchange.decode() == self._market.exchange else b"@" + exchange
        return b",".join((when, value, interval, origin + source))

    def _parsed(self, own_rows: list[bytes], sources: list[tuple[int, bytes]]) -> Ticks:
        """Return the valid rows among *own_rows*; count the others as malformed."""
        ticks, malformed = parse_rows([b"".join(own_rows)])
        wrong = {*malformed[0]}
        well_formed, candles, offset = [], [], 0
        for row, line in enumerate(own_rows):
            if offset not in wrong:
                well_formed.append(row)
                if self._head in EXPORTS:
                    candles.append(values_of_export(sources[row][1]))
            offset += len(line)
        fits = (ticks.time > GENESIS) & (ticks.time <= self._now) & (ticks.price >= SMALLEST) & (ticks.price <= LARGEST)
        kept = {well_formed[row] for row in np.flatnonzero(fits).tolist()}
        for row, (count, text) in enumerate(sources):
            if row not in kept:
                self._lines.skip(self._path, count, text)
        return with_values(ticks, candles or None)[fits]
