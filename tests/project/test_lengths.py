"""The length of files and functions, and what the cells of notebooks may do."""

import ast
import json
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.source_tree import imports

pytestmark = pytest.mark.checkout

MAX_FILE_LINES = 250  # a file has fewer
MAX_FUNCTION_LINES = 60  # a function has fewer
FOLDERS = ("tracker", "tests", "benchmarks")
MAX_CELLS = 8
MAX_CELL_LINES = 8
TOUR = "explore.ipynb"  # an analyst's own work, with any imports; it shows more than it wires together
MAX_TOUR_CELLS = 14
MAX_TOUR_CELL_LINES = 13


def too_long(root: Path) -> list[str]:
    """Return a message for each file and each function that is too long."""
    scripts = (root / "tracker/dashboard/browser").glob("*.*js")  # not the bundles
    lengths = {file.relative_to(root).as_posix(): file.read_text("utf-8").count("\n") for file in scripts}
    messages = [_file_message(file, lines) for file, lines in sorted(lengths.items()) if lines >= MAX_FILE_LINES]
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.py")):
            messages += _faults_of_source(file.relative_to(root).as_posix(), file.read_text("utf-8"))
    return messages


def _faults_of_source(file: str, code: str) -> list[str]:
    lines = code.count("\n")
    faults = [_file_message(file, lines)] if lines >= MAX_FILE_LINES else []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines >= MAX_FUNCTION_LINES:
                faults.append(f"{file}: {node.name} has {lines} lines")
    return faults


def _file_message(file: str, lines: int) -> str:
    return f"{file}: {lines} lines, expected under {MAX_FILE_LINES}"


def notebook_faults(path: Path) -> list[str]:
    """Return a message for each cell that does more than wire parts together, or is too long."""
    is_tour = path.name == TOUR
    max_cells, max_lines = (MAX_TOUR_CELLS, MAX_TOUR_CELL_LINES) if is_tour else (MAX_CELLS, MAX_CELL_LINES)
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    faults = [] if len(cells) <= max_cells else [f"{len(cells)} code cells, expected at most {max_cells}"]
    for number, cell in enumerate(cells, 1):
        code = "".join(cell["source"])
        tree = ast.parse(code)
        if len(code.splitlines()) > max_lines:
            faults.append(f"cell {number}: {len(code.splitlines())} lines, expected at most {max_lines}")
        if cell["outputs"] or cell["execution_count"] is not None:
            faults.append(f"cell {number}: has outputs; strip them")
        if any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in ast.walk(tree)):
            faults.append(f"cell {number}: defines something; define it in tracker/")
        foreign = {name for name, _ in imports(tree, "") if name.split(".")[0] != "tracker" and not is_tour}
        faults += [f"cell {number}: imports {name}, expected tracker only" for name in sorted(foreign)]
    return [f"notebooks/{path.name}: {fault}" for fault in faults]


def test_files_and_functions_stay_short():
    assert too_long(ROOT) == []


def test_notebooks_only_wire_parts_together():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert paths
    assert [fault for path in paths for fault in notebook_faults(path)] == []


def test_a_long_file_and_a_long_function_are_found(write_package):
    body = "    pass\n" * 60
    assert too_long(write_package(**{"core/window": f"def f():\n{body}"})) == ["tracker/core/window.py: f has 61 lines"]
    assert len(too_long(write_package(**{"core/window": "\n" * 250}))) == 1
    assert too_long(write_package(**{"core/window": "\n" * 249})) == []


def test_a_long_file_of_tests_is_found(tmp_path):
    path = tmp_path / "tests/core/test_window.py"
    path.parent.mkdir(parents=True)
    path.write_text("\n" * 250)
    assert too_long(tmp_path) == ["tests/core/test_window.py: 250 lines, expected under 250"]


def test_a_long_script_is_found_and_a_bundle_may_be_long(tmp_path):
    folder = tmp_path / "tracker/dashboard/browser"
    (folder / "bundles").mkdir(parents=True)
    for name in ("page.js", "short.js", "bundles/page.js"):
        (folder / name).write_text("\n" * (1 if name == "short.js" else 250))
    assert too_long(tmp_path) == ["tracker/dashboard/browser/page.js: 250 lines, expected under 250"]


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("x = 1", [{"output_type": "stream"}]),
        ("def f(): ...", []),
        ("import sys", []),
        ("x = 1\n" * 9, []),
    ],
)
def test_a_notebook_cell_that_does_more_than_wire_is_found(tmp_path, source, outputs):
    cell = {"cell_type": "code", "source": [source], "outputs": outputs, "execution_count": None}
    path = tmp_path / "page.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    assert len(notebook_faults(path)) == 1
    path.write_text(json.dumps({"cells": [cell | {"source": ["from tracker import a"], "outputs": []}] * 9}))
    assert notebook_faults(path) == ["notebooks/page.ipynb: 9 code cells, expected at most 8"]
