"""Turns what pydantic reports of settings into one line that says what to type."""

from pydantic import BaseModel, ValidationError

from tracker.core.errors import nearest
from tracker.runtime.rule_settings import RuleSettings
from tracker.runtime.setting_types import ExchangeSettings, MarketSettings

_SECTIONS: dict[str, type[BaseModel]] = {
    "markets": MarketSettings,
    "exchanges": ExchangeSettings,
    "rules": RuleSettings,
}


def keys_of(section: type[BaseModel]) -> list[str]:
    """Return the keys of *section* in tracker.toml."""
    return [field.alias or key for key, field in section.model_fields.items() if not field.exclude]


def validation_message(error: ValidationError, top: type[BaseModel], place: object) -> str:
    """
    Return the first error for people, without the value, which may be secret.

    Args:
        error: of *top*.
        top: what the whole file states.
        place: where the values are from.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    keys = [str(part) for part in first["loc"]]
    where = ": ".join(filter(None, (str(place), ".".join(keys))))
    if first["type"] == "string_type":
        return f"{where}: expected text; put it in quotes"
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].removeprefix('Value error, ')}"
    section = _SECTIONS.get(keys[0], top)
    return f"{where}: unknown key {keys[-1]!r}; {nearest(keys[-1], keys_of(section))}"
