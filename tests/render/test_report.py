"""The file of a report: its sections, its numbers, and its looks in a browser and on paper."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.support.command import tracker, tracker_process
from tests.support.page_server import ROOT
from tests.support.reports import CHF, DAY, EUR, HOUR, THAT_DAY, USD, project, words
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.render.report import Report
from tracker.sandbox import prices
from tracker.stores.csv import open_store

pytestmark = [pytest.mark.service, pytest.mark.checkout]


class Made(NamedTuple):
    """A written report."""

    folder: Path
    path: Path
    text: str
    errors: str


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder = project(tmp_path_factory.mktemp("real"))
    status, out, err = tracker_process("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert (status, out) == (0, ""), err
    return Made(folder, folder / "day.html", (folder / "day.html").read_text("utf-8"), err)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Made:
    folder = project(tmp_path_factory.mktemp("simulated"), Origin.SIMULATED)
    status, _, err = tracker_process("report", "--day", "2018-04-05", folder=folder)
    assert status == 0, err
    path = folder / "btc-2018-04-05.html"
    return Made(folder, path, path.read_text("utf-8"), err)


def part(made: Made, title: str) -> str:
    """Return the section called *title*."""
    [section] = re.findall(rf"<h2>{re.escape(title)}</h2>.*?</section>", made.text, re.DOTALL)
    return section


def test_progress_and_result_are_one_line_each(made):
    first, last = made.errors.splitlines()
    assert first == "2018-04-05: 3 markets; running report.ipynb …"
    assert re.fullmatch(r"day\.html: 3 markets, \d+ kB", last)
    assert sorted(path.name for path in made.folder.iterdir()) == ["data", "day.html", "notebooks", "pyproject.toml"]


def test_the_file_names_the_day_and_holds_a_picture_of_each_currency(made):
    assert "<title>BTC prices of 2018-04-05 (UTC)</title>" in made.text
    assert "One bitcoin on Thursday, 5 April 2018 5 Apr, 00:00–24:00 UTC · 3 currencies" in words(made.text)
    for market in (USD, EUR, CHF):
        titles = re.findall(rf"<title id=[^>]+>(BTC/{market.quote}, .*?)</title>", made.text)
        assert titles == [f"BTC/{market.quote}, 5 Apr, 00:00–24:00 UTC"] * 2, "one wide, one for a phone"
    ids = re.findall(r'\bid="([^"]+)"', made.text)
    assert len(ids) == len(set(ids))


def test_the_file_requests_nothing(made):
    assert re.findall(r"https?://[^\s\"'<]+", made.text.replace("http://www.w3.org/2000/svg", "")) == []
    assert re.findall(r"<script|<iframe|<object|<embed|@import|<link(?! rel=\"icon\" href=\"data:,\")", made.text) == []
    assert "default-src 'none'" in made.text
    assert not re.search(r"url\((?!#)", made.text)


def test_its_numbers_are_those_of_the_stored_rows(made):
    store = open_store("data", base=made.folder, known=())
    windows = {
        market: Window.of(store.read(market, THAT_DAY + 1, THAT_DAY + DAY + 1), DAY, THAT_DAY + DAY)
        for market in (USD, EUR, CHF)
    }
    table = words(part(made, "How calm was each currency?"))
    ranks = [(row.rank, row.market.quote) for row in ranking(windows) if row.rank]
    assert [(int(rank), quote) for rank, quote in re.findall(r" (\d) ([A-Z]{3}) (?:US|euro|Swiss)", table)] == ranks
    for row in ranking(windows):
        assert f"{row.values['last_price']:,.2f}" in table
        assert f"{100 * row.values['relative_standard_deviation']:#.3g} %" in table
        assert f"{row.count:,}" in table
    assert re.search(r"Not ranked, with prices for less than 80\s?% of the time: CHF \(62\s?%\)", table)


def test_gaps_are_listed_with_their_times_lengths_and_currencies(made):
    gaps = words(part(made, "Gaps"))
    assert "2 gaps, the longest 8 h." in gaps
    assert gaps.endswith("00:00:00 08:00:00 8 h CHF 10:00:00 11:00:00 1 h all")


def test_sources_count_live_backfilled_and_stand_in_prices(made):
    sources = words(part(made, "Sources"))
    assert re.search(r"kraken:BTC/USD 7,680 96\s% 7,560 98\s% 120 2\s% –", sources)
    assert re.search(r"kraken:BTC/EUR 7,680 96\s% 7,560 98\s% 120 2\s% 360 5\s%", sources)
    assert "kraken:BTC/EUR : coinbase stood in 06:00:00–07:00:00, with 360 prices." in sources
    missing = ", ".join(f"kraken:BTC/{quote}" for quote in ("GBP", "JPY", "CAD", "AUD"))
    assert f"No prices in this period: {missing}." in sources


def test_the_method_defines_each_number_and_names_the_version_and_command(made):
    method = words(part(made, "How each number is computed"))
    terms = ("Standard deviation", "Relative std", "Volatility", "Shared / its own", "Coverage", "Gap", "Charts")
    assert [term for term in terms if term not in method] == []
    assert "Of every 5 min, on a phone of every 15 min," in method
    assert re.search(r"Made \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by btc-price-tracker \S+: tracker report", method)
    assert method.endswith("tracker report --day 2018-04-05")


def test_a_simulated_store_is_announced_before_any_number(made, simulated):
    assert "Simulated Invented prices: nothing here is a market." in words(simulated.text)
    assert simulated.text.index("Invented prices") < simulated.text.index("<svg")
    assert simulated.text.count("kraken · simulated") == 6, "on each picture, wide and narrow"
    assert re.search(r"7,680 100\s%", words(part(simulated, "Sources")))
    assert "Invented prices" not in made.text


def test_a_partly_replayed_store_shows_the_share_of_replayed_prices(tmp_path):
    folder = project(tmp_path)
    store = open_store("data", base=folder, known=())
    late = THAT_DAY + 10 * HOUR + np.arange(10_000, HOUR, 10_000)
    store.append({CHF: Ticks.of(late, prices(42, CHF, late), 10_000, Origin.REPLAY)})
    head = words(Report.of("2018-04-05").head().html)
    assert re.search(r"Replayed Prices from a recording .+ They are 2\s?% of all prices here, in CHF\.", head)


def test_papermill_runs_the_notebook_with_a_day_parsed_from_yaml(made):
    command = [sys.executable, "-m", "papermill", "notebooks/report.ipynb", "out.ipynb", "-y", "day: 2018-04-05"]
    result = subprocess.run(command, cwd=made.folder, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    cells = json.loads((made.folder / "out.ipynb").read_text("utf-8"))["cells"]
    (made.folder / "out.ipynb").unlink()
    shown = [output["data"] for cell in cells for output in cell["outputs"]]
    assert [data["text/plain"][0].split()[0] for data in shown] == ["Section"] * 7
    assert "One bitcoin on Thursday, 5 April 2018" in "".join(shown[0]["text/html"])


def test_the_notebook_has_one_cell_of_parameters_and_no_widget(made):
    cells = json.loads((ROOT / "notebooks" / "report.ipynb").read_text("utf-8"))["cells"]
    assert [cell["metadata"].get("tags") for cell in cells].count(["parameters"]) == 1
    assert cells[0]["metadata"]["tags"] == ["parameters"]
    assert not re.search(r"widget|voila", json.dumps(cells), re.IGNORECASE)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["--day", "2018-04-06"], "no prices on 2018-04-06 (UTC); there are some from 2018-04-05 to 2018-04-08"),
        (["--day", "2018-04-08", "--market", "kraken:BTC/EUR"], "no prices of kraken:BTC/EUR on 2018-04-08 (UTC); "),
        (["--day", "2018-04-04", "--span", "2d"], "no prices in the 2d up to the end of 2018-04-04 (UTC); there are"),
        (["--day", "2009-01-01"], "no prices on 2009-01-01 (UTC); there are some from 2018-04-05 to 2018-04-08"),
        (["--day", "2999-01-01"], "day '2999-01-01' is in the future; expected 20"),
        (["--day", "5.4.2018"], "day '5.4.2018': expected a day such as 2018-04-05, today or yesterday"),
        (["--day", "2018-04-05", "--span", "7"], "span: '7' is not a duration"),
        (["--day", "2018-04-05", "--market", "kraken:BTC/SEK"], "nothing is stored for kraken:BTC/SEK; stored: "),
        (["--day", "2018-04-05", "--out", "day.pdf"], "--out day.pdf: expected a file whose name ends in .html"),
        (["--day", "2018-04-05", "--out", "no/day.html"], "--out no/day.html: there is no folder no"),
        (["--day", "2018-04-05", "--out", "data/day.html"], "--out data/day.html: expected a place outside of"),
    ],
)
def test_an_invalid_request_is_a_one_line_error_and_writes_nothing(made, typed, message):
    before = made.path.read_bytes()
    out = [] if "--out" in typed else ["--out", "day.html"]
    status, printed, err = tracker("report", *typed, *out, folder=made.folder)
    assert (status, printed, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"error: {message}")
    assert made.path.read_bytes() == before
    assert sorted(path.name for path in made.folder.iterdir()) == ["data", "day.html", "notebooks", "pyproject.toml"]
