"""``pytest --nbval`` runs the notebooks, and the page's notebook checks itself; all use the same data folder."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.checkout import ROOT
from tests.support.page_server import LIGHT_START, exchange, project_in, wait_for
from tests.support.project_copy import data_folders, environment
from tracker import dashboard

pytestmark = [pytest.mark.service, pytest.mark.checkout]

UNREACHABLE = "http://127.0.0.1:9/kraken"  # discard, on which nothing listens
NBVAL = ["pytest", "-p", "nbval", "--nbval", "notebooks", "-q", "-p", "no:cacheprovider"]


@pytest.fixture
def project(tmp_path):
    return project_in(tmp_path, "notebooks/dashboard.ipynb")


@pytest.fixture(name="exchange")
def _exchange():
    with exchange() as address:
        yield address


def nbval(project, exchange, start=LIGHT_START, **variables):
    """Run the notebooks in *project* as tests: (status, output). *start*: the command that runs a module."""
    command, variables = [*start, *NBVAL], environment(project, exchange, **variables)
    result = subprocess.run(command, cwd=project, env=variables, capture_output=True, text=True, timeout=240)
    return result.returncode, result.stdout + result.stderr


def test_nbval_as_users_type_it_passes_without_an_exchange_and_without_stored_prices(project):
    """The page's notebook does not wait for prices, and the tour runs on simulated ones."""
    shutil.copy(ROOT / "notebooks/explore.ipynb", project / "notebooks")
    status, output = nbval(project, UNREACHABLE, start=(sys.executable, "-m"))
    assert status == 0, output
    assert "22 passed" in output


def test_the_pages_notebook_shows_each_part_alone():
    parts = {name for name, module in dashboard._MODULES.items() if name[0].isupper() and "state" not in module}
    text = (ROOT / "notebooks/dashboard.ipynb").read_text()
    assert {part for part in parts - set(dashboard._FORMER_NAMES) if f"{part}(app.state)" not in text} == {"App"}


def test_the_check_of_the_pages_notebook_passes_when_new_prices_arrive(project, exchange):
    status, output = nbval(project, exchange, TRACKER_CHECK="1")
    assert status == 0, output
    assert "8 passed" in output
    assert data_folders(project) == {Path("data")}


def test_the_check_of_the_pages_notebook_fails_when_no_price_arrives(project):
    status, output = nbval(project, UNREACHABLE, TRACKER_CHECK="1", TRACKER_CHECK_SECONDS="3")
    assert status == 1, output
    assert "no new price within 3 s" in output
    assert "refuses the connection" in output


def test_the_command_keeps_prices_in_the_same_folder_from_anywhere_in_the_project(project, exchange):
    collector = subprocess.Popen(
        [sys.executable, "-m", "tracker", "collect"], cwd=project / "notebooks", env=environment(project, exchange)
    )
    try:
        wait_for(lambda: data_folders(project), "prices are kept")
    finally:
        collector.terminate()
        collector.wait(30)
    assert data_folders(project) == {Path("data")}
