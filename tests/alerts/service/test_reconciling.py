"""What an edit of the rules does to their states."""

from dataclasses import replace

import pytest

from tests.support.rule_rows import EVERY, MARKET, at_prices, follow, price_row, price_rule, told
from tracker.alerts.rules.parsing import parse
from tracker.alerts.states.events import EventKind
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import reconcile
from tracker.core.market import Market

OTHER = Market("kraken", "BTC", "USD")
NOW = 9 * EVERY


def firing():
    """Return a rule and its state after it fired."""
    rule = price_rule()
    state, _ = at_prices(rule, 99, 101)
    assert state.phase is Phase.FIRING
    return rule, state


def test_new_rules_are_armed_in_each_of_their_markets_from_now_on():
    rules = [price_rule(markets=(MARKET, OTHER)), price_rule(name="low", markets=(OTHER,))]
    states, events = reconcile(rules, (), NOW)
    assert events == ()
    assert states == tuple(
        RuleState.new(rule, market, NOW) for rule, market in [(rules[0], MARKET), (rules[0], OTHER), (rules[1], OTHER)]
    )
    assert {(state.phase, state.time) for state in states} == {(Phase.ARMED, NOW)}


def test_rules_that_stay_the_same_keep_their_states():
    rule, state = firing()
    assert reconcile([rule], [state], NOW) == ((state,), ())


@pytest.mark.parametrize(
    "edit",
    [{"expression": parse("price > 100.5")}, {"channels": ("ops", "family")}, {"channels": ()}, {"markets": (OTHER,)}],
)
def test_another_condition_other_channels_or_another_market_end_a_firing_and_arm_the_rule_anew(edit):
    rule, state = firing()
    rule = replace(rule, **edit)
    states, [event] = reconcile([rule], [state], NOW)
    assert states == (RuleState.new(rule, rule.markets[0], NOW),)
    assert (event.kind, event.rule, event.market, event.at) == (EventKind.CHANGED, "high", MARKET, NOW)
    assert (event.since, event.fired_at, event.channels) == (2 * EVERY, 2 * EVERY, ("ops",))


def test_a_rule_that_is_armed_anew_tells_what_is_already_true():
    rule, state = firing()
    rule = replace(rule, expression=parse("price > 100.5"))
    [state], _ = reconcile([rule], [state], NOW)
    assert told(follow(rule, [price_row(NOW + EVERY, 101)], state)[1]) == [("already_true", 10)]


def test_a_rule_that_is_deleted_or_has_another_name_ends_its_firing():
    rule, state = firing()
    states, [event] = reconcile([], [state], NOW)
    assert (states, event.kind) == ((), EventKind.DELETED)
    states, [event] = reconcile([replace(rule, name="higher")], [state], NOW)
    assert ([state.rule for state in states], event.kind) == (["higher"], EventKind.DELETED)


def test_rules_that_do_not_fire_are_changed_and_deleted_without_an_event():
    rule = price_rule(hold=EVERY)
    pending, _ = at_prices(rule, 99, 101)
    done, _ = at_prices(price_rule(once=True), 99, 101, 98)
    edited = replace(rule, channels=())
    for state in (pending, done):
        assert reconcile([edited], [state], NOW) == ((RuleState.new(edited, MARKET, NOW),), ())
        assert reconcile([], [state], NOW) == ((), ())


@pytest.mark.parametrize(
    "edit",
    [
        {"hold": 7},
        {"cooldown": 7},
        {"rearm": parse("price < 90")},
        {"once": True},
        {"severity": "critical"},
        {"expires": 10 * NOW},
        {"markets": (OTHER, MARKET)},
        {"expression": parse("PRICE  >  100.0")},
    ],
)
def test_other_edits_leave_the_state_as_it_is(edit):
    rule, state = firing()
    states, events = reconcile([replace(rule, **edit)], [state], NOW)
    assert state in states
    assert events == ()


def test_a_market_more_or_less_changes_nothing_in_the_others():
    rule, state = firing()
    both = replace(rule, markets=(MARKET, OTHER))
    states, events = reconcile([both], [state], NOW)
    assert (states, events) == ((state, RuleState.new(both, OTHER, NOW)), ())
    assert reconcile([rule], states, NOW) == ((state,), ())
