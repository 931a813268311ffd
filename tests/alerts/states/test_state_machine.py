"""Each sentence about the states of a rule, by an example."""

from dataclasses import replace

import pytest

from tests.support.rule_rows import EVERY, MARKET, PRICE, at_prices, follow, price_row, price_rule, told
from tracker.alerts.readings.verdict import CannotTell, Reading, Reason
from tracker.alerts.rules.parsing import parse
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import expire, take_back
from tracker.core.durations import DAY


def test_a_rule_fires_when_it_holds_and_resolves_when_it_has_passed_back_its_level():
    state, events = at_prices(price_rule(), 99, 101, 102, 99, 98)
    assert told(events) == [("fired", 2), ("resolved", 4)]
    assert state.phase is Phase.ARMED


def test_an_event_has_the_numbers_the_times_and_the_channels():
    _, events = at_prices(price_rule(hold=EVERY), 99, 101, 102, 103, 99)
    assert events == [
        Event(
            EventKind.FIRED, "high", MARKET, 3 * EVERY, 2 * EVERY, 3 * EVERY, ("ops",), (Number(PRICE, 102.0, None),)
        ),
        Event(
            EventKind.RESOLVED, "high", MARKET, 5 * EVERY, 2 * EVERY, 3 * EVERY, ("ops",), (Number(PRICE, 99.0, None),)
        ),
    ]
    assert events[0].firing == events[1].firing


def test_a_price_that_sits_on_the_threshold_gives_one_message_and_not_sixty():
    _, events = at_prices(price_rule(), 99, *[100.01, 99.99] * 60)
    assert told(events) == [("fired", 2)]


def test_a_rearm_level_has_to_be_passed_back_before_the_rule_fires_again():
    _, events = at_prices(price_rule(rearm="95"), 90, 101, 96, 101, 95, 101)
    assert told(events) == [("fired", 2), ("resolved", 5), ("fired", 6)]


def test_a_firing_does_not_end_while_the_rule_holds_whatever_its_rearm_condition_says():
    rule = replace(price_rule(), rearm=parse("price > 90"))
    assert told(at_prices(rule, 99, 101, 102, 95)[1]) == [("fired", 2), ("resolved", 4)]


def test_a_rule_has_to_hold_as_long_as_it_says_and_is_pending_until_then():
    rule = price_rule(hold=30_000)
    state, events = at_prices(rule, 99, 101, 101, 101)
    assert (state.phase, state.since, events) == (Phase.PENDING, 2 * EVERY, [])
    assert told(at_prices(rule, 99, 101, 101, 101, 101)[1]) == [("fired", 5)]


def test_a_rule_that_does_not_hold_at_one_row_starts_over():
    state, events = at_prices(price_rule(hold=30_000), 99, 101, 101, 101, 99, 101, 101, 101)
    assert (state.phase, state.since, events) == (Phase.PENDING, 6 * EVERY, [])


def test_what_cannot_be_told_fires_nothing_and_is_kept_with_its_reason():
    state, events = at_prices(price_rule(), 99, None)
    assert (state.phase, events) == (Phase.ARMED, [])
    assert state.problem == CannotTell(Reason.STANDING_STILL, PRICE, since=7)
    state, events = at_prices(price_rule(), 99, None, 99)
    assert (state.phase, state.problem, events) == (Phase.ARMED, None, [])


def test_a_pending_rule_starts_over_with_the_next_row_that_can_be_judged():
    rule = price_rule(hold=30_000)
    state, _ = at_prices(rule, 99, 101, 101, None)
    assert (state.phase, state.since) == (Phase.ARMED, None)
    _, events = at_prices(rule, 99, 101, 101, None, 101, 101, 101, 101)
    assert told(events) == [("fired", 8)]
    assert events[0].since == 5 * EVERY


def test_a_firing_rule_stays_so_while_it_cannot_be_told():
    state, events = at_prices(price_rule(), 99, 101, None, None)
    assert (state.phase, told(events)) == (Phase.FIRING, [("fired", 2)])
    assert state.problem is not None
    _, events = at_prices(price_rule(), 99, 101, None, 101, None, 98)
    assert told(events) == [("fired", 2), ("resolved", 6)]


