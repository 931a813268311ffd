"""The documentation, compared with the code: commands, options, settings, exchanges, faults, links, lengths."""

import ast
import contextlib
import fnmatch
import json
import re
import shlex
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import typer
from pydantic_core import PydanticUndefined

import tracker
import tracker.dashboard
from tracker.collector.factory import check_cadences, configured_feeds
from tracker.commands.cli import app
from tracker.coordination import open_coordination
from tracker.core.adapters import load, names
from tracker.core.market import Market
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.dashboard.server.kernels import WatchedKernels
from tracker.render.page import url_query
from tracker.render.page.state import MODES, THEMES
from tracker.runtime import settings
from tracker.runtime.setting_types import ExchangeSettings, MarketSettings
from tracker.runtime.settings import Settings, foreign_variables, read_settings
from tracker.runtime.store_url import open_store
from tracker.sandbox import fault_spec

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "data").glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]
)
IDS = [path.relative_to(ROOT).as_posix() for path in PAGES]

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`([^`\n]+)`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
TARGET = re.compile(r"\bmake ([a-z][a-z-]+)\b")


def read(path: str | Path) -> str:
    return (ROOT / path).read_text("utf-8")


def section(page: str, heading: str) -> str:
    """The text of *page* from *heading* to the next heading of the same or a higher level."""
    level = heading.partition(" ")[0]
    text = read(page)
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    end = re.search(rf"^#{{1,{len(level)}}} ", text[start:], re.MULTILINE)
    return text[start : start + end.start()] if end else text[start:]


def rows(text: str) -> list[list[str]]:
    """The cells of every table in *text*, heads and rulers left out."""
    cells = []
    lines = text.splitlines()
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and re.match(r"\| *:?-", lines[number + 1])
        if line.startswith("|") and not is_head and not re.match(r"\| *:?-", line):
            cells.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return cells


def table(text: str) -> dict[str, list[str]]:
    """The rows of the tables in *text*, by the code in their first cell."""
    return {name: row for row in rows(text) for name in CODE.findall(row[0])}


def fenced(text: str, language: str) -> list[str]:
    return [body for _, found, body in FENCE.findall(text) if found == language]


def prose(text: str) -> str:
    return FENCE.sub("", text)


def code(text: str) -> list[str]:
    """Every piece of code in *text*: inline, and line by line where it is fenced without a language."""
    lines = [line for body in fenced(text, "") for line in body.splitlines()]
    return [*lines, *CODE.findall(prose(text))]


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of the headings of *text*."""
    words = (re.sub(r"[`*\\]|\[|\]\([^)]*\)", "", heading).strip().lower() for heading in HEADING.findall(prose(text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in words}


def options(command: Any) -> dict[str, Any]:
    """The options of *command* by name; ``--help``, which every command has, is left out."""
    found = {each.opts[0]: each for each in command.params if each.param_type_name == "option"}
    return {name: option for name, option in found.items() if name != "--help"}


def default_of(option: Any) -> str:
    """An option's default as the table of its command writes it."""
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
    assert described == {option: default_of(found) for option, found in options(COMMANDS[name]).items()}


def test_the_table_in_the_readme_has_every_command():
    started_by_make = {"dashboard", "demo"}
    text = section("README.md", "## What you can do")
    shown = {command[1] for piece in code(text) if (command := shlex.split(piece))[0] == "tracker"}
    assert shown | started_by_make == set(COMMANDS)
    assert {f"make {name}" for name in started_by_make} <= set(code(text))


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_tracker_command_in_the_documentation_can_be_typed(path):
    wrong = []
    for piece in code(path.read_text("utf-8")):
        for arguments in re.findall(r"(?:^|[\s/=&])(?:tracker|btc-price-tracker) ([a-z][^#&;|]*)", piece):
            name, *rest = arguments.split()
            known = options(COMMANDS[name]) if name in COMMANDS else {}
            unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
            if name not in COMMANDS or unknown:
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


