"""A condition as a clause, and a number as a fact; neither begins with a capital or ends with a point."""

import math
from collections.abc import Iterable

from tracker.alerts.rules.expression import And, Comparison, Crosses, Expression, Measure, Not, Or
from tracker.alerts.rules.vocabulary import EXACT, OPPOSITES
from tracker.alerts.wording.moves import Move, compared, parts_of
from tracker.alerts.wording.style import Style
from tracker.alerts.wording.subject import Subject

# What a measure is, within a sentence. {first} is one unit of the first currency of a pair.
_NOUNS = {
    "last_price": "the price of {priced}",
    "change": "the change of the price of {thing} within {span}",
    "mean": "the mean price of {priced} over {span}",
    "minimum": "the lowest price of {priced} within {span}",
    "maximum": "the highest price of {priced} within {span}",
    "standard_deviation": "the standard deviation of the price of {priced} over {span}",
    "relative_standard_deviation": "the relative standard deviation of the price of {thing} over {span}",
    "realised_volatility": "the volatility of {thing} over {span}",
    "drawdown": "the drawdown of {thing} within {span}",
    "rank": "the rank of {thing} over {span}",
    "age": "the age of the newest price of {thing}",
    "coverage": "the coverage of {thing} over {span}",
    "implied": "the price of {first} by way of {base}",
}
# What it is said to be; of others "… is {amount}". With an amount such as "more than 5 %", this is a condition.
_SENTENCES = {
    "last_price": "{one} costs {amount}{place}",
    "age": "the newest price of {thing} is {amount} old",
    "coverage": "prices of {thing} cover {amount} of the last {span}",
    "implied": "{first} costs {amount} by way of {base}",
}
_COMPARED = {
    ">": "more than {}",
    ">=": "at least {}",
    "<": "less than {}",
    "<=": "at most {}",
    "==": "{}",
    "!=": "not {}",
}
_MOVES = {True: "risen", False: "fallen"}
_CALMEST = {"==": "is the calmest market", "!=": "is not the calmest market"}


def without_negations(expression: Expression, negated: bool = False) -> Expression:
    """Return the same condition in which only crossings are negated, by the laws of De Morgan."""
    if isinstance(expression, Not):
        return without_negations(expression.part, not negated)
    if isinstance(expression, And | Or):
        parts = tuple(without_negations(part, negated) for part in expression.parts)
        return And(parts) if isinstance(expression, And) is not negated else Or(parts)
    if not negated:
        return expression
    if isinstance(expression, Crosses):
        return Not(expression)
    return Comparison(expression.measure, OPPOSITES[expression.operator], expression.threshold)


def condition_text(expression: Expression, subject: Subject, style: Style) -> str:
    """Return *expression* as clauses: ``one bitcoin costs less than 15,300.00 GBP``."""
    return _clause(without_negations(expression), subject, style)


def noun(measure: Measure, subject: Subject, style: Style) -> str:
    """Return what *measure* is: ``the volatility of bitcoin in EUR over 24 h``."""
    return _NOUNS[measure.name].format_map(_words(measure, subject, style))


def fact(measure: Measure, value: float, subject: Subject, style: Style, limits: Iterable[float] = ()) -> str:
    """
    Return what *measure* read: ``one bitcoin costs 15,299.10 GBP, less than 15,300.00``.

    Args:
        measure: of the rule.
        value: what it read; may be nan or infinite.
        subject: its market.
        style: how it is put.
        limits: thresholds of the rule that *measure* is compared with.
    """
    if not math.isfinite(value):
        if measure.name == "age":
            return f"there is no price of {subject.thing} yet"
        return f"{noun(measure, subject, style)} is not known"
    limits = tuple(dict.fromkeys(limits))
    if measure.name == "change":
        return _moved(measure, value, subject, style, limits)
    if measure.name == "rank" and value == 1:
        return f"{subject.thing} {_CALMEST['==']} over {style.span(measure.span or 0)}"
    amount = style.amount(measure, value, subject.quote, limits)
    sides = [f"{_side(value, limit)} {style.limit(measure, limit, '')}" for limit in limits]
    text = _sentence(measure, amount, subject, style)
    return f"{text}, {' and '.join(sides)}" if sides else text


def compared_limits(expression: Expression, measure: Measure) -> list[float]:
    """Return the numbers with which *expression* compares *measure*, but ranks that it equals."""
    if isinstance(expression, Not):
        return compared_limits(expression.part, measure)
    if isinstance(expression, And | Or):
        return [limit for part in expression.parts for limit in compared_limits(part, measure)]
    if expression.measure != measure:
        return []
    if isinstance(expression, Crosses):
        return [expression.level]
    return [] if expression.operator in EXACT else [expression.threshold]


