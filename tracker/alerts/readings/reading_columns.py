"""What a measure reads at many times, and whether a rule holds then: the array form of ``verdict``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.alerts.readings.aggregate_columns import Bools
from tracker.alerts.readings.column_joins import Floats, Ints
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason
from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or

Codes = NDArray[np.uint8]
FALSE, TRUE, CANNOT_TELL, UNSURE = range(4)  # verdicts; one that is unsure has to be evaluated for itself
TOLD = 0  # the code of no reason
REASONS = tuple(Reason)
# Sums that depend on the order in which rows are added; what is compared with them is told apart by this share.
INEXACT = ("mean", "standard_deviation", "relative_standard_deviation", "realised_volatility")
ROUNDING = 2e-9

_COMPARE: dict[str, Callable[[Floats, float], Bools]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def code_of(reason: Reason) -> int:
    """Return the code of *reason*."""
    return REASONS.index(reason) + 1


@dataclass(frozen=True, eq=False)
class ReadingColumns:
    """
    The readings of *measure* at many times.

    Attributes:
        value: see ``Reading``.
        before: likewise; None if nobody asked for it.
        coverage: likewise.
        reason: codes of why values are not to be relied on.
        since: epoch ms, where that has lasted since then; 0 elsewhere.
        is_unsure: whether the columns do not show what is read, as rows share time.
    """

    measure: Measure
    value: Floats
    before: Floats | None
    coverage: Floats | None
    reason: Codes
    since: Ints
    is_unsure: Bools

    def at(self, number: int) -> Reading:
        """Return the reading at one of the times."""
        coverage = None if self.coverage is None else float(self.coverage[number])
        problem = None
        if code := int(self.reason[number]):
            reason = REASONS[code - 1]
            is_thin = reason is Reason.THIN_COVERAGE
            problem = CannotTell(reason, self.measure, coverage if is_thin else None, int(self.since[number]) or None)
        before = np.nan if self.before is None else float(self.before[number])
        return Reading(float(self.value[number]), before, coverage, problem)


class VerdictColumns(NamedTuple):
    """Verdicts at many times, and the codes of why some cannot be told."""

    verdict: Codes
    reason: Codes


def evaluate_columns(expression: Expression, readings: Mapping[Measure, ReadingColumns]) -> VerdictColumns:
    """Return whether *expression* holds at each time of *readings*, as ``evaluate`` does for one."""
    if isinstance(expression, And | Or):
        return _joined(expression, [evaluate_columns(part, readings) for part in expression.parts])
    if isinstance(expression, Not):
        verdict, reason = evaluate_columns(expression.part, readings)
        return VerdictColumns(np.where(verdict <= TRUE, 1 - verdict, verdict).astype(np.uint8), reason)
    return _of_leaf(expression, readings[expression.measure])


def _joined(expression: And | Or, parts: list[VerdictColumns]) -> VerdictColumns:
    """Return the verdicts of parts that decide alone, else the first that cannot be told."""
    deciding = TRUE if isinstance(expression, Or) else FALSE
    verdicts = np.array([part.verdict for part in parts])
    reason = np.zeros_like(parts[0].reason)
    for part in parts:
        reason = np.where((reason == TOLD) & (part.verdict == CANNOT_TELL), part.reason, reason)
    is_decided = (verdicts == deciding).any(axis=0)
    verdict = np.where(is_decided, deciding, verdicts.max(axis=0)).astype(np.uint8)
    return VerdictColumns(verdict, np.where(verdict == CANNOT_TELL, reason, TOLD).astype(np.uint8))


def _of_leaf(leaf: Comparison | Crosses, reading: ReadingColumns) -> VerdictColumns:
    value, level = reading.value, leaf.threshold if isinstance(leaf, Comparison) else leaf.level
    is_always_told = reading.measure.word.always_told
    has_value = ~np.isnan(value) if is_always_told else np.isfinite(value)
    reason = np.where(has_value, TOLD, code_of(Reason.NO_VALUE))
    if not is_always_told:
        reason = np.where(reading.reason != TOLD, reading.reason, reason)
    is_unsure = reading.is_unsure | _is_near(reading.measure, value, level)
    if isinstance(leaf, Comparison):
        holds = _COMPARE[leaf.operator](value, level)
    else:
        before = np.full(value.shape, np.nan) if reading.before is None else reading.before
        reason = np.where((reason == TOLD) & np.isnan(before), code_of(Reason.NO_ROW_BEFORE), reason)
        holds = ((before < level) & (level <= value)) | ((before > level) & (level >= value))
        is_unsure |= _is_near(reading.measure, before, level)
    verdict = np.where(reason != TOLD, CANNOT_TELL, holds)
    verdict = np.where(reading.is_unsure | (is_unsure & (reason == TOLD)), UNSURE, verdict)
    return VerdictColumns(verdict.astype(np.uint8), reason.astype(np.uint8))


def _is_near(measure: Measure, value: Floats, level: float) -> Bools:
    """Return where *value* may be on the other side of *level*; 0 is exact, as of equal prices."""
    if measure.name not in INEXACT:
        return np.zeros(value.shape, dtype=bool)
    return np.asarray((np.abs(value - level) <= ROUNDING * np.abs(value)) & (value != 0))
