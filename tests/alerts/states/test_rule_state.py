"""States of rules as plain values, which a database can keep."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rule_expressions import measures
from tests.support.rule_rows import MARKET, at_prices, price_rule
from tracker.alerts.readings.verdict import CannotTell, Reason
from tracker.alerts.rules.vocabulary import WORDS
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.core.errors import ConfigError

times = st.none() | st.integers(0, 2**53)
problems = st.builds(
    CannotTell,
    st.sampled_from(Reason),
    measures(list(WORDS.values())),
    coverage=st.none() | st.floats(0, 1),
    since=times,
)
states = st.builds(
    RuleState,
    rule=st.text(min_size=1),
    market=st.just(MARKET),
    condition=st.just("price > 100"),
    channels=st.lists(st.sampled_from(["ops", "family"]), unique=True).map(tuple),
    time=st.integers(0, 2**53),
    phase=st.sampled_from(Phase),
    since=times,
    fired_at=times,
    notified_at=times,
    was_false=st.booleans(),
    problem=st.none() | problems,
    row_time=times,
)


@given(states)
def test_a_state_is_the_same_after_it_was_kept_as_json(state):
    assert RuleState.from_plain(json.loads(json.dumps(state.to_plain()))) == state


def test_a_state_is_kept_under_these_names():
    state, _ = at_prices(price_rule(), 99, None)
    assert state.to_plain() == {
        "rule": "high",
        "market": "kraken:BTC/EUR",
        "condition": "price > 100",
        "channels": ["ops"],
        "time": 20_000,
        "phase": "armed",
        "since": None,
        "fired_at": None,
        "notified_at": None,
        "was_false": True,
        "problem": {
            "reason": "standing_still",
            "measure": ["last_price", None, None],
            "coverage": None,
            "since": 7,
        },
        "row_time": None,
    }


@pytest.mark.parametrize("change", [{"phase": "asleep"}, {"market": "BTC"}, {"extra": 1}, {"problem": {"reason": "x"}}])
def test_what_is_no_state_is_refused(change):
    plain = RuleState.new(price_rule(), MARKET, 0).to_plain()
    with pytest.raises((ValueError, TypeError, KeyError, ConfigError)):
        RuleState.from_plain(plain | change)
