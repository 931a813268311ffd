"""Steps on the rows that may change something do what a step on each row does."""

import numpy as np
from hypothesis import given, settings

from tests.alerts.states.test_state_machine_laws import rows, rules
from tests.support.rule_rows import EVERY, MARKET, follow, price_row, price_rule
from tracker.alerts.readings.reading_columns import CANNOT_TELL
from tracker.alerts.readings.verdict import CannotTell, evaluate
from tracker.alerts.rehearsal.past_steps import PastSteps
from tracker.alerts.states.rule_state import RuleState


def code(verdict):
    return CANNOT_TELL if isinstance(verdict, CannotTell) else int(verdict)


def steps_of(rule, rows, asked=None):
    """Return *rows* as they are skipped; the numbers of those that are looked at are added to *asked*."""
    verdicts = [[code(evaluate(part, row.readings)) for row in rows] for part in (rule.expression, rule.rearm)]

    def row(number):
        if asked is not None:
            asked.append(number)
        return rows[number]

    columns = [np.array(each, np.uint8) for each in verdicts]
    time, interval = (np.array([getattr(row, name) for row in rows], np.int64) for name in ("time", "interval"))
    return PastSteps(time, interval, *columns, row)


@settings(max_examples=200)
@given(rules, rows(), rows())
def test_what_happens_is_what_a_step_on_each_row_says(rule, first, then):
    times, ascending = set(), []
    for row in (*first, *then):
        if row.time > max(times, default=0):
            times.add(row.time)
            ascending.append(row)
    expected = follow(rule, ascending)[1]
    state, events = RuleState.new(rule, MARKET, 0), []
    for part in (ascending[: len(first) // 2], ascending[len(first) // 2 :]):
        state, more = steps_of(rule, part).follow(rule, state)
        events += more
    assert events == expected


def test_few_rows_are_looked_at():
    rule = price_rule(hold=2 * EVERY)
    prices = [99.0] * 100 + [101.0] * 100 + [99.0] * 100
    asked = []
    read = [price_row(number * EVERY, price) for number, price in enumerate(prices, 1)]
    steps_of(rule, read, asked).follow(rule, RuleState.new(rule, MARKET, 0))
    assert asked == [100, 102, 200]


def test_a_gap_lets_the_time_begin_anew_long_before_the_rule_would_fire():
    rule, rows = price_rule(hold=10 * EVERY), []
    for number in (1, 2, 3, *range(7, 30)):
        rows.append(price_row(number * EVERY, 101.0))
    _, [fired] = steps_of(rule, rows).follow(rule, RuleState.new(rule, MARKET, 0))
    assert (fired.since, fired.at) == (7 * EVERY, 17 * EVERY)
