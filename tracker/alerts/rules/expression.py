"""
A parsed rule as data: what is measured, compared and joined.

``str(expression)`` is its canonical text, which ``parsing.parse`` reads back to an equal expression.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tracker.alerts.rules.threshold import threshold_text
from tracker.alerts.rules.vocabulary import WORDS, Unit, Word
from tracker.core.durations import duration_text


@dataclass(frozen=True, slots=True)
class Measure:
    """
    What a rule names: one number about a market at a row.

    Attributes:
        name: a key of WORDS.
        span: ms; None for measures that take none.
        pair: the currencies of an implied rate; None for other measures.
    """

    name: str
    span: int | None = None
    pair: tuple[str, str] | None = None

    @property
    def word(self) -> Word:
        """Its entry in the table of the language."""
        return WORDS[self.name]

    def __str__(self) -> str:
        if self.pair is not None:
            return f"{self.word.written}({'/'.join(self.pair)})"
        return self.word.written if self.span is None else f"{self.word.written}({duration_text(self.span)})"

    def to_plain(self) -> list[Any]:
        """Return it as text, numbers and lists, such as JSON takes; see ``from_plain``."""
        return [self.name, self.span, self.pair and list(self.pair)]

    @classmethod
    def from_plain(cls, plain: list[Any]) -> "Measure":
        """Return the measure of which ``to_plain`` returned *plain*. Raises ValueError or TypeError for others."""
        name, span, pair = plain
        return cls(name, span, pair and (pair[0], pair[1]))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A measure and a number: shares are pure numbers, durations ms. *operator* is one of OPERATORS."""

    measure: Measure
    operator: str
    threshold: float

    def __str__(self) -> str:
        return f"{self.measure} {self.operator} {threshold_text(self.threshold, self.measure.word.unit)}"


@dataclass(frozen=True, slots=True)
class Crosses:
    """The measure reached *level* or went past it since the row before, from either side."""

    measure: Measure
    level: float

    def __str__(self) -> str:
        return f"crosses({self.measure}, {threshold_text(self.level, self.measure.word.unit)})"


@dataclass(frozen=True, slots=True)
class And:
    """All *parts* hold; there are at least two."""

    parts: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " and ".join(map(_inner_text, self.parts))


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of *parts* holds; there are at least two."""

    parts: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " or ".join(map(_inner_text, self.parts))


@dataclass(frozen=True, slots=True)
class Not:
    """*part* does not hold."""

    part: "Expression"

    def __str__(self) -> str:
        return f"not {_inner_text(self.part)}"


Expression = Comparison | Crosses | And | Or | Not


def _inner_text(part: Expression) -> str:
    """Return the text of a part, in parentheses where it joins others."""
    return f"({part})" if isinstance(part, And | Or) else str(part)


def leaves(expression: Expression) -> Iterator[Comparison | Crosses]:
    """Yield the comparisons and crossings in *expression*, in the order of its text."""
    rest: list[Expression] = [expression]
    while rest:
        part = rest.pop()
        if isinstance(part, Comparison | Crosses):
            yield part
        else:
            rest += reversed(_children(part))


def measures_of(expression: Expression) -> tuple[Measure, ...]:
    """Return the measures in *expression*, each once, in the order of its text."""
    return tuple(dict.fromkeys(leaf.measure for leaf in leaves(expression)))


def has_crossing(expression: Expression) -> bool:
    """Return whether *expression* looks at the row before, so that it holds for one row and cannot hold for longer."""
    return any(isinstance(leaf, Crosses) for leaf in leaves(expression))


def counts_in_quote(expression: Expression) -> bool:
    """Return whether a threshold is in the market's quote currency, so that it means something else in each."""
    return any(measure.word.unit is Unit.PRICE for measure in measures_of(expression))


def depth(expression: Expression) -> int:
    """Return how many levels of and, or and not *expression* has, itself included; 0 for a comparison."""
    levels, level = 0, [expression]
    while level := [child for part in level for child in _children(part)]:
        levels += 1
    return levels


def _children(part: Expression) -> tuple[Expression, ...]:
    if isinstance(part, And | Or):
        return part.parts
    return (part.part,) if isinstance(part, Not) else ()
