"""Every example in Python of the documentation runs, over a folder with stored prices."""

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support.checkout import ROOT
from tests.support.stored_prices import EUR, HOUR, USD, now
from tracker.core.ticks import Ticks
from tracker.core.window import Window
from tracker.dashboard import PriceCharts, RankingTable
from tracker.stores.csv import open_store

pytestmark = pytest.mark.checkout

# One is an adapter, tested by tests/project/test_exchange_example.py; the other needs a faulty server.
NOT_RUN = {"docs/adding-an-exchange.md", "docs/voila-websocket.md"}
FILES = ("README.md", *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")))
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)
EXAMPLES = {file: code for file in FILES if (code := FENCE.findall((ROOT / file).read_text("utf-8")))}


def test_there_are_examples_and_none_is_left_out_by_mistake():
    assert {"README.md", "docs/using-the-page.md", "docs/data-format.md"} | NOT_RUN == set(EXAMPLES)


@pytest.fixture
def example_days(tmp_path: Path) -> None:
    """Store a price a minute of EUR and USD: of the day and the hour that examples name, and of the last week."""
    named = 1_795_305_600_000  # 22 Nov 2026
    minute = 60_000
    past = np.arange(named + minute, named + 40 * HOUR, minute)
    newest = np.arange(now() - 170 * HOUR, now() + 1, minute)
    times = np.unique(np.concatenate((past, newest)))
    prices = 80_000 * np.exp(np.random.default_rng(1).normal(0, 1e-4, times.size).cumsum())
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of(times, prices, minute), USD: Ticks.of(times, 1.2 * prices, minute)})
    store.close()


def run(file: str) -> tuple[dict[str, object], list[object]]:
    """Run the examples of *file* one after the other; return their names, and the values of lines that show one."""
    names: dict[str, object] = {}
    values = []
    for code in EXAMPLES[file]:
        for statement in ast.parse(code).body:
            text = ast.unparse(statement)
            if isinstance(statement, ast.Expr):
                values.append(eval(text, names))
            else:
                exec(text, names)
    return names, values


@pytest.mark.usefixtures("example_days")
@pytest.mark.parametrize("file", sorted(EXAMPLES.keys() - NOT_RUN))
def test_every_example_runs(file: str) -> None:
    _, values = run(file)
    assert all(len(value) > 0 for value in values if isinstance(value, pd.DataFrame))


@pytest.mark.usefixtures("example_days")
def test_the_examples_for_notebooks_give_what_their_comments_say():
    names, values = run("docs/using-the-page.md")
    markets, volatility, table, tabs = values
    assert markets == ["kraken:BTC/EUR", "kraken:BTC/USD"]
    assert pd.Timestamp("2026-11-22", tz="UTC") <= names["day"].index[0]
    assert names["day"].index[-1] < pd.Timestamp("2026-11-23", tz="UTC")
    assert isinstance(names["both"], dict)
    assert list(names["both"]) == markets
    assert 0 < volatility < 1
    assert Window.of(names["eur"]).coverage > 0.99
    assert isinstance(table, RankingTable)
    assert "Not ranked" not in table.table.value
    assert [type(part) for part in tabs.children] == [RankingTable, PriceCharts]


@pytest.mark.usefixtures("example_days")
def test_the_example_of_the_data_format_reads_the_rows_of_its_hour():
    prices = run("docs/data-format.md")[0]["prices"]
    assert list(prices.columns) == ["timestamp", "price", "interval", "origin", "time"]
    assert set(prices["time"].dt.floor("h")) == {pd.Timestamp("2026-11-23 15:00", tz="UTC")}
