"""
Notices prices with a point between thousands: ``52.000`` after ``999`` is fifty-two thousand, and would be read as 52.

A file in which a price is a thousand times off its neighbour is not read at all until the user has answered.
"""

import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tracker.core.parsing import plain_decimal, price
from tracker.core.ticks import Ticks

POINT, NONE = ".", "none"  # the answers: a point separates thousands, or it does not
ANSWERS = (POINT, NONE)

_SUSPECT = 10.0  # times off its neighbour, from which a price of the form 52.000 is in question
_IMPOSSIBLE = 300.0  # times off, from which any price is
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
_SEVERAL = re.compile(r"\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
_WHOLE = re.compile(r"\d{1,3}(?:\.\d{3})*|\d+", re.ASCII)


class DoubtfulPriceError(Exception):
    """A price that may have a point between thousands; the message names it, and asks."""


def grouped_price(text: str) -> float:
    """Return 52000.0 for ``52.000``. Raises ValueError for a price that has other points, or is impossible."""
    if not _WHOLE.fullmatch(text):
        raise ValueError
    return price(text.replace(".", ""))


def ask_if_grouped(line: int, text: str) -> None:
    """Raise DoubtfulPriceError if the price *text* of *line* is a number only if points separate its thousands."""
    if _SEVERAL.fullmatch(text):
        raise DoubtfulPriceError(f"line {line}: {text!r}{_question(text)}")


def _question(text: str) -> str:
    """Return what to ask about the price *text*."""
    if not _GROUPED.fullmatch(text):
        return f"; correct or remove that line, or if it is right, type --thousands {NONE}"
    number = f"{int(text.replace('.', '')):,}"
    return f": is it {number}? Then type --thousands {POINT}; if its point is a decimal point, type --thousands {NONE}"


def check_stored(rows: Ticks, stored: Ticks) -> None:
    """
    Compare *rows* with *stored* rows of the same time: in a file, all prices may have a point between thousands.

    Raises:
        DoubtfulPriceError: they are about a thousand times apart.
    """
    if not (len(rows) and len(stored)):
        return
    price_read, price_stored = float(np.median(rows.price)), float(np.median(stored.price))
    if max(price_read / price_stored, price_stored / price_read) >= _IMPOSSIBLE:
        raise DoubtfulPriceError(
            f"prices such as {plain_decimal(price_read)} beside the stored {plain_decimal(price_stored)}: do their "
            f"points separate thousands? Then type --thousands {POINT}; if they are right, type --thousands {NONE}"
        )


class NeighbourCheck:
    """Compares each price of a file with the one before it, in the file's order."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._last_text = ""

    def check(self, prices: NDArray[np.float64], text_of: Callable[[int], tuple[int, str]]) -> None:
        """
        Check the next prices of the file.

        Args:
            prices: those, above 0.
            text_of: returns the line number and the text of the price of an index.

        Raises:
            DoubtfulPriceError: one is a thousand times off.
        """
        if not len(prices):
            return
        before = np.concatenate(([prices[0] if self._last is None else self._last], prices[:-1]))
        factors = np.maximum(prices / before, before / prices)
        for index in np.flatnonzero(factors >= _SUSPECT).tolist():
            line, text = text_of(index)
            line_before, text_before = text_of(index - 1) if index else (line - 1, self._last_text)
            lower = (line, text, text_before) if prices[index] < before[index] else (line_before, text_before, text)
            if factors[index] >= _IMPOSSIBLE or _GROUPED.fullmatch(lower[1]):
                raise DoubtfulPriceError(f"line {lower[0]}: {lower[1]!r} beside {lower[2]}{_question(lower[1])}")
        self._last = float(prices[-1])
        self._last_text = plain_decimal(self._last)
