"""Leads a rule through many past rows: steps only on those on which its state may change in more than its time."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tracker.alerts.readings.column_joins import Ints
from tracker.alerts.readings.reading_columns import FALSE, TRUE, Codes
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, Step, step
from tracker.core.window import GAP_FACTOR


@dataclass(frozen=True, eq=False)
class PastSteps:
    """
    The rows of a rule in a market that follow each other, and what of them is known without a look at each.

    Args:
        time: epoch ms, ascending.
        interval: ms, see ``Row``.
        verdict: whether the rule holds; none is unsure.
        rearm: whether its re-arm condition does.
        row: returns one of them.
    """

    time: Ints
    interval: Ints
    verdict: Codes
    rearm: Codes
    row: Callable[[int], Row]

    def follow(self, rule: Rule, state: RuleState) -> Step:
        """
        Return the state of *rule* after all rows, and what happened; the same as of a step on each.

        Rows that are skipped change no more of a state than its time, whether it was ever false, and its problem.
        """
        number, done, events = self.time.size, 0, list[Event]()
        expiry = number if rule.expires is None else int(np.searchsorted(self.time, rule.expires))
        holds, holds_not = np.flatnonzero(self.verdict == TRUE), np.flatnonzero(self.verdict != TRUE)
        ends = np.flatnonzero((self.verdict == FALSE) & (self.rearm == TRUE))
        gaps = np.append(0, np.flatnonzero(np.diff(self.time) > GAP_FACTOR * self.interval[1:]) + 1)
        falses = np.append(0, np.cumsum(self.verdict == FALSE))

        def after(places: Ints) -> int:
            """Return the first of *places* that is not done; the number of rows if there is none."""
            index = int(np.searchsorted(places, done))
            return int(places[index]) if index < places.size else number

        while True:
            place = number
            if state.phase is Phase.ARMED:
                place = after(holds)
            elif state.phase is Phase.PENDING:
                due = int(np.searchsorted(self.time, _due(rule, state)))
                place = min(after(holds_not), after(gaps), max(due, done))
            elif state.phase is Phase.FIRING:
                place = after(ends)
            place = min(place, expiry) if done <= expiry else number
            if place > done:
                was_false = state.was_false or bool(falses[place] > falses[done])
                state = replace(state, time=int(self.time[place - 1]), was_false=was_false)
            if place == number:
                return state, tuple(events)
            state, more = step(rule, state, self.row(place))
            events += more
            done = place + 1


def _due(rule: Rule, state: RuleState) -> int:
    """Return the time (epoch ms) from which a pending rule fires."""
    held = (state.since or 0) + rule.hold
    return held if state.notified_at is None else max(held, state.notified_at + rule.cooldown)
