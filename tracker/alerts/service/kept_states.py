"""The states of rules in memory, and what of them a database has yet to keep."""

from collections.abc import Sequence

from tracker.alerts.database.database import AlertDatabase
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.delivery_holds import HeldUntil
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Step, reconcile
from tracker.core.market import Market
from tracker.runtime.clock import Clock

SAVE_EVERY = 20.0  # seconds between two commits of nothing but how far rules were evaluated

Key = tuple[str, Market]  # a rule's name, and one of its markets


class KeptStates:
    """
    One state for each of *rules* and its markets, as *database* has them. Not thread-safe.

    What happened is kept at once. A state that differs only in how far it was evaluated is kept now and then: after a
    kill, rows are evaluated once more from there, to the same end.

    Args:
        rules: as they are now; firings of others end.
        database: which any method may find unusable, with StoreError or LeaseError; the next call loses nothing.
        clock: of the machine.
        held_until: until when events are held back.

    Attributes:
        found: the states as they were left.
    """

    def __init__(self, rules: Sequence[Rule], database: AlertDatabase, clock: Clock, held_until: HeldUntil) -> None:
        self._database, self._clock, self._held_until = database, clock, held_until
        self.found = database.load_states()
        states, events = reconcile(rules, self.found, clock.now())
        self._states: dict[Key, RuleState] = {(state.rule, state.market): state for state in states}
        self._events = list(events)  # that are not kept yet
        self._changed: set[Key] = set()  # not kept yet
        self._advanced: set[Key] = set()  # the same, of those that were evaluated further and nothing else
        self._replaces = True  # whether the next commit is of all states
        self._saved_at = clock.monotonic()

    def __getitem__(self, key: Key) -> RuleState:
        return self._states[key]

    def all(self) -> list[RuleState]:
        """Return all states, in the order of rules and markets."""
        return list(self._states.values())

    def take(self, key: Key, led: Step) -> bool:
        """Take over where the state of *key* was led; return whether something happened that is to be kept at once."""
        before, (state, events) = self._states[key], led
        if state is before:
            return False
        self._states[key] = state
        is_same = _told_apart_by(state) == _told_apart_by(before)
        (self._advanced if is_same else self._changed).add(key)
        self._events += events
        return bool(events)

    def save(self, *, all_of_it: bool = False) -> None:
        """Keep what happened, and what has changed; after a while or with *all_of_it*, also how far each state is."""
        monotonic = self._clock.monotonic()
        is_time = all_of_it or monotonic - self._saved_at >= SAVE_EVERY
        if not (self._replaces or self._events or self._changed or (is_time and self._advanced)):
            return
        keys = self._states.keys() if self._replaces else self._changed | (self._advanced if is_time else set())
        now = self._clock.now()
        held = {
            (event.rule, event.market): until
            for event in self._events
            if (until := self._held_until(event.rule, event.market, now)) is not None
        }
        states = [self._states[key] for key in keys]
        self._database.commit(states, self._events, now, held=held, replace=self._replaces)
        if self._replaces or is_time:
            self._advanced.clear()
            self._saved_at = monotonic
        self._changed.clear()
        self._events.clear()
        self._replaces = False

    def move_to(self, database: AlertDatabase) -> None:
        """Keep all states in *database*, in place of the one whose file is gone, from the next save on."""
        self._database, self._replaces = database, True


def _told_apart_by(state: RuleState) -> tuple[object, ...]:
    """Return what of *state* the next rows alone do not lead to again."""
    return state.phase, state.since, state.fired_at, state.notified_at, state.was_false
