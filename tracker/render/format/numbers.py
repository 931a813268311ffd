"""
Numbers as text: only meaningful digits, a true minus sign, a narrow space before % that never breaks.

Imports only core, markupsafe and plain standard library. The results are plain text, except ``aligned_html`` (Markup).
"""

import math

from markupsafe import Markup

from tracker.core.number_text import MINUS as MINUS
from tracker.core.number_text import NO_VALUE as NO_VALUE
from tracker.core.number_text import decimals as decimals
from tracker.core.number_text import number as number
from tracker.core.number_text import price as price
from tracker.render.format.templating import Fragment

PERCENT = "\N{NARROW NO-BREAK SPACE}%"
MAX_FRACTION = 6  # characters; a longer fraction is not aligned, as it would push the others out
_DIGIT, _SEPARATOR = 0.62, 0.31  # em; the widest that a font of the page has


def percent(value: float, digits: int = 2) -> str:
    """Return ``0.70 %``; *value* is in percent already."""
    return number(value, digits) + PERCENT if math.isfinite(value) else NO_VALUE


def fine_percent(value: float) -> str:
    """Return ``1.43 %``, below 1 % with three significant digits (``0.0512 %``, at most four decimals)."""
    small = 0 < abs(value) < 0.9995
    return percent(value, min(4, 2 - math.floor(math.log10(abs(value)))) if small else 2)


def share(part: float, whole: float) -> str:
    """Return ``93 %`` of *whole*; 0 % and 100 % only if exact."""
    value = 100 * part / whole if whole else math.nan
    if 0 < value < 1:
        return f"<1{PERCENT}"
    # 99.9 % must not be rounded to 100 %.
    return percent(100.0 if value >= 100 else min(99.0, round(value)), 0)


def signed_percent(value: float) -> str:
    """Return ``+1.07 %``, ``−0.50 %`` or ``0.00 %``; *value* is in percent already."""
    return plus_sign(value) + percent(value)


def plus_sign(value: float) -> str:
    """Return ``+`` if *value* is above zero after rounding to two decimals, else ``""``."""
    return "+" if math.isfinite(value) and round(value, 2) > 0 else ""


def direction(value: float) -> str:
    """Return ``up``, ``down`` or ``flat``, after rounding to two decimals."""
    shown = round(value, 2) if math.isfinite(value) else 0.0
    return "up" if shown > 0 else "down" if shown < 0 else "flat"


def level_text(level: float) -> str:
    """Return a price that somebody typed, without decimals that are zeros: ``17,600``, ``1.0525``."""
    text = price(level)
    return text.rstrip("0").rstrip(".") if "." in text else text


def significant(value: float, digits: int = 4) -> str:
    """Return *value* with *digits* significant digits, without an exponent: ``123.8``, ``2,712``, ``0.01234``."""
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return number(round(value, places), max(0, places))


def text_width(text: str) -> float:
    """Return an upper estimate of the width of a number, in em."""
    separators = sum(text.count(char) for char in ",. ")
    return _DIGIT * (len(text) - separators) + _SEPARATOR * separators


def fraction_width(text: str) -> int:
    """Return the characters from the decimal point on, the point included; 0 without a point."""
    return len(text) - text.index(".") if "." in text else 0


def aligned_width(text: str, fraction: int) -> float:
    """Return the estimated width of aligned_html(text) in em, if the fractions' box has *fraction* characters."""
    whole = text[: len(text) - fraction_width(text)]
    return text_width(whole) + max(text_width(text) - text_width(whole), text_width("." + (fraction - 1) * "0"))


_ALIGNED = Fragment('<span class="bt-decimal">{}<i>{}{}</i></span>')


def aligned_html(text: str) -> Markup:
    """Return HTML of *text* with its fraction in a box, so that a column aligns at the decimal point."""
    whole, point, fraction = text.partition(".")
    return _ALIGNED.format(whole, point, fraction)


def round_ticks(low: float, high: float, limit: int) -> list[float]:
    """
    Return at most *limit* round values from *low* to *high*, in steps of 1, 2, 2.5 or 5 times a power of ten.

    If that would leave a single value, ``limit + 1`` values are returned: one label alone shows no scale.
    """
    if not high > low:
        return []
    finer: list[float] = []
    power = 10.0 ** math.floor(math.log10((high - low) / (limit + 1)))
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50):
        step = power * factor
        first, last = math.ceil(low / step), math.floor(high / step)
        values = [count * step for count in range(first, last + 1)]
        if len(values) <= limit:
            return finer if len(values) < 2 and len(finer) == limit + 1 else values
        finer = values
    return []


def tick_text(value: float, step: float) -> str:
    """Return the label of a tick, with the decimals that its *step* needs."""
    least = max(0, -math.floor(math.log10(step * (1 + 1e-6))))  # one more for a step of 2.5
    digits = least if math.isclose(step, round(step, least), rel_tol=1e-6) else least + 1
    return number(value, digits)
