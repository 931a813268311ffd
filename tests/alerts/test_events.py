"""Events of rules, and what is left to tell of those that quiet hours held back."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.rule_rows import MARKET
from tracker.alerts.events import Event, EventKind, still_to_tell

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
