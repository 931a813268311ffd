"""What differs between words that are read and words that are spoken, and how exact their numbers are."""

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.vocabulary import Unit
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND, YEAR
from tracker.core.number_text import decimals
from tracker.render.format.time_text import rough_duration

UNITS = {"y": YEAR, "d": DAY, "h": HOUR, "min": MINUTE, "s": SECOND, "ms": 1}
_MOST_OF_ONE = {"h": 240, "min": 240, "s": 300, "ms": SECOND}  # of a unit, until larger ones are written beside it
_MOST_DIGITS = 9  # after the point; numbers that are yet closer to each other look equal
_WHOLE_PERCENT = ("coverage", "realised_volatility")


class Style(Protocol):
    """How names and numbers are put. ``quote`` is the currency that is written with a price; empty for none."""

    def span(self, ms: int) -> str:
        """Return a length of time, exactly."""

    def currency(self, code: str) -> str:
        """Return the currency of a price, as after "in"."""

    def base(self, code: str) -> str:
        """Return the name of what is priced."""

    def one(self, code: str) -> str:
        """Return one unit of what is priced: ``one bitcoin``."""

    def share(self, value: float) -> str:
        """Return a share of time, 0 to 1; 100 % only if it is all of it."""

    def limit(self, measure: Measure, value: float, quote: str) -> str:
        """Return a number that a rule names, with all its digits."""

    def amount(self, measure: Measure, value: float, quote: str, limits: Iterable[float] = ()) -> str:
        """Return a number that *measure* read, rounded; it looks equal to one of *limits* only if it is."""


def duration_parts(ms: int) -> list[tuple[int, str]]:
    """Return a length of time in the largest unit that divides it, if that is no long number; else in several."""
    for unit, size in UNITS.items():
        count, rest = divmod(ms, size)
        if count and not rest and count <= _MOST_OF_ONE.get(unit, count) and (unit, count) != ("d", 1):
            return [(count, unit)]
    parts = []
    for unit, size in UNITS.items():
        count, ms = divmod(ms, size)
        parts += [(count, unit)] if count else []
    return parts or [(0, "s")]


def rough_parts(ms: float, limits: Iterable[float] = ()) -> list[tuple[int, str]]:
    """Return a length of time in its two largest units; exactly where it would look like one of *limits*."""
    text = rough_duration(ms)
    if any(ms != limit and text == rough_duration(limit) for limit in limits):
        return duration_parts(round(ms))
    words = text.split(" ")
    return [(int(count), unit) for count, unit in zip(words[::2], words[1::2], strict=True)]


def exact(measure: Measure, value: float) -> Decimal:
    """Return a number that a rule names, in percent where it is a share, without the noise of a product."""
    number = Decimal(repr(value))
    return number.scaleb(2) if measure.word.unit is Unit.SHARE else number


def digits_of(number: Decimal) -> int:
    """Return how many digits after the point *number* has."""
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def usual_digits(measure: Measure, value: float) -> int:
    """Return how many digits after the point a number of this size has on the page."""
    size = abs(value)
    if measure.word.unit is Unit.SHARE:
        if measure.name in _WHOLE_PERCENT:
            return 0
        is_small = measure.name != "change" and 0 < size < 0.009995
        return min(4, -math.floor(math.log10(size))) if is_small else 2
    if measure.name == "standard_deviation":
        return max(0, 3 - math.floor(math.log10(size))) if size else 0
    return decimals(size) if size else 0


def digits_apart(measure: Measure, value: float, digits: int, others: Iterable[float]) -> int:
    """Return *digits*, or as many more as it takes until *value* looks different from each of *others* that it is."""
    shift = 2 if measure.word.unit is Unit.SHARE else 0
    for other in others:
        for more in range(digits, max(digits, _MOST_DIGITS) + 1):
            if value == other or f"{value:.{more + shift}f}" != f"{other:.{more + shift}f}":
                digits = more
                break
    return digits
