"""Reads settings of which rules or channels are wrong, for what checks as much as it can."""

from collections.abc import Mapping
from typing import Any

from tracker.runtime.base_folder import find_base, working_directory
from tracker.runtime.setting_errors import InvalidSettings
from tracker.runtime.settings import Settings, make_settings, read_settings
from tracker.runtime.toml_file import read_toml

_PLACEHOLDER = "env:UNUSABLE"  # so that rules may name a channel whose own value is wrong


def read_usable_settings() -> tuple[Settings, tuple[str, ...]]:
    """
    Return the settings without the rules and channels that are wrong, and what is wrong with each, in one line.

    Raises:
        ConfigError: anything else is wrong; see read_settings().
    """
    try:
        return read_settings(), ()
    except InvalidSettings:
        base, path = find_base(working_directory())
    content: Mapping[str, Any] = read_toml(path) if path else {}
    problems: dict[str, None] = {}
    unusable: set[str | int] = set()
    while True:
        try:
            settings = make_settings(content, base, path)
        except InvalidSettings as error:
            reduced = _without(content, error)
            if reduced == content:  # a variable of the environment is wrong
                raise
            problems |= dict.fromkeys(text for _, text in error.problems)
            unusable |= {keys[1] for keys, _ in error.problems if keys[0] == "channels" and len(keys) > 1}
            content = reduced
        else:
            channels = {name: channel for name, channel in settings.channels.items() if name not in unusable}
            return settings.model_copy(update={"channels": channels}), tuple(problems)


def _without(content: Mapping[str, Any], error: InvalidSettings) -> Mapping[str, Any]:
    """Return *content* without the rules and channels that *error* is about; raise it if it is about more."""
    wrong = {keys[:2] for keys, _ in error.problems}
    tables = {keys[:1] for keys in wrong}
    if not tables <= {("rules",), ("channels",)}:
        raise error
    reduced = dict(content)
    if ("channels",) in wrong:  # no rule can be checked without the names of the channels
        reduced.pop("channels", None)
        reduced.pop("rules", None)
    elif ("channels",) in tables:
        typed = content.get("channels", {}).items()
        reduced["channels"] = {name: _PLACEHOLDER if ("channels", name) in wrong else value for name, value in typed}
    if ("rules",) in wrong:
        reduced.pop("rules", None)
    elif "rules" in reduced:
        reduced["rules"] = [rule for place, rule in enumerate(reduced["rules"]) if ("rules", place) not in wrong]
    return reduced