def setting_default(name: str) -> str:
    """A setting's default as the table writes it; empty where it is derived from another one."""
    default = Settings.model_fields[name].get_default(call_default_factory=True)
    if name in ("markets", "span", "retention"):
        return {"markets": "see below", "span": f"`{default // 3_600_000}h`" if name == "span" else ""}.get(
            name, "`forever`" if default is None else str(default)
        )
    return "" if default is None else f"`{json.dumps(default).strip(chr(34))}`"


def test_every_setting_is_described_with_its_variable_and_default_and_no_other_is():
    described = {name: row[1:3] for name, row in table(section("docs/configuration.md", "## Settings")).items()}
    own = {
        name: [f"`TRACKER_{name.upper()}`", setting_default(name)]
        for name, field in Settings.model_fields.items()
        if not field.exclude
    }
    nested = {*MarketSettings.model_fields, *ExchangeSettings.model_fields}
    assert {name: cells for name, cells in described.items() if name not in nested} == own


@pytest.mark.parametrize(
    ("heading", "model"),
    [("### Each of `[[markets]]`", MarketSettings), ("### Each of `[exchanges.NAME]`", ExchangeSettings)],
)
def test_every_key_of_a_table_is_described_with_its_default_and_no_other_is(heading, model):
    described = {name: row[1] for name, row in table(section("docs/configuration.md", heading)).items()}

    def default(value: Any) -> str:
        if value is PydanticUndefined:
            return "required"
        if isinstance(value, int):
            return f"`{value // 1000}s`"
        return "" if value is None else f"`{json.dumps(value)}`"

    assert described == {name: default(field.default) for name, field in model.model_fields.items()}


def test_every_further_variable_is_described():
    described = table(section("docs/configuration.md", "## Environment variables"))
    assert list(described) == [f"TRACKER_{name}" for name in settings._OTHER_VARIABLES]


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_variable_in_the_documentation_is_known(path, monkeypatch):
    """By the check that the tracker itself does when it starts; CHANGELOG also names a misspelt one."""
    for name in set(re.findall(r"\bTRACKER_[A-Z_]+[A-Z]\b(?!…)", path.read_text("utf-8"))) - {"TRACKER_RETENTON"}:
        monkeypatch.setenv(name, "1")
    assert foreign_variables() == []


TOML = [(path, body) for path in PAGES for body in fenced(path.read_text("utf-8"), "toml")]


@pytest.mark.parametrize(("path", "body"), TOML, ids=[path.name for path, _ in TOML])
def test_every_example_of_tracker_toml_is_read_and_its_cadences_are_allowed(path, body, tmp_path):
    (tmp_path / "tracker.toml").write_text(body, "utf-8")
    read_in = read_settings(tmp_path)
    check_cadences(read_in)
    assert configured_feeds(read_in)[0].exchanges == ("kraken", "coinbase")


def test_the_first_example_shows_the_defaults():
    [body, *_] = fenced(read("docs/configuration.md"), "toml")
    shown = {name: value for name, value in tomllib.loads(body).items() if not isinstance(value, list | dict)}
    assert {name: setting_default(name) for name in shown} == {name: f"`{value}`" for name, value in shown.items()}


def test_the_table_of_exchanges_has_each_with_its_batch_and_its_limits():
    described = {name: row[2:4] for name, row in table(section("docs/configuration.md", "## Exchanges")).items()}
    units = {1.0: "second", 60.0: "minute", 600.0: "10 min"}

    def limits(exchange: Any) -> str:
        words = [f"{count:,} {'in' if ' ' in units[span] else 'a'} {units[span]}" for count, span in exchange.LIMITS]
        return ", ".join(words)

    exchanges = {name: load("exchanges", name) for name in names("exchanges")}
    own = {name: [f"{found.MAX_BATCH:,}", limits(found)] for name, found in exchanges.items()}
    assert {name: row for name, row in described.items() if name in own} == own


