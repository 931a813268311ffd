"""Changes either way: two comparisons that mirror each other are put in words as one."""

from dataclasses import dataclass

from tracker.alerts.rules.expression import And, Comparison, Expression, Measure, Or

_MIRRORED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
_OUTWARD, _INWARD = (">", ">="), ("<", "<=")


@dataclass(frozen=True, slots=True)
class Move:
    """
    How far a price moves, whichever way: ``change(10m) > 2% or change(10m) < -2%``.

    Attributes:
        measure: a change.
        operator: by which the size of the change is compared.
        threshold: of its size; above 0.
    """

    measure: Measure
    operator: str
    threshold: float


def compared(expression: Expression) -> Comparison | Move | None:
    """Return *expression* if it is about one number of one measure; None if it joins several, or is a crossing."""
    if isinstance(expression, And | Or):
        parts = parts_of(expression)
        return parts[0] if len(parts) == 1 and isinstance(parts[0], Move) else None
    return expression if isinstance(expression, Comparison) else None


def parts_of(joined: And | Or) -> list[Expression | Move]:
    """Return the parts of *joined* in their order, with one move in place of two changes that mirror each other."""
    operators = _OUTWARD if isinstance(joined, Or) else _INWARD
    left, parts = list(joined.parts), list[Expression | Move]()
    while left:
        part = left.pop(0)
        mirrored = _mirrored(part)
        if mirrored in left and isinstance(part, Comparison):
            rising = max(part, mirrored, key=lambda each: each.threshold)
            if rising.operator in operators:
                left.remove(mirrored)
                parts.append(Move(rising.measure, rising.operator, rising.threshold))
                continue
        parts.append(part)
    return parts


def _mirrored(part: Expression) -> Comparison | None:
    """Return the same comparison of a change the other way; None where there is none."""
    if not isinstance(part, Comparison) or part.measure.name != "change" or not part.threshold:
        return None
    return Comparison(part.measure, _MIRRORED[part.operator], -part.threshold)
