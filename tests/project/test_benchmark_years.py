"""The benchmark of years at a tiny size: it runs and returns every figure of the results. No time is asserted."""

import os
import sys
import time

import pytest

from benchmarks import processes, years
from benchmarks.generated import MARKETS, files, store_of, write_days
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.sandbox import Simulated

NOW = 1_795_000_000_000


def test_a_year_of_kept_bars_is_compared_with_a_day_and_with_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows, kept = years.compare("10 min", 10 * MINUTE, days=3, rounds=1)
    assert [row["way"] for row in rows] == [
        "10 min: a day",
        "10 min: 3 days, of kept bars",
        "10 min: 3 days, before any are kept",
    ]
    assert rows[0]["s more than a day"] == 0
    assert all(row["s"] > 0 and row["memory (MB)"] > 10 for row in rows)
    assert kept["cadence"] == "10 min"
    assert 0 < kept["bars (MB)"] < 10
    assert list(tmp_path.iterdir()) == []


def test_the_memory_of_a_command_is_not_that_of_the_process_that_measures(tmp_path):
    import resource  # late, as Windows has none and collects the tests too

    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds, memory = processes.run([sys.executable, "-S", "-c", "x = b'.' * 20_000_000"], tmp_path, os.environ)
    assert 20 < memory < own / 2
    assert 0 < seconds < 60


def test_a_command_that_fails_is_an_error(tmp_path):
    with pytest.raises(RuntimeError, match="exited with 3"):
        processes.run([sys.executable, "-S", "-c", "raise SystemExit(3)"], tmp_path, os.environ)


@pytest.mark.parametrize("every", [10 * SECOND, 6 * HOUR])
def test_a_store_of_days_has_the_bytes_that_the_store_itself_writes(tmp_path, every):
    written = write_days(tmp_path / "written", MARKETS[:2], 3, every, NOW)
    rows = {market: written.read(market, 0, NOW) for market in MARKETS[:2]}
    store_of(tmp_path / "appended", rows).close()
    for market, ticks in rows.items():
        assert len(ticks) == 3 * DAY // every
        assert ticks.time[-1] == (NOW - 1) // every * every
        paths = files(written.folder, market)
        assert [path.name for path in paths] == [path.name for path in files(tmp_path / "appended", market)]
        for path in paths:
            assert path.read_bytes() == (tmp_path / "appended" / path.relative_to(written.folder)).read_bytes()


def test_bars_of_a_new_store_are_kept_at_once(tmp_path):
    now = round(time.time() * 1000)
    kept = years.keep(write_days(tmp_path / "data", MARKETS[:2], 3, MINUTE, now), now)
    assert kept["bars (MB)"] > 0


def test_walks_end_at_the_prices_of_the_market_that_goes_on(tmp_path):
    market = Simulated(7)
    store = write_days(tmp_path / "data", MARKETS[:2], 2, MINUTE, NOW, market)
    for each in MARKETS[:2]:
        ticks = store.read(each, 0, NOW)
        assert ticks.price[-1] == pytest.approx(market.prices(each, ticks.time[-1:])[0], abs=0.011)
        assert abs(ticks.price[1:] / ticks.price[:-1] - 1).max() < 0.01
