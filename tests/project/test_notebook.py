"""The notebook runs everywhere a notebook runs, checks itself when asked to, and always finds the same folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.page_server import exchange, free_port, project_in, settings, wait_for

pytestmark = [pytest.mark.service, pytest.mark.checkout]

NOTEBOOK = "notebooks/dashboard.ipynb"


@pytest.fixture
def project(tmp_path):
    return project_in(tmp_path, NOTEBOOK)


@pytest.fixture(name="exchange")
def _exchange():
    with exchange() as address:
        yield address


def environment(project, exchange, **more):
    """As settings() has it, but the store by its default name."""
    there = settings(project, exchange, every="1s") | more
    del there["TRACKER_STORE"]
    return {**os.environ, **there}


def nbval(project, exchange, **more):
    """``pytest -p nbval --nbval notebooks`` in *project*: (status, output)."""
    command = [sys.executable, "-m", "pytest", "-p", "nbval", "--nbval", "notebooks", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=project, env=environment(project, exchange, **more), capture_output=True, text=True, timeout=240
    )
    return done.returncode, done.stdout + done.stderr


def folders(project):
    """Every data folder in *project*, wherever it may have come to be."""
    return {path.parent.parent.relative_to(project) for path in project.rglob("kraken/btcusd")}


def test_nbval_passes_when_new_prices_come_in(project, exchange):
    status, output = nbval(project, exchange, TRACKER_CHECK="1")
    assert status == 0, output
    assert "6 passed" in output
    assert folders(project) == {Path("data")}


def test_nbval_fails_when_no_price_comes_in(project):
    nobody = f"http://127.0.0.1:{free_port()}/kraken"
    status, output = nbval(project, nobody, TRACKER_CHECK="1", TRACKER_CHECK_SECONDS="3")
    assert status == 1, output
    assert "no new price within 3 s" in output
    assert "refuses the connection" in output


def test_unasked_the_last_cell_returns_at_once(project):
    nobody = f"http://127.0.0.1:{free_port()}/kraken"
    status, output = nbval(project, nobody)
    assert status == 0, output


def test_the_command_line_keeps_prices_in_the_same_folder_from_anywhere_in_the_project(project, exchange):
    collector = subprocess.Popen(
        [sys.executable, "-m", "tracker", "collect"], cwd=project / "notebooks", env=environment(project, exchange)
    )
    try:
        wait_for(lambda: folders(project), "prices are kept")
    finally:
        collector.terminate()
        collector.wait(30)
    assert folders(project) == {Path("data")}
