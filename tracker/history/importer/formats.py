"""
Recognises the format of a price file by its columns and units.

Archives have no line of names. Kraken's candles: opening time in seconds, open, high, low, close, volume, number of
trades; its trades: time, price, volume. Binance's candles: opening time, open, high, low, close, volume, closing time,
and five more; its trades: id, price, three or four more, time, and two words. Binance's times are milliseconds until
2024 and microseconds since 2025.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import gcd
from pathlib import Path

from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.errors import ConfigError
from tracker.core.parsing import END_OF_TIME, price, printable
from tracker.history.importer.thousands import POINT, WHOLE, grouped_price
from tracker.history.importer.times import (
    ISO,
    MICROSECONDS,
    MILLISECONDS,
    ROUNDED,
    SECONDS,
    UNITS,
    IsoTimes,
    NumberTimes,
)

OWN_COLUMNS = ("timestamp", "price", "interval", "origin")  # of a row of this tracker
EXPECTED = "expected lines timestamp,price, rows or an export of this tracker, or an archive of Kraken or Binance"

_SAMPLE = 50  # lines that decide
_LATEST = round(1000 * END_OF_TIME)  # a time that lies ahead is of the format nevertheless
_KRAKEN_LENGTHS = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY)
_NO_ZONE = "its times have no zone, such as {}; type --zone UTC, or their zone, e.g. --zone Europe/Berlin"
_ROUNDED = "a spreadsheet has rounded its times, such as {}; import the original file"
_SEPARATORS = "its fields are separated by {}, expected commas; save it with commas: timestamp,price"
_DECIMALS = "its lines, such as {}, may have decimals after a comma, expected a point: timestamp,price"
_GROUPED = "its prices, such as {}, have points between thousands; type --thousands " + POINT
_LENGTH = "how long are its candles? Name it as Kraken does, e.g. XBTEUR_60.csv, or type e.g. --every 1h"


@dataclass(frozen=True)
class Format:
    """
    Where time and price are in a line, and what they mean.

    Attributes:
        name: for people.
        columns: the number of fields.
        time_column: where the time is.
        price_column: where the price is.
        times: reads the times.
        exchange: whose archive it is; empty if any exchange's.
        length: of its candles, ms; None if it has none: its lines are prices, each of one moment.
        is_candle: its lines are candles.
        is_opening: the times are those at which candles open.
        candle_columns: where first, low and high of a candle are; None for prices.
    """

    name: str
    columns: int
    time_column: int
    price_column: int
    times: NumberTimes | IsoTimes
    exchange: str = ""
    length: int | None = None
    is_candle: bool = False
    is_opening: bool = False
    candle_columns: tuple[int, int, int] | None = None

    def row(self, fields: Sequence[bytes], now: int, to_price: Callable[[str], float] = price) -> tuple[int, float]:
        """Return (epoch ms, price) of a line's fields; ValueError if it is of another form, or an impossible value."""
        if len(fields) != self.columns:
            raise ValueError
        # The candle that is open at *now* closes later.
        time = self.times.read(fields[self.time_column], now + (self.length or 0))
        return time + (self.length or 0 if self.is_opening else 0), to_price(fields[self.price_column].decode("ascii"))


LOOSE = Format("timestamp,price", 2, 0, 1, NumberTimes((SECONDS,)))
_KRAKEN = (
    Format("trades of Kraken", 3, 0, 1, NumberTimes((SECONDS,)), "kraken"),
    Format(
        "candles of Kraken",
        7,
        0,
        4,
        NumberTimes((SECONDS,)),
        "kraken",
        is_candle=True,
        is_opening=True,
        candle_columns=(1, 3, 2),
    ),
)
_BINANCE_TIMES = (MILLISECONDS, MICROSECONDS)
_BINANCE = (
    Format(
        "candles of Binance",
        12,
        6,
        4,
        NumberTimes(_BINANCE_TIMES, offset=1),
        "binance",
        is_candle=True,
        candle_columns=(1, 3, 2),
    ),
    Format("trades of Binance", 7, 4, 1, NumberTimes(_BINANCE_TIMES), "binance"),
    Format("trades of Binance", 8, 5, 1, NumberTimes(_BINANCE_TIMES), "binance"),
)


