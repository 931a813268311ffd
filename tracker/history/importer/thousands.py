"""
Notices prices with a point between thousands: ``52.000`` after ``999`` is fifty-two thousand, and would be read as 52.

A file in which a price is a thousand times off its neighbour is not read at all until the user has answered. The
neighbour may be in another file: the former app began one every hour.
"""

import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.durations import DAY
from tracker.core.parsing import plain_decimal, price
from tracker.core.ticks import Ticks

POINT, NONE = ".", "none"  # the answers: a point separates thousands, or it does not
ANSWERS = (POINT, NONE)

_SUSPECT = 10.0  # times off its neighbour, from which a price of the form 52.000 is in question
_IMPOSSIBLE = 300.0  # times off, from which any price is
_GROUPED = re.compile(r"\d{1,3}(?:\.\d{3})+", re.ASCII)
_SEVERAL = re.compile(r"\d{1,3}(?:\.\d{3}){2,}", re.ASCII)
WHOLE = re.compile(r"\d{1,3}(?:\.\d{3})*|\d+", re.ASCII)


class DoubtfulPriceError(Exception):
    """A price that may have a point between thousands; the message names it, and asks."""


def grouped_price(text: str) -> float:
    """Return 52000.0 for ``52.000``. Raises ValueError for a price that has other points, or is impossible."""
    if not WHOLE.fullmatch(text):
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


class PriceText(NamedTuple):
    """A price as it stands in a file."""

    line: int
    text: str
    price: float
    time: int  # epoch ms


class NeighbourCheck:
    """Compares each price of a file with the one before it, in the file's order."""

    def __init__(self) -> None:
        self._first: PriceText | None = None
        self._last_price = 0.0
        self._last: Callable[[], PriceText] | None = None  # not called without need: it searches the text

    def ends(self) -> list[PriceText]:
        """Return the first and the last price of the file; none if it has no price."""
        return [] if self._first is None or self._last is None else [self._first, self._last()]

    def check(
        self, times: NDArray[np.int64], prices: NDArray[np.float64], text_of: Callable[[int], tuple[int, str]]
    ) -> None:
        """
        Check the next prices of the file.

        Args:
            times: of the prices, epoch ms.
            prices: those, above 0.
            text_of: returns the line number and the text of the price of an index; kept until the next call.

        Raises:
            DoubtfulPriceError: one is a thousand times off.
        """
        if not len(prices):
            return

        def read(index: int) -> PriceText:
            return PriceText(*text_of(index), float(prices[index]), int(times[index]))

        before = np.concatenate(([self._last_price or prices[0]], prices[:-1]))
        factors = np.maximum(prices / before, before / prices)
        for index in np.flatnonzero(factors >= _SUSPECT).tolist():
            lower, higher = _by_price(read(index - 1) if index or self._last is None else self._last(), read(index))
            if factors[index] >= _IMPOSSIBLE or _GROUPED.fullmatch(lower.text):
                raise DoubtfulPriceError(
                    f"line {lower.line}: {lower.text!r} beside {higher.text}{_question(lower.text)}"
                )
        self._first = self._first or read(0)
        self._last_price = float(prices[-1])
        self._last = lambda: read(len(prices) - 1)


def check_files(ends: Iterable[tuple[Path, PriceText]]) -> None:
    """
    Compare prices where a file of a market continues another, as those of the former app do every hour.

    Args:
        ends: first and last price of each file, with its path.

    Raises:
        DoubtfulPriceError: one may have a point between thousands.
    """
    for one, other in itertools.pairwise(sorted(ends, key=lambda end: end[1].time)):
        (path, lower), (other_path, higher) = sorted((one, other), key=lambda end: end[1].price)
        is_near = abs(higher.time - lower.time) <= DAY
        if is_near and higher.price >= _SUSPECT * lower.price and _GROUPED.fullmatch(lower.text):
            raise DoubtfulPriceError(
                f"{path}, line {lower.line}: {lower.text!r} beside {higher.text} in {other_path.name}"
                f"{_question(lower.text)}"
            )


def _by_price(one: PriceText, other: PriceText) -> tuple[PriceText, PriceText]:
    return (one, other) if one.price <= other.price else (other, one)
