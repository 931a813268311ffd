"""
Numbers as people type them: one that could be read two ways is refused with the question.

A point before exactly three digits separates thousands for half of the world, so ``70.000`` is no clear number,
while ``0.005`` and ``70000.5`` are.
"""

import re
from decimal import Decimal

# Lenient, so that a number in another form is refused with what to type, and not with what follows it. A comma before
# the first digit is none of the number's, but that of crosses(price,70000).
NUMBER_PATTERN = r"(?:[+\-−] *)?\.?[0-9](?:[0-9]|[.,_'’](?=[0-9])| +(?=[0-9]))*(?:e[+\-]?[0-9]+\b)?"
_CLEAR = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_TWO_WAYS = re.compile(r"([1-9][0-9]{0,2})[.,]([0-9]{3})|([1-9][0-9]*),([0-9]+)")
_EXPONENT = re.compile(r"(?:[0-9]+|[0-9]*\.[0-9]+)[eE][+-]?(?:1[0-5]|[0-9])")
_SEPARATOR = re.compile(r"[.,_'’ ]")
_GROUP = re.compile(r"[0-9]{2,3}")  # of two digits in India
_EXPECTED = "expected a number such as 70000 or 0.5"
_DIGITS = re.compile(r"[0-9.,_'’ ]*[0-9][0-9.,_'’ ]*")
_SIGNS = {"+": "", "-": "-", "\N{MINUS SIGN}": "-"}


def read_number(typed: str) -> Decimal:
    """
    Return the number that *typed* states, with or without a sign.

    Raises:
        ValueError: it could be read two ways, or is written in another form; the message says what to type.
    """
    sign, body = _split_sign(" ".join(typed.split()))
    if two_ways := _TWO_WAYS.fullmatch(body):
        whole, rest = two_ways[1] or two_ways[3], two_ways[2] or two_ways[4]
        readings = [Decimal(f"{sign}{whole}.{rest}"), Decimal(f"{sign}{whole}{rest}")]
        raise ValueError(question(typed, [(f"{each.normalize():,f}", clear_text(each)) for each in readings]))
    if _CLEAR.fullmatch(body):
        return Decimal(sign + body)
    reading = _probable_reading(body)
    if reading is None:
        raise ValueError(f"{typed} is not a number; {_EXPECTED}")
    raise ValueError(f"{typed} is not in the form of numbers here; type {clear_text(Decimal(sign + reading))}")


def question(typed: str, readings: list[tuple[str, str]]) -> str:
    """Return the question which of two *readings*, each as (what it means, what to type), is meant by *typed*."""
    (first, type_first), (second, type_second) = readings
    return f"{typed} could mean {first} or {second}; which? type {type_first} or {type_second}"


def clear_text(number: Decimal | float) -> str:
    """Return *number* without an exponent, as ``read_number`` takes it: 15.315 is ``15.3150``."""
    text = format(Decimal(repr(number)) if isinstance(number, float) else number, "f")
    if "." in text:
        text = text.rstrip("0").removesuffix(".")
    text = "0" if text == "-0" else text
    return f"{text}0" if _TWO_WAYS.fullmatch(text.removeprefix("-")) else text


def _split_sign(typed: str) -> tuple[str, str]:
    """Return ``-`` or nothing, and the rest."""
    if typed[:1] in _SIGNS:
        return _SIGNS[typed[0]], typed[1:].strip()
    return "", typed


def _probable_reading(body: str) -> str | None:
    """Return the one number that *body*, which is in no clear form, probably means; None if there is none."""
    if _EXPONENT.fullmatch(body):
        return format(Decimal(body), "f")
    if not _DIGITS.fullmatch(body):
        return None
    separators, groups = _SEPARATOR.findall(body), _SEPARATOR.split(body)
    last = separators[-1] if separators else ""
    has_decimals = last in (".", ",") and separators.count(last) == 1
    if len(separators) == 1 and has_decimals:  # .5, 00.5 or 0,5
        return f"{groups[0] or 0}.{groups[1]}"
    whole, between = (groups[:-1], separators[:-1]) if has_decimals else (groups, separators)
    is_grouped = len(set(between)) == 1 and all(map(_GROUP.fullmatch, whole[1:])) and len(whole[-1]) == 3
    if not whole[0] or (between and not is_grouped):
        return None
    return "".join(whole) + (f".{groups[-1]}" if has_decimals else "")