def recognise(
    path: Path,
    lines: Sequence[bytes],
    iso: IsoTimes,
    length: int | None = None,
    to_price: Callable[[str], float] = price,
) -> Format:
    """
    Return the format that reads most of the first *lines* of the file *path*, those below a line of names.

    Args:
        path: for the error.
        lines: not empty ones.
        iso: reads times in ISO 8601.
        length: of the file's candles, ms, by its name or as typed; None: to be found out.
        to_price: reads a price of a file that is no archive.

    Raises:
        ConfigError: no format reads any line; the message says what was read, and what to do.
    """
    sample = [line.split(b",") for line in lines[:_SAMPLE]]
    times: list[NumberTimes | IsoTimes] = [*(NumberTimes((unit,)) for unit in UNITS), iso]
    candidates = [*(replace(LOOSE, times=each) for each in times), *_KRAKEN, *_BINANCE]
    best, read = LOOSE, list[list[bytes]]()
    for candidate in candidates:
        fitting = [fields for fields in sample if _fits(candidate, fields, price if candidate.exchange else to_price)]
        if len(fitting) > len(read):
            best, read = candidate, fitting
        if 2 * len(read) > len(sample):  # no other reads more
            break
    if not read:
        raise ConfigError(f"{path}: {_reason(lines, iso, sample, to_price)}")
    if best.columns == 3 and _may_have_decimal_commas(read):
        raise ConfigError(f"{path}: {_DECIMALS.format(_quoted(b','.join(read[0])))}")
    if not best.is_candle:
        return best
    step = (length or _opening_step(best, read)) if best.is_opening else _opening_to_close(read)
    if step is None:
        raise ConfigError(f"{path}: {_LENGTH}")
    return replace(best, length=step)


def _fits(form: Format, fields: Sequence[bytes], to_price: Callable[[str], float] = price) -> bool:
    try:
        # A row of this tracker, in a file without a line of names.
        form.row(fields[:2] if form == LOOSE and len(fields) == len(OWN_COLUMNS) else fields, _LATEST, to_price)
        if form.columns == 7 and form.is_opening:  # Binance's trades have as many columns
            low, high = float(fields[3]), float(fields[2])
            return all(low <= float(fields[column]) <= high for column in (1, 4)) and float(fields[6]) >= 0
        if form.columns == 12:
            return NumberTimes(_BINANCE_TIMES).read(fields[0], _LATEST) < form.times.read(fields[6], _LATEST)
        if form.columns in (7, 8):
            return fields[form.time_column + 1].lower() in (b"true", b"false")
        return form.columns != 3 or float(fields[2]) >= 0
    except (ValueError, OverflowError):
        return False


def _may_have_decimal_commas(sample: Sequence[Sequence[bytes]]) -> bool:
    """Return whether ``1609459200,40.000,50`` may be a price of 40,000.50 in place of 50 that were traded at 40."""
    volumes_are_whole = not any(b"." in fields[2] for fields in sample)
    return volumes_are_whole and all(WHOLE.fullmatch(fields[1].decode()) for fields in sample)


def _opening_step(form: Format, sample: Sequence[Sequence[bytes]]) -> int | None:
    """Return the longest of Kraken's candle lengths that divides all steps between the candles of *sample*."""
    times = sorted({form.row(fields, _LATEST)[0] for fields in sample})
    step = reduce(gcd, (later - times[0] for later in times[1:]), 0)
    return max((length for length in _KRAKEN_LENGTHS if step % length == 0), default=None) if step else None


def _opening_to_close(sample: Sequence[Sequence[bytes]]) -> int:
    """Return the most frequent length of Binance's candles in *sample*, ms."""
    lengths = []
    for fields in sample:
        first, last = (NumberTimes(_BINANCE_TIMES, offset).read(fields[at], _LATEST) for at, offset in ((0, 0), (6, 1)))
        lengths.append(last - first)
    return max(set(lengths), key=lengths.count)


def _reason(
    lines: Sequence[bytes], iso: IsoTimes, sample: Sequence[Sequence[bytes]], to_price: Callable[[str], float]
) -> str:
    """Return why no line could be read, and what to do."""
    if not lines:
        return "it is empty"
    line = lines[0]
    time = line.split(b",")[0]
    match = ISO.fullmatch(time)
    if match and not match[2] and iso.zone is None:
        return _NO_ZONE.format(_quoted(time))
    if ROUNDED.fullmatch(time):
        return _ROUNDED.format(_quoted(time))
    for sign, name in ((b";", "';'"), (b"\t", "tabs"), (b"|", "'|'")):
        if sign in line and line.count(sign) >= line.count(b","):
            return _SEPARATORS.format(name)
    loose = [replace(LOOSE, times=times) for times in (NumberTimes(UNITS), iso)]
    grouped = [fields for fields in sample if any(_fits(form, fields, grouped_price) for form in loose)]
    if grouped and to_price is price:
        return _GROUPED.format(repr(grouped[0][1].decode()))
    if to_price is not price and any(_fits(form, fields) for form in loose for fields in sample):
        return f"its prices have no point between thousands: {_quoted(line)}; import it without --thousands"
    return f"its lines look like {_quoted(line)}; {EXPECTED}"


def _quoted(text: bytes) -> str:
    return repr(printable(text[:60].decode(errors="replace")))
