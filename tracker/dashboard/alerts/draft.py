"""A rule while it is written in the page's form: its fields as typed, and what they mean."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from tracker.alerts.rules.expression import And, Comparison, Expression, Measure, Or
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rule_error import RuleTextError
from tracker.alerts.rules.threshold import read_threshold, threshold_text
from tracker.alerts.rules.vocabulary import WORDS, Unit
from tracker.core.durations import HOUR, duration_text, parse_duration
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import More
from tracker.render.format import numbers, time_text
from tracker.runtime.rule_settings import RuleSettings

OWN = "own"  # a condition that is typed as a whole
EVERY = "*"  # all markets that are collected, later ones included
_MINUS = "-\N{MINUS SIGN}"
_AS_ON_THE_PAGE = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Kind:
    """
    What the form can tell about without a condition being typed.

    Attributes:
        label: completes "Tell me when".
        measure: a key of WORDS.
        operator: compares it with the typed number, of which *sign* is -1 for a fall.
        both_ways: whether the opposite counts, too.
        name: of a rule without a name of its own, after that of its market.
        example: shown in the empty field.
    """

    label: str
    measure: str
    operator: str
    name: str
    example: str
    sign: int = 1
    both_ways: bool = False

    @property
    def unit(self) -> Unit:
        """What the typed number is."""
        return WORDS[self.measure].unit

    @property
    def has_span(self) -> bool:
        """Whether it is measured over a span."""
        return WORDS[self.measure].argument == "span"

    def expression(self, threshold: float, span: int) -> Expression:
        """Return the condition."""
        measure = Measure(self.measure, span if self.has_span else None)
        condition = Comparison(measure, self.operator, self.sign * threshold)
        if not self.both_ways:
            return condition
        opposite = "<" if self.operator == ">" else ">"
        return Or((condition, Comparison(measure, opposite, -self.sign * threshold)))


KINDS: dict[str, Kind] = {
    "below": Kind("price falls below", "last_price", "<", "below {value}", ""),
    "above": Kind("price rises above", "last_price", ">", "above {value}", ""),
    "falls": Kind("price falls by", "change", "<", "falls {value} within {span}", "2%", sign=-1),
    "rises": Kind("price rises by", "change", ">", "rises {value} within {span}", "2%"),
    "moves": Kind("price moves by", "change", ">", "moves {value} within {span}", "2%", both_ways=True),
    "spread": Kind("relative std exceeds", "relative_standard_deviation", ">", "strays {value} within {span}", "1%"),
    "volatility": Kind("volatility exceeds", "realised_volatility", ">", "volatility above {value} over {span}", "80%"),
    "drawdown": Kind("drawdown exceeds", "drawdown", ">", "drawdown of {value} within {span}", "5%"),
    "silent": Kind("there is no price for", "age", ">", "without a price for {value}", "2min"),
    "thin": Kind("coverage falls below", "coverage", "<", "coverage below {value} over {span}", "90%"),
}
DEFAULT = "below"


@dataclass(frozen=True, slots=True)
class Draft:
    """
    The fields of the form, as they were typed.

    Attributes:
        market: EVERY, the name of a market, or several patterns with spaces between them.
        kind: a key of KINDS, or OWN.
        value: the number, or the whole condition.
        span: over which is measured.
        hold: for how long it must hold; "" for no time.
        name: "" for one that follows from the others.
        channels: names.
        opened: the rule that it was made of and is to replace; None for a new one.
        once: whether it is done after its first firing in a market.
        more: the fields that are shown on demand.
        zone: of the page when the form was opened; times are typed in it.
    """

    market: str = EVERY
    kind: str = DEFAULT
    value: str = ""
    span: str = "1h"
    hold: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()
    opened: RuleSettings | None = None
    once: bool = False
    more: More = field(default_factory=More)
    zone: tzinfo = UTC

    @property
    def replaces(self) -> str:
        """The name of the rule that it was made of; "" for a new one."""
        return "" if self.opened is None else self.opened.name

    def condition(self) -> Expression:
        """
        Return what is watched for.

        Raises:
            FieldError: the number, the span or the condition cannot be read.
        """
        typed = self.value.strip()
        if not typed:
            raise FieldError("value", "")  # nothing typed yet is no mistake
        if self.kind == OWN:
            try:
                return parse(typed)
            except RuleTextError as error:
                raise FieldError("value", str(error)) from None
        kind = KINDS.get(self.kind)
        if kind is None:
            raise FieldError("kind", "Choose what to be told about.")
        try:
            span = parse_duration(self.span) if kind.has_span else 0
        except ValueError:
            raise FieldError("span", "Choose a span.") from None
        return kind.expression(_threshold(typed, kind), span)

    def hold_ms(self) -> int:
        """Return for how long it must hold. Raises FieldError."""
        try:
            return parse_duration(self.hold) if self.hold else 0
        except ValueError as error:
            raise FieldError("hold", str(error)) from None

    def rearm(self) -> str:
        """Return the level at which a firing ends, as the file has it; "" if that follows from the condition."""
        kind, typed = KINDS.get(self.kind), self.more.rearm.strip()
        if kind is None or not typed:
            return typed
        is_above = typed.startswith("+")  # of a fall, whose numbers are typed without their minus
        text = _plain_number(typed.lstrip(f"+{_MINUS}") if kind.sign < 0 else typed, kind)
        return f"-{text}" if kind.sign < 0 and not is_above else text

    def rule_name(self, label: str, others: Iterable[str]) -> str:
        """
        Return the typed name, or one that follows from the condition and that none of *others* has.

        Args:
            label: of the market.
            others: the names of all other rules.

        Raises:
            FieldError: the number cannot be read.
        """
        if self.name.strip():
            return self.name.strip()
        kind = KINDS.get(self.kind)
        text = f"{label} {self._what(kind)}" if kind else f"{label}: {self.value.strip()}"
        name, taken, number = text[:90], set(others), 1
        while name in taken:
            number += 1
            name = f"{text[:90]} ({number})"
        return name

    def _what(self, kind: Kind) -> str:
        """Return ``falls 2 % within 6 h``."""
        threshold = _threshold(self.value.strip(), kind)
        value = numbers.level_text(threshold) if kind.unit is Unit.PRICE else threshold_text(threshold, kind.unit)
        if kind.unit is Unit.DURATION:
            value = time_text.duration(threshold)
        return kind.name.format(value=value.replace("%", " %"), span=time_text.duration(parse_duration(self.span)))


def _threshold(typed: str, kind: Kind) -> float:
    """Return the number *typed*; in percent also without its sign, of a fall also with a minus."""
    text = _plain_number(typed, kind)
    try:
        return read_threshold(text.lstrip(_MINUS) if kind.measure == "change" else text, WORDS[kind.measure])
    except ValueError as error:
        raise FieldError("value", str(error)) from None


def _plain_number(typed: str, kind: Kind) -> str:
    """
    Return *typed* as the language of rules has it.

    A price may have the commas with which the page writes it: what the rule means stands below it at once.
    """
    if kind.unit is Unit.PRICE and _AS_ON_THE_PAGE.fullmatch(typed):
        return typed.replace(",", "")
    return f"{typed}%" if kind.unit is Unit.SHARE and not typed.endswith("%") else typed


def rearm_field(level: str, key: str) -> str:
    """Return *level*, as the file has it, as it is typed beside the kind *key*; see ``Draft.rearm``."""
    if not level or key not in KINDS or KINDS[key].sign > 0:
        return level
    return level.lstrip(_MINUS) if level.startswith(tuple(_MINUS)) else f"+{level}"


def fields_of(expression: Expression) -> tuple[str, str, str]:
    """Return the kind, the value and the span with which the form states *expression*."""
    parts = expression.parts if isinstance(expression, Or | And) else (expression,)
    first = parts[0]
    if isinstance(first, Comparison):
        span = first.measure.span or HOUR
        value = abs(first.threshold) if first.measure.name == "change" else first.threshold
        for key, kind in KINDS.items():
            if kind.measure == first.measure.name and kind.expression(value, span) == expression:
                return key, threshold_text(value, kind.unit), duration_text(span)
    return OWN, str(expression), duration_text(HOUR)
