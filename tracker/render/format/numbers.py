"""
How numbers are written: never more digits than say something, a true minus, a thin space before %.

Imports only plain standard library; everything here is text that needs no escaping.
"""

import math

MINUS = "\N{MINUS SIGN}"
PERCENT = "\N{THIN SPACE}%"
NO_VALUE = "–"  # in place of a number that cannot be told


def decimals(price: float) -> int:
    """How many decimals a price of this size gets: 0 for 10,250,000 JPY, 2 for 17,768.50 EUR."""
    for floor, digits in ((100_000, 0), (1_000, 2), (10, 3), (1, 4)):
        if price >= floor:
            return digits
    return 4 - math.floor(math.log10(price)) if price > 0 else 0


def number(value: float, digits: int) -> str:
    """*value* grouped with commas; a zero has no sign, also one that only rounding made."""
    if not math.isfinite(value):
        return NO_VALUE
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(char in "123456789" for char in text)
    return MINUS + text if negative else text


def price(value: float) -> str:
    """A price with the decimals of its size."""
    return number(value, decimals(value)) if math.isfinite(value) else NO_VALUE


def percent(value: float, digits: int = 2) -> str:
    """``0.70 %``; *value* is in percent already."""
    return number(value, digits) + PERCENT if math.isfinite(value) else NO_VALUE


def signed_percent(value: float) -> str:
    """``+1.07 %``, ``−0.50 %``, ``0.00 %``; *value* is in percent already."""
    return plus_sign(value) + percent(value)


def plus_sign(value: float) -> str:
    """``+`` before a number that is above zero as it is shown, with two decimals."""
    return "+" if math.isfinite(value) and round(value, 2) > 0 else ""


def direction(value: float) -> str:
    """``up``, ``down`` or ``flat``, after the rounding that the reader sees."""
    shown = round(value, 2) if math.isfinite(value) else 0.0
    return "up" if shown > 0 else "down" if shown < 0 else "flat"


def significant(value: float, digits: int = 4) -> str:
    """*value* with so many significant digits, never in powers of ten: ``123.8``, ``2,712``, ``0.01234``."""
    if not math.isfinite(value) or value == 0:
        return number(value, 0)
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return number(round(value, places), max(0, places))


def fraction_width(text: str) -> int:
    """How many characters follow the decimal point, the point included; 0 if there is none."""
    return len(text) - text.index(".") if "." in text else 0


def aligned_html(text: str) -> str:
    """HTML of *text* whose fraction stands in a box of its own, so that a column aligns at the point."""
    whole, point, fraction = text.partition(".")
    return f'<span class="bt-decimal">{whole}<i>{point}{fraction}</i></span>'


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """
    Round values from *low* to *high*, 1-2-2.5-5 steps apart, at most *most* of them.

    One more rather than only one: a scale that names a single value cannot be read.
    """
    if not high > low:
        return []
    finer: list[float] = []
    power = 10.0 ** math.floor(math.log10((high - low) / (most + 1)))
    for step in (power * each for each in (1, 2, 2.5, 5, 10, 20, 25, 50)):
        first, last = math.ceil(low / step), math.floor(high / step)
        found = [count * step for count in range(first, last + 1)]
        if len(found) <= most:
            return finer if len(found) < 2 and len(finer) == most + 1 else found
        finer = found
    return []


def tick_text(value: float, step: float) -> str:
    """A tick's label with just the decimals that its *step* needs."""
    digits = next((count for count in range(9) if math.isclose(step, round(step, count), rel_tol=1e-9)), 9)
    return number(value, digits)
