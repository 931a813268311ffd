"""
What must hold before a rule that has fired may fire again.

By default the number must come back past its threshold by a band, so that a price that sits on the threshold sends
one message and not sixty.
"""

from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or
from tracker.alerts.rules.parsing import parse_level
from tracker.alerts.rules.threshold import threshold_text
from tracker.alerts.rules.vocabulary import EXACT, OPPOSITES, Unit
from tracker.core.errors import ConfigError

# Of a level, above the noise of a quiet minute and far below a move that anybody would set a rule for.
LEVEL_BAND = 0.001
# Of a spread or a change, whose own size says what is noise: a threshold of 2 % is passed back at 1.8 %.
SPREAD_BAND = 0.1
# A change around 0 has no size; 0.1 percentage points are what LEVEL_BAND is of a price.
ZERO_BAND = LEVEL_BAND
# Two percentage points of coverage: of an hour, 72 s; a single row that is missed moves it by less.
COVERAGE_BAND = 0.02
# Ages only fall when a row arrives, and ranks are whole numbers: their opposites are no noise.
NO_BAND = 0.0

_LEVELS = ("last_price", "mean", "minimum", "maximum", "implied")
_ABOVE = (">", ">=")


def read_rearm(text: str | None, expression: Expression) -> Expression:
    """
    Return the condition of the setting ``rearm``, a level as the rule writes its threshold; None for the default.

    Raises:
        ConfigError: *text* is no such level, or the rule has no single threshold.
    """
    return rearm_condition(expression, None if text is None else parse_level(text, _single(expression)[0].measure))


def rearm_condition(expression: Expression, level: float | None = None) -> Expression:
    """
    Return what must hold before *expression* may fire again; where it holds, *expression* does not.

    A crossing is the exception, as it holds for one row: there the measure must be away from the level.

    Args:
        expression: the rule.
        level: to be reached instead, in the unit of the rule's only threshold.

    Raises:
        ConfigError: with *level*, the rule has several thresholds or none to pass back, or holds at *level*.
    """
    return _firmly(expression, False) if level is None else _passed_back(expression, level)


def _firmly(expression: Expression, holds: bool) -> Expression:
    """Return the condition under which *expression* clearly is as *holds* says, beyond the band of each threshold."""
    if isinstance(expression, Comparison):
        operator = expression.operator if holds else OPPOSITES[expression.operator]
        return _beyond(expression.measure, operator, expression.threshold)
    if isinstance(expression, Not):
        return _firmly(expression.part, not holds)
    if isinstance(expression, And | Or):  # De Morgan
        parts = tuple(_firmly(part, holds) for part in expression.parts)
        return And(parts) if isinstance(expression, And) is holds else Or(parts)
    if holds:
        return expression
    return Or(tuple(_beyond(expression.measure, operator, expression.level) for operator in "<>"))


def _beyond(measure: Measure, operator: str, threshold: float) -> Comparison:
    """Return the comparison with *threshold* moved by the band to where it is harder to meet."""
    is_above = operator in _ABOVE
    room = measure.word.highest - threshold if is_above else threshold - measure.word.lowest
    band = 0.0 if operator in EXACT else min(_band(measure, threshold), room / 2)  # stays within reach
    moved = float(f"{threshold + band if is_above else threshold - band:.12g}")  # 69930, not 69929.99999999999
    if not band or moved == threshold:
        return Comparison(measure, operator, threshold)
    return Comparison(measure, ">=" if is_above else "<=", moved)


def _band(measure: Measure, threshold: float) -> float:
    if measure.word.unit in (Unit.DURATION, Unit.RANK):
        return NO_BAND
    if measure.name == "coverage":
        return COVERAGE_BAND
    if measure.name in _LEVELS:
        return LEVEL_BAND * threshold
    return SPREAD_BAND * abs(threshold) or ZERO_BAND


def _single(expression: Expression) -> tuple[Comparison | Crosses, bool]:
    """Return the rule's only threshold, and whether the rule holds where that does. Raises ConfigError."""
    holds = True
    while isinstance(expression, Not):
        expression, holds = expression.part, not holds
    if isinstance(expression, And | Or):
        raise ConfigError(f"rearm: {expression} has several thresholds; leave rearm out, so that each gets its own")
    if expression.operator in EXACT if isinstance(expression, Comparison) else not holds:
        raise ConfigError(f"rearm: {expression} has no level to pass back; leave rearm out")
    return expression, holds


def _passed_back(expression: Expression, level: float) -> Comparison:
    leaf, holds = _single(expression)
    measure = leaf.measure
    if isinstance(leaf, Crosses):
        if level == leaf.level:
            raise ConfigError(
                f"rearm: {expression} needs a level above or below its own; type another, or leave it out"
            )
        return Comparison(measure, "<=" if level < leaf.level else ">=", level)
    fires_above = (leaf.operator in _ABOVE) is holds
    if level == leaf.threshold:
        return Comparison(measure, OPPOSITES[leaf.operator] if holds else leaf.operator, level)
    if (level > leaf.threshold) is fires_above:
        text, side = threshold_text(level, measure.word.unit), "below" if fires_above else "above"
        raise ConfigError(f"rearm: at {text} the rule {expression} still holds; type a level {side} its own")
    return Comparison(measure, "<=" if fires_above else ">=", level)
