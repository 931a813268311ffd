"""
Rules as state machines: pure functions of a rule, its state in a market and a row, without a clock of their own.

armed → pending → firing → armed, or done for a rule with ``once``. Rows come in order of time; one that is not newer
than the newest that was evaluated changes nothing, as of a backfill, an import, a restart or a clock that was set back.

- **Pending.** A rule with ``for`` has to hold on every row, without a gap, for that long. Where rows are further apart
  than GAP_FACTOR of the later row's interval, as after an outage or where the clock was set forward, the time begins
  anew with that row: nobody knows what was between.
- **Cannot tell** neither fires nor resolves. A rule that was pending starts over with the next row that can be judged,
  one that is firing stays so.
- **Firing** ends with the row on which the rule does not hold and its re-arm condition does.
- **cooldown** is counted from the rule's last event in the market, beginning or end; a rule that holds meanwhile stays
  pending, and fires afterwards if it still holds. Ends are never delayed.
- **once**: after the end of its first firing the rule is done. **expires**: from then on nothing fires; a firing ends.
- **Already true**: a firing of a rule that has not been seen not to hold since it was made is marked so, unless it
  holds by a crossing alone, which is never so before.

Whoever calls passes rows of live prices only, as others never send. Rules that name ``age`` or ``coverage`` have to be
evaluated while no rows come, so the clock makes rows of theirs too, at regular times between those of prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.alerts.readings.verdict import CannotTell, Readings, evaluate
from tracker.alerts.rules.clock_rules import CLOCK
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.core.durations import MINUTE
from tracker.core.market import Market
from tracker.core.window import GAP_FACTOR

SET_BACK = MINUTE  # ms; a state that is this far in the future is of before the clock was set back


@dataclass(frozen=True, slots=True)
class Row:
    """
    What a rule is evaluated on.

    Attributes:
        time: epoch ms.
        interval: ms until the next one is due.
        readings: what the measures of the rule, and perhaps others, read then.
    """

    time: int
    interval: int
    readings: Readings


Step = tuple[RuleState, tuple[Event, ...]]


def step(rule: Rule, state: RuleState, row: Row) -> Step:
    """Return the state of *rule* after *row*, and what happened."""
    if row.time <= state.time:
        return state, ()
    if rule.has_expired(row.time):
        return expire(rule, replace(state, time=row.time), row.time)
    if state.phase is Phase.DONE and not rule.once:
        state = replace(state, phase=Phase.ARMED)
    verdict = evaluate(rule.expression, row.readings)
    if isinstance(verdict, CannotTell):
        return _without_verdict(state, row.time, verdict), ()
    if not verdict and state.phase in (Phase.ARMED, Phase.PENDING):
        return replace(state, time=row.time, phase=Phase.ARMED, since=None, was_false=True, problem=None), ()
    seen = replace(state, time=row.time, was_false=state.was_false or not verdict, problem=None)
    if state.phase is Phase.DONE:
        return seen, ()
    if state.phase is Phase.FIRING:
        return (seen, ()) if verdict else _perhaps_resolved(rule, seen, row)
    since = row.time if state.since is None or row.time - state.time > GAP_FACTOR * row.interval else state.since
    return _perhaps_fired(rule, replace(seen, phase=Phase.PENDING, since=since), row, since)


def step_at_price(rule: Rule, state: RuleState, row: Row) -> Step:
    """
    Return the step of a rule that the clock evaluates too on a *row* of prices.

    A row that arrives after the clock had evaluated its time or a later one counts a millisecond after that: firings
    are told apart by their times.
    """
    if row.time <= state.prices_until:
        return state, ()
    time, interval = max(row.time, state.time + 1), max(row.interval, CLOCK)
    after, events = step(rule, state, replace(row, time=time, interval=interval))
    return replace(after, row_time=row.time), events


def expire(rule: Rule, state: RuleState, at: int) -> Step:
    """Return the state of *rule* at *at* (epoch ms), which may end it where no row comes, and what happened."""
    if not rule.has_expired(at) or state.phase in (Phase.ARMED, Phase.DONE):
        return state, ()
    if state.phase is Phase.FIRING:
        return _ended(rule, state, at, EventKind.EXPIRED)
    return replace(state, phase=Phase.ARMED, since=None), ()


def take_back(state: RuleState, at: int) -> RuleState:
    """Return *state*, which a clock that was ahead led past *at* (epoch ms), as of then; a pending rule starts over."""
    if state.phase is Phase.PENDING:
        state = replace(state, phase=Phase.ARMED, since=None)
    return replace(state, time=at, row_time=None if state.row_time is None else min(state.row_time, at))


def reconcile(
    rules: Sequence[Rule], states: Iterable[RuleState], at: int
) -> tuple[tuple[RuleState, ...], tuple[Event, ...]]:
    """
    Return one state for each rule and market, and the ends of firings that no longer belong to one.

    A rule that is new, or has another condition or other channels, is armed anew; of its markets only those that are
    new to it. Other changes count from the next row on. States know what they belong to, so this also finds what
    changed while no process ran.

    Args:
        rules: as they are now.
        states: as they were left.
        at: epoch ms; for rules that are armed anew only later rows count.
    """
    wanted = {(rule.name, market): rule for rule in rules for market in rule.markets}
    names = {rule.name for rule in rules}
    kept: dict[tuple[str, Market], RuleState] = {}
    events: list[Event] = []
    for state in states:
        key = (state.rule, state.market)
        if key in wanted and state.belongs_to(wanted[key]):
            kept[key] = state
        elif state.phase is Phase.FIRING:
            kind = EventKind.CHANGED if state.rule in names else EventKind.DELETED
            events.append(_end(state, at, kind))
    new = (kept.get(key) or RuleState.new(rule, key[1], at) for key, rule in wanted.items())
    return tuple(new), tuple(events)


def _without_verdict(state: RuleState, time: int, problem: CannotTell) -> RuleState:
    """Return the state after a row that cannot be judged: only a firing rule stays what it is."""
    if state.phase is Phase.PENDING:
        state = replace(state, phase=Phase.ARMED, since=None)
    return replace(state, time=time, problem=problem)


def _perhaps_fired(rule: Rule, state: RuleState, row: Row, since: int) -> Step:
    """Return the step of a rule that has held since *since*."""
    cools_down = state.notified_at is not None and 0 <= row.time - state.notified_at < rule.cooldown
    if row.time - since < rule.hold or cools_down:
        return state, ()
    fired = replace(state, phase=Phase.FIRING, fired_at=row.time, notified_at=row.time)
    kind = EventKind.FIRED if state.was_false or _only_crossed(rule, row) else EventKind.ALREADY_TRUE
    numbers = numbers_of(rule, row)
    return fired, (Event(kind, rule.name, state.market, row.time, since, row.time, state.channels, numbers),)


def _only_crossed(rule: Rule, row: Row) -> bool:
    """Return whether the rule, which holds on *row*, would not if no measure had moved since the row before."""
    unmoved = {measure: replace(reading, before=reading.value) for measure, reading in row.readings.items()}
    return evaluate(rule.expression, unmoved) is not True


def _perhaps_resolved(rule: Rule, state: RuleState, row: Row) -> Step:
    """Return the step of a firing rule that does not hold any more."""
    verdict = evaluate(rule.rearm, row.readings)
    if isinstance(verdict, CannotTell):
        return replace(state, problem=verdict), ()
    return _ended(rule, state, row.time, EventKind.RESOLVED, numbers_of(rule, row)) if verdict else (state, ())


def _ended(rule: Rule, state: RuleState, at: int, kind: EventKind, numbers: tuple[Number, ...] = ()) -> Step:
    phase = Phase.DONE if rule.once else Phase.ARMED
    return replace(state, phase=phase, since=None, notified_at=at), (_end(state, at, kind, numbers),)


def _end(state: RuleState, at: int, kind: EventKind, numbers: tuple[Number, ...] = ()) -> Event:
    since, fired_at = state.since or 0, state.fired_at or 0  # both are known of a firing rule
    return Event(kind, state.rule, state.market, at, since, fired_at, state.channels, numbers)


def numbers_of(rule: Rule, row: Row) -> tuple[Number, ...]:
    """Return what the measures in the condition of *rule* read at *row*."""
    readings = ((measure, row.readings[measure]) for measure in measures_of(rule.expression))
    return tuple(Number(measure, reading.value, reading.coverage) for measure, reading in readings)
