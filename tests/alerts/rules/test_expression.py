"""Expressions: their canonical text, and what is in them."""

import pytest
from hypothesis import given

from tests.support.rule_expressions import expressions
from tracker.alerts.rules.expression import Measure, counts_in_quote, depth, has_crossing, leaves, measures_of
from tracker.alerts.rules.parsing import parse


@given(expressions())
def test_the_canonical_text_is_read_back_to_the_same_expression(expression):
    assert parse(str(expression)) == expression
    assert str(parse(str(expression))) == str(expression)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("last_price>70000", "price > 70000"),
        ("Price  >  70000", "price > 70000"),
        ("realised-volatility(1d) > 80.0 %", "volatility(24h) > 80%"),
        ("standard_deviation(60m) >= 15.3150", "std(1h) >= 15.3150"),
        ("minimum(7d) < 60000 or maximum(168h) > 80000", "low(7d) < 60000 or high(7d) > 80000"),
        ("min(7d) < 60000 OR max(7d) > 80000", "low(7d) < 60000 or high(7d) > 80000"),
        ("change(10m) < −2%", "change(10min) < -2%"),
        ("change(10m) < 0", "change(10min) < 0%"),
        ("age > 90s", "age > 90s"),
        ("implied(eur / xbt) > 1.20", "implied(EUR/BTC) > 1.2"),
        ("crosses ( price , 70000 )", "crosses(price, 70000)"),
        ("price > 1 or price > 2 and price > 3", "price > 1 or (price > 2 and price > 3)"),
        ("(price > 1 or price > 2) and price > 3", "(price > 1 or price > 2) and price > 3"),
        ("not price > 1 and price > 2", "not price > 1 and price > 2"),
        ("not (price > 1 and price > 2)", "not (price > 1 and price > 2)"),
        ("not(((price > 1)))", "not price > 1"),
        ("price > 1 and (price > 2 and price > 3)", "price > 1 and (price > 2 and price > 3)"),
    ],
)
def test_a_rule_is_written_in_one_way(typed, canonical):
    assert str(parse(typed)) == canonical


def test_and_joins_before_or_and_not_before_both():
    assert parse("price > 1 or not price > 2 and price > 3") == parse("price > 1 or ((not price > 2) and price > 3)")
    assert parse("price > 1 or price > 2 and price > 3") != parse("(price > 1 or price > 2) and price > 3")


def test_measures_come_once_in_the_order_of_the_text():
    expression = parse("age > 1min or (price > 5 and not change(1h) < 0%) or price < 3 or change(2h) > 1%")
    hour = 3_600_000
    names = (Measure("age"), Measure("last_price"), Measure("change", hour), Measure("change", 2 * hour))
    assert measures_of(expression) == names
    assert [str(leaf) for leaf in leaves(expression)][1:4] == ["price > 5", "change(1h) < 0%", "price < 3"]


def test_a_rule_is_asked_for_crossings_and_for_prices_in_the_quote_currency():
    assert has_crossing(parse("age > 60s or not crosses(change(1h), 0%)"))
    assert not has_crossing(parse("age > 60s or price > 5"))
    assert counts_in_quote(parse("age > 60s and std(1h) > 500"))
    assert counts_in_quote(parse("crosses(low(1h), 500)"))
    assert not counts_in_quote(parse("age > 60s and change(1h) > 1% or implied(EUR/USD) > 1.2 or rank(24h) == 1"))


def test_depth_counts_levels_of_and_or_and_not():
    assert depth(parse("((price > 1))")) == 0
    assert depth(parse("price > 1 or price > 2 or price > 3")) == 1
    assert depth(parse("price > 1 or not (price > 2 and not price > 3)")) == 4
