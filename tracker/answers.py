"""
Numbers and candles as exchanges write them, read strictly: what is not plainly one is refused.

Python's float() would take True, "1_000", " 5 " and "infinity" for numbers; a price file must not.
Imports only plain standard library.
"""

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

# What anything can cost: beyond it a decimal point, a unit or an exchange is broken.
SMALLEST, LARGEST = 1e-12, 1e15

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_GENESIS = 1_231_006_505  # epoch seconds of bitcoin's first block; a candle before it has a broken time


def number(value: Any) -> float:
    """
    A finite float from a JSON number or from the text of one: ``95012.3``, ``"9.50123e4"``.

    Raises:
        TypeError, ValueError, OverflowError: it is neither; the message quotes it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(f"{str(value)[:20]!r} where a number belongs")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError(f"{value[:20]!r} where a number belongs")
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(f"{str(value)[:20]!r} where a finite number belongs")
    return found


def price(value: Any) -> float:
    """A number that something can cost. Raises like number, and ValueError for one that nothing can."""
    found = number(value)
    if not SMALLEST <= found <= LARGEST:
        raise ValueError(f"{str(value)[:20]!r} where a price belongs")
    return found


def closes(
    rows: Iterable[Any], read: Callable[[Any], tuple[float, float]], now: int, grid: float | None = None
) -> list[tuple[float, float]]:
    """
    (close time, close price) of the candles in *rows* that can be read and are closed, oldest first.

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
    return sorted((time, close) for time, close in found.items() if time * 1000 <= now and time not in ambiguous)
