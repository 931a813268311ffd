"""Makes the rule that a draft states, by the same checks as for a file."""

import re
from typing import Any

from pydantic import ValidationError

from tracker.alerts.rules.expression import Comparison, Crosses, Expression, Or, counts_in_quote
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm, rearm_condition
from tracker.alerts.rules.rule import Rule, make_rules
from tracker.alerts.rules.rule_error import InvalidRule
from tracker.alerts.rules.threshold import threshold_text
from tracker.alerts.rules.vocabulary import EXACT
from tracker.core.durations import duration_text
from tracker.core.errors import ConfigError
from tracker.dashboard.alerts.draft import EVERY, KINDS, OWN, Draft, rearm_field
from tracker.dashboard.alerts.field_error import FieldError
from tracker.dashboard.alerts.more import USUAL_SEVERITY
from tracker.render.format import currencies
from tracker.runtime.rule_settings import RuleSettings, matches_market, rule_problems
from tracker.runtime.settings import Settings

# Keys of the file whose field of the form has another name; an error of no key is of the form as a whole.
_FIELDS = {"when": "value", "for": "hold", "notify": "channels", "": "form"}
_POSITION = re.compile(r"^at '.*?' \(column \d+\): ")


def drafted_rule(draft: Draft, settings: Settings, now: int = 0) -> Rule:
    """
    Return the rule that *draft* states beside those of *settings*, of which it may replace one.

    *now*: epoch ms; a rule that ends before would never be watched.

    Raises:
        FieldError: something in it cannot be used.
    """
    condition, hold = draft.condition(), draft.hold_ms()
    _check_currency(condition, draft, settings)
    others = [rule for rule in settings.rules if rule.name != draft.replaces]
    name = draft.rule_name(_label(draft, settings), (rule.name for rule in others))
    when = draft.value.strip() if draft.kind == OWN else str(condition)
    fields = {"name": name, "market": patterns_of(draft), "when": when, "notify": draft.channels, "once": draft.once}
    fields |= draft.more.settings(draft.zone)
    fields |= {"for": duration_text(hold)} if hold else {}
    fields |= {"rearm": draft.rearm()} if draft.rearm() else {}
    try:
        rule = RuleSettings.model_validate(fields)
        for problem in rule_problems([*others, rule], settings.market_list(), settings.channels):
            raise FieldError(_field(problem.key), problem.text)
        [made] = make_rules(settings.model_copy(update={"rules": (rule,)}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        raise FieldError(_field(key), first["msg"].removeprefix("Value error, ")) from None
    except InvalidRule as error:
        # What the form has made of a number is not what was typed.
        text = error.problem if draft.kind == OWN else _POSITION.sub("", error.problem)
        raise FieldError(_field(error.key), text) from None
    if made.has_expired(now) and (draft.opened is None or draft.opened.expires != made.expires):
        raise FieldError("expires", f"{draft.more.expires.strip()} is over; type a time to come, or leave it out")
    return made


def changes_of(draft: Draft, rule: Rule) -> dict[str, Any]:
    """
    Return the new values by their keys in the file; what means the same as before is left out.

    Args:
        draft: as it was typed.
        rule: that it states.
    """
    more = draft.more.settings(draft.zone)
    fields: dict[str, Any] = {
        "name": rule.name,
        "market": patterns_of(draft),
        "when": draft.value.strip() if draft.kind == OWN else rule.condition,
        "for": duration_text(rule.hold) if rule.hold else None,
        "cooldown": more.get("cooldown"),
        "rearm": draft.rearm() or None,
        "expires": more.get("expires"),
        "once": draft.once or None,
        "quiet": more.get("quiet"),
        "zone": more.get("zone"),
        "severity": None if rule.severity == USUAL_SEVERITY else rule.severity,
        "notify": draft.channels or None,
    }
    opened = draft.opened
    if opened is None:
        return {key: value for key, value in fields.items() if value is not None}
    is_same = {
        "name": opened.name == rule.name,
        "market": [each.upper() for each in opened.market] == [each.upper() for each in patterns_of(draft)],
        "when": _read(opened.when) == rule.expression,
        "for": opened.hold == rule.hold,
        "cooldown": opened.cooldown == rule.cooldown,
        "rearm": (opened.rearm is None) is not bool(draft.rearm()) and _rearm(opened, rule.expression) == rule.rearm,
        "expires": opened.expires == rule.expires,
        "once": opened.once == draft.once,
        "quiet": opened.quiet == fields["quiet"],
        "zone": opened.zone == fields["zone"],
        "severity": opened.severity == rule.severity,
        "notify": opened.notify == draft.channels,
    }
    return {key: value for key, value in fields.items() if not is_same[key]}


def rearm_default(rule: Rule, key: str) -> str:
    """
    Return at which level a firing of *rule* ends by default: ``15315.3 or more``.

    *key*: of the kind beside which that is typed.
    """
    derived = rearm_condition(rule.expression)
    parts = derived.parts if isinstance(derived, Or) else (derived,)
    if not isinstance(rule.expression, Comparison | Crosses):
        return "as the condition says"
    levels = []
    for part in parts:
        if not isinstance(part, Comparison) or part.operator in EXACT:
            return "as the condition says"
        level = rearm_field(threshold_text(part.threshold, part.measure.word.unit), key)
        is_turned = key in KINDS and KINDS[key].sign < 0 and not level.startswith("+")
        levels.append(f"{level} or {'more' if (part.operator in ('>', '>=')) is not is_turned else 'less'}")
    return ", ".join(levels)


def _field(key: str) -> str:
    """Return the field of the form for *key* of the file."""
    return _FIELDS.get(key, key)


def _read(when: str) -> Expression | None:
    try:
        return parse(when)
    except ConfigError:
        return None


def _rearm(opened: RuleSettings, expression: Expression) -> Expression | None:
    try:
        return read_rearm(opened.rearm, expression)
    except ConfigError:
        return None


def _check_currency(condition: Expression, draft: Draft, settings: Settings) -> None:
    """Raise FieldError if a price would be counted in several currencies."""
    patterns = patterns_of(draft)
    watched = (market for market in settings.market_list() if any(matches_market(each, market) for each in patterns))
    if counts_in_quote(condition) and len({market.quote for market in watched}) > 1:
        raise FieldError("market", "A price is counted in one currency: choose one.")


def patterns_of(draft: Draft) -> tuple[str, ...]:
    """Return the markets of *draft* as a rule of the file names them."""
    return tuple(draft.market.split())


def _label(draft: Draft, settings: Settings) -> str:
    markets = settings.market_list()
    labels = {str(market): currencies.label(market, markets) for market in markets}
    return "Every currency" if draft.market == EVERY else labels.get(draft.market, draft.market)