def test_a_firing_does_not_end_where_the_rearm_condition_cannot_be_told():
    rule = replace(price_rule(), rearm=parse("price <= 99 and not crosses(price, 50)"))  # no row before is known
    state, events = at_prices(rule, 99, 101, 98)
    assert (state.phase, told(events)) == (Phase.FIRING, [("fired", 2)])
    assert state.problem == CannotTell(Reason.NO_ROW_BEFORE, PRICE)


def test_a_rule_that_holds_when_it_is_made_is_told_once_and_as_that():
    state, events = at_prices(price_rule(), 101, 101, 101)
    assert (state.phase, told(events)) == (Phase.FIRING, [("already_true", 1)])
    assert told(at_prices(price_rule(), 101, 98, 101)[1]) == [("already_true", 1), ("resolved", 2), ("fired", 3)]


def test_a_rule_that_holds_when_it_is_made_still_has_to_hold_as_long_as_it_says():
    rule = price_rule(hold=20_000)
    assert told(at_prices(rule, 101, 101, 101)[1]) == [("already_true", 3)]
    assert told(at_prices(rule, 101, 98, 101, 101, 101)[1]) == [("fired", 5)]


def test_the_first_row_that_can_be_judged_tells_whether_a_rule_is_already_true():
    assert told(at_prices(price_rule(), None, None, 101)[1]) == [("already_true", 3)]
    assert told(at_prices(price_rule(), None, 99, None, 101)[1]) == [("fired", 4)]


def test_rows_up_to_the_time_at_which_a_rule_was_made_do_not_count():
    rule = price_rule()
    new = RuleState.new(rule, MARKET, at=5 * EVERY)
    state, events = follow(rule, [price_row(4 * EVERY, 101), price_row(5 * EVERY, 101)], new)
    assert (state, events) == (new, [])
    assert told(follow(rule, [price_row(6 * EVERY, 101)], new)[1]) == [("already_true", 6)]


@pytest.mark.parametrize("price", [50, 101, None])
@pytest.mark.parametrize("time", [-DAY, EVERY, 4 * EVERY])
def test_a_row_that_is_not_newer_changes_nothing(time, price):
    rule = price_rule(hold=EVERY)
    for prices in ((99, 99, 99, 99), (99, 99, 101, 101), (99, 99, 99, 101), (99, 99, 99, None)):
        state, _ = at_prices(rule, *prices)
        assert follow(rule, [price_row(time, price)], state) == (state, [])


def test_one_row_after_a_clock_that_jumped_forward_makes_no_rule_hold_for_longer():
    rule = price_rule(hold=30_000)
    state, _ = at_prices(rule, 99, 101)
    state, events = follow(rule, [price_row(DAY, 101)], state)
    assert (state.phase, state.since, events) == (Phase.PENDING, DAY, [])
    _, events = follow(rule, [price_row(DAY + i * EVERY, 101) for i in (1, 2, 3)], state)
    assert [event.at for event in events] == [DAY + 3 * EVERY]


@pytest.mark.parametrize(("later", "fires"), [(25_000, True), (25_001, False)])
def test_a_gap_is_longer_than_two_and_a_half_intervals_of_the_later_row(later, fires):
    rule = price_rule(hold=25_000)
    state, _ = at_prices(rule, 99, 101)
    assert bool(follow(rule, [price_row(2 * EVERY + later, 101)], state)[1]) is fires


def test_a_gap_ends_no_firing_and_a_rule_that_need_not_hold_for_long_fires_after_it():
    state, _ = at_prices(price_rule(), 99, 101)
    assert follow(price_rule(), [price_row(DAY, 101)], state)[1] == []
    state, _ = at_prices(price_rule(), 99)
    assert [event.since for event in follow(price_rule(), [price_row(DAY, 101)], state)[1]] == [DAY]


def test_a_cooldown_delays_the_next_firing_after_the_last_event_and_no_end():
    rule = price_rule(cooldown=40_000)
    _, events = at_prices(rule, 99, 101, 98, 101, 101, 101, 101, 101)
    assert told(events) == [("fired", 2), ("resolved", 3), ("fired", 7)]
    assert events[-1].since == 4 * EVERY


def test_an_event_of_a_clock_that_was_ahead_starts_no_cooldown():
    state = replace(at_prices(price_rule(), 99, 98)[0], notified_at=DAY)
    assert told(follow(price_rule(), [price_row(3 * EVERY, 101)], state)[1]) == [("fired", 3)]


