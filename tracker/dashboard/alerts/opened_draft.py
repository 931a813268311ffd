"""The fields of the form that state a rule of the settings, or the same rule by another kind."""

from contextlib import suppress
from dataclasses import replace

from tracker.alerts.rules.parsing import parse
from tracker.core.durations import duration_text
from tracker.core.errors import ConfigError
from tracker.dashboard.alerts.actions import AlertActions
from tracker.dashboard.alerts.draft import KINDS, OWN, Draft, fields_of, rearm_field
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import more_of
from tracker.runtime.rule_settings import RuleSettings


def draft_of(rule: RuleSettings, actions: AlertActions) -> Draft:
    """Return the fields that state *rule*, without a name if that follows from the others and so goes with them."""
    kind, value, span = OWN, rule.when, "1h"
    with suppress(ConfigError):
        kind, value, span = fields_of(parse(rule.when))
    if kind == OWN:
        value = " ".join(rule.when.split())  # a field has one line
    names = {str(market).upper(): str(market) for market in actions.markets}
    watched = " ".join(names.get(pattern.upper(), pattern) for pattern in rule.market)
    hold = duration_text(rule.hold) if rule.hold else ""
    more = more_of(rule, actions.zone, rearm_field(rule.rearm or "", kind))
    draft = Draft(watched, kind, value, span, hold, rule.name, rule.notify, rule, rule.once, more, actions.zone)
    unnamed = replace(draft, name="")
    with suppress(FieldError):
        if actions.read(unnamed).name == rule.name:
            return unnamed
    return draft


def value_beside(draft: Draft, kind: str) -> str:
    """Return what of the value of *draft* stays if it becomes one of *kind*: the whole condition, or a number."""
    if kind == OWN:
        with suppress(FieldError):
            return str(draft.condition())
    is_same = draft.kind in KINDS and kind in KINDS and KINDS[draft.kind].unit is KINDS[kind].unit
    return draft.value if is_same else ""
