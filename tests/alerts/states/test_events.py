"""Events of rules, as plain values too, and what is left to tell of those that quiet hours held back."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rule_expressions import measures
from tests.support.rule_rows import MARKET, PRICE
from tracker.alerts.rules.vocabulary import WORDS
from tracker.alerts.states.events import Event, EventKind, Number, still_to_tell
from tracker.core.errors import ConfigError

FIRED, ALREADY_TRUE, RESOLVED, EXPIRED = (
    EventKind.FIRED,
    EventKind.ALREADY_TRUE,
    EventKind.RESOLVED,
    EventKind.EXPIRED,
)


def event(kind: EventKind, at: int, fired_at: int | None = None, rule: str = "high") -> Event:
    return Event(kind, rule, MARKET, at, 0, at if fired_at is None else fired_at, ())


def test_a_firing_begins_with_one_kind_and_ends_with_another():
    assert [kind for kind in EventKind if kind.begins_firing] == [FIRED, ALREADY_TRUE]


def test_of_what_was_held_back_that_is_told_which_still_holds():
    events = [event(FIRED, 1), event(RESOLVED, 2, 1), event(FIRED, 3), event(ALREADY_TRUE, 3, rule="low")]
    assert still_to_tell(events) == (events[2], events[3])
    assert still_to_tell(events[:2]) == ()


def test_the_end_of_a_firing_that_was_told_before_is_told():
    events = [event(RESOLVED, 5, fired_at=1), event(FIRED, 6), event(EXPIRED, 7, fired_at=6)]
    assert still_to_tell(events) == (events[0],)


@given(st.lists(st.sampled_from(["high", "low", "old"])))
def test_what_is_left_to_tell_takes_the_hearer_from_what_was_told_before_to_what_holds_now(toggled):
    before = {("old", MARKET, 0)}  # told before the quiet hours
    holding, events = set(before), []
    for at, rule in enumerate(toggled, 1):
        current = next((firing for firing in holding if firing[0] == rule), None)
        events.append(event(RESOLVED, at, current[2], rule) if current else event(FIRED, at, rule=rule))
        holding ^= {current or (rule, MARKET, at)}
    known = set(before)
    for left in still_to_tell(events):
        known ^= {left.firing}
        assert (left.firing in known) == left.kind.begins_firing
    assert known == holding


times = st.integers(0, 2**53)
numbers = st.builds(Number, measures(list(WORDS.values())), st.floats(allow_nan=False), st.none() | st.floats(0, 1))
events_of_any_kind = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    rule=st.text(min_size=1),
    market=st.just(MARKET),
    at=times,
    since=times,
    fired_at=times,
    channels=st.lists(st.sampled_from(["ops", "family"]), unique=True).map(tuple),
    numbers=st.lists(numbers, max_size=3).map(tuple),
)


@given(events_of_any_kind)
def test_an_event_is_the_same_after_it_was_kept_as_json(kept):
    assert Event.from_plain(json.loads(json.dumps(kept.to_plain(), allow_nan=False))) == kept


def test_numbers_that_json_does_not_know_are_kept_as_text():
    assert Number(PRICE, math.inf, None).to_plain()["value"] == "inf"
    kept = Event(FIRED, "high", MARKET, 1, 0, 1, (), (Number(PRICE, math.nan, None),))
    assert math.isnan(Event.from_plain(kept.to_plain()).numbers[0].value)


@pytest.mark.parametrize("change", [{"kind": "slept"}, {"market": "BTC"}, {"extra": 1}, {"numbers": [{}]}])
def test_what_is_no_event_is_refused(change):
    with pytest.raises((ValueError, TypeError, KeyError, ConfigError)):
        Event.from_plain(event(FIRED, 1).to_plain() | change)
