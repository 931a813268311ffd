"""Where a rule stands in a market, in words: one for the state, and what is known of it."""

from datetime import tzinfo

from tracker.alerts.rules.expression import Comparison
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.alert_status import ChannelState, MarketRule
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.wording.phrases import without_negations
from tracker.alerts.wording.reasons import reason_text
from tracker.alerts.wording.style import UNITS, duration_parts
from tracker.alerts.wording.times import moment, short_moment
from tracker.alerts.wording.written import WRITTEN
from tracker.core.durations import SECOND
from tracker.render.format import time_text

Standing = RuleState | MarketRule  # as it is kept, or as it is published

_SIDES = {">": "above", ">=": "above", "<": "below", "<=": "below"}


def state_word(rule: Rule, state: Standing, now: int) -> str:
    """Return ``armed``, ``pending``, ``firing``, ``done``, ``cannot tell`` or ``expired``; *now* is epoch ms."""
    if rule.has_expired(now) and state.phase is not Phase.FIRING:
        return "expired"
    if state.problem is not None and state.phase in (Phase.ARMED, Phase.PENDING):
        return "cannot tell"
    return state.phase.value


def state_text(rule: Rule, state: Standing, now: int, zone: tzinfo) -> str:
    """
    Return what is to be said beside the word: ``below for 5 of 10 min``, ``since 14:10 CET``; empty for nothing.

    Args:
        rule: that *state* is of.
        state: in one market.
        now: epoch ms.
        zone: of the times in the text.
    """
    word = state_word(rule, state, now)
    if word == "expired":
        return "" if rule.expires is None else f"on {short_moment(rule.expires, zone)}"
    if isinstance(state, MarketRule) and state.is_ahead:
        return f"the clock was set back; goes on at {moment(state.evaluated_at, now, zone)}"
    if state.problem is not None and state.phase is not Phase.DONE:
        return _without_verdict(rule, state, reason_text(state.problem, now, zone), now, zone)
    if state.phase is Phase.FIRING:
        return _firing_since(state, now, zone)
    if state.phase is Phase.PENDING:
        return _pending(rule, state, now, zone)
    if state.fired_at is None:
        return ""
    return f"{'fired' if state.phase is Phase.DONE else 'last fired'} {moment(state.fired_at, now, zone)}"


def held_text(state: MarketRule, now: int, zone: tzinfo) -> str:
    """Return ``nothing is sent before 07:00 CET``; empty if it may be sent."""
    return "" if state.held_until is None else f"nothing is sent before {moment(state.held_until, now, zone)}"


def channel_text(state: ChannelState, now: int, zone: tzinfo) -> str:
    """Return how sending to a channel goes: ``not sent since 14:10 CET: …; 3 tries; next try in 50 s``; or nothing."""
    return "; ".join(filter(None, (channel_problem(state, now, zone), channel_tries(state, now))))


def channel_problem(state: ChannelState, now: int, zone: tzinfo) -> str:
    """Return the part that stays from one try to the next: ``not sent since 14:10 CET: no route to host``."""
    parts = []
    if not state.exists:
        parts.append("not in the settings")
    if state.failing_since is not None:
        reason = f": {state.words}" if state.words else ""
        parts.append(f"not sent since {moment(state.failing_since, now, zone)}{reason}")
    elif state.sending_since is not None:
        parts.append("sending")
    elif state.words:
        parts.append(f"the process that watches cannot send to it: {state.words}")
    if state.waiting:
        parts.append("1 message waits" if state.waiting == 1 else f"{state.waiting:,} messages wait")
    return "; ".join(parts)


def channel_tries(state: ChannelState, now: int) -> str:
    """Return ``3 tries; next try in 50 s`` of a channel that fails; of another one nothing."""
    if state.failing_since is None:
        return ""
    tries = "1 try" if state.tries == 1 else f"{state.tries:,} tries"
    if state.next_try is None:
        return tries
    left = state.next_try - now
    return f"{tries}; {f'next try in {time_text.rough_duration(left)}' if left >= SECOND else 'trying now'}"


def _firing_since(state: Standing, now: int, zone: tzinfo) -> str:
    return "" if state.fired_at is None else f"since {moment(state.fired_at, now, zone)}"


def _without_verdict(rule: Rule, state: Standing, reason: str, now: int, zone: tzinfo) -> str:
    """Return ``No price within 24 h; starts over with the next price``."""
    if state.phase is Phase.FIRING:
        return f"{_firing_since(state, now, zone)}; {reason}, so nobody knows whether it still holds"
    again = "starts over" if rule.hold else "goes on"
    return f"{reason[:1].upper()}{reason[1:]}; {again} with the next price that can be judged"


def _pending(rule: Rule, state: Standing, now: int, zone: tzinfo) -> str:
    evaluated_at = state.evaluated_at if isinstance(state, MarketRule) else state.time
    since = evaluated_at if state.since is None else state.since
    held = max(0, evaluated_at - since)
    expression = without_negations(rule.expression)
    side = "holds"
    if isinstance(expression, Comparison) and expression.measure.name not in ("change", "age", "rank"):
        side = _SIDES[expression.operator]
    if held < rule.hold:
        return f"{side} for {_part_of(held, rule.hold)}"
    return f"{side} since {moment(since, now, zone)}, waits for its cooldown of {WRITTEN.span(rule.cooldown)}"


def _part_of(held: int, hold: int) -> str:
    """Return ``5 of 10 min``, or ``40 s of 10 min``: in whole units of *hold*, or of the largest that has passed."""
    parts = duration_parts(hold)
    if len(parts) == 1:
        whole = held // UNITS[parts[0][1]]
        if whole or not held:
            return f"{whole:,} of {WRITTEN.span(hold)}"
    unit = next((each for each, size in UNITS.items() if held >= size), "s")
    return f"{held // UNITS[unit]:,} {unit} of {WRITTEN.span(hold)}"
