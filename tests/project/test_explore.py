"""The tour runs from top to bottom with and without stored prices, and changes no file."""

import time

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from tests.support.page_server import project_in
from tracker.core.market import Market
from tracker.core.measures import relative_standard_deviation
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.stores.csv import open_store

pytestmark = [pytest.mark.service, pytest.mark.checkout]

NOTEBOOK = "notebooks/explore.ipynb"
EUR, USD, GBP = (Market("kraken", "BTC", quote) for quote in ("EUR", "USD", "GBP"))
MINUTE = 60_000


@pytest.fixture
def project(tmp_path):
    return project_in(tmp_path, NOTEBOOK)


def run(project):
    """Run the tour; return the plain text that its cells print, by cell id, and the titles of its figures."""
    tour = nbformat.read(project / NOTEBOOK, as_version=4)
    NotebookClient(tour, timeout=60, resources={"metadata": {"path": str(project / "notebooks")}}).execute()
    texts = {
        cell.id: "".join(output.get("text") or output.data.get("text/plain", "") for output in cell.outputs)
        for cell in tour.cells
        if cell.cell_type == "code"
    }
    widgets = tour.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    return texts, [title for widget in widgets.values() if (title := widget["state"].get("title"))]


def stored(project):
    """Return the content of every file in the data folder, by path."""
    return {path: path.read_bytes() for path in (project / "data").rglob("*") if path.is_file()}


def test_without_stored_prices_every_chart_is_marked_as_simulated_and_nothing_is_stored(project):
    texts, titles = run(project)
    assert "What follows is about SIMULATED prices" in texts["rows"]
    assert "0 days 00:40:00" in texts["coverage"]
    assert [title.startswith("SIMULATED prices, ") for title in titles] == [True, True]
    assert not (project / "data").exists(), "a collector would have left its lease there"


def test_with_stored_prices_it_shows_the_pages_numbers_and_changes_no_file(project):
    """Two markets with most of a day but for one hour, a third with one price, four others without any."""
    end = round(time.time() * 1000) // MINUTE * MINUTE
    times = end - MINUTE * np.arange(1400)[::-1]
    times = times[(times <= end - 400 * MINUTE) | (times > end - 340 * MINUTE)]
    wave = 1 + 0.01 * np.sin(times / 5e6)
    store = open_store("data", base=project, known=())
    store.append({EUR: Ticks.of(times, 80_000 * wave, MINUTE), USD: Ticks.of(times, 90_000 * wave**2, MINUTE)})
    store.append({GBP: Ticks.of([end], [70_000.0], MINUTE)})
    store.close()
    before = stored(project)
    texts, titles = run(project)
    assert stored(project) == before
    assert "What follows is about stored prices" in texts["rows"]
    assert "SIMULATED" not in "".join([*texts.values(), *titles])
    assert "0 days 01:00:00" in texts["coverage"]
    window = Window.of(Ticks.of(times, 80_000 * wave, MINUTE), 86_400_000, end)
    # pandas leaves out zeros at the end that all numbers of a column have.
    assert f"{relative_standard_deviation(window):.6f}".rstrip("0") in texts["ranking"]
