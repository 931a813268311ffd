"""The benchmark of alerts at a tiny size: the fast and the slow evaluator say the same of every rule."""

import pytest

from benchmarks import alerts
from tests.support.rule_rows import MARKET, at_prices, price_rule
from tracker.core.durations import MINUTE


def test_both_evaluators_agree_on_every_firing_and_have_their_figures():
    figures = alerts.compare(3, 1500, 60, 3, 60, every=MINUTE)
    assert figures["fired"] > 20
    assert 0 < figures["fast"] < figures["slow"]
    assert figures["p50"] <= figures["longest"]


def test_a_firing_that_the_slow_evaluator_does_not_find_is_an_error():
    rule = price_rule()
    _, events = at_prices(rule, 90, 110)
    rows = alerts.make_rows([MARKET], 2, MINUTE)
    before = alerts.states_of({MARKET: [rule]}, alerts.BEGIN)
    with pytest.raises(RuntimeError, match="by the slow evaluator"):
        alerts.check_events([rule], before, MARKET, alerts.BEGIN + 2 * MINUTE, MINUTE, rows, events)


def test_the_report_names_the_size():
    text = alerts.report(2, 60, 3)
    assert "40 rules over 2 markets" in text
    assert "| this project |" in text


def test_another_firing_is_an_error():
    _, events = at_prices(price_rule(), 90, 110)
    with pytest.raises(RuntimeError, match="by the slow evaluator"):
        alerts.check(alerts.make_markets(1)[0], 0, events, [])