def sentence(text: str) -> str:
    """Return *text* with a capital and a point."""
    return f"{text[:1].upper()}{text[1:]}."


def _clause(expression: Expression | Move, subject: Subject, style: Style) -> str:
    if isinstance(expression, And | Or):
        joiner = " and " if isinstance(expression, And) else " or "
        parts = ((part, _clause(part, subject, style)) for part in parts_of(expression))
        return joiner.join(
            f"({text})" if isinstance(part, And | Or) and compared(part) is None else text for part, text in parts
        )
    if isinstance(expression, Move):
        amount = _COMPARED[expression.operator].format(style.limit(expression.measure, expression.threshold, ""))
        return f"the price of {subject.thing} has moved by {amount} within {style.span(expression.measure.span or 0)}"
    if isinstance(expression, Comparison):
        return _comparison(expression, subject, style)
    crossing = expression.part if isinstance(expression, Not) else expression
    if not isinstance(crossing, Crosses):
        raise TypeError(f"only crossings are negated, not {crossing}")
    verb = "does not reach or pass" if isinstance(expression, Not) else "reaches or passes"
    level = style.limit(crossing.measure, crossing.level, subject.quote)
    return f"{noun(crossing.measure, subject, style)} {verb} {level} from either side"


def _comparison(part: Comparison, subject: Subject, style: Style) -> str:
    measure, operator, threshold = part.measure, part.operator, part.threshold
    if measure.name == "rank" and threshold == 1 and operator in _CALMEST:
        return f"{subject.thing} {_CALMEST[operator]} over {style.span(measure.span or 0)}"
    if measure.name == "change" and (text := _moves(part)):
        amount = style.limit(measure, abs(threshold), "")
        return f"the price of {subject.thing} has {text.format(amount)} within {style.span(measure.span or 0)}"
    amount = _COMPARED[operator].format(style.limit(measure, threshold, subject.quote))
    return _sentence(measure, amount, subject, style)


def _moves(part: Comparison) -> str:
    """Return ``fallen by more than {}``; empty for a comparison that a price may meet by moving either way."""
    is_upwards = part.operator in (">", ">=")
    if part.threshold == 0:
        has_moved = part.operator in (">", "<")
        return _MOVES[is_upwards] if has_moved else f"not {_MOVES[not is_upwards]}"
    if (part.threshold > 0) is not is_upwards:
        return ""
    return f"{_MOVES[is_upwards]} by {_COMPARED['>' if part.operator in ('>', '<') else '>=']}"


def _moved(measure: Measure, value: float, subject: Subject, style: Style, limits: tuple[float, ...]) -> str:
    """Return ``the price of bitcoin in EUR has fallen by 2.31 % within 10 min, more than 2.00 %``."""
    same_way = [abs(limit) for limit in limits if limit and value and (limit > 0) is (value > 0)]
    amount = style.amount(measure, abs(value), "", (*same_way, 0.0))
    text = f"{_MOVES[value > 0]} by {amount}" if value else "not changed"
    told = f"the price of {subject.thing} has {text} within {style.span(measure.span or 0)}"
    sides = [f"{_side(abs(value), limit)} {style.limit(measure, limit, '')}" for limit in same_way]
    sides = sides or _thresholds(measure, [limit for limit in limits if limit], style)
    return f"{told}, {' and '.join(sides)}" if sides else told


def _thresholds(measure: Measure, limits: list[float], style: Style) -> list[str]:
    """Return ``the threshold is -2.00 %``, for a change that is not on its way there; nothing for no *limits*."""
    if len(limits) == 2 and sum(limits) == 0:
        return [f"the threshold is {style.limit(measure, max(limits), '')} either way"]
    texts = [style.limit(measure, limit, "") for limit in limits]
    return [f"the {'threshold is' if len(texts) == 1 else 'thresholds are'} {' and '.join(texts)}"] if texts else []


def _side(value: float, limit: float) -> str:
    return "more than" if value > limit else "less than" if value < limit else "exactly"


def _sentence(measure: Measure, amount: str, subject: Subject, style: Style) -> str:
    pattern = _SENTENCES.get(measure.name)
    words = _words(measure, subject, style) | {"amount": amount}
    if pattern is None or not (subject.one or measure.name != "last_price"):
        return f"{_NOUNS[measure.name].format_map(words)} is {amount}"
    return pattern.format_map(words)


def _words(measure: Measure, subject: Subject, style: Style) -> dict[str, str]:
    return {
        "one": subject.one,
        "thing": subject.thing,
        "priced": subject.priced,
        "place": subject.place,
        "base": subject.base,
        "span": "" if measure.span is None else style.span(measure.span),
        "first": "" if measure.pair is None else style.one(measure.pair[0]),
    }
