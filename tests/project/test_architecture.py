"""The architecture, held: who may import whom, what runs anywhere, and how long a thing may be."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

pytestmark = pytest.mark.checkout

ROOT = Path(__file__).resolve().parents[2]

# These could run in a browser's Python one day: numpy, and standard library that needs no system.
PURE = ("core/*", "exchanges/*", "sandbox/price_source")
LATE = {"pyarrow", "tsdownsample"}  # only inside the function that uses them
NEEDS_A_SYSTEM = {
    *("_thread", "asyncio", "concurrent", "ctypes", "fcntl", "ftplib", "http", "mmap", "msvcrt", "multiprocessing"),
    *("os", "queue", "sched", "select", "selectors", "shutil", "signal", "smtplib", "socket", "socketserver", "ssl"),
    *("subprocess", "tempfile", "threading", "webbrowser", "xmlrpc", "urllib.request"),
}

MOST_LINES_OF_A_FILE = 250
MOST_LINES_OF_A_FUNCTION = 60
MOST_CELLS = 8
MOST_LINES_OF_A_CELL = 8
TOUR = "explore.ipynb"  # an analyst's own work, who imports what he likes; it has more to show than to wire together
MOST_CELLS_OF_THE_TOUR = 14
MOST_LINES_OF_ITS_CELLS = 13


def sources(root: Path) -> dict[str, ast.Module]:
    """Every file under tracker/, by its path without ending: ``exchanges/kraken``."""
    package = root / "tracker"
    return {
        path.relative_to(package).with_suffix("").as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(package.rglob("*.py"))
    }


def imported(tree: ast.Module, file: str) -> Iterator[tuple[str, bool]]:
    """Each imported dotted name, also from inside functions, and whether it stands at the top of the file."""
    package = ["tracker", *file.split("/")[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*start, node.module] if node.module else start)
            yield from ((f"{origin}.{alias.name}", node in tree.body) for alias in node.names)


def own(name: str, files: dict[str, ast.Module]) -> str | None:
    """The file of this package that *name* leads to; None for other packages."""
    top, *parts = name.split(".")
    if top != "tracker":
        return None
    for size in range(len(parts), -1, -1):
        path = "/".join(parts[:size])
        for file in (path, f"{path}/__init__".removeprefix("/")):
            if file in files:
                return file
    return None


def fits(file: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def impure_imports(root: Path) -> list[str]:
    files = sources(root)
    wrong = []
    for file, tree in files.items():
        for name, at_top in imported(tree, file) if fits(file, PURE) else ():
            top, other = name.split(".")[0], own(name, files)
            if other is not None:
                pure = fits(other, PURE) or other == "__init__"
            elif top in sys.stdlib_module_names:
                pure = not any(f"{name}.".startswith(f"{banned}.") for banned in NEEDS_A_SYSTEM)
            else:
                pure = top == "numpy" or (top in LATE and not at_top)
            if not pure:
                wrong.append(f"tracker/{file}.py must run anywhere, so it may not import {name}")
    return wrong


def too_long(root: Path) -> list[str]:
    found = []
    for file, tree in sources(root).items():
        lines = (root / "tracker" / f"{file}.py").read_text("utf-8").count("\n")
        if lines >= MOST_LINES_OF_A_FILE:
            found.append(f"tracker/{file}.py: {lines} lines, expected under {MOST_LINES_OF_A_FILE}")
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines >= MOST_LINES_OF_A_FUNCTION:
                    found.append(f"tracker/{file}.py: {node.name} has {lines} lines")
    return found


def notebook_faults(path: Path) -> list[str]:
    """What keeps a notebook from being only wiring, or the tour from being short."""
    tour = path.name == TOUR
    most_cells, most_lines = (
        (MOST_CELLS_OF_THE_TOUR, MOST_LINES_OF_ITS_CELLS) if tour else (MOST_CELLS, MOST_LINES_OF_A_CELL)
    )
    cells = [cell for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    faults = [] if len(cells) <= most_cells else [f"{len(cells)} code cells, expected at most {most_cells}"]
    for number, cell in enumerate(cells, 1):
        code = "".join(cell["source"])
        tree = ast.parse(code)
        if len(code.splitlines()) > most_lines:
            faults.append(f"cell {number}: {len(code.splitlines())} lines, expected at most {most_lines}")
        if cell["outputs"] or cell["execution_count"] is not None:
            faults.append(f"cell {number}: has outputs; strip them")
        if any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in ast.walk(tree)):
            faults.append(f"cell {number}: defines something; define it in tracker/")
        foreign = {name for name, _ in imported(tree, "") if name.split(".")[0] != "tracker" and not tour}
        faults += [f"cell {number}: imports {name}, expected tracker only" for name in sorted(foreign)]
    return [f"notebooks/{path.name}: {fault}" for fault in faults]


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Hold the package under *root* to the contracts of this project's pyproject.toml."""
    shutil.copy(ROOT / "pyproject.toml", root) if root != ROOT else None
    code = "from importlinter.cli import lint_imports_command as main; main()"
    command = [sys.executable, "-c", code, "--no-cache"]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment(root))


