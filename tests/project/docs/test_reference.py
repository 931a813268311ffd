"""The documentation of faults, addresses, labels, names, measures and files, compared with the code."""

import ast
import contextlib
import fnmatch
import inspect
import json
import re

import pytest

import tracker
import tracker.dashboard
from tests.support.checkout import ROOT, read
from tests.support.markdown import CODE, fenced, prose, rows, section, table
from tracker.alerts.database.database import open_database
from tracker.collector.client.pause_file import PauseFile
from tracker.collector.status import publish
from tracker.coordination import open_coordination
from tracker.core.kept_bars import BarWork
from tracker.core.market import Market
from tracker.core.market_status import Status
from tracker.core.measures import MEASURES
from tracker.core.ticks import Origin, Ticks
from tracker.render.page import url_query
from tracker.render.page.state import MODES, THEMES
from tracker.runtime.store_url import open_store
from tracker.sandbox import fault_spec

pytestmark = pytest.mark.checkout


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


def test_functions_for_notebooks_are_described_with_the_parameters_that_they_take():
    text = section("docs/using-the-page.md", "## In Python and notebooks")
    described = dict(match.groups() for row in rows(text) if (match := re.match(r"`(\w+)\((.*)\)`", row[0])))
    taken = {name: list(inspect.signature(getattr(tracker, name)).parameters) for name in described}
    assert {name: words.split(", ") for name, words in described.items() if words} == {
        name: taken[name] for name in ("prices", "bars", "simulated", "ticks_of")
    }


def test_every_label_of_the_page_in_the_documentation_is_in_the_code():
    labels = set(re.findall(r"(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)", prose(read("docs/using-the-page.md"))))
    written = "".join(path.read_text("utf-8") for path in (ROOT / "tracker").rglob("*.py"))
    assert sorted(label for label in labels if label not in written) == []
    assert "Compare" in labels


def test_every_measure_and_every_origin_is_described():
    assert list(table(section("docs/honest-numbers.md", "## Rank"))) == list(MEASURES)
    described = table(read("docs/data-format.md"))
    assert {origin.name.lower() for origin in Origin} <= set(described)


def test_the_files_beside_the_prices_are_described_and_no_others(tmp_path):
    coordination = open_coordination("file:data", base=tmp_path, label="test")
    with contextlib.closing(coordination):
        assert coordination.try_acquire("collect")
        publish(Status(), coordination)
        store = open_store("csv:data", base=tmp_path)
        for market in ("kraken:BTC/USD", "coinbase:ETH/USD"):
            store.append({Market.parse(market): Ticks.of([1795446000000], [78123.4], 10_000, Origin.LIVE)})
        store.kept_bars().keep(BarWork(Market.parse("kraken:BTC/USD"), "2026-11", 1793491200000, 1796083200000, 1))
        store.close()
        open_database(tmp_path / "data", token=1).close()
        PauseFile(tmp_path / "data", "kraken", "https://api.kraken.com").write(1795446000000, 1795446060000)
        paths = [path.relative_to(tmp_path / "data") for path in (tmp_path / "data").rglob("*") if path.is_file()]
    described = [name.removesuffix("/") for name in table(section("docs/data-format.md", "## Other files"))]
    notes = {path.parts[0] if path.parts[0].startswith(".") else path.name for path in paths}
    matching = {name: [pattern for pattern in described if fnmatch.fnmatchcase(name, pattern)] for name in notes}
    assert [name for name, patterns in matching.items() if not patterns] == ["2026-11-23-15.csv"]
    unwritten = {*described} - {pattern for patterns in matching.values() for pattern in patterns}
    assert unwritten == {"*.csv.torn", ".snapshot.html"}  # after a crash, and by the page
