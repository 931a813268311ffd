"""What a measure is compared with: read from what was typed, checked against its unit, and written as text."""

import re
from decimal import Decimal

from tracker.alerts.rules.typed_number import NUMBER_PATTERN, clear_text, question, read_number
from tracker.alerts.rules.vocabulary import SHORTEST_SPAN, Unit, Word
from tracker.core.durations import LONGEST, MONTHS, YEAR, duration_text, parse_duration

_NUMBER = re.compile(NUMBER_PATTERN, re.IGNORECASE)
_MULTIPLES = {"k": 1_000, "m": 1_000_000, "mio": 1_000_000, "bn": 1_000_000_000}
_TAKES = {
    Unit.PRICE: "a plain number in the market's quote currency, such as 70000",
    Unit.RATE: "a plain number, such as 1.2",
    Unit.SHARE: "a number with %, such as 2%",
    Unit.DURATION: "a number with a unit of time (ms, s, min, h, d, y), such as 60s",
    Unit.RANK: "a whole number from 1, such as 1",
}
_LONGEST_TEXT = f"{LONGEST // YEAR}y"


def read_threshold(typed: str, word: Word) -> float:
    """
    Return what *typed* means for the measure *word*: shares as pure numbers, durations in ms.

    Raises:
        ValueError: it is unclear, has the wrong unit, or the measure never has such a value.
    """
    number, suffix = split_quantity(typed)
    if word.unit is Unit.DURATION:
        value = float(_read_duration(typed, number, suffix, f"{word.written} takes {_TAKES[word.unit]}"))
    elif word.unit is Unit.SHARE:
        value = _read_share(read_number(number), suffix, word, typed)
    else:
        value = float(_read_plain(read_number(number), suffix, word, typed))
    if not word.lowest <= value <= word.highest:
        raise ValueError(f"{typed} is out of range: {_range_text(value, word)}")
    return value + 0.0  # no negative zero


def read_span(typed: str) -> int:
    """
    Return the ms of a span.

    Raises:
        ValueError: *typed* is no duration, or too short or long for a span.
    """
    number, suffix = split_quantity(typed)
    span = _read_duration(typed, number, suffix, "a span is a number with a unit (s, min, h, d, y), such as 24h")
    if span < SHORTEST_SPAN:
        raise ValueError(f"{typed} is too short; a span is from {duration_text(SHORTEST_SPAN)} to {_LONGEST_TEXT}")
    return span


def ever_holds(operator: str, value: float, word: Word) -> bool:
    """Return whether the measure *word* can be on that side of *value*, which is in its range."""
    if operator == "<":
        return value > word.lowest or not _has_least(word)
    return operator != ">" or value < word.highest or word.highest != 1


def threshold_text(value: float, unit: Unit) -> str:
    """Return *value* as ``read_threshold`` takes it."""
    if unit is Unit.SHARE:
        return f"{clear_text(Decimal(repr(value)).scaleb(2))}%"
    return duration_text(round(value)) if unit is Unit.DURATION else clear_text(value)


def split_quantity(typed: str) -> tuple[str, str]:
    """Return the number in *typed* and its unit, which may be empty."""
    number = _NUMBER.match(typed)
    return (number[0], typed[number.end() :].strip()) if number else (typed, "")


def _read_duration(typed: str, number: str, suffix: str, expected: str) -> int:
    value = read_number(number)
    if suffix == MONTHS:  # a month for many, although a unit may be typed in capitals
        raise ValueError(question(typed, [("a minute", f"{number}min"), ("a month", f"{clear_text(value * 30)}d")]))
    if not suffix:
        raise ValueError(f"{typed} has no unit; {expected}: type {number}s, {number}min or {number}h")
    try:
        parse_duration(f"1{suffix}")
    except ValueError:
        raise ValueError(f"{typed} is no duration; {expected}") from None
    try:
        return parse_duration(f"{clear_text(value)}{suffix}")
    except ValueError:
        raise ValueError(f"{typed} is out of range; a duration is from 1ms to {_LONGEST_TEXT}") from None


def _read_share(value: Decimal, suffix: str, word: Word, typed: str) -> float:
    """Return the share of a number in percent; 0 needs no unit, as it means the same with and without."""
    if suffix == "%" or (not suffix and value == 0):
        return float(value.scaleb(-2))
    if not suffix:
        readings = (value.scaleb(2), value) if abs(value) < 1 else (value, value.scaleb(2))  # the likely one first
        texts = [f"{clear_text(each)}%" for each in readings]
        meant = [text for text in texts if word.lowest <= float(Decimal(text[:-1]).scaleb(-2)) <= word.highest]
        if len(meant) == 2:
            raise ValueError(question(typed, [(text.replace("%", " %"), text) for text in texts]))
        if meant:
            raise ValueError(f"{typed} has no unit; {word.written} takes a number with %: type {meant[0]}")
    raise ValueError(f"{typed}: {word.written} takes {_TAKES[word.unit]}")


def _read_plain(value: Decimal, suffix: str, word: Word, typed: str) -> Decimal:
    """Return a number without a unit."""
    expected = f"{typed}: {word.written} takes {_TAKES[word.unit]}"
    if word.unit is Unit.RANK and (suffix or value != value.to_integral_value()):
        raise ValueError(expected)
    if suffix == "%":
        raise ValueError(f"{expected}; a share is compared by e.g. change(24h) > 5%")
    if suffix:
        has_digits = any(sign.isdigit() for sign in suffix)  # as 7o000, of which 7 is not what was meant
        hint = "" if has_digits else f": type {clear_text(value * _MULTIPLES.get(suffix.lower(), 1))}"
        raise ValueError(f"{expected}{hint}")
    return value


def _has_least(word: Word) -> bool:
    """Return whether the measure itself is at least ``word.lowest``, and what it is compared with not only so."""
    return word.lowest in (0, -1, 1) and word.unit is not Unit.DURATION


def _range_text(value: float, word: Word) -> str:
    if value < word.lowest:
        least = f"at least {threshold_text(word.lowest, word.unit)}" if _has_least(word) else "above 0"
        return f"{word.written} is {least}"
    return f"{word.written} is at most {threshold_text(word.highest, word.unit)}"
