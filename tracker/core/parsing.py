"""
Strict readers of numbers, price lines, rows and candles.

Python's float() takes True, "1_000", " 5 " and "infinity" for numbers, and "5 minutes"[0] is "5";
neither is valid in an exchange's answer or a price file.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from tracker.core.address_mask import mask_addresses
from tracker.core.quotes import Candle, CandlePage

# The possible new prices: others come from a wrong decimal point, a wrong unit or a broken exchange.
SMALLEST, LARGEST = 1e-12, 1e15
END_OF_TIME = 1e11  # epoch seconds; from there on they are milliseconds, or would not fit a float exactly as such

_DECIMAL = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(_DECIMAL, re.ASCII)
_STAMP = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"  # without an exponent: 1.63561E+09, as spreadsheets write it, lost its seconds
_PRICE_LINE = re.compile(f"({_STAMP}),({_DECIMAL})", re.ASCII)
_MAX_WORDS = 10
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)  # what broken rows raise
GENESIS = 1_231_006_505_000  # epoch ms of bitcoin's first block; no price is older


def to_number(value: Any) -> float:
    """
    Return a finite float from a JSON number or from the text of one: ``95012.3``, ``"9.50123e4"``.

    Raises:
        TypeError: *value* is of another type.
        ValueError: it is no number, or not finite; the message quotes it.
        OverflowError: it is an integer too large for a float.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        # The type only: the text of a whole or deeply nested answer costs too much.
        raise TypeError(f"{type(value).__name__} where a number belongs")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError(f"{value[:20]!r} where a number belongs")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{str(value)[:20]!r} where a finite number belongs")
    return number


def price(value: Any) -> float:
    """
    Return a new price, from an exchange, an imported file or a recording, if it is possible.

    Stored rows are not checked again, so that they stay readable.

    Raises:
        ValueError: it is outside of SMALLEST to LARGEST; and as to_number does.
    """
    number = to_number(value)
    if not SMALLEST <= number <= LARGEST:
        raise ValueError(f"{str(value)[:20]!r} where a price from {SMALLEST:g} to {LARGEST:g} belongs")
    return number


def price_line(line: str) -> tuple[int, float]:
    """
    Read ``timestamp,price``, without a line end, into (epoch milliseconds, price).

    This is the form of such a line in stored rows, imported files and recordings: two numbers as in ``to_number``
    and no blanks; the first is epoch seconds from 0 up to END_OF_TIME without an exponent, the second is finite and
    above 0. The readers of imported files and recordings also check by ``price`` that a price is possible.

    Raises:
        ValueError: *line* has another form; the message quotes it.
    """
    fields = _PRICE_LINE.fullmatch(line)
    if fields is not None:
        time, cost = float(fields[1]), float(fields[2])
        if 0 <= time < END_OF_TIME and 0 < cost < math.inf:
            return round(time * 1000), cost
    raise ValueError(f"{line[:60]!r}: expected epoch seconds and a price > 0, e.g. 1522800060,6049.68")


def seconds_text(milliseconds: int) -> str:
    """Return *milliseconds* as files have them, in seconds with up to three decimals: ``1522800060.5``."""
    return repr(milliseconds / 1000).removesuffix(".0")


def plain_decimal(number: float) -> str:
    """Return *number* without an exponent, ``0.0000081``, in the fewest digits that read back to the same float."""
    text = repr(number)
    return format(Decimal(text), "f") if "e" in text else text


def to_list(value: Any, least: int = 0) -> list[Any]:
    """
    Return *value* if it is a list: of rows, or of a row's fields.

    Raises:
        TypeError: it is no list.
        ValueError: it has fewer than *least* items. More are fine: exchanges add fields at the end.
    """
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list belongs")
    if len(value) < least:
        raise ValueError(f"{len(value)} items where {least} belong")
    return value


def refusal_text(value: Any) -> str:
    """Return the texts and numbers in *value*, of any shape, as one line of at most 200 characters."""
    words: list[str] = []
    rest = [value]
    while rest and len(words) < _MAX_WORDS:
        part = rest.pop()
        if isinstance(part, dict | list):
            inner = part.values() if isinstance(part, dict) else part
            rest += reversed(list(itertools.islice(inner, _MAX_WORDS)))
        elif isinstance(part, str | int | float):
            words.append(printable(str(part)))
    return ", ".join(filter(None, words))[:200] or "no reason given"


def printable(text: str, most: int = 200) -> str:
    """
    Return foreign *text* as one line of at most *most* printable characters, for a terminal, page or log.

    IP addresses are masked: an exchange that refuses a request quotes the address that it came from.
    """
    line = " ".join(mask_addresses(text[: 4 * most]).split())[:most]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def page_ranges(start: int, end: int, now: int, seconds: float, most: int) -> list[tuple[int, int]]:
    """
    Split start..end (epoch ms) into pages of at most *most* candles of *seconds*, the newest page first.

    Each is (opening of its first candle, closing of its last) in ms. Each begins where the next older one
    ends; the newest holds the candle that is open at *now*, unless *end* is before.
    """
    length = round(seconds * 1000)
    end = min(end, now)
    if start >= end:
        return []
    oldest = max(0, start // length * length)
    edges = [*range(-(-end // length) * length, oldest, -most * length), oldest]
    return [(first, last) for last, first in itertools.pairwise(edges)]


def closed_candles(rows: Iterable[Any], read: Callable[[Any], tuple[Any, ...]], now: int) -> CandlePage:
    """
    Return the readable, closed candles in *rows*, oldest first; the others are counted.

    Two rows for one time with different closes contradict each other, and neither is returned. A time need not be
    on the minute: after an outage, exchanges have had candles that opened some seconds late. A first, low or high that
    cannot be costs no close: the candle is returned without any of the three, see ``possible_values``.

    Args:
        rows: as the exchange sent them.
        read: returns (close time in epoch seconds, close price) of a row, as numbers, and after them what the row has
            for first, low and high, as it is, None for none; may raise as to_number does.
        now: epoch ms; a candle that closes later is still open.

    Raises:
        LookupError, TypeError, ValueError, AttributeError, ArithmeticError: there are rows, and none can be read.
    """
    candles: dict[float, Candle] = {}
    ambiguous: set[float] = set()
    problem: Exception | None = None
    unreadable = 0
    for row in rows:
        try:
            time, close, *values = read(row)
            if not (time * 1000 > GENESIS and time < END_OF_TIME):
                raise ValueError(f"{time!r} where a candle's time belongs")
        except UNREADABLE as error:
            problem = error
            unreadable += 1
            continue
        candle = Candle(round(time * 1000), close, *possible_values(close, *values))
        before = candles.setdefault(time, candle)
        if before.close != close:
            ambiguous.add(time)
        elif before != candle:
            candles[time] = Candle(candle.close_time, close)
    if problem is not None and not candles:
        raise problem
    closed = [candles[time] for time in sorted(candles) if time * 1000 <= now and time not in ambiguous]
    return CandlePage(closed, unreadable + len(ambiguous))


def possible_values(close: float, first: Any = None, low: Any = None, high: Any = None) -> tuple[float | None, ...]:
    """
    Return first, low and high of a candle, None for those that are None; all None if one cannot be.

    Each has to be a possible price, no low above the first price or the close, and no high below.
    """
    try:
        values = tuple(None if value is None else price(value) for value in (first, low, high))
    except UNREADABLE:
        return None, None, None
    ends = [close] if values[0] is None else [close, values[0]]
    if (values[1] is not None and values[1] > min(ends)) or (values[2] is not None and values[2] < max(ends)):
        return None, None, None
    return values