def test_every_fault_of_the_sandbox_is_described_with_its_fields():
    described = {mode: CODE.findall(row[2]) for mode, row in table(section("docs/sandbox.md", "## Faults")).items()}
    assert {mode: sorted(fields) for mode, fields in described.items()} == {
        mode: sorted(fields) for mode, fields in fault_spec._MODES.items()
    }
    assert all(f"`{name}`" in read("docs/sandbox.md") for name in fault_spec._FILTERS)


@pytest.mark.parametrize("spec", re.findall(r"curl -d '(.*)'  *http", read("docs/sandbox.md")))
def test_every_example_of_a_fault_is_accepted(spec):
    faults = json.loads(spec)
    for fault in faults if isinstance(faults, list) else [faults]:
        assert fault_spec.parse(fault) is not None or fault == {"mode": "none"}


def test_every_key_of_the_address_is_described_with_its_values():
    described = table(section("docs/using-the-page.md", "## Your page"))
    assert sorted(described) == sorted(url_query.KEYS)
    ranked = [name for name, measure in MEASURES.items() if measure.ranked]
    for key, values in (("mode", MODES), ("theme", THEMES), ("rank_by", ranked)):
        assert CODE.findall(described[key][1]) == list(values)
    assert all(row[2].startswith(f"`{key}=") for key, row in described.items())


def test_the_functions_of_a_store_module_are_written_as_in_its_contract():
    tree = ast.parse(read("tracker/core/contracts.py"))
    [contract] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "StoreModule"]
    functions = [node for node in contract.body if isinstance(node, ast.FunctionDef)]
    lines = [f"def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}" for node in functions]
    [shown] = fenced(read("docs/adding-a-store.md"), "")
    assert [line.strip() for line in shown.splitlines()] == [line.replace("(self, ", "(") for line in lines]


def test_every_name_that_a_notebook_imports_is_described():
    text = section("docs/using-the-page.md", "## In Python and notebooks")
    described = [name for row in rows(text) for name in re.findall(r"^`(\w+)", row[0])]
    assert sorted(described) == sorted(tracker.__all__)
    assert {"RankingTable", "still"} <= set(tracker.dashboard.__all__)


