"""A day's report: what is in the file, that it needs nothing else, and what happens when it cannot be made."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.commands.test_main import start, tracker
from tests.support.page_server import ROOT, mark_as_checkout, wait_for
from tracker.collector import outage_log
from tracker.commands import reporting
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
from tracker.render.report import Report
from tracker.render.report.data import parse_period, read_report_data
from tracker.render.report.html import share
from tracker.runtime.settings import read_settings
from tracker.sandbox import prices
from tracker.stores.csv import open_store

pytestmark = [pytest.mark.service, pytest.mark.checkout]

USD, EUR, CHF = (Market("kraken", "BTC", quote) for quote in ("USD", "EUR", "CHF"))
HOUR, DAY = 3_600_000, 86_400_000
THAT_DAY = 1_522_886_400_000  # 2018-04-05 00:00 UTC


def rows(market: Market, origin: Origin) -> Ticks:
    """That day of the simulated market: nothing from 10:00 to 11:00, candles from 14:00 to 16:00, CHF from 08:00 on."""
    begin = 8 * HOUR if market == CHF else 0
    polled = THAT_DAY + np.arange(begin + 10_000, DAY + 1, 10_000)
    of_day = polled - THAT_DAY
    polled = polled[((of_day <= 10 * HOUR) | (of_day > 11 * HOUR)) & ((of_day <= 14 * HOUR) | (of_day > 16 * HOUR))]
    foreign = (market == EUR) & (polled > THAT_DAY + 6 * HOUR) & (polled <= THAT_DAY + 7 * HOUR)
    candles = THAT_DAY + np.arange(14 * HOUR + 60_000, 16 * HOUR + 1, 60_000)
    later = Origin.BACKFILL if origin is Origin.LIVE else origin
    return Ticks.concat(
        [
            Ticks.of(polled, prices(42, market, polled), 10_000, origin, np.where(foreign, "coinbase", "").tolist()),
            Ticks.of(candles, prices(42, market, candles), 60_000, later),
        ]
    )


def project(folder: Path, origin: Origin = Origin.LIVE) -> Path:
    """A folder with notebooks and three markets of that day, and an hour of USD three days later."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    mark_as_checkout(folder)
    store = open_store("data", base=folder, known=())
    store.append({market: rows(market, origin) for market in (USD, EUR, CHF)})
    later = THAT_DAY + 3 * DAY + np.arange(10_000, HOUR, 10_000)
    store.append({USD: Ticks.of(later, prices(42, USD, later), 10_000, origin)})
    store.close()
    return folder


class Made(NamedTuple):
    """A report as it was written, and where."""

    folder: Path
    path: Path
    text: str
    errors: str


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    folder = project(tmp_path_factory.mktemp("real"))
    status, out, err = tracker("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert (status, out) == (0, ""), err
    return Made(folder, folder / "day.html", (folder / "day.html").read_text("utf-8"), err)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory) -> Made:
    folder = project(tmp_path_factory.mktemp("simulated"), Origin.SIMULATED)
    status, _, err = tracker("report", "--day", "2018-04-05", folder=folder)
    assert status == 0, err
    path = folder / "btc-2018-04-05.html"
    return Made(folder, path, path.read_text("utf-8"), err)


