"""Rules on the price and rows for them, and a slow state machine that looks at the whole past at each row."""

import math
from collections.abc import Iterable, Sequence

from tracker.alerts.readings.verdict import CannotTell, Reading, Reason, evaluate
from tracker.alerts.rules.expression import Measure
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, EventKind, Number
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, step
from tracker.core.market import Market

PRICE = Measure("last_price")
MARKET = Market("kraken", "BTC", "EUR")
EVERY = 10_000  # ms between rows


def price_rule(when: str = "price > 100", rearm: str | None = None, **options) -> Rule:
    """Return a rule on MARKET; with the default re-arm condition a firing ends at 99.9."""
    expression = parse(when)
    defaults = {"name": "high", "markets": (MARKET,), "channels": ("ops",)}
    return Rule(expression=expression, rearm=read_rearm(rearm, expression), **defaults | options)


def price_row(time: int, price: float | None, interval: int = EVERY) -> Row:
    """Return the row of *price* at *time* (ms); None if the price cannot be relied on."""
    problem = CannotTell(Reason.STANDING_STILL, PRICE, since=7) if price is None else None
    return Row(time, interval, {PRICE: Reading(math.nan if price is None else price, problem=problem)})


def follow(rule: Rule, rows: Iterable[Row], state: RuleState | None = None) -> tuple[RuleState, list[Event]]:
    """Return the state of *rule*, made at time 0 unless it has a *state*, after *rows*, and all that happened."""
    state = state or RuleState.new(rule, MARKET, 0)
    events: list[Event] = []
    for row in rows:
        state, more = step(rule, state, row)
        events += more
    return state, events


def at_prices(rule: Rule, *prices: float | None) -> tuple[RuleState, list[Event]]:
    """Return the same for one row every EVERY ms, the first at EVERY."""
    return follow(rule, (price_row(i * EVERY, price) for i, price in enumerate(prices, 1)))


def told(events: Iterable[Event]) -> list[tuple[str, int]]:
    """Return what happened when, in rows of EVERY ms."""
    return [(event.kind.value, event.at // EVERY) for event in events]


def slow_events(history: Sequence[tuple[Rule, Row]], made_at: int) -> list[Event]:
    """
    Return what happens to a rule in a market, at each row by a look at the whole past.

    Args:
        history: every row, with the rule as it was then; its condition and channels are the same in all.
        made_at: when the rule was made.
    """
    events: list[Event] = []
    rows: list[Row] = []
    for rule, row in history:
        if row.time <= max([made_at, *(earlier.time for earlier in rows)]):
            continue
        rows.append(row)
        is_firing = bool(events) and events[-1].kind.begins_firing
        if rule.has_expired(row.time):
            if is_firing:
                events.append(_event(EventKind.EXPIRED, rule, row.time, events[-1].since, events[-1].at, ()))
            continue
        verdict = evaluate(rule.expression, row.readings)
        numbers = (Number(PRICE, row.readings[PRICE].value, None),)
        if is_firing:
            if verdict is False and evaluate(rule.rearm, row.readings) is True:
                events.append(_event(EventKind.RESOLVED, rule, row.time, events[-1].since, events[-1].at, numbers))
            continue
        since = _held_since(rule, rows)
        if since is None or row.time - since < rule.hold or (rule.once and events):
            continue
        if events and row.time - events[-1].at < rule.cooldown:
            continue
        was_false = any(evaluate(rule.expression, earlier.readings) is False for earlier in rows)
        kind = EventKind.FIRED if was_false else EventKind.ALREADY_TRUE
        events.append(_event(kind, rule, row.time, since, row.time, numbers))
    return events


def _held_since(rule: Rule, rows: list[Row]) -> int | None:
    """Return the time of the first of the last *rows* on which *rule* holds and between which there is no gap."""
    since: int | None = None
    later: Row | None = None
    for row in reversed(rows):
        if evaluate(rule.expression, row.readings) is not True:
            break
        if later is not None and later.time - row.time > 2.5 * later.interval:
            break
        since, later = row.time, row
    return since


def _event(kind: EventKind, rule: Rule, at: int, since: int, fired_at: int, numbers: tuple[Number, ...]) -> Event:
    return Event(kind, rule.name, MARKET, at, since, fired_at, rule.channels, numbers)
