"""What is published of the states of rules, for people: the most important of them, with their numbers now."""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator

from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.service.last_readings import LastReadings
from tracker.alerts.states.alert_status import MarketRule, RuleCounts
from tracker.alerts.states.delivery_holds import HeldUntil
from tracker.alerts.states.events import Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import SET_BACK

MOST_STATES = 3_000  # about as many as a document has room for


def counts_of(rules: Iterable[Rule], states: Iterable[RuleState]) -> tuple[RuleCounts, ...]:
    """Return in how many markets each of *rules* has come how far."""
    phases: dict[str, Counter[Phase]] = {rule.name: Counter() for rule in rules}
    problems: Counter[str] = Counter()
    for state in states:
        phases[state.rule][state.phase] += 1
        problems[state.rule] += state.problem is not None
    return tuple(RuleCounts(rule.name, rule.condition, phases[rule.name], problems[rule.name]) for rule in rules)


class StatesForPeople:
    """
    The states of *rules* as they are published.

    Args:
        rules: all that are watched.
        read: what measures read when the rules were last evaluated.
        held_until: until when events are held back.
    """

    def __init__(self, rules: Iterable[Rule], read: LastReadings, held_until: HeldUntil) -> None:
        self._rules = {rule.name: (read.of(rule), measures_of(rule.expression)) for rule in rules}
        self._held_until = held_until

    def most_important(self, states: Iterable[RuleState], at: int, most: int = MOST_STATES) -> tuple[MarketRule, ...]:
        """Return at most *most* of *states* at *at* (epoch ms); those that differ from armed come first."""
        chosen = heapq.nsmallest(most, enumerate(states), key=lambda each: (_rank(each[1]), each[0]))
        return tuple(self._shown(state, at) for _, state in chosen)

    def _shown(self, state: RuleState, at: int) -> MarketRule:
        return MarketRule(
            rule=state.rule,
            market=state.market,
            phase=state.phase,
            evaluated_at=state.time,
            is_ahead=state.time > at + SET_BACK,
            since=state.since,
            fired_at=state.fired_at,
            problem=state.problem,
            numbers=tuple(self._numbers(state)),
            held_until=self._held_until(state.rule, state.market, at),
        )

    def _numbers(self, state: RuleState) -> Iterator[Number]:
        by_market, measures = self._rules[state.rule]
        readings = by_market.get(state.market, {})
        for measure in measures:
            if measure in readings:
                yield Number(measure, readings[measure].value, readings[measure].coverage)


def _rank(state: RuleState) -> int:
    if state.phase is Phase.FIRING:
        return 0
    if state.problem is not None:
        return 1
    return 2 if state.phase is Phase.PENDING else 3