def words(html: str) -> str:
    """What a reader sees of *html*, in one line."""
    bare = re.sub(r"<(style|title|desc)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(bare.split())


def part(made: Made, title: str) -> str:
    """The section called *title*."""
    [found] = re.findall(rf"<h2>{re.escape(title)}</h2>.*?</section>", made.text, re.DOTALL)
    return found


def test_progress_is_a_line_and_so_is_what_was_written(made):
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


def test_the_file_asks_for_nothing(made):
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
        assert f"{100 * row.values['relative_standard_deviation']:.2f} %" in table
        assert f"{row.count:,}" in table
    assert re.search(r"Not ranked, with prices for less than 80\s?% of the time: CHF \(62\s?%\)", table)


def test_gaps_are_listed_with_their_times_their_lengths_and_whom_they_concern(made):
    gaps = words(part(made, "Gaps"))
    assert "2 gaps, the longest 8 h." in gaps
    assert gaps.endswith("00:00:00 08:00:00 8 h CHF 10:00:00 11:00:00 1 h all")


def test_sources_count_what_was_polled_fetched_later_and_taken_from_another_exchange(made):
    sources = words(part(made, "Sources"))
    assert re.search(r"kraken:BTC/USD 7,680 96\s% 7,560 98\s% 120 2\s% –", sources)
    assert re.search(r"kraken:BTC/EUR 7,680 96\s% 7,560 98\s% 120 2\s% 360 5\s%", sources)
    assert "kraken:BTC/EUR : coinbase stood in 06:00:00–07:00:00, with 360 prices." in sources
    missing = ", ".join(f"kraken:BTC/{quote}" for quote in ("GBP", "JPY", "CAD", "AUD"))
    assert f"No prices in this period: {missing}." in sources


def test_it_says_how_each_number_is_computed_and_when_and_by_what_it_was_made(made):
    method = words(part(made, "How each number is computed"))
    terms = ("Standard deviation", "Relative std", "Volatility", "Bitcoin + currency", "Coverage", "Gap", "Charts")
    assert [term for term in terms if term not in method] == []
    assert "Of every 5 min, on a phone of every 15 min," in method
    assert re.search(r"Made \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC by btc-price-tracker \S+: tracker report", method)
    assert method.endswith("tracker report --day 2018-04-05")


def test_a_simulated_store_says_so_before_any_number(made, simulated):
    assert "Simulated Invented prices: nothing here is a market." in words(simulated.text)
    assert simulated.text.index("Invented prices") < simulated.text.index("<svg")
    assert simulated.text.count("kraken · simulated") == 6, "on each picture, wide and narrow"
    assert re.search(r"7,680 100\s%", words(part(simulated, "Sources")))
    assert "Invented prices" not in made.text


def test_a_store_that_is_simulated_in_part_says_how_much_of_it(tmp_path):
    folder = project(tmp_path)
    store = open_store("data", base=folder, known=())
    late = THAT_DAY + 10 * HOUR + np.arange(10_000, HOUR, 10_000)
    store.append({CHF: Ticks.of(late, prices(42, CHF, late), 10_000, Origin.REPLAY)})
    head = words(Report.of("2018-04-05").head().html)
    assert re.search(r"Replayed Prices from a recording .+ They are 2\s?% of all prices here, in CHF\.", head)


def test_papermill_alone_runs_the_notebook_with_a_day_as_yaml_writes_it(made):
    command = [sys.executable, "-m", "papermill", "notebooks/report.ipynb", "out.ipynb", "-y", "day: 2018-04-05"]
    done = subprocess.run(command, cwd=made.folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    cells = json.loads((made.folder / "out.ipynb").read_text("utf-8"))["cells"]
    (made.folder / "out.ipynb").unlink()
    shown = [output["data"] for cell in cells for output in cell["outputs"]]
    assert [data["text/plain"][0].split()[0] for data in shown] == ["Section"] * 6
    assert "One bitcoin on Thursday, 5 April 2018" in "".join(shown[0]["text/html"])


def test_the_notebook_has_one_cell_of_parameters_and_no_widget(made):
    cells = json.loads((ROOT / "notebooks" / "report.ipynb").read_text("utf-8"))["cells"]
    assert [cell["metadata"].get("tags") for cell in cells].count(["parameters"]) == 1
    assert cells[0]["metadata"]["tags"] == ["parameters"]
    assert not re.search(r"widget|voila", json.dumps(cells), re.IGNORECASE)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["--day", "2018-04-06"], "no prices on 2018-04-06 (UTC); there are some from 2018-04-05 to 2018-04-08"),
        (["--day", "2018-04-08", "--market", "kraken:BTC/EUR"], "no prices of kraken:BTC/EUR on 2018-04-08 (UTC); "),
        (["--day", "2018-04-04", "--span", "2d"], "no prices in the 2d up to the end of 2018-04-04 (UTC); there are"),
        (["--day", "2009-01-01"], "no prices on 2009-01-01 (UTC); there are some from 2018-04-05 to 2018-04-08"),
        (["--day", "2999-01-01"], "day '2999-01-01' is in the future; expected 20"),
        (["--day", "5.4.2018"], "day '5.4.2018': expected a day such as 2018-04-05, today or yesterday"),
        (["--day", "2018-04-05", "--span", "7"], "span: '7' is not a duration"),
        (["--day", "2018-04-05", "--market", "kraken:BTC/SEK"], "kraken:BTC/SEK: no prices are stored of it; there"),
        (["--day", "2018-04-05", "--out", "day.pdf"], "--out day.pdf: expected a file whose name ends in .html"),
        (["--day", "2018-04-05", "--out", "no/day.html"], "--out no/day.html: there is no folder no"),
        (["--day", "2018-04-05", "--out", "data/day.html"], "--out data/day.html: expected a place outside of"),
    ],
)
def test_what_cannot_be_is_one_line_and_nothing_is_written(made, typed, said):
    before = made.path.read_bytes()
    out = [] if "--out" in typed else ["--out", "day.html"]
    status, printed, err = tracker("report", *typed, *out, folder=made.folder)
    assert (status, printed, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(f"error: {said}")
    assert made.path.read_bytes() == before
    assert sorted(path.name for path in made.folder.iterdir()) == ["data", "day.html", "notebooks", "pyproject.toml"]


def test_without_any_prices_it_says_how_to_get_some(tmp_path):
    status, _, err = tracker("report", folder=tmp_path)
    assert (status, err) == (2, "error: no prices are stored yet; type: tracker collect\n")


def test_without_papermill_it_says_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "papermill", None)  # what Python itself takes for a module that is not there
    with pytest.raises(ConfigError, match=r"papermill.*type: pip install 'btc-price-tracker\[report\]'"):
        reporting.report()