def test_a_rule_that_holds_during_its_cooldown_is_pending_and_forgets_it_when_it_holds_no_more():
    rule = price_rule(cooldown=40_000)
    state, _ = at_prices(rule, 99, 101, 98, 101)
    assert state.phase is Phase.PENDING
    state, events = at_prices(rule, 99, 101, 98, 101, 101, 98, 98, 98)
    assert (state.phase, told(events)) == (Phase.ARMED, [("fired", 2), ("resolved", 3)])


def test_a_rule_that_fires_once_is_done_after_the_end_of_its_firing():
    rule = price_rule(once=True)
    state, events = at_prices(rule, 99, 101, 98, 101, None)
    assert (state.phase, told(events)) == (Phase.DONE, [("fired", 2), ("resolved", 3)])
    assert state.problem is not None
    assert at_prices(rule, 99, 101)[0].phase is Phase.FIRING


def test_a_rule_that_was_done_and_need_not_be_any_more_is_armed_again():
    state, _ = at_prices(price_rule(once=True), 99, 101, 98)
    state, events = follow(price_rule(), [price_row(4 * EVERY, 101)], state)
    assert (state.phase, told(events)) == (Phase.FIRING, [("fired", 4)])


def test_from_the_time_at_which_a_rule_expires_nothing_fires():
    rule = price_rule(expires=3 * EVERY)
    assert told(at_prices(rule, 99, 99, 101, 101)[1]) == []
    assert told(at_prices(price_rule(expires=3 * EVERY, hold=EVERY), 99, 101, 101)[1]) == []
    assert told(at_prices(price_rule(expires=3 * EVERY + 1), 99, 99, 101)[1]) == [("fired", 3)]


def test_a_firing_ends_when_its_rule_expires_and_only_once():
    state, events = at_prices(price_rule(expires=3 * EVERY), 99, 101, 101, 98, None)
    assert (state.phase, told(events)) == (Phase.ARMED, [("fired", 2), ("expired", 3)])


def test_a_rule_expires_without_a_row_too():
    rule = price_rule(expires=3 * EVERY, hold=EVERY)
    firing, _ = at_prices(rule, 101, 101)
    pending, _ = at_prices(rule, 101)
    armed, _ = at_prices(rule, 99)
    assert expire(rule, firing, 3 * EVERY - 1) == (firing, ())
    state, events = expire(rule, firing, 3 * EVERY)
    assert (state.phase, told(events), events[0].since, events[0].numbers) == (
        Phase.ARMED,
        [("expired", 3)],
        EVERY,
        (),
    )
    assert expire(rule, state, 4 * EVERY) == (state, ())
    assert expire(rule, pending, DAY) == (replace(pending, phase=Phase.ARMED, since=None), ())
    assert expire(rule, armed, DAY) == (armed, ())
    assert expire(price_rule(), firing, DAY) == (firing, ())
    assert expire(replace(rule, once=True), firing, DAY)[0].phase is Phase.DONE


def test_a_crossing_fires_at_its_row_and_is_over_when_the_price_is_away_from_the_level():
    rule = price_rule("crosses(price, 100)")
    rows = []
    for i, (before, price) in enumerate([(99, 99.5), (99.5, 100.02), (100.02, 100.05), (100.05, 101), (101, 90)], 1):
        row = price_row(i * EVERY, price)
        rows.append(replace(row, readings={PRICE: replace(row.readings[PRICE], before=before)}))
    assert told(follow(rule, rows)[1]) == [("fired", 2), ("resolved", 4), ("fired", 5)]


@pytest.mark.parametrize(
    ("when", "kind"),
    [
        ("crosses(price, 100)", "fired"),
        ("crosses(price, 100) and price > 50", "fired"),
        ("crosses(price, 100) or price > 50", "already_true"),
    ],
)
def test_a_crossing_alone_is_never_already_true(when, kind):
    row = price_row(EVERY, 101)
    assert told(follow(price_rule(when), [replace(row, readings={PRICE: Reading(101, before=99)})])[1]) == [(kind, 1)]


def test_a_state_of_a_clock_that_was_ahead_is_taken_back_and_a_pending_rule_starts_over():
    firing, _ = at_prices(price_rule(), 99, 101)
    pending, _ = at_prices(price_rule(hold=DAY), 99, 101)
    assert take_back(firing, EVERY) == replace(firing, time=EVERY)
    assert take_back(pending, EVERY) == replace(pending, time=EVERY, phase=Phase.ARMED, since=None)
