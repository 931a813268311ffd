"""
Edits the text of settings: rules are added, changed and removed, and all else stays as it was typed.

Comments, order, blank lines and line ends are kept; comments between the header of a rule and its last key go with it.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, cast

import tomlkit
from tomlkit.items import AoT

from tracker.core.errors import ConfigError, nearest
from tracker.core.settings_contract import SettingsConflict, SettingsDocument, SettingsText
from tracker.runtime.rule_settings import clean_text
from tracker.runtime.toml_blocks import Block, table_blocks
from tracker.runtime.toml_file import parse_toml

_ATTEMPTS = 5  # to write what others write meanwhile
_RULES = "rules"
_LONE_LINE_FEED = re.compile(r"(?<!\r)\n")
_EMPTY_LINE_BEFORE = ("\n\n", "\n\r\n")
_LINE_ENDS = ("\n", "\r\n")
_NO_SETTINGS = "# No settings: all have their defaults."


def edit_settings(
    document: SettingsDocument,
    change: Callable[[str], str],
    check: Callable[[str], object],
    expected: str | None = None,
) -> SettingsText:
    """
    Write what *change* makes of the present settings, if *check* finds them right.

    Args:
        document: holds the settings.
        change: returns the new text for the old one, e.g. by ``add_rule``.
        check: raises ConfigError if a text is wrong as a whole.
        expected: the version that the user has seen; None to change whatever there is.

    Raises:
        ConfigError: the old text is no TOML, or *change* or *check* raised it; nothing was written.
        SettingsConflict: there is another version than *expected*, or others write all the time.
        StoreError: the settings cannot be written.
    """
    if expected is None:
        for _ in range(_ATTEMPTS - 1):
            with suppress(SettingsConflict):
                return _edit(document, change, check, None)
    return _edit(document, change, check, expected)


def _edit(
    document: SettingsDocument, change: Callable[[str], str], check: Callable[[str], object], expected: str | None
) -> SettingsText:
    present = document.read()
    parse_toml(present.text, document.place)
    text = change(present.text)
    check(text)
    return document.write(text, present.version if expected is None else expected)


def add_rule(text: str, rule: Mapping[str, Any]) -> str:
    """
    Return *text* with *rule* after the last one, or at the end.

    Args:
        text: valid TOML.
        rule: text, numbers, truth values and lists of text, by their keys in the file.

    Raises:
        ConfigError: the rules are written in another form than ``[[rules]]``.
    """
    named = _named_blocks(text)
    place = named[-1][1].after if named else len(text)
    newline = _newline(text)
    before, rest = text[:place], text[place:]
    if before and not before.endswith("\n"):
        before += newline
    if before.strip() and not before.endswith(_EMPTY_LINE_BEFORE):
        before += newline
    if rest.strip() and not rest.startswith(_LINE_ENDS):
        rest = newline + rest
    tables, document = tomlkit.aot(), tomlkit.document()
    tables.append({key: _plain(value) for key, value in rule.items()})
    document.append(_RULES, tables)
    return before + tomlkit.dumps(document).replace("\n", newline) + rest


def change_rule(text: str, name: str, changes: Mapping[str, Any]) -> str:
    """
    Return *text* with other values in the rule *name*.

    A value that stays equal stays as it was typed; a new key becomes the last one. Comments inside of a list that
    changes go with it.

    Args:
        text: valid TOML.
        name: of the rule.
        changes: new values by their keys in the file, as for ``add_rule``; None removes a key with its line.

    Raises:
        ConfigError: there is no rule *name*, or the rules are written in another form than ``[[rules]]``.
    """
    block = _find(text, name)
    newline = _newline(text)
    typed = text[block.start : block.end]
    document = tomlkit.parse(typed if typed.endswith("\n") else typed + newline)
    [table] = cast(AoT, document[_RULES])
    for key, value in changes.items():
        if value is None:
            table.pop(key, None)
        elif table.get(key) != _plain(value):
            table[key] = _plain(value)
    written = tomlkit.dumps(document)
    if newline == "\r\n":
        written = _LONE_LINE_FEED.sub(newline, written)
    return text[: block.start] + written + text[block.end :]


def remove_rule(text: str, name: str) -> str:
    """
    Return *text* without the rule *name*.

    Raises:
        ConfigError: there is no rule *name*, or the rules are written in another form than ``[[rules]]``.
    """
    block = _find(text, name)
    before, rest = text[: block.start], text[block.end :]
    if not (before + rest).strip():  # a file without content might be one that is half written
        return _NO_SETTINGS + _newline(text)
    if not rest.strip():
        return before.rstrip("\r\n") + _newline(text)
    if not before or before.endswith(_EMPTY_LINE_BEFORE):  # one empty line stays
        rest = re.sub(r"\A\r?\n", "", rest)
    return before + rest


def rule_names(text: str) -> list[str]:
    """Return the names of the rules in *text*, in their order. ConfigError: as for ``add_rule``."""
    return [name for name, _ in _named_blocks(text)]


def _named_blocks(text: str) -> list[tuple[str, Block]]:
    content = tomllib.loads(text)
    blocks = table_blocks(text, _RULES)
    if _RULES in content and not blocks:
        raise ConfigError("rules = … holds them in one value; type each as a table of its own, below a line [[rules]]")
    names = [clean_text(str(rule.get("name", ""))) for rule in content.get(_RULES, ())]
    return list(zip(names, blocks, strict=True))


def _find(text: str, name: str) -> Block:
    named = _named_blocks(text)
    for known, block in named:
        if known == clean_text(name):
            return block
    hint = nearest(name, [known for known, _ in named]) if named else "there is none yet"
    raise ConfigError(f"no rule {name!r}; {hint}")


def _newline(text: str) -> str:
    """Return the line end of *text*: that of Windows if every line has it."""
    return "\r\n" if "\r\n" in text and not _LONE_LINE_FEED.search(text) else "\n"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