def failing(folder: Path, code: str) -> None:
    """Has the notebook's last cell run *code*."""
    path = folder / "notebooks" / "report.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    notebook["cells"][-1]["source"] = [code]
    path.write_text(json.dumps(notebook))


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("1 / 0", 1, "error: report.ipynb failed: ZeroDivisionError: division by zero"),
        ("from tracker.core.errors import StoreError\nraise StoreError('disk gone')", 1, "error: disk gone"),
    ],
)
def test_a_notebook_that_fails_leaves_the_file_that_was_there(tmp_path, code, status, said):
    folder = project(tmp_path)
    (folder / "day.html").write_text("the report of yesterday")
    failing(folder, code)
    ended, _, err = tracker("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert (ended, err.splitlines()[1:]) == (status, [said])
    assert (folder / "day.html").read_text() == "the report of yesterday"
    assert sorted(path.name for path in folder.iterdir()) == ["data", "day.html", "notebooks", "pyproject.toml"]


def test_a_signal_ends_it_and_what_it_started_and_writes_nothing(tmp_path):
    folder = project(tmp_path)
    failing(folder, "import time\ntime.sleep(600)")
    command = start("report", "--day", "2018-04-05", "--out", "day.html", folder=folder)
    assert "running report.ipynb" in command.stderr.readline()
    children = Path(f"/proc/{command.pid}/task/{command.pid}/children")
    wait_for(lambda: children.read_text().split(), "papermill runs")
    [child] = children.read_text().split()
    grandchildren = Path(f"/proc/{child}/task/{child}/children")
    wait_for(lambda: grandchildren.read_text().split(), "its kernel runs")
    kernels = grandchildren.read_text().split()
    command.send_signal(signal.SIGTERM)
    _, err = command.communicate(timeout=30)
    assert (command.returncode, err) == (1, "Stopped: no report was written.\n")
    wait_for(lambda: not any(Path(f"/proc/{each}").exists() for each in (child, *kernels)), "nothing is left running")
    assert sorted(path.name for path in folder.iterdir()) == ["data", "notebooks", "pyproject.toml"]


def stopped(monkeypatch, moment: str) -> None:
    """The settings' clock stands at *moment*, but for less than a second in a thousand."""
    monkeypatch.setenv("TRACKER_CLOCK", f"{moment}@{time.time():.3f}x0.001")


def test_a_day_that_is_not_over_ends_now_and_says_so(tmp_path, monkeypatch):
    project(tmp_path)
    stopped(monkeypatch, "2018-04-05T15:00:00Z")
    report = Report.of("today")
    head = words(report.head().html)
    assert "The day is not over This report ends at 15:00:00 UTC, when it was made" in head
    assert "5 Apr, 00:00–15:00 UTC" in head
    window = report.data.windows[USD]
    assert (window.start, window.end // 1000) == (THAT_DAY, (THAT_DAY + 15 * HOUR) // 1000)
    assert window.coverage == pytest.approx(14 / 15, abs=0.001)
    assert "over 15 h" in words(report.ranking().html)


def test_the_day_before_is_over(tmp_path, monkeypatch):
    project(tmp_path)
    stopped(monkeypatch, "2018-04-06T00:00:01Z")
    report = Report.of("yesterday", markets="kraken:BTC/EUR")
    assert list(report.data.windows) == [EUR]
    assert "not over" not in report.head().html


@pytest.mark.parametrize(
    ("day", "span", "start", "end", "over"),
    [
        ("2018-04-04", None, -DAY, 0, True),
        (" Yesterday ", None, -DAY, 0, True),
        ("today", None, 0, 5 * HOUR, False),
        ("today", "24h", -19 * HOUR, 5 * HOUR, False),
        ("2018-04-04", "7d", -7 * DAY, 0, True),
    ],
)
def test_a_day_is_utc_s_from_midnight_to_midnight_or_now(day, span, start, end, over):
    time = parse_period(day, span, THAT_DAY + 5 * HOUR)
    assert (time.start - THAT_DAY, time.end - THAT_DAY, time.over) == (start, end, over)


def test_a_price_at_midnight_belongs_to_the_day_that_it_ends(tmp_path):
    store = open_store("data", base=tmp_path, known=())
    store.append({USD: Ticks.of([THAT_DAY, THAT_DAY + DAY], [1.0, 2.0], 10_000)})
    [window] = read_report_data(read_settings(), "2018-04-05", [], None).windows.values()
    assert window.ticks.price.tolist() == [2.0]
    with pytest.raises(ConfigError, match=r"some from 2018-04-04 to 2018-04-05$"):
        read_report_data(read_settings(), "2018-04-06", [], None)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([0, 2, 3, 10, 50], "some from 2018-04-05 to 2018-05-25, nearest on 2018-04-05 and 2018-04-07"),
        ([-9, -1, 10, 50], "some from 2018-03-27 to 2018-05-25, nearest on 2018-04-04 and 2018-04-15"),
        ([0, 50], "some from 2018-04-05 to 2018-05-25"),
        ([2, 3], "some from 2018-04-07 to 2018-04-08"),
        ([-3, -1], "some from 2018-04-02 to 2018-04-04"),
        ([2], "some on 2018-04-07"),
        ([100_000], "none up to now"),
    ],
)
def test_of_the_days_with_prices_the_first_the_last_and_the_nearest_are_named(tmp_path, days, said):
    store = open_store("data", base=tmp_path, known=())
    times = [THAT_DAY + day * DAY + HOUR for day in days]
    store.append(
        {
            market: Ticks.of(times[part::2], [1.0] * len(times[part::2]), 10_000)
            for part, market in enumerate((USD, EUR))
        }
    )
    with pytest.raises(ConfigError) as raised:
        read_report_data(read_settings(), "2018-04-06", [], None)
    assert str(raised.value) == f"no prices on 2018-04-06 (UTC); there are {said}"


