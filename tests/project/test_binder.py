"""Binder: what it would build, and the page that the README's link opens there, in a real Chromium."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.support.browser import choose, tab, viewer
from tests.support.page_server import PATIENCE, ROOT, TOKEN, free_port, jupyter

pytestmark = [pytest.mark.service, pytest.mark.checkout]

BASE = "/user/someone/"  # each visitor's server has an address of this form
LINK = re.compile(r"https://mybinder\.org/v2/gh/\S+/HEAD\?urlpath=(?P<path>[\w./-]+)")
MADE = ("__pycache__", "node_modules", "test-results", "htmlcov", "dist")
NOT_IN_A_CLONE = shutil.ignore_patterns(".*", *MADE, "tracker.toml", "*.csv")


@pytest.fixture
def clone(tmp_path):
    """The project's folder as Binder clones it: without whatever was collected, set or made."""
    return shutil.copytree(ROOT, tmp_path / "clone", ignore=NOT_IN_A_CLONE)


def link(notebook):
    """Where on a visitor's server the README's link to *notebook* leads."""
    paths = {found["path"] for found in LINK.finditer((ROOT / "README.md").read_text("utf-8"))}
    [path] = [path for path in paths if path.endswith(notebook)]
    return path


def test_binder_builds_the_locked_environment_and_then_installs_the_project(clone):
    """By its own builder, up to the Dockerfile; that far it needs no container engine."""
    without_engine = {**os.environ, "DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", "."]
    done = subprocess.run(command, cwd=clone, env=without_engine, capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert (
        f"Building conda environment for {(clone / 'binder/runtime.txt').read_text().strip().replace('-', '=')}" in said
    )
    assert "environment.yml" not in said, "that is conda's; with both, Binder would take one and leave the other"
    steps = [
        "WORKDIR ${REPO_DIR}",  # where the server starts, and where it finds voila.json
        "COPY --chown=0:0 src/ ${REPO_DIR}/",  # requirements.lock must be there when binder/ refers to it
        'pip install --no-cache-dir -r "binder/requirements.txt"',
        "RUN ./binder/postBuild",
        "CMD [",
    ]
    places = [said.find(step) for step in steps]
    assert -1 not in places, said
    assert places == sorted(places), said


def test_the_link_opens_the_page_which_says_that_no_exchange_answers_and_simulates_one_by_a_click(browser, clone):
    nobody = f"http://127.0.0.1:{free_port()}/kraken"
    with (
        jupyter(clone / "log", "server", cwd=clone, base=BASE, TRACKER_EXCHANGES__KRAKEN__URL=nobody) as address,
        viewer(browser, f"{address}{link('dashboard.ipynb')}?token={TOKEN}", scheme="dark") as seen,
    ):
        seen.wait(lambda: "refuses the connection" in seen.page.locator(".bt-page").inner_text(), "it says why")
        assert seen.page.get_by_text("No prices yet").is_visible()
        # As in the project's own template, not white; and without the cells' code.
        assert seen.page.title() == "BTC price tracker"
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 15, 20)"
        assert "App.start" not in seen.page.content()
        seen.page.get_by_role("button", name="Start simulation").click()
        seen.wait(lambda: seen.pill().startswith("SIMULATED"), "the page is simulated")
        seen.wait(lambda: len(seen.drawn("USD")) > 5000, "with a day of prices")
        before = seen.price("USD")
        seen.wait(lambda: seen.price("USD") != before, "and new ones come")
        seen.shoot("binder")
        assert seen.elsewhere == []
        assert seen.errors == []
    assert not list(clone.glob("data/kraken/*/*.csv"))


def test_the_other_link_opens_the_tour_which_runs_in_jupyterlab_on_simulated_prices(browser, clone):
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
