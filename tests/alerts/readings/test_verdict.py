"""Verdicts: yes, no, or cannot tell; a missing number neither fires nor resolves."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rule_expressions import expressions, readings
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason, evaluate
from tracker.alerts.rules.expression import And, Comparison, Crosses, Measure, Not, Or, leaves
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.vocabulary import WORDS, Argument
from tracker.core.durations import HOUR

PRICE, AGE = Measure("last_price"), Measure("age")
THIN = CannotTell(Reason.THIN_COVERAGE, PRICE, coverage=0.5)


def plain_leaf(leaf, reading):
    """Return True, False or None, the slow and obvious way."""
    always = leaf.measure.name in ("age", "coverage")
    if math.isnan(reading.value):
        return None
    if not always and (math.isinf(reading.value) or reading.problem is not None):
        return None
    now = reading.value
    if isinstance(leaf, Crosses):
        was, level = reading.before, leaf.level
        return None if math.isnan(was) else any((was < level <= now, was > level >= now))
    difference = (now > leaf.threshold) - (now < leaf.threshold)
    holding = {">": [1], ">=": [1, 0], "<": [-1], "<=": [-1, 0], "==": [0], "!=": [1, -1]}
    return difference in holding[leaf.operator]


def plain(expression, truths):
    """Return what two-valued logic says, with the truth of each leaf taken from *truths* in the order of the text."""
    if isinstance(expression, Comparison | Crosses):
        return next(truths)
    if isinstance(expression, Not):
        return not plain(expression.part, truths)
    parts = [plain(part, truths) for part in expression.parts]
    return all(parts) if isinstance(expression, And) else any(parts)


@given(expressions().flatmap(lambda expression: st.tuples(st.just(expression), readings(expression))))
def test_a_verdict_is_what_every_completion_of_the_missing_numbers_agrees_on(given_rule):
    expression, measured = given_rule
    known = [plain_leaf(leaf, measured[leaf.measure]) for leaf in leaves(expression)]
    completions = itertools.product(*([truth] if truth is not None else [True, False] for truth in known))
    possible = {plain(expression, iter(truths)) for truths in completions}
    verdict = evaluate(expression, measured)
    if len(possible) == 1:
        assert verdict is possible.pop()
    else:
        assert isinstance(verdict, CannotTell)
        assert verdict.measure in [
            leaf.measure for leaf, truth in zip(leaves(expression), known, strict=True) if truth is None
        ]


@pytest.mark.parametrize("word", WORDS.values(), ids=lambda word: word.name)
def test_nan_neither_fires_nor_resolves(word):
    measure = Measure(
        word.name,
        HOUR if word.argument is Argument.SPAN else None,
        ("EUR", "USD") if word.argument is Argument.PAIR else None,
    )
    for operator in (">", ">=", "<", "<=", "==", "!="):
        verdict = evaluate(Comparison(measure, operator, 0.5), {measure: Reading(math.nan, 1.0)})
        assert verdict == CannotTell(Reason.NO_VALUE, measure)
        assert evaluate(Not(Comparison(measure, operator, 0.5)), {measure: Reading(math.nan)}) == verdict


def test_a_number_with_a_problem_is_not_used_except_of_measures_that_are_always_told():
    assert evaluate(parse("price > 5"), {PRICE: Reading(6.0, problem=THIN)}) == THIN
    assert evaluate(parse("crosses(price, 5)"), {PRICE: Reading(6.0, 4.0, problem=THIN)}) == THIN
    coverage = Measure("coverage", HOUR)
    for measure, text in ((AGE, "age > 60s"), (coverage, "coverage(1h) < 90%")):
        value = 0.5 if measure is coverage else 61_000.0
        assert evaluate(parse(text), {measure: Reading(value, problem=THIN)}) is True
        assert measure.word.always_told


def test_a_market_that_never_had_a_price_is_infinitely_old_and_has_no_price():
    assert evaluate(parse("age > 10y"), {AGE: Reading(math.inf)}) is True
    assert evaluate(parse("price > 5"), {PRICE: Reading(math.inf)}) == CannotTell(Reason.NO_VALUE, PRICE)


def test_of_several_missing_numbers_the_first_of_the_rule_is_named():
    hour = Measure("change", HOUR)
    measured = {PRICE: Reading(math.nan), hour: Reading(math.nan), AGE: Reading(1.0)}
    for text in ("change(1h) > 1% and price > 5", "not (change(1h) > 1% or price > 5)"):
        assert evaluate(parse(text), measured) == CannotTell(Reason.NO_VALUE, hour)
    assert evaluate(parse("(change(1h) > 1% and age > 60s) or price > 5"), measured).measure == PRICE


@pytest.mark.parametrize(
    ("before", "now", "crossed"),
    [
        *((4.0, 6.0, True), (6.0, 4.0, True), (4.0, 5.0, True), (6.0, 5.0, True)),
        *((5.0, 6.0, False), (5.0, 4.0, False), (5.0, 5.0, False), (4.0, 4.9, False), (6.0, 5.1, False)),
    ],
)
def test_a_level_is_crossed_when_it_is_reached_or_passed_from_either_side(before, now, crossed):
    assert evaluate(parse("crosses(price, 5)"), {PRICE: Reading(now, before)}) is crossed


def test_a_crossing_needs_a_row_before():
    verdict = evaluate(parse("crosses(price, 5)"), {PRICE: Reading(6.0)})
    assert verdict == CannotTell(Reason.NO_ROW_BEFORE, PRICE)


def test_cannot_tell_is_neither_true_nor_false():
    with pytest.raises(TypeError, match="no truth value"):
        bool(THIN)
    assert isinstance(
        evaluate(Or((parse("price > 5"), parse("age > 60s"))), {PRICE: Reading(6.0), AGE: Reading(0.0)}), bool
    )
