"""What is so now of a rule, in the markets that it watches."""

import math
from collections.abc import Iterable, Mapping
from datetime import tzinfo

from tracker.alerts.readings.verdict import CannotTell, Readings, evaluate
from tracker.alerts.rules.expression import Comparison, Crosses, Measure, Not, measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.rules.vocabulary import EXACT
from tracker.alerts.wording.distance import nearness, number_now
from tracker.alerts.wording.moves import Move, compared
from tracker.alerts.wording.phrases import compared_limits, fact, without_negations
from tracker.alerts.wording.reasons import reason_text
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.written import WRITTEN
from tracker.core.market import Market
from tracker.render.format import currencies

_MOST_NAMED = 3  # markets in which a rule holds


def now_text(
    rule: Rule, readings: Mapping[Market, Readings], now: int, zone: tzinfo, among: Iterable[Market] = ()
) -> str:
    """
    Return ``now 15,531.10, 1.51 % above``; of several markets where it holds, or which is nearest to that.

    Args:
        rule: one that watches *markets*.
        readings: what the measures of the rule read in each of its markets; it is said of others that nobody knows.
        now: epoch ms.
        zone: of the times in the text.
        among: all markets, among which each is named.
    """
    if len(rule.markets) == 1 and len(readings) == 1:
        [(market, of_market)] = readings.items()
        return f"now {_one(rule, market, of_market, now, zone)}"
    return f"now {_several(rule, readings, now, zone, tuple(among) or rule.markets)}"


def numbers_text(rule: Rule, market: Market, values: Mapping[Measure, float]) -> str:
    """
    Return ``15,531.10, 1.51 % above``; facts as in messages if the rule takes several measures; empty for no values.

    Args:
        rule: one that watches *market*.
        market: of which it is said.
        values: what measures of the rule read; others are left out.
    """
    condition = _compared(rule)
    if condition is not None and math.isfinite(values.get(condition.measure, math.nan)):
        return number_now(condition, values[condition.measure])
    subject = subject_of([market], among=[market])
    return "; ".join(
        fact(measure, values[measure], subject, WRITTEN, compared_limits(rule.expression, measure))
        for measure in measures_of(rule.expression)
        if measure in values
    )


def _compared(rule: Rule) -> Comparison | Move | None:
    """Return the only comparison of *rule*, also with the level that it crosses; None if it has another form."""
    condition = without_negations(rule.expression)
    crossing = condition.part if isinstance(condition, Not) else condition
    if isinstance(crossing, Crosses):
        return Comparison(crossing.measure, ">=", crossing.level)
    return compared(condition)


def _one(rule: Rule, market: Market, readings: Readings, now: int, zone: tzinfo) -> str:
    verdict = evaluate(rule.expression, readings)
    if isinstance(verdict, CannotTell):
        return f"it cannot be told: {reason_text(verdict, now, zone)}"
    measures = measures_of(rule.expression)
    return numbers_text(rule, market, {measure: readings[measure].value for measure in measures})


def _several(rule: Rule, readings: Mapping[Market, Readings], now: int, zone: tzinfo, among: tuple[Market, ...]) -> str:
    """Return ``nearest: EUR, 15,531.10, 1.51 % above``, or ``it holds in 2 of 8 markets: EUR, GBP``."""
    verdicts = {market: evaluate(rule.expression, of_market) for market, of_market in readings.items()}
    holding = [market for market, verdict in verdicts.items() if verdict is True]
    holding_not = [market for market, verdict in verdicts.items() if verdict is False]
    count, untold = len(rule.markets), len(rule.markets) - len(holding) - len(holding_not)
    if untold == count:
        reasons = {reason_text(each, now, zone) for each in verdicts.values() if isinstance(each, CannotTell)}
        reason = f": {reasons.pop()}" if len(reasons) == 1 else ""
        return f"it cannot be told in any of {count} markets{reason}"
    condition, values = _compared(rule), dict[Market, float]()
    if condition is not None and condition.operator not in EXACT and not holding:
        values = {market: readings[market][condition.measure].value for market in holding_not}
        values = {market: value for market, value in values.items() if math.isfinite(value)}
    if condition is not None and values:
        nearest = min(values, key=lambda market: nearness(condition, values[market]))
        text = f"nearest: {currencies.label(nearest, among)}, {number_now(condition, values[nearest])}"
    elif len(holding) == count:
        text = f"it holds in all {count} markets"
    else:
        names = ", ".join(currencies.label(market, among) for market in holding[:_MOST_NAMED])
        more = f" and {len(holding) - _MOST_NAMED} more" if holding[_MOST_NAMED:] else ""
        text = f"it holds in {len(holding) or 'none'} of {count} markets{f': {names}{more}' if names else ''}"
    return f"{text}; it cannot be told in {untold}" if untold else text
