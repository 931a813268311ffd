"""
Whether a rule holds at a row: yes, no, or cannot tell, joined by Kleene's logic.

``False and cannot tell`` is False and ``True or cannot tell`` is True, whatever the missing number may be; in all
other cases what cannot be told stays so. A rule that cannot be told neither fires nor resolves.
"""

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class Reason(StrEnum):
    """Why a measure has no number that can be relied on; words are made elsewhere."""

    NO_PRICE = "no_price"  # nothing is stored in the span
    NO_VALUE = "no_value"  # the measure is nan, as of too few prices
    THIN_COVERAGE = "thin_coverage"
    STANDING_STILL = "standing_still"
    HELD_BACK = "held_back"  # the newest prices wait for confirmation
    OLD_PRICE = "old_price"  # the last price is no longer current
    NOT_RANKED = "not_ranked"
    NO_PAIR = "no_pair"  # bitcoin has no current price in one of the two currencies
    NO_ROW_BEFORE = "no_row_before"  # a crossing needs two rows


@dataclass(frozen=True, slots=True)
class CannotTell:
    """
    The verdict that there is none.

    Attributes:
        measure: whose number is missing; of several, the first in the rule's text.
        coverage: share of the span, where THIN_COVERAGE is the reason.
        since: epoch ms, where the reason has lasted since then.
    """

    reason: Reason
    measure: Measure
    coverage: float | None = None
    since: int | None = None

    def __bool__(self) -> NoReturn:
        """Raise TypeError: it is neither; compare a verdict with ``is True`` and ``is False``."""
        raise TypeError(f"no truth value: {self}")


Verdict = bool | CannotTell


@dataclass(frozen=True, slots=True)
class Reading:
    """
    What is known of a measure at a row.

    Attributes:
        value: nan if it has none; the age of a market without any price is infinite.
        before: its value at the row before, nan if there is none; *value* itself at a time of the clock without a row.
        coverage: share of its span that prices cover, for the message; None for measures without a span.
        problem: why *value* is not to be relied on. Ignored for measures that are always told.
    """

    value: float
    before: float = math.nan
    coverage: float | None = None
    problem: CannotTell | None = None


Readings = Mapping[Measure, Reading]


def evaluate(expression: Expression, readings: Readings) -> Verdict:
    """
    Return whether *expression* holds.

    Args:
        expression: a parsed rule.
        readings: has all of its measures (``measures_of``).
    """
    if isinstance(expression, Comparison):
        reading = readings[expression.measure]
        if (problem := _problem(expression.measure, reading)) is not None:
            return problem
        return _COMPARE[expression.operator](reading.value, expression.threshold)
    if isinstance(expression, And | Or):
        return _joined(expression, readings)
    if isinstance(expression, Not):
        verdict = evaluate(expression.part, readings)
        return verdict if isinstance(verdict, CannotTell) else not verdict
    return _crossed(expression, readings[expression.measure])


def _joined(expression: And | Or, readings: Readings) -> Verdict:
    """Return the verdict of the first part that decides alone, else the first that cannot be told."""
    deciding = isinstance(expression, Or)
    missing: CannotTell | None = None
    for part in expression.parts:
        verdict = evaluate(part, readings)
        if isinstance(verdict, CannotTell):
            missing = verdict if missing is None else missing
        elif verdict is deciding:
            return deciding
    return not deciding if missing is None else missing


def _crossed(expression: Crosses, reading: Reading) -> Verdict:
    if (problem := _problem(expression.measure, reading)) is not None:
        return problem
    if math.isnan(reading.before):
        return CannotTell(Reason.NO_ROW_BEFORE, expression.measure)
    level = expression.level
    return reading.before < level <= reading.value or reading.before > level >= reading.value


def _problem(measure: Measure, reading: Reading) -> CannotTell | None:
    """Return why *measure* cannot be told; None if it can."""
    if measure.word.always_told:
        return CannotTell(Reason.NO_VALUE, measure) if math.isnan(reading.value) else None
    if reading.problem is not None:
        return reading.problem
    return None if math.isfinite(reading.value) else CannotTell(Reason.NO_VALUE, measure)
