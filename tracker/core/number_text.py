"""
Numbers as text, in the one form that pages, files, commands and logs share: ``92,349.90``.

Imports only plain standard library.
"""

import math

MINUS = "\N{MINUS SIGN}"
NO_VALUE = "–"  # in place of a number that is not finite


def decimals(price: float) -> int:
    """Return the decimals of a price of this size: 0 for 10,250,000 JPY, 2 for 17,768.50 EUR."""
    for floor, digits in ((100_000, 0), (1_000, 2), (10, 3), (1, 4)):
        if price >= floor:
            return digits
    return 4 - math.floor(math.log10(price)) if price > 0 else 0


def number(value: float, digits: int) -> str:
    """Return *value* grouped with commas; a zero has no sign, even if rounded from a negative number."""
    if not math.isfinite(value):
        return NO_VALUE
    text = f"{abs(value):,.{digits}f}"
    negative = value < 0 and any(char in "123456789" for char in text)
    return MINUS + text if negative else text


def price(value: float) -> str:
    """Return a price with the decimals of its size."""
    return number(value, decimals(value)) if math.isfinite(value) else NO_VALUE
