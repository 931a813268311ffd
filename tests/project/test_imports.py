"""The direction of imports: rooms, adapters, and the files that need no system and no other library."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.source_tree import imports, sources

pytestmark = pytest.mark.checkout

# These could run in a browser's Python one day: numpy, and standard library that needs no system.
PURE = ("core/*", "exchanges/*", "sandbox/price_source")
LATE = {"pyarrow", "tsdownsample"}  # only inside the function that uses them
NEEDS_A_SYSTEM = {
    *("_thread", "asyncio", "concurrent", "ctypes", "fcntl", "ftplib", "http", "mmap", "msvcrt", "multiprocessing"),
    *("os", "queue", "sched", "select", "selectors", "shutil", "signal", "smtplib", "socket", "socketserver", "ssl"),
    *("subprocess", "tempfile", "threading", "webbrowser", "xmlrpc", "urllib.request"),
}


def file_of(name: str, files: dict[str, ast.Module]) -> str | None:
    """Return the file of this package that the dotted *name* is in; None for other packages."""
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
    """Return whether *file* matches one of *patterns*."""
    return any(fnmatchcase(file, pattern) for pattern in patterns)


def impure_imports(root: Path) -> list[str]:
    """Return a message for each import that keeps a file of PURE from running anywhere."""
    files = sources(root)
    messages = []
    for file, tree in files.items():
        for name, at_top in imports(tree, file) if fits(file, PURE) else ():
            top, target = name.split(".")[0], file_of(name, files)
            if target is not None:
                pure = fits(target, PURE) or target == "__init__"
            elif top in sys.stdlib_module_names:
                pure = not any(f"{name}.".startswith(f"{banned}.") for banned in NEEDS_A_SYSTEM)
            else:
                pure = top == "numpy" or (top in LATE and not at_top)
            if not pure:
                messages.append(f"tracker/{file}.py must run anywhere, so it may not import {name}")
    return messages


def lint_imports(root: Path) -> subprocess.CompletedProcess[str]:
    """Check the package under *root* against the contracts in this project's pyproject.toml."""
    shutil.copy(ROOT / "pyproject.toml", root) if root != ROOT else None
    code = "from importlinter.cli import lint_imports_command as main; main()"
    command = [sys.executable, "-c", code, "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(root), "NO_COLOR": "1"}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment)


def test_each_room_imports_only_from_the_rooms_below_it():
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


def test_the_pure_files_import_nothing_that_needs_a_system():
    assert impure_imports(ROOT) == []


def test_loading_the_pure_files_loads_no_library_but_numpy():
    """Neither through tracker/__init__.py nor through other files."""
    files = [file for file in sources(ROOT) if fits(file, PURE) and not file.startswith("sandbox/")]
    modules = ["tracker." + file.replace("/", ".").removesuffix(".__init__") for file in files]
    code = f"""
import importlib, sys, numpy
before = set(sys.modules)
for name in {modules}: importlib.import_module(name)
new = {{name.split(".")[0] for name in set(sys.modules) - before}}
print(*sorted(new - set(sys.stdlib_module_names)))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert set(result.stdout.split()) <= {"numpy", "tracker"}


_MODULES = ("source_modules", "forbidden_modules")  # keys of a contract; the modules have to exist


@pytest.fixture
def lint_package(write_package):
    """Writes a package with every room, the modules that contracts name, and *files*; checks its imports."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    modules = {name for contract in contracts for key in _MODULES for name in contract.get(key, ()) if "*" not in name}
    named = [module.removeprefix("tracker.").replace(".", "/") for module in sorted(modules)]

    def write(**files: str) -> subprocess.CompletedProcess[str]:
        folders = [path.parent for glob in ("*", "alerts/*") for path in (ROOT / "tracker").glob(f"{glob}/__init__.py")]
        names = [folder.relative_to(ROOT / "tracker").as_posix() for folder in folders]
        packages = {f"{name}/__init__": "" for name in [*names, *named, "sandbox/dialects"]}
        return lint_imports(write_package(__init__="", __main__="", **packages, **files))

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
def test_an_import_from_a_room_above_is_found_however_it_is_written(lint_package, line):
    result = lint_package(**{"core/window": line, "runtime/clock": ""})
    assert result.returncode == 1
    assert "tracker.core is not allowed to import tracker.runtime" in result.stdout


def test_an_adapter_that_imports_its_sibling_is_found(lint_package):
    result = lint_package(**{"exchanges/kraken": "", "exchanges/bitstamp": "from tracker.exchanges import kraken"})
    assert "tracker.exchanges.bitstamp is not allowed to import tracker.exchanges.kraken" in result.stdout


def test_an_import_from_a_room_at_the_same_level_is_found(lint_package):
    result = lint_package(**{"exchanges/kraken": "import tracker.runtime.clock", "runtime/clock": ""})
    assert "tracker.exchanges is not allowed to import tracker.runtime" in result.stdout


def test_an_import_of_one_kind_of_store_is_found_outside_of_the_importer(lint_package):
    line = "from tracker.stores.csv import layout"
    files = {"stores/csv/__init__": "", "stores/csv/layout": "", "history/importer/__init__": ""}
    result = lint_package(**files, **{"commands/data": line, "history/importer/lines": line})
    assert "tracker.commands is not allowed to import tracker.stores" in result.stdout
    assert "tracker.history is not allowed" not in result.stdout


def test_a_part_of_render_that_opens_a_store_is_found_but_a_report_may(lint_package):
    line = "from tracker.runtime import store_url"
    result = lint_package(**{"render/page/state": line, "render/report/__init__": line})
    assert "tracker.render.page is not allowed to import tracker.runtime.store_url" in result.stdout
    assert "tracker.render.report" not in result.stdout


def test_a_room_of_alerts_that_imports_one_above_is_found(lint_package):
    result = lint_package(**{"alerts/readings/verdict": "from tracker.alerts.service import watching"})
    assert "tracker.alerts.readings is not allowed to import tracker.alerts.service" in result.stdout


def test_imports_from_rooms_below_and_from_the_same_room_are_allowed(lint_package):
    result = lint_package(
        **{
            "core/errors": "",
            "dashboard/a": "from tracker.core import errors\nfrom tracker.dashboard import b",
            "dashboard/b": "",
        }
    )
    assert result.returncode == 0, result.stdout


def test_a_room_outside_the_contract_is_found(lint_package):
    assert "utils" in lint_package(**{"utils/__init__": ""}).stdout


@pytest.mark.parametrize("line", ["import threading", "import pandas", "import pyarrow.csv", "import urllib.request"])
def test_an_import_that_needs_a_system_or_a_library_is_found(write_package, line):
    assert len(impure_imports(write_package(**{"core/window": line}))) == 1


@pytest.mark.parametrize(
    "line", ["import numpy as np", "from urllib.parse import quote", "def f():\n    import pyarrow"]
)
def test_numpy_pure_standard_library_and_late_imports_are_allowed(write_package, line):
    assert impure_imports(write_package(**{"core/window": line})) == []