def environment(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"}


def test_each_room_imports_only_from_the_rooms_below_it():
    done = lint_imports(ROOT)
    assert done.returncode == 0, done.stdout


def test_what_computes_runs_anywhere():
    assert impure_imports(ROOT) == []


def test_loading_what_computes_loads_no_other_library():
    """Also through tracker/__init__.py and whatever the files import in turn."""
    files = [file for file in sources(ROOT) if fits(file, PURE) and not file.startswith("sandbox/")]
    modules = ["tracker." + file.replace("/", ".").removesuffix(".__init__") for file in files]
    code = f"""
import importlib, sys, numpy
before = set(sys.modules)
for name in {modules}: importlib.import_module(name)
new = {{name.split(".")[0] for name in set(sys.modules) - before}}
print(*sorted(new - set(sys.stdlib_module_names)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(done.stdout.split()) <= {"numpy", "tracker"}


def test_files_and_functions_stay_short():
    assert too_long(ROOT) == []


def test_notebooks_only_wire_parts_together():
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert paths
    assert [fault for path in paths for fault in notebook_faults(path)] == []


@pytest.fixture
def tree(tmp_path):
    """Writes files into a package of its own and returns its root."""

    def write(**files: str) -> Path:
        for name, text in ({"core/errors": "", "core/window": "", "exchanges/kraken": ""} | files).items():
            path = tmp_path / "tracker" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


@pytest.fixture
def rooms(tree):
    """A package with every room and one file in each, and what *files* adds."""

    def write(**files: str) -> subprocess.CompletedProcess[str]:
        names = [path.parent.name for path in (ROOT / "tracker").glob("*/__init__.py")]
        packages = {f"{name}/__init__": "" for name in [*names, "sandbox/dialects"]}
        return lint_imports(tree(__init__="", __main__="", **packages, **files))

    return write


@pytest.mark.parametrize(
    "line",
    [
        "import tracker.runtime.clock",
        "from tracker.runtime import clock",
        "from ..runtime.clock import Clock",
        "def late():\n    from tracker.runtime.clock import Clock",
    ],
)
def test_finds_an_import_from_a_room_above_however_it_is_written(rooms, line):
    done = rooms(**{"core/window": line, "runtime/clock": ""})
    assert done.returncode == 1
    assert "tracker.core is not allowed to import tracker.runtime" in done.stdout


def test_finds_an_adapter_that_imports_its_neighbour(rooms):
    done = rooms(**{"exchanges/kraken": "", "exchanges/bitstamp": "from tracker.exchanges import kraken"})
    assert "tracker.exchanges.bitstamp is not allowed to import tracker.exchanges.kraken" in done.stdout


def test_finds_an_import_from_a_room_beside_it(rooms):
    done = rooms(**{"exchanges/kraken": "import tracker.runtime.clock", "runtime/clock": ""})
    assert "tracker.exchanges is not allowed to import tracker.runtime" in done.stdout


def test_lets_pass_what_the_plan_allows(rooms):
    done = rooms(
        **{
            "core/errors": "",
            "dashboard/a": "from tracker.core import errors\nfrom tracker.dashboard import b",
            "dashboard/b": "",
        }
    )
    assert done.returncode == 0, done.stdout


def test_finds_a_room_that_the_plan_does_not_name(rooms):
    assert "utils" in rooms(**{"utils/__init__": ""}).stdout


@pytest.mark.parametrize("line", ["import threading", "import pandas", "import pyarrow.csv", "import urllib.request"])
def test_finds_what_would_not_run_anywhere(tree, line):
    assert len(impure_imports(tree(**{"core/window": line}))) == 1


@pytest.mark.parametrize(
    "line", ["import numpy as np", "from urllib.parse import quote", "def f():\n    import pyarrow"]
)
def test_lets_pass_what_runs_anywhere(tree, line):
    assert impure_imports(tree(**{"core/window": line})) == []


def test_finds_what_is_too_long(tree):
    body = "    pass\n" * 60
    assert too_long(tree(**{"core/window": f"def f():\n{body}"})) == ["tracker/core/window.py: f has 61 lines"]
    assert len(too_long(tree(**{"core/window": "\n" * 250}))) == 1


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("x = 1", [{"output_type": "stream"}]),
        ("def f(): ...", []),
        ("import sys", []),
        ("x = 1\n" * 9, []),
    ],
)
def test_finds_a_notebook_cell_that_does_more_than_wire(tmp_path, source, outputs):
    cell = {"cell_type": "code", "source": [source], "outputs": outputs, "execution_count": None}
    path = tmp_path / "page.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    assert len(notebook_faults(path)) == 1
    path.write_text(json.dumps({"cells": [cell | {"source": ["from tracker import a"], "outputs": []}] * 9}))
    assert notebook_faults(path) == ["notebooks/page.ipynb: 9 code cells, expected at most 8"]
