"""Names and numbers to be spoken: letters, digits and plain punctuation, with every unit as a word."""

import re
from collections.abc import Iterable
from decimal import Decimal

from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.wording.style import digits_apart, digits_of, duration_parts, exact, rough_parts, usual_digits
from tracker.render.format import currencies

_UNITS = {"y": "year", "d": "day", "h": "hour", "min": "minute", "s": "second", "ms": "millisecond"}
_ALIKE = ("yen", "yuan", "won", "baht", "rand", "dong", "Tether", "Coin")  # in singular and plural
_PLURALS = {"pound sterling": "pounds sterling", "Danish krone": "Danish kroner", "Norwegian krone": "Norwegian kroner"}
_PLURALS |= {"Swedish krona": "Swedish kronor"}
_NOT_SPOKEN = re.compile(r"[\W_]+")


class Spoken:
    """The style of what is spoken, see ``Style``."""

    def span(self, ms: int) -> str:
        """Return ``24 hours``, ``1 hour 30 minutes``."""
        return _duration(duration_parts(ms))

    def currency(self, code: str) -> str:
        """Return ``euros``."""
        return _plural(code)

    def base(self, code: str) -> str:
        """Return ``bitcoin``, ``the euro``, ``E T H``."""
        return currencies.name_in_sentence(code) if code in currencies.NAMES else _spelt(code)

    def one(self, code: str) -> str:
        """Return ``one bitcoin``, ``one E T H``."""
        name, _, unit = (currencies.name(code) or _spelt(code)).partition(", ")
        return f"one {unit} of {name}" if unit else f"one {name}"

    def share(self, value: float) -> str:
        """Return ``98 percent``."""
        if 0 < value < 0.01:
            return "less than 1 percent"
        return f"{100 if value >= 1 else min(99, round(100 * value))} percent"

    def limit(self, measure: Measure, value: float, quote: str) -> str:
        """Return ``15300 pounds sterling``, ``2 percent``."""
        if measure.word.unit is Unit.DURATION:
            return self.span(round(value))
        return _with_unit(exact(measure, value), measure, quote)

    def amount(self, measure: Measure, value: float, quote: str, limits: Iterable[float] = ()) -> str:
        """Return ``15299 pounds sterling``, ``2 point 3 percent``: fewer digits than are written."""
        unit, limits = measure.word.unit, tuple(limits)
        if unit is Unit.DURATION:
            return _duration(rough_parts(value, limits))
        if unit is Unit.RANK:
            return _with_unit(Decimal(round(value)), measure, quote)
        usual = usual_digits(measure, value)
        fewer = 0 if usual <= 2 and unit is not Unit.SHARE else max(0, usual - 1)
        digits = max([fewer, *(min(usual, digits_of(exact(measure, limit))) for limit in limits)])
        digits = digits_apart(measure, value, digits, (*limits, 1.0) if measure.name == "coverage" else limits)
        scaled = 100 * value if unit is Unit.SHARE else value
        return _with_unit(Decimal(f"{scaled:.{digits}f}"), measure, quote)


def spoken_name(text: str) -> str:
    """Return a name that users chose, such as that of a rule, without its signs; empty if nothing is left."""
    return _NOT_SPOKEN.sub(" ", text).strip()


def _duration(parts: list[tuple[int, str]]) -> str:
    return " ".join(f"{count} {_UNITS[unit]}{'' if count == 1 else 's'}" for count, unit in parts)


def _with_unit(value: Decimal, measure: Measure, quote: str) -> str:
    text = _number(value)
    if measure.word.unit is Unit.SHARE:
        return f"{text} percent{' a year' if measure.name == 'realised_volatility' else ''}"
    currency = measure.pair[1] if measure.pair is not None else quote if measure.word.unit is Unit.PRICE else ""
    if not currency:
        return text
    return f"{text} {_singular(currency) if text == '1' else _plural(currency)}"


def _number(value: Decimal) -> str:
    """Return ``minus 2 point 3 1``: digits after a point are spoken one by one."""
    whole, _, fraction = format(value.normalize() if value else Decimal(0), "f").partition(".")
    words = ["minus", whole[1:]] if whole.startswith("-") else [whole]
    return " ".join([*words, "point", *fraction] if fraction else words)


def _singular(code: str) -> str:
    name, _, unit = currencies.name(code).partition(", ")
    return f"{unit} of {name}" if unit else name or _spelt(code)


def _plural(code: str) -> str:
    name, _, unit = currencies.name(code).partition(", ")
    if unit:
        return f"{unit}s of {name}"
    if not name:
        return _spelt(code)
    return _PLURALS.get(name) or (name if name.endswith(_ALIKE) or code == "BTC" else f"{name}s")


def _spelt(code: str) -> str:
    return " ".join(code)


SPOKEN = Spoken()
