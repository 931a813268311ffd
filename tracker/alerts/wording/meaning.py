"""What a rule means, in one sentence, and how far its number is from it now."""

import math
from collections.abc import Iterable, Mapping
from datetime import tzinfo

from tracker.alerts.readings.verdict import CannotTell, Readings, evaluate
from tracker.alerts.rules.expression import And, Comparison, Measure, Or, measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.rules.vocabulary import Unit
from tracker.alerts.wording.phrases import compared_limits, condition_text, fact, without_negations
from tracker.alerts.wording.reasons import reason_text
from tracker.alerts.wording.subject import subject_of
from tracker.alerts.wording.times import exact_moment
from tracker.alerts.wording.written import WRITTEN
from tracker.core.market import Market
from tracker.render.format import numbers


def meaning(rule: Rule, among: Iterable[Market] = ()) -> str:
    """
    Return a sentence: ``Tells you once when one bitcoin costs less than 15,300.00 GBP for 3 min in a row.``.

    *among*: all markets; an exchange is named only where two have the same pair. By default it is always named.
    """
    return f"{_meaning(rule, among)}."


def meaning_now(
    rule: Rule, market: Market, readings: Readings, now: int, zone: tzinfo, among: Iterable[Market] = ()
) -> str:
    """Return the same with what is so now: ``…; now 15,531.10, 1.51 % above.``; see ``now_text``."""
    return f"{_meaning(rule, among)}; {now_text(rule, market, readings, now, zone)}."


def now_text(rule: Rule, market: Market, readings: Readings, now: int, zone: tzinfo) -> str:
    """
    Return ``now 15,531.10, 1.51 % above``.

    Args:
        rule: one that watches *market*.
        market: of which it is said.
        readings: what the measures of the rule read in it.
        now: epoch ms.
        zone: of the times in the text.
    """
    verdict = evaluate(rule.expression, readings)
    if isinstance(verdict, CannotTell):
        return f"now it cannot be told: {reason_text(verdict, now, zone)}"
    measures = measures_of(rule.expression)
    return f"now {numbers_text(rule, market, {measure: readings[measure].value for measure in measures})}"


def numbers_text(rule: Rule, market: Market, values: Mapping[Measure, float]) -> str:
    """
    Return ``15,531.10, 1.51 % above``; facts as in messages if the rule takes several measures; empty for no values.

    Args:
        rule: one that watches *market*.
        market: of which it is said.
        values: what measures of the rule read; others are left out.
    """
    condition = without_negations(rule.expression)
    if isinstance(condition, Comparison) and math.isfinite(values.get(condition.measure, math.nan)):
        return number_now(condition, values[condition.measure])
    subject = subject_of([market], among=[market])
    return "; ".join(
        fact(measure, values[measure], subject, WRITTEN, compared_limits(rule.expression, measure))
        for measure in measures_of(rule.expression)
        if measure in values
    )


def number_now(part: Comparison, value: float) -> str:
    """Return ``15,531.10, 1.51 % above``: what a measure reads, and how far that is from the threshold."""
    measure, threshold = part.measure, part.threshold
    text = WRITTEN.amount(measure, abs(value), "", [abs(threshold)])
    if measure.name == "change":
        text = f"{numbers.MINUS if value < 0 else '+' if value > 0 else ''}{text}"
    unit = measure.word.unit
    if unit in (Unit.RANK, Unit.DURATION):
        return text
    if value == threshold:
        return f"{text}, exactly the threshold"
    side = "above" if value > threshold else "below"
    if unit is Unit.SHARE:
        return f"{text}, {_distance(100 * abs(value - threshold))} pp {side}"
    if threshold == 0:
        return f"{text}, {side} the threshold"
    return f"{text}, {_distance(100 * abs(value / threshold - 1))}{numbers.PERCENT} {side}"


def terms(rule: Rule, zone: tzinfo, among: Iterable[Market] = ()) -> tuple[str, ...]:
    """Return what else holds for *rule*, as sentences: when it may fire again, when nothing is sent, how long."""
    sentences = []
    if not rule.once:
        again = condition_text(rule.rearm, subject_of(rule.markets, among=among), WRITTEN)
        sentences.append(f"It can fire again as soon as {again}.")
        if rule.cooldown:
            sentences.append(f"It fires again {WRITTEN.span(rule.cooldown)} after its last message at the earliest.")
    if rule.quiet is not None:
        (start, end), place = rule.quiet.clock_times, rule.quiet.zone.key
        sentences.append(f"From {start} to {end} ({place}) nothing is sent; what then still holds is told at {end}.")
    if rule.expires is not None:
        sentences.append(f"It ends on {exact_moment(rule.expires, zone)}.")
    return tuple(sentences)


def _meaning(rule: Rule, among: Iterable[Market]) -> str:
    expression = without_negations(rule.expression)
    who = "Tells you" if rule.channels else "Tells nobody but this page"
    condition = condition_text(expression, subject_of(rule.markets, among=among), WRITTEN)
    hold = f"for {WRITTEN.span(rule.hold)} in a row" if rule.hold else ""
    is_joined = isinstance(expression, And | Or)
    if hold:
        condition = f"{condition}, {hold}" if is_joined else f"{condition} {hold}"
    return f"{who} {'once when' if rule.once else 'each time'} {condition}"


def _distance(percent: float) -> str:
    digits = 2 if percent >= 0.005 else 4
    text = numbers.number(percent, digits)
    return text if float(text.replace(",", "")) else f"less than {numbers.number(10**-digits, digits)}"
