"""Names and numbers to be read, as the page writes them."""

from collections.abc import Iterable

from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.wording.style import digits_apart, digits_of, duration_parts, exact, rough_parts, usual_digits
from tracker.core.number_text import MINUS, number
from tracker.render.format import currencies, numbers


class Written:
    """The style of what is read, see ``Style``."""

    def span(self, ms: int) -> str:
        """Return ``24 h``, ``1 h 30 min``."""
        return _duration(duration_parts(ms))

    def currency(self, code: str) -> str:
        """Return ``EUR``."""
        return code

    def base(self, code: str) -> str:
        """Return ``bitcoin``, ``the euro``, ``ETH``."""
        return currencies.name_in_sentence(code)

    def one(self, code: str) -> str:
        """Return ``one bitcoin``, ``one troy ounce of gold``, ``one ETH``."""
        name, _, unit = (currencies.name(code) or code).partition(", ")
        return f"one {unit} of {name}" if unit else f"one {name}"

    def share(self, value: float) -> str:
        """Return ``98 %``."""
        return numbers.share(value, 1.0)

    def limit(self, measure: Measure, value: float, quote: str) -> str:
        """Return ``15,300.00 GBP``, ``2.00 %``, ``1 min``; all digits that the rule has, and those that are usual."""
        unit = measure.word.unit
        if unit is Unit.DURATION:
            return self.span(round(value))
        if unit is Unit.RANK:
            return number(value, 0)
        precise = exact(measure, value)
        digits = max(usual_digits(measure, value), digits_of(precise))
        # Not by number(), as a float of percent may be another number.
        text = f"{MINUS if precise < 0 else ''}{abs(precise):,.{digits}f}"
        return _with_unit(text, measure, quote)

    def amount(self, measure: Measure, value: float, quote: str, limits: Iterable[float] = ()) -> str:
        """Return ``15,299.10 GBP``, ``2.31 %``, ``1 min 3 s``, with more digits where a limit is close."""
        unit, limits = measure.word.unit, tuple(limits)
        if unit is Unit.DURATION:
            return _duration(rough_parts(value, limits))
        if unit is Unit.RANK:
            return number(value, 0)
        digits = max([usual_digits(measure, value), *(digits_of(exact(measure, limit)) for limit in limits)])
        if measure.name == "coverage":
            if not digits and value not in limits:
                text = self.share(value)
                if all(text != self.limit(measure, limit, "") for limit in limits):
                    return text
            limits = (*limits, 1.0)
        digits = digits_apart(measure, value, digits, limits)
        return _with_unit(number(100 * value if unit is Unit.SHARE else value, digits), measure, quote)


def _duration(parts: list[tuple[int, str]]) -> str:
    return " ".join(f"{count:,} {unit}" for count, unit in parts)


def _with_unit(text: str, measure: Measure, quote: str) -> str:
    if measure.word.unit is Unit.SHARE:
        return text + numbers.PERCENT + (" a year" if measure.name == "realised_volatility" else "")
    currency = measure.pair[1] if measure.pair is not None else quote
    return f"{text} {currency}" if currency else text


WRITTEN = Written()
