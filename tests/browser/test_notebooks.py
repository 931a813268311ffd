"""The notebooks in a browser where other people open them: on Binder, and in Voila from any folder."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from tests.support.browser import choose, tab, viewer
from tests.support.page_server import PATIENCE, ROOT, TOKEN, exchange, free_port, jupyter, project_in, rows_of, wait_for
from tests.support.project_copy import clone_in, data_folders, environment

pytestmark = [pytest.mark.service, pytest.mark.checkout]

NOTEBOOK = "notebooks/dashboard.ipynb"
BASE = "/user/someone/"  # each visitor's server has an address of this form
LINK = re.compile(r"https://mybinder\.org/v2/gh/\S+/HEAD\?urlpath=(?P<path>[\w./-]+)")


@pytest.fixture
def clone(tmp_path):
    return clone_in(tmp_path / "clone")


@pytest.fixture
def project(tmp_path):
    return project_in(tmp_path, NOTEBOOK)


@pytest.fixture(name="exchange")
def _exchange():
    with exchange() as address:
        yield address


def link(notebook):
    """The path on a visitor's server to which the README's link to *notebook* leads."""
    paths = {match["path"] for match in LINK.finditer((ROOT / "README.md").read_text("utf-8"))}
    [path] = [path for path in paths if path.endswith(notebook)]
    return path


def test_the_first_link_opens_the_page_which_shows_that_no_exchange_answers_and_simulates_one_on_a_click(
    browser, clone
):
    nobody = f"http://127.0.0.1:{free_port()}/kraken"
    with (
        jupyter(clone / "log", "server", cwd=clone, base=BASE, TRACKER_EXCHANGES__KRAKEN__URL=nobody) as address,
        viewer(browser, f"{address}{link('dashboard.ipynb')}?token={TOKEN}", scheme="dark") as seen,
    ):
        seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "it shows the reason")
        assert seen.page.get_by_text("No prices yet").is_visible()
        # In the project's template, so not white and without the code of the cells.
        assert seen.page.title() == "BTC price tracker"
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 15, 20)"
        assert "App.start" not in seen.page.content()
        assert seen.page.locator(".bt-page").count() == 1, "nor with what they explain and show in JupyterLab"
        assert seen.page.locator("#rendered_cells h1:not(.bt-page *)").count() == 0
        seen.page.get_by_role("button", name="Start simulation").click()
        seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "with a day of prices")
        before = seen.price("USD")
        seen.wait(lambda: seen.price("USD") != before, "and new ones come")
        seen.shoot("binder")
        assert seen.elsewhere == []
        assert seen.errors == []
    assert not list(clone.glob("data/kraken/*/*.csv"))


def test_the_second_link_opens_the_tour_which_runs_in_jupyterlab_on_simulated_prices(browser, clone):
    with (
        jupyter(clone / "log", "lab", cwd=clone, base=BASE) as address,
        tab(browser, f"{address}{link('explore.ipynb')}?token={TOKEN}", height=8000) as seen,
    ):
        seen.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=PATIENCE * 1000)
        choose(seen.page, "Run", "Run All Cells")
        seen.wait(lambda: seen.page.locator(".bt-table td.col-rank").count() == 7, "the page's table ends the tour")
        seen.wait(lambda: seen.page.get_by_text("[14]:").count() == 1, "the last cell has run")
        titles = seen.page.locator("text.mainheading").all_text_contents()
        assert [title.startswith("SIMULATED prices, ") for title in titles if title] == [True, True]
        assert len(seen.drawn("USD")) > 3000
        assert seen.page.get_by_text("Traceback").count() == 0
        seen.shoot("tour")
        assert seen.elsewhere == []
        assert seen.errors == []
    assert [path.name for path in (clone / "data").iterdir()] == ["README.md"]


def test_voila_stores_prices_in_the_same_folder_whether_started_in_the_root_or_beside_the_notebook(project, exchange):
    def rows():
        return len(rows_of(project / "data", "USD"))

    for place, notebook in ((project, NOTEBOOK), (project / "notebooks", "dashboard.ipynb")):
        before, port = rows(), free_port()
        command = [sys.executable, "-m", "voila", notebook, "--no-browser", f"--port={port}", "--template=tracker"]
        with (project / "voila.log").open("w") as log:
            server = subprocess.Popen(command, cwd=place, env=environment(project, exchange), stdout=log, stderr=log)
            try:
                wait_for(lambda: "running at" in (project / "voila.log").read_text(), "Voila starts")
                assert requests.get(f"http://127.0.0.1:{port}/", timeout=PATIENCE).status_code == 200
                wait_for(lambda before=before: rows() > before, "the page's kernel stores prices")
            finally:
                server.terminate()
                server.wait(30)
        assert data_folders(project) == {Path("data")}
