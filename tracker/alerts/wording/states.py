"""Where a rule stands in a market, in words: one for the state, and what is known of it."""

from datetime import tzinfo

from tracker.alerts.expression import Comparison
from tracker.alerts.rule import Rule
from tracker.alerts.rule_state import Phase, RuleState
from tracker.alerts.wording.phrases import without_negations
from tracker.alerts.wording.reasons import reason_text
from tracker.alerts.wording.style import UNITS, duration_parts
from tracker.alerts.wording.times import exact_moment, moment
from tracker.alerts.wording.written import WRITTEN
from tracker.core.durations import SECOND

_SIDES = {">": "above", ">=": "above", "<": "below", "<=": "below"}


def state_word(rule: Rule, state: RuleState, now: int) -> str:
    """Return ``armed``, ``pending``, ``firing``, ``done``, ``cannot tell`` or ``expired``; *now* is epoch ms."""
    if rule.has_expired(now) and state.phase is not Phase.FIRING:
        return "expired"
    if state.problem is not None and state.phase in (Phase.ARMED, Phase.PENDING):
        return "cannot tell"
    return state.phase.value


def state_text(rule: Rule, state: RuleState, now: int, zone: tzinfo) -> str:
    """
    Return what is to be said beside the word: ``below for 5 of 10 min``, ``since 14:10 CET``; empty for nothing.

    Args:
        rule: that *state* belongs to.
        state: in one market.
        now: epoch ms.
        zone: of the times in the text.
    """
    word = state_word(rule, state, now)
    if word == "expired":
        return "" if rule.expires is None else f"on {exact_moment(rule.expires, zone)}"
    if state.problem is not None:
        return _without_verdict(rule, state, now, zone)
    if state.phase is Phase.FIRING:
        return _firing_since(state, now, zone)
    if state.phase is Phase.PENDING:
        return _pending(rule, state, now, zone)
    if state.fired_at is None:
        return ""
    return f"{'fired' if state.phase is Phase.DONE else 'last fired'} {moment(state.fired_at, now, zone)}"


def _firing_since(state: RuleState, now: int, zone: tzinfo) -> str:
    return "" if state.fired_at is None else f"since {moment(state.fired_at, now, zone)}"


def _without_verdict(rule: Rule, state: RuleState, now: int, zone: tzinfo) -> str:
    """Return ``No price within 24 h; starts over with the next price``."""
    if state.problem is None:
        return ""
    reason = reason_text(state.problem, now, zone)
    if state.phase is Phase.FIRING:
        return f"{_firing_since(state, now, zone)}; {reason}, so nobody knows whether it still holds"
    again = "starts over" if rule.hold else "goes on"
    return f"{reason[:1].upper()}{reason[1:]}; {again} with the next price that can be judged"


def _pending(rule: Rule, state: RuleState, now: int, zone: tzinfo) -> str:
    since = state.time if state.since is None else state.since
    held = max(0, state.time - since)
    expression = without_negations(rule.expression)
    side = "holds"
    if isinstance(expression, Comparison) and expression.measure.name not in ("change", "age", "rank"):
        side = _SIDES[expression.operator]
    if held < rule.hold:
        return f"{side} for {_part_of(held, rule.hold)}"
    free = (state.notified_at or 0) + rule.cooldown
    return f"{side} since {moment(since, now, zone)}; fires from {moment(free, now, zone)} on, after its cooldown"


def _part_of(held: int, hold: int) -> str:
    """Return ``5 of 10 min``, or ``40 s of 10 min``: whole units of *hold*, or smaller ones below the first."""
    parts = duration_parts(hold)
    if len(parts) == 1:
        whole = held // UNITS[parts[0][1]]
        if whole or not held:
            return f"{whole:,} of {WRITTEN.span(hold)}"
    rest = held % SECOND if held >= SECOND else 0
    return f"{WRITTEN.span(held - rest)} of {WRITTEN.span(hold)}"
