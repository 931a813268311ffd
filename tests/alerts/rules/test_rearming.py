"""Re-arming: a number that sits on its threshold fires once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rule_expressions import COMPARISONS, CROSSINGS, expressions, readings
from tracker.alerts.readings.verdict import Reading, evaluate
from tracker.alerts.rules.expression import Measure, Not
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm, rearm_condition
from tracker.core.errors import ConfigError

PRICE = Measure("last_price")


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("price > 70000", "price <= 69930"),
        ("price >= 70000", "price <= 69930"),
        ("price < 70000", "price >= 70070"),
        ("implied(EUR/USD) > 1.2", "implied(EUR/USD) <= 1.1988"),
        ("mean(24h) < 65000", "mean(24h) >= 65065"),
        ("change(10m) < -2%", "change(10m) >= -1.8%"),
        ("change(10m) > 2%", "change(10m) <= 1.8%"),
        ("change(24h) > 0%", "change(24h) <= -0.1%"),
        ("std(24h) > 500", "std(24h) <= 450"),
        ("relative_std(1h) < 1%", "relative_std(1h) >= 1.1%"),
        ("volatility(24h) > 80%", "volatility(24h) <= 72%"),
        ("drawdown(24h) > 5%", "drawdown(24h) <= 4.5%"),
        ("rank(24h) == 1", "rank(24h) != 1"),
        ("rank(24h) <= 3", "rank(24h) > 3"),
        ("age > 60s", "age <= 60s"),
        ("coverage(1h) < 90%", "coverage(1h) >= 92%"),
        ("crosses(price, 70000)", "price <= 69930 or price >= 70070"),
        ("crosses(change(1h), 0%)", "change(1h) <= -0.1% or change(1h) >= 0.1%"),
        ("not price > 70000", "price >= 70070"),
        ("not not price > 70000", "price <= 69930"),
        ("price > 70000 and age < 60s", "price <= 69930 or age >= 60s"),
        ("price > 70000 or rank(24h) == 1", "price <= 69930 and rank(24h) != 1"),
        ("not (price > 70000 or not age > 60s)", "price >= 70070 or age <= 60s"),
        ("not crosses(price, 5)", "crosses(price, 5)"),
    ],
)
def test_by_default_the_number_must_come_back_past_its_threshold_by_a_band(rule, condition):
    assert str(rearm_condition(parse(rule))) == str(parse(condition))
    assert read_rearm(None, parse(rule)) == parse(condition)


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("coverage(1h) < 99%", "coverage(1h) >= 99.5%"),
        ("coverage(1h) < 100%", "coverage(1h) >= 100%"),
        ("coverage(1h) <= 99.9999999999%", "coverage(1h) > 99.9999999999%"),
        ("coverage(1h) > 1%", "coverage(1h) <= 0.5%"),
        ("drawdown(24h) < 95%", "drawdown(24h) >= 97.5%"),
        ("change(24h) > -96%", "change(24h) <= -98%"),
        ("std(24h) > 0", "std(24h) <= 0"),
    ],
)
def test_a_number_that_the_measure_never_has_is_not_asked_for(rule, condition):
    assert str(rearm_condition(parse(rule))) == str(parse(condition))


@given(expressions(COMPARISONS).flatmap(lambda rule: st.tuples(st.just(rule), readings(rule))))
def test_a_rule_that_holds_is_not_re_armed_and_one_that_is_re_armed_does_not_hold(given_rule):
    rule, measured = given_rule
    condition = evaluate(rearm_condition(rule), measured)
    if evaluate(rule, measured) is True:
        assert condition is False
    if condition is True:
        assert evaluate(rule, measured) is False


@settings(max_examples=40)
@given(expressions(COMPARISONS), st.data())
def test_the_opposite_of_a_rule_re_arms_where_the_rule_clearly_holds(rule, data):
    measured = data.draw(readings(rule))
    if evaluate(rearm_condition(Not(rule)), measured) is True:
        assert evaluate(rule, measured) is True
        assert evaluate(rearm_condition(rule), measured) is False


def test_a_price_that_sits_on_the_threshold_is_not_re_armed_until_it_moves_away():
    condition = rearm_condition(parse("price > 70000"))
    held = [
        evaluate(condition, {PRICE: Reading(price)}) for price in (70_010.0, 69_990.0, 70_005.0, 69_931.0, 69_930.0)
    ]
    assert held == [False, False, False, False, True]


@given(CROSSINGS, st.floats(-1, 1))
def test_a_crossing_is_re_armed_only_away_from_its_level(rule, share):
    """Readings within the band of the level: whichever side they are on, they belong to the same crossing."""
    away = rearm_condition(rule)
    bounds = [part.threshold for part in away.parts]
    assert bounds[0] <= rule.level <= bounds[1]
    inside = rule.level + share * 0.999 * (bounds[1] - rule.level if share > 0 else rule.level - bounds[0])
    assert evaluate(away, {rule.measure: Reading(inside)}) is False
    assert evaluate(away, {rule.measure: Reading(bounds[1] + abs(bounds[1]) * 1e-6 + 1e-9)}) is True


@pytest.mark.parametrize(
    ("rule", "level", "condition"),
    [
        ("price > 70000", "69000", "price <= 69000"),
        ("price >= 70000", "70000", "price < 70000"),
        ("price > 70000", "70000", "price <= 70000"),
        ("price < 70000", "71000", "price >= 71000"),
        ("not price > 70000", "71000", "price >= 71000"),
        ("not price > 70000", "70000", "price > 70000"),
        ("change(10m) < -2%", "-1%", "change(10m) >= -1%"),
        ("age > 60s", "30s", "age <= 30s"),
        ("rank(24h) <= 3", "5", "rank(24h) >= 5"),
        ("coverage(1h) < 90%", "95%", "coverage(1h) >= 95%"),
        ("crosses(price, 70000)", "69500", "price <= 69500"),
        ("crosses(price, 70000)", "70500", "price >= 70500"),
    ],
)
def test_a_level_of_ones_own_has_to_be_reached_instead(rule, level, condition):
    assert read_rearm(level, parse(rule)) == parse(condition)


@given(COMPARISONS, st.data())
def test_with_a_level_of_ones_own_too_a_rule_that_holds_is_not_re_armed(rule, data):
    level = data.draw(st.sampled_from([0.5, 0.999, 1.0, 1.001, 2.0])) * rule.threshold
    try:
        condition = rearm_condition(rule, level)
    except ConfigError:
        return
    measured = data.draw(readings(rule))
    assert not (evaluate(rule, measured) is True and evaluate(condition, measured) is True)


@pytest.mark.parametrize(
    ("rule", "level", "words"),
    [
        ("price > 70000", "71000", "rearm: at 71000 the rule price > 70000 still holds; type a level below its own"),
        ("change(1h) < -2%", "-3%", "rearm: at -3% the rule change(1h) < -2% still holds; type a level above its own"),
        ("not price > 70000", "69000", "rearm: at 69000 the rule not price > 70000 still holds"),
        ("price > 5 or price < 3", "4", "rearm: price > 5 or price < 3 has several thresholds; leave rearm out"),
        ("rank(24h) == 1", "2", "rearm: rank(24h) == 1 has no level to pass back; leave rearm out"),
        ("not crosses(price, 5)", "6", "rearm: crosses(price, 5) has no level to pass back; leave rearm out"),
        ("crosses(price, 70000)", "70000", "rearm: crosses(price, 70000) needs a level above or below its own"),
        ("price > 70000", "69.000", "at '69.000' (column 1): 69.000 could mean 69 or 69,000"),
        ("price > 70000", "1%", "price takes a plain number"),
    ],
)
def test_a_level_that_cannot_be_passed_back_is_refused(rule, level, words):
    with pytest.raises(ConfigError) as error:
        read_rearm(level, parse(rule))
    assert words in str(error.value)