def test_every_label_of_the_page_that_is_named_stands_in_the_code():
    labels = set(re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", prose(read("docs/using-the-page.md"))))
    written = "".join(path.read_text("utf-8") for path in (ROOT / "tracker").rglob("*.py"))
    assert sorted(label for label in labels if label not in written) == []
    assert "Compare" in labels


def test_every_measure_and_every_origin_is_described():
    assert list(table(section("docs/honest-numbers.md", "## Rank"))) == list(MEASURES)
    described = table(read("docs/data-format.md"))
    assert {origin.name.lower() for origin in Origin} <= set(described)


def test_every_file_that_a_data_folder_gets_is_described(tmp_path):
    coordination = open_coordination("file:data", base=tmp_path, label="test")
    with contextlib.closing(coordination):
        assert coordination.try_acquire("collect")
        coordination.identity()
        coordination.publish("status", b"1", ephemeral=True)
        store = open_store("csv:data", base=tmp_path)
        for market in ("kraken:BTC/USD", "coinbase:ETH/USD"):
            store.append({Market.parse(market): Ticks.of([1795446000000], [78123.4], 10_000, Origin.LIVE)})
        store.close()
        paths = [path.relative_to(tmp_path / "data") for path in (tmp_path / "data").rglob("*") if path.is_file()]
    described = [name.removesuffix("/") for name in table(section("docs/data-format.md", "## Other files"))]
    notes = {path.parts[0] if path.parts[0].startswith(".") else path.name for path in paths}
    unknown = [name for name in notes if not any(fnmatch.fnmatchcase(name, pattern) for pattern in described)]
    assert unknown == ["2026-11-23-15.csv"]
    assert len(notes) > 6


def test_the_limit_of_viewers_is_the_one_that_the_documentation_names():
    [trait] = re.findall(r"--WatchedKernels\.(\w+)=", read("docs/deploying.md"))
    limit = WatchedKernels.class_traits()[trait].default_value
    for page in ("docs/deploying.md", "docs/using-the-page.md", "SECURITY.md"):
        assert f"At most {limit} viewers" in read(page), page
    assert f"--WatchedKernels.{trait}" in read("SECURITY.md")


def links(path: Path) -> list[str]:
    return [first or second for first, second in LINK.findall(prose(path.read_text("utf-8")))]


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_relative_link_leads_to_a_file_and_to_a_heading_in_it(path):
    broken = []
    for link in links(path):
        url = urlsplit(link)
        if url.scheme:
            continue
        target = (path.parent / url.path).resolve() if url.path else path
        is_missing = not target.is_relative_to(ROOT) or not target.exists()
        if is_missing or (url.fragment and url.fragment not in anchors(target.read_text("utf-8"))):
            broken.append(link)
    assert broken == []


def test_every_page_but_that_of_the_data_folder_is_reached_from_the_readme():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page in reached:
            continue
        reached.add(page)
        paths = [urlsplit(link).path for link in links(page) if not urlsplit(link).scheme]
        ahead += [target for path in paths if (target := (page.parent / path).resolve()).suffix == ".md"]
    assert [path.relative_to(ROOT).as_posix() for path in PAGES if path not in reached] == ["data/README.md"]


def test_every_markdown_file_is_checked():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert {ROOT / name for name in listed.splitlines() if (ROOT / name).exists()} <= set(PAGES)


@pytest.mark.parametrize(("page", "most"), [("README.md", 150), ("ARCHITECTURE.md", 200)])
def test_a_page_for_newcomers_stays_short(page, most):
    assert len(read(page).splitlines()) <= most


def test_the_architecture_has_a_section_with_an_invariant_for_each_room_and_no_other():
    text = section("ARCHITECTURE.md", "## Rooms")
    rooms = sorted(path.parent.name for path in (ROOT / "tracker").glob("*/__init__.py"))
    assert sorted(re.findall(r"^### (.*)$", text, re.MULTILINE)) == rooms
    assert {room: section("ARCHITECTURE.md", f"### {room}").count("**Invariant:**") for room in rooms} == dict.fromkeys(
        rooms, 1
    )


def test_the_direction_of_imports_in_the_architecture_is_the_one_that_is_enforced():
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["id"] == "rooms"]
    line = " ← ".join(f"{{ {layer} }}" if "|" in layer else layer for layer in reversed(layers))
    assert f"`{line}`" in read("ARCHITECTURE.md")


def test_the_glossary_is_sorted_and_has_each_term_once():
    terms = [row[0] for row in rows(read("docs/glossary.md"))]
    assert terms == sorted(set(terms))
    assert len(terms) > 30


@pytest.mark.parametrize("path", PAGES, ids=IDS)
def test_every_file_of_the_project_that_is_named_exists(path):
    """Paths under tracker/, tests/, docs/ and notebooks/; names in capitals or angle brackets are placeholders."""
    named = {
        piece
        for piece in CODE.findall(prose(path.read_text("utf-8")))
        if re.fullmatch(r"(tracker|tests|docs|notebooks|benchmarks|binder)/[\w./-]*", piece)
    }
    planned = {"tracker/exchanges/bitfinex.py", "tests/exchanges/bitfinex.json"}  # the example of one more exchange
    assert sorted(name for name in named - planned if not (ROOT / name).exists()) == []


def test_the_files_and_folders_that_the_architecture_names_in_a_room_are_there():
    missing = []
    for room in (path.parent for path in (ROOT / "tracker").glob("*/__init__.py")):
        named = CODE.findall(section("ARCHITECTURE.md", f"### {room.name}"))
        paths = [name for name in named if name.endswith((".py", "/"))]
        missing += [
            f"{room.name}: {name}"
            for name in paths
            if not any((place / name).exists() for place in (room, room.parent))
        ]
    assert missing == []
