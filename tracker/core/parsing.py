"""
Numbers, price lines, rows and candles, read strictly: what is not plainly one is refused.

Python's float() would take True, "1_000", " 5 " and "infinity" for numbers, and "5 minutes"[0] is "5";
neither an exchange's answer nor a price file may.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

from tracker.core.quotes import Candle

# What anything can cost: beyond it a decimal point, a unit or an exchange is broken.
SMALLEST, LARGEST = 1e-12, 1e15
END_OF_TIME = 1e11  # epoch seconds; from there on they are milliseconds, or would not fit a float exactly as such

_DECIMAL = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBER = re.compile(_DECIMAL, re.ASCII)
_PRICE_LINE = re.compile(f"({_DECIMAL}),({_DECIMAL})", re.ASCII)
_MOST_WORDS = 10
_GENESIS = 1_231_006_505  # epoch seconds of bitcoin's first block; a candle before it has a broken time


def to_number(value: Any) -> float:
    """
    A finite float from a JSON number or from the text of one: ``95012.3``, ``"9.50123e4"``.

    Raises:
        TypeError, ValueError, OverflowError: it is neither; the message quotes it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        # Its kind, not its text: that of a whole answer, or of one nested a thousand deep, costs too much.
        raise TypeError(f"{type(value).__name__} where a number belongs")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError(f"{value[:20]!r} where a number belongs")
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{str(value)[:20]!r} where a finite number belongs")
    return found


def price(value: Any) -> float:
    """A number that something can cost. Raises like number, and ValueError for one that nothing can."""
    found = to_number(value)
    if not SMALLEST <= found <= LARGEST:
        raise ValueError(f"{str(value)[:20]!r} where a price belongs")
    return found


def price_line(line: str) -> tuple[int, float]:
    """
    Read ``timestamp,price``, without a line end, into (epoch milliseconds, price).

    This is the only definition of such a line: two numbers as in ``number`` and no blanks, the first one epoch
    seconds from 0 up to END_OF_TIME, the second one finite and above 0.

    Raises:
        ValueError: it is none; the message quotes it.
    """
    fields = _PRICE_LINE.fullmatch(line)
    if fields is not None:
        time, cost = float(fields[1]), float(fields[2])
        if 0 <= time < END_OF_TIME and 0 < cost < math.inf:
            return round(time * 1000), cost
    raise ValueError(f"{line[:60]!r}: expected epoch seconds and a price > 0, e.g. 1522800060,6049.68")


def to_list(value: Any, least: int = 0) -> list[Any]:
    """
    *value* itself: a list of rows, or a row whose fields are known by their place.

    Raises:
        TypeError, ValueError: it is no list, or has fewer than *least* items, so that one may be
            missing before those that are read. More may follow: exchanges add fields at the end.
    """
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list belongs")
    if len(value) < least:
        raise ValueError(f"{len(value)} items where {least} belong")
    return value


def refusal_text(value: Any) -> str:
    """The texts and numbers in *value*, on one line of at most 200 characters: refusals come in any shape."""
    found: list[str] = []
    rest = [value]
    while rest and len(found) < _MOST_WORDS:
        part = rest.pop()
        if isinstance(part, dict | list):
            inner = part.values() if isinstance(part, dict) else part
            rest += reversed(list(itertools.islice(inner, _MOST_WORDS)))
        elif isinstance(part, str | int | float):
            found.append(printable(str(part)[:200]))
    return ", ".join(filter(None, found))[:200] or "no reason given"


def printable(text: str, most: int = 200) -> str:
    """Foreign *text* that any terminal, page or log can show: one line, bounded, nothing that is not printable."""
    line = " ".join(text[: 4 * most].split())[:most]
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)


def page_ranges(start: int, end: int, now: int, seconds: float, most: int) -> list[tuple[int, int]]:
    """
    start..end (epoch ms) in pages of at most *most* candles of *seconds*, the newest page first.

    Each is (opening of its first candle, closing of its last) in ms. They meet without a hole; the
    newest holds the candle that is open at *now*, if *end* is not before.
    """
    length = round(seconds * 1000)
    end = min(end, now)
    if start >= end:
        return []
    oldest = max(0, start // length * length)
    edges = [*range(-(-end // length) * length, oldest, -most * length), oldest]
    return [(first, last) for last, first in itertools.pairwise(edges)]


def candle_closes(
    rows: Iterable[Any], read: Callable[[Any], tuple[float, float]], now: int, grid: float | None = None
) -> list[Candle]:
    """
    The candles in *rows* that can be read and are closed, by their close alone, oldest first.

    Args:
        read: one row to (close time in epoch seconds, close price); may raise as number does.
        now: epoch ms; a candle that closes later is still open.
        grid: seconds; candles whose close is no multiple of it have a broken time. None: any time goes.

    Raises:
        LookupError, TypeError, ValueError, AttributeError, ArithmeticError: there are rows, and none can be read.
    """
    found: dict[float, float] = {}
    ambiguous: set[float] = set()
    problem: Exception | None = None
    readable = False
    for row in rows:
        try:
            time, close = read(row)
            if not time > _GENESIS or (grid and time % grid):
                raise ValueError(f"{time!r} where a candle's time belongs")
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            problem = error
            continue
        readable = True
        if found.setdefault(time, close) != close:
            ambiguous.add(time)
    if problem is not None and not readable:
        raise problem
    closed = sorted((time, close) for time, close in found.items() if time * 1000 <= now and time not in ambiguous)
    return [Candle(round(time * 1000), close) for time, close in closed]
