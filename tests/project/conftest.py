"""For the tests of the project: the Makefile, or a package of source files, in a folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT

BROWSER = "tracker/dashboard/browser"


@pytest.fixture
def make(tmp_path):
    """
    Runs make in a copy of what it reads; with ``-n`` it only prints what it would do.

    It is told which Python to use, because trying each one costs a start of it; ``python=None`` lets it search.
    """
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    for name in (".npmrc", "package.json", "package-lock.json"):
        (tmp_path / BROWSER).mkdir(parents=True, exist_ok=True)
        (tmp_path / BROWSER / name).touch()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/dashboard.ipynb").touch()
    outside = ("MAKE", "MFLAGS", "PORT", "PYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(outside)}

    def run(*arguments: str, python: str | None = sys.executable) -> subprocess.CompletedProcess[str]:
        command = ["make", *arguments, *([f"PYTHON={python}"] if python else [])]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)

    return run


@pytest.fixture
def write_package(tmp_path):
    """Writes *files* into a package of its own, beside three that are always there, and returns its root."""

    def write(**files: str) -> Path:
        for name, text in ({"core/errors": "", "core/window": "", "exchanges/kraken": ""} | files).items():
            path = tmp_path / "tracker" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write
