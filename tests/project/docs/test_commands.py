"""The documentation of commands, compared with the code: sections, options, defaults, make targets."""

import re
import shlex
from typing import Any

import pytest
import typer

from tests.support.checkout import read
from tests.support.markdown import IDS, PAGES, code, rows, section, table
from tracker.commands.cli import app

pytestmark = pytest.mark.checkout


def commands_of(group: Any, prefix: str = "") -> dict[str, Any]:
    """Return the commands of *group* by what is typed after ``tracker``, such as ``stats`` and ``rules list``."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        is_group = hasattr(command, "commands")
        found |= commands_of(command, f"{prefix}{name} ") if is_group else {prefix + name: command}
    return found


COMMANDS = commands_of(typer.main.get_command(app))
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)\b")


def options(command: Any) -> dict[str, Any]:
    """Return the options of *command* by name, without ``--help``, which every command has."""
    by_name = {param.opts[0]: param for param in command.params if param.param_type_name == "option"}
    return {name: option for name, option in by_name.items() if name != "--help"}


def default_of(option: Any) -> str:
    """Return the default of *option* as the table of its command writes it."""
    if option.required:
        return "required"
    if isinstance(option.show_default, str):
        return f"`{option.show_default}`"
    if option.is_flag or option.default is None:
        return ""
    return f"`{option.default:g}`" if isinstance(option.default, float) else f"`{option.default}`"


def test_every_command_has_a_section_and_every_section_is_a_command():
    described = re.findall(r"^### (.*)$", read("docs/commands.md"), re.MULTILINE)
    assert sorted(described) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_described_with_its_default_and_no_other_is(name):
    described = {option: row[1] for option, row in table(section("docs/commands.md", f"### {name}")).items()}
    assert described == {option: default_of(details) for option, details in options(COMMANDS[name]).items()}


def test_the_table_in_the_readme_has_every_command():
    started_by_make = {"dashboard", "demo"}
    text = section("README.md", "## What you can do")
    shown = {command[1] for piece in code(text) if (command := shlex.split(piece))[0] == "tracker"}
    assert shown | started_by_make == {name.split()[0] for name in COMMANDS}
    assert {f"make {name}" for name in started_by_make} <= set(code(text))


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_tracker_command_in_the_documentation_can_be_typed(path):
    wrong = []
    for piece in code(path.read_text("utf-8")):
        for arguments in re.findall(r"(?:^|[\s/=&])(?:tracker|btc-price-tracker) ([a-z][^#&;|]*)", piece):
            words = arguments.split()
            name = next((name for name in COMMANDS if words[: len(name.split())] == name.split()), "")
            known, rest = (options(COMMANDS[name]) if name else {}), words[len(name.split()) :]
            unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
            if not name or unknown:
                wrong.append(piece)
    assert wrong == []


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_make_target_in_the_documentation_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    used = {name for piece in code(path.read_text("utf-8")) for name in TARGET.findall(piece)}
    assert used <= targets


def test_contributing_lists_every_make_target_that_make_lists():
    listed = set(re.findall(r"^([a-z-]+):.*## ", read("Makefile"), re.MULTILINE)) - {"help"}
    described = {name for row in rows(section("CONTRIBUTING.md", "## Make targets")) for name in TARGET.findall(row[0])}
    assert described == listed