def test_a_week_names_the_day_of_each_gap_and_stand_in(tmp_path):
    project(tmp_path)
    report = Report.of("2018-04-08", ["kraken:BTC/USD", "kraken:BTC/EUR"], "7d")
    assert "One bitcoin from 2 April 2018 to 8 April 2018" in report.head().html
    gaps = words(report.gaps().html)
    assert "5 Apr 10:00:00 5 Apr 11:00:00 1 h all" in gaps
    assert "6 Apr 00:00:00 8 Apr 24:00:00 3 d EUR" in gaps, "a midnight begins a day, or ends one"
    assert "coinbase stood in 5 Apr 06:00:00–5 Apr 07:00:00" in words(report.sources().html)
    assert "over 7 d" in words(report.ranking().html)
    assert "tracker report --day 2018-04-08 --market kraken:BTC/USD --market kraken:BTC/EUR --span 7d" in words(
        report.method().html
    )


def test_a_gap_says_why_if_that_was_written_down(tmp_path):
    project(tmp_path)
    begin, end = (THAT_DAY + 10 * HOUR) // 1000, (THAT_DAY + 11 * HOUR) // 1000
    (tmp_path / "data" / outage_log.FILE).write_text(f"{begin},{end},,<b>nobody</b> collected\n")
    gaps = Report.of("2018-04-05").gaps().html
    assert words(gaps).endswith("08:00:00 8 h CHF 10:00:00 11:00:00 1 h all &lt;b&gt;nobody&lt;/b&gt; collected")


def test_lines_that_are_no_rows_are_told(tmp_path):
    project(tmp_path)
    bucket = next((tmp_path / "data" / "kraken" / "btcusd").glob("2018-04-05-03.csv"))
    bucket.write_text(bucket.read_text() + "what,is,this,line\n")
    assert "1 malformed line skipped in the stored files." in words(Report.of("2018-04-05").sources().html)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 1, "100 %"), (999, 1000, "99 %"), (1, 1000, "&lt;1 %"), (0, 5, "0 %"), (1, 2, "50 %")],
)
def test_a_share_is_neither_all_nor_nothing_unless_it_is(part, whole, text):
    assert share(part, whole).replace("\N{THIN SPACE}", " ") == text


def test_the_notebook_runs_top_to_bottom_where_nothing_was_ever_stored(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_STORE", f"csv:{tmp_path / 'data'}")
    report = Report.of("today")
    assert "No prices yet" in report.head().html
    assert {each().html for each in (report.charts, report.ranking, report.gaps, report.sources, report.method)} == {""}
    with pytest.raises(ConfigError, match="no prices are stored yet"):
        Report.of("2018-04-05")
