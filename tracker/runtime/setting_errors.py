"""Turns what pydantic reports of settings into lines that say what to type."""

import os
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from tracker.core.errors import ConfigError, nearest, without_addresses
from tracker.runtime.rule_settings import RuleSettings, rule_label
from tracker.runtime.setting_types import ExchangeSettings, MarketSettings

PREFIX = "TRACKER_"  # of variables of the environment
_JSON = {
    "markets": '["kraken:BTC/USD"]',
    "exchanges": '{"kraken": {"url": "http://127.0.0.1:8081/kraken"}}',
    "channels": '{"ops": "env:OPS_URL"}',
    "rules": '[{"name": "high", "market": "*/USD", "when": "price > 70000", "notify": "ops"}]',
}
_SECTIONS: dict[str, type[BaseModel]] = {
    "markets": MarketSettings,
    "exchanges": ExchangeSettings,
    "rules": RuleSettings,
}


def keys_of(section: type[BaseModel]) -> list[str]:
    """Return the keys of *section* in tracker.toml."""
    return [field.alias or key for key, field in section.model_fields.items() if not field.exclude]


def invalid_json(error: SettingsError) -> ConfigError:
    """Return *error*, that a variable of the environment is no JSON, for people, without its value."""
    field = re.search(r'field "(\w+)"', str(error))
    key = field[1] if field and field[1] in _JSON else "markets"
    example = f"{PREFIX}{key.upper()}='{_JSON[key]}'"
    return ConfigError(f"environment: {variable_of([key]) or error}: expected JSON, e.g. {example}")


class InvalidSettings(ConfigError):
    """
    Values of settings are wrong. The message is that of the first one.

    Attributes:
        problems: what is wrong with each, without the value, which may be secret.
    """

    def __init__(self, problems: "Sequence[SettingProblem]") -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems[0].text)


class SettingProblem(NamedTuple):
    """A wrong value: its place in tracker.toml, such as ``("rules", 3, "when")``, and what is wrong, in one line."""

    keys: tuple[str | int, ...]
    text: str


def invalid_settings(
    error: ValidationError, top: type[BaseModel], place: object, content: Mapping[str, object]
) -> InvalidSettings:
    """
    Return *error* for people.

    Args:
        error: of *top*.
        top: what the whole file states.
        place: where the values are from.
        content: the values as they were typed, of which rules are called by their names.
    """
    errors = error.errors(include_url=False, include_input=False)
    errors.sort(key=lambda each: each["type"] == "missing")  # a key may be missing because it is misspelt
    return InvalidSettings([SettingProblem(each["loc"], _message(each, top, place, content)) for each in errors])


def variable_of(keys: Sequence[str | int]) -> str | None:
    """Return the variable of the environment that has the value at *keys* in place of the file's; None without one."""
    parts = [str(key).upper() for key in keys]
    variables = [name for name in os.environ if name.upper().startswith(PREFIX)]
    typed = {name: name[len(PREFIX) :].upper().split("__") for name in variables}
    return next((name for name in variables if parts and typed[name] == parts[: len(typed[name])]), None)


def _message(error: ErrorDetails, top: type[BaseModel], place: object, content: Mapping[str, object]) -> str:
    keys = [without_addresses(str(part)) for part in error["loc"]]
    if variable := variable_of(error["loc"]):
        place, content = f"environment: {variable}", {}
    where = ": ".join(filter(None, (str(place), *_named(error["loc"], keys, content))))
    if error["type"] == "string_type":
        return f"{where}: expected text; put it in quotes"
    if error["type"] == "missing":
        return f"{where} is missing"
    if error["type"] == "literal_error":
        return f"{where}: expected {error['ctx']['expected']}"
    if error["type"] != "extra_forbidden":
        text = error["msg"].removeprefix("Value error, ")
        # What is wrong with an address is said with one as an example, and without what was typed.
        return f"{where}: {text if {'channels', 'url'} & set(keys) else without_addresses(text)}"
    section = _SECTIONS.get(keys[0], top)
    return f"{where}: unknown key {keys[-1]!r}; {nearest(keys[-1], keys_of(section))}"


def _named(keys: Sequence[str | int], shown: Sequence[str], content: Mapping[str, object]) -> list[str]:
    """Return where *keys* lead, for people: ``["exchanges.kraken.url"]``, or ``["rule 'high'", "when"]``."""
    match keys:
        case ["rules", int(index), *_]:
            rules = content.get("rules")
            typed = rules[index] if isinstance(rules, list | tuple) and index < len(rules) else None
            return [rule_label(typed, index + 1), ".".join(shown[2:])]
    return [".".join(shown)]
