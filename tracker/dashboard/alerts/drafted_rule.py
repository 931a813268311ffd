"""Makes the rule that a draft states, by the same checks as for a file."""

import re
from typing import Any

from pydantic import ValidationError

from tracker.alerts.rules.expression import Expression, counts_in_quote
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rule import Rule, make_rules
from tracker.alerts.rules.rule_error import InvalidRule
from tracker.core.durations import duration_text
from tracker.core.errors import ConfigError
from tracker.dashboard.alerts.draft import EVERY, OWN, Draft, FieldError
from tracker.render.format import currencies
from tracker.runtime.rule_settings import RuleSettings, matches_market, rule_problems
from tracker.runtime.settings import Settings

# Keys of the file that have a field of the form; an error of any other key is of the form as a whole.
_FIELDS = {"when": "value", "for": "hold", "market": "market", "name": "name", "notify": "channels"}
_POSITION = re.compile(r"^at '.*?' \(column \d+\): ")


def drafted_rule(draft: Draft, settings: Settings) -> Rule:
    """
    Return the rule that *draft* states beside those of *settings*, of which it may replace one.

    Raises:
        FieldError: something in it cannot be used.
    """
    condition, hold = draft.condition(), draft.hold_ms()
    _check_currency(condition, draft, settings)
    others = [rule for rule in settings.rules if rule.name != draft.replaces]
    name = draft.rule_name(_label(draft, settings), (rule.name for rule in others))
    when = draft.value.strip() if draft.kind == OWN else str(condition)
    fields = {"name": name, "market": patterns_of(draft), "when": when, "notify": draft.channels, "once": draft.once}
    try:
        rule = RuleSettings.model_validate({**fields, **({"for": duration_text(hold)} if hold else {})})
        if draft.opened is not None:  # of which the form has not every key
            rule = draft.opened.model_copy(update={key: getattr(rule, key) for key in (*fields, "hold")})
        for problem in rule_problems([*others, rule], settings.market_list(), settings.channels):
            raise FieldError(_FIELDS.get(problem.key, "form"), problem.text)
        [made] = make_rules(settings.model_copy(update={"rules": (rule,)}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        raise FieldError(_FIELDS.get(key, "form"), first["msg"].removeprefix("Value error, ")) from None
    except InvalidRule as error:
        # What the form has made of a number is not what was typed.
        text = error.problem if draft.kind == OWN else _POSITION.sub("", error.problem)
        raise FieldError(_FIELDS.get(error.key, "form"), text) from None
    return made


def changes_of(draft: Draft, rule: Rule) -> dict[str, Any]:
    """
    Return the new values by their keys in the file; what means the same as before is left out.

    Args:
        draft: as it was typed.
        rule: that it states.
    """
    fields: dict[str, Any] = {
        "name": rule.name,
        "market": patterns_of(draft),
        "when": draft.value.strip() if draft.kind == OWN else rule.condition,
        "for": duration_text(rule.hold) if rule.hold else None,
        "notify": draft.channels or None,
        "once": draft.once or None,
    }
    opened = draft.opened
    if opened is None:
        return {key: value for key, value in fields.items() if value is not None}
    is_same = {
        "name": opened.name == rule.name,
        "market": [each.upper() for each in opened.market] == [each.upper() for each in patterns_of(draft)],
        "when": _read(opened.when) == rule.expression,
        "for": opened.hold == rule.hold,
        "notify": opened.notify == draft.channels,
        "once": opened.once == draft.once,
    }
    return {key: value for key, value in fields.items() if not is_same[key]}


def _read(when: str) -> Expression | None:
    try:
        return parse(when)
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
