"""Candle files: a folder with them is read by later releases, and older ones do not notice them."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.older_release import command_of
from tests.upgrade.test_older_folder import USD, files_in
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store
from tracker.stores.csv.cursor import Cursor

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC
HOUR = 3_600_000


def candles(hours, price=100.0):
    times = [NOW + hour * HOUR for hour in hours]
    columns = ([value] * len(times) for value in (price, price - 1, price + 1))
    return Ticks.of(times, [price] * len(times), 60_000, Origin.BACKFILL, "", *columns)


def values_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    values = [column.tolist() for column in (*columns, *ticks.candle_columns())]
    return [list(map(str, row)) for row in zip(*values[:4], ticks.exchanges(), *values[4:], strict=True)]


@pytest.fixture
def specimen(tmp_path):
    """A copy of what the first release with candle files left on a disk."""
    return shutil.copytree(Path(__file__).parent / "candle_files", tmp_path / "specimen")


@pytest.fixture
def expected(specimen):
    """What that release read from it, a row for each time."""
    with (specimen / "rows.csv").open(newline="") as file:
        return list(csv.reader(file))[1:]


def test_every_row_is_read_with_its_candle_and_reading_changes_nothing(specimen, expected):
    before = files_in(specimen)
    store = open_store("data", base=specimen, known=())
    assert values_of(store.read(USD, 0, 2 * NOW)) == expected
    assert sum(row[6] != "nan" for row in expected) == 25
    assert [(problem.count, Path(problem.where).name) for problem in store.problems()] == [
        (1, "2026-11-23-12.candles.csv")
    ]
    assert files_in(specimen) == before


def test_a_reader_from_the_first_row_on_gets_every_row_with_its_candle(specimen, expected):
    store = open_store("data", base=specimen, known=())
    arrived, _ = store.poll(Cursor())
    assert values_of(arrived[USD].in_order()) == expected


def test_candles_are_added_to_what_is_there(specimen, expected):
    store = open_store("data", base=specimen, known=())
    rows = store.read(USD, 0, 2 * NOW)
    new = Ticks.of(rows.time, rows.price, rows.interval, low=rows.price / 2)
    assert store.add_candles(USD, new) == sum(row[6] == "nan" for row in expected)
    read = store.read(USD, 0, 2 * NOW)
    assert read.price.tolist() == rows.price.tolist()
    assert read.has_candle().all()
    assert not (specimen / "data/kraken/btcusd/2026-11-23-12.candles.csv").read_bytes().endswith(b",10")


FOLLOW = """
import json, sys
from pathlib import Path
from tracker.market import Market
from tracker.stores.csv_buckets import open_store

store = open_store(sys.argv[1], base=Path(sys.argv[1]), known=())
market = Market("kraken", "BTC", "USD")
_, cursor = store.poll(None)
print("ready", flush=True)
for line in sys.stdin:
    if line == "purge\\n":
        print(store.purge(market, 1795446000000), flush=True)
    else:
        arrived, cursor = store.poll(cursor)
        rows = [[int(time), float(price)] for ticks in arrived.values() for time, price in zip(ticks.time, ticks.price)]
        print(json.dumps([rows, len(store.read(market, 0, 2**53)), store.alien_lines]), flush=True)
"""


@pytest.mark.checkout
@pytest.mark.parametrize("granularity", ["hour", "minute"])
def test_an_older_release_follows_and_purges_a_folder_with_candle_files_as_one_without(older, tmp_path, granularity):
    store = open_store("data", base=tmp_path, known=(), granularity=granularity)
    store.append({USD: candles([-2, -1, 0])})
    process = subprocess.Popen(**command_of(older, FOLLOW, store.folder), stdin=subprocess.PIPE)

    def ask(command=""):
        process.stdin.write(f"{command}\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        assert process.stdout.readline() == "ready\n"
        store.append({USD: Ticks.of([NOW + 1, NOW - HOUR + 1], [1.0, 2.0], 60_000, Origin.BACKFILL)})
        assert ask() == [[[NOW - HOUR + 1, 2.0], [NOW + 1, 1.0]], 5, 0]
        new = candles([0, -1])
        low = Ticks.of(new.time + 1, [1.0, 2.0], 60_000, low=[0.5, 0.5])
        assert store.add_candles(USD, low) == 2
        assert ask() == [[], 5, 0]
        store.append({USD: candles([-3, 1], 200.0)})
        assert ask() == [[[NOW - 3 * HOUR, 200.0], [NOW + HOUR, 200.0]], 7, 0]
        assert ask("purge") == 4
        assert ask() == [[], 3, 0]
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
    rows = store.read(USD, 0, 2 * NOW)
    assert rows.time.tolist() == [NOW, NOW + 1, NOW + HOUR]
    assert rows.has_candle().all()
    assert len({*store.folder.rglob("*.candles.csv")}) == 5, "an older release leaves candle files"
    assert store.purge(USD, NOW) == 0
    assert len({*store.folder.rglob("*.candles.csv")}) == 2
    assert store.read(USD, 0, 2 * NOW).has_candle().all()
