"""The state machine against a slow one that looks at the whole past, with restarts and edits at any time."""

import json
import math
from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rule_rows import EVERY, MARKET, follow, price_row, price_rule, slow_events
from tracker.alerts.readings.verdict import evaluate
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, reconcile, step
from tracker.core.durations import DAY

# Above, at and below the threshold, within the band in which a firing goes on, and what cannot be told.
prices = st.sampled_from([101.0, 99.0, 101.0, 99.95, None, 100.0, 94.0, math.nan])
# Before a run of rows with one price: mostly one interval, else a gap, an old row or a clock that jumps.
steps = st.sampled_from([EVERY] * 10 + [25_000, 25_001, 25_000, 25_001, EVERY // 10, DAY, 0, -1, -3 * EVERY, -DAY])
intervals = st.sampled_from([EVERY] * 6 + [EVERY // 10, 6 * EVERY])


@st.composite
def rows(draw: st.DrawFn, most: int = 10) -> list[Row]:
    """Return rows mostly one interval apart, in runs of one price, at most *most* of these."""
    time, result = 0, []
    for step_before, price, interval, length in draw(
        st.lists(st.tuples(steps, prices, intervals, st.integers(1, 3)), max_size=most)
    ):
        time += step_before
        result += [price_row(time + i * EVERY, price, interval) for i in range(length)]
        time += (length - 1) * EVERY
    return result


rules = st.builds(
    lambda rearm, options: replace(price_rule(**options), **rearm),
    st.sampled_from([{}, {"rearm": parse("price <= 95")}, {"rearm": parse("price > 90")}]),
    st.fixed_dictionaries(
        {
            "hold": st.sampled_from([0, EVERY, 2 * EVERY, 25_001]),
            "cooldown": st.sampled_from([0, EVERY, 2 * EVERY, 45_000]),
            "once": st.sampled_from([False, False, True]),
            "expires": st.sampled_from([None, None, None, 8 * EVERY]),
        }
    ),
)


def as_stored(state: RuleState) -> RuleState:
    """Return *state* as a process finds it that starts again."""
    return RuleState.from_plain(json.loads(json.dumps(state.to_plain())))


@settings(max_examples=300)
@given(rules, rows())
def test_what_happens_is_what_a_look_at_the_whole_past_says(rule, rows):
    assert follow(rule, rows)[1] == slow_events([(rule, row) for row in rows], 0)


@given(rules, rows())
def test_a_rule_is_pending_where_it_holds_and_has_not_fired_and_firing_between_two_events(rule, rows):
    state, events, holds = RuleState.new(rule, MARKET, 0), [], False
    for row in rows:
        if row.time > state.time:
            holds = not rule.has_expired(row.time) and evaluate(rule.expression, row.readings) is True
        state, more = step(rule, state, row)
        events += more
        is_firing = bool(events) and events[-1].kind.begins_firing
        is_done = rule.once and bool(events) and not is_firing
        expected = Phase.FIRING if is_firing else Phase.DONE if is_done else Phase.PENDING if holds else Phase.ARMED
        assert state.phase is expected
        assert (state.since is not None) == (state.phase in (Phase.PENDING, Phase.FIRING))
        assert state.notified_at == (events[-1].at if events else None)


@given(rules, rows())
def test_a_row_that_comes_again_and_a_restart_change_nothing(rule, rows):
    state = RuleState.new(rule, MARKET, 0)
    for row in rows:
        state, _ = step(rule, state, row)
        assert as_stored(state) == state
        assert step(rule, state, row) == (state, ())


@dataclass
class Life:
    """A rule from when it is made until it is deleted, or gets another condition or other channels."""

    made_at: int
    history: list[tuple[Rule, Row]] = field(default_factory=list)


def ended(life: Life, at: int, kind: EventKind) -> list[Event]:
    """Return what happened in *life*, which ends at *at*."""
    events = slow_events(life.history, life.made_at)
    if events and events[-1].kind.begins_firing:
        events.append(replace(events[-1], kind=kind, at=at, numbers=()))
    return events


# Condition and channels; the rule is also deleted (None), or edited in what leaves its state as it is (True).
edits = st.sampled_from([("price > 100", ("ops",)), ("price > 95", ("ops",)), ("price > 100", ("b",)), None, True])


@given(rules, st.lists(st.tuples(edits, rows(5)), max_size=5), st.sampled_from([0, EVERY]))
def test_each_firing_begins_and_ends_once_across_edits_and_restarts(rule, program, hold):
    life, lives = Life(0), []
    states, events, now = reconcile([rule], (), 0)[0], [], 0
    current: Rule | None = rule
    for edit, rows in program:
        before = current
        if edit is True and current is not None:
            current = replace(current, hold=hold, severity="critical")
        elif isinstance(edit, tuple):
            edited = price_rule(edit[0], channels=edit[1], once=rule.once)
            same = before is not None and (before.condition, before.channels) == (edited.condition, edited.channels)
            current = before if same else edited
        elif edit is None:
            current = None
        if before is not None and (current is None or not states[0].belongs_to(current)):
            lives += ended(life, now, EventKind.DELETED if current is None else EventKind.CHANGED)
        if current is not None and (before is None or not states[0].belongs_to(current)):
            life = Life(now)
        states, more = reconcile([current] if current else [], map(as_stored, states), now)
        events += more
        if current is not None:
            state, more = follow(current, rows, states[0])
            states, events = (state,), [*events, *more]
            life.history += [(current, row) for row in rows]
            now = state.time
    lives += ended(life, now, EventKind.DELETED) if current else []
    events += reconcile([], states, now)[1]
    assert events == lives
    kinds = [event.kind.begins_firing for event in events]
    assert kinds == [True, False] * (len(kinds) // 2)
