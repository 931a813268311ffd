"""The public names of the package: tracker.prices and others."""

import asyncio
import subprocess
import sys
import time

import pytest

import tracker
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import open_store

EUR = Market("kraken", "BTC", "EUR")


@pytest.fixture
def newest(tmp_path):
    """Store three rows, the oldest two hours back; return the time of the newest."""
    end = round(time.time() * 1000) // 10_000 * 10_000
    store = open_store("data", base=tmp_path, known=())
    times = [end - 7_200_000, end - 60_000, end]
    store.append(
        {
            EUR: Ticks.of(
                times,
                [1.0, 2.0, 3.0],
                [60_000, 60_000, 10_000],
                [Origin.BACKFILL] * 2 + [Origin.LIVE],
                ["", "coinbase", ""],
            )
        }
    )
    store.close()
    return end


def test_rows_are_indexed_by_time_with_interval_origin_and_exchange(newest):
    frame = tracker.prices("kraken:btc/eur", last="24h")
    assert frame["price"].tolist() == [1.0, 2.0, 3.0]
    assert frame["interval"].dt.total_seconds().tolist() == [60.0, 60.0, 10.0]
    assert frame["origin"].tolist() == ["backfill", "backfill", "live"]
    assert frame["exchange"].tolist() == ["kraken", "coinbase", "kraken"]
    assert frame.index[-1].timestamp() == newest / 1000
    assert str(frame.index.tz) == "UTC"


def test_only_the_last_span_is_read_and_a_market_without_rows_is_an_empty_frame(newest):
    assert tracker.prices("kraken:BTC/EUR", last="1h")["price"].tolist() == [2.0, 3.0]
    empty = tracker.prices("kraken:BTC/USD")
    assert len(empty) == 0
    assert list(empty.columns) == ["price", "interval", "origin", "exchange"]


def test_prices_can_be_read_while_a_loop_runs_as_in_a_notebook(newest):
    async def cell():
        return tracker.prices("kraken:BTC/EUR")

    assert len(asyncio.run(cell())) == 3


def test_invalid_arguments_are_named(newest):
    with pytest.raises(ConfigError, match="expected exchange:BASE/QUOTE"):
        tracker.prices("BTCEUR")
    with pytest.raises(ConfigError, match="last: 'yesterday' is not a duration"):
        tracker.prices("kraken:BTC/EUR", last="yesterday")


def test_importing_the_package_loads_no_large_library():
    code = "import sys, tracker; print(sorted({'pandas', 'numpy', 'pydantic', 'bqplot'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_each_public_name_is_loaded_on_first_use():
    code = """
import sys, tracker
assert set(tracker.__all__) <= set(dir(tracker))
for name in tracker.__all__:
    getattr(tracker, name)
assert {"pandas", "tracker.render.report.sections"} <= set(sys.modules)
from tracker import Report, prices, read_settings, simulated, ticks_of
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="module 'tracker' has no attribute 'quotes'"):
        _ = tracker.quotes


def test_simulated_prices_convert_to_ticks_by_public_names_only():
    frame = tracker.simulated("kraken:BTC/EUR", last="1h", every="60s")
    assert len(tracker.ticks_of("kraken:BTC/EUR", frame)) == len(frame) == 60


def test_simulated_prices_are_the_same_for_a_market_and_for_its_name():
    frame, same = (tracker.simulated(market, last="1h", every="60s") for market in (EUR, str(EUR)))
    both = frame.index.intersection(same.index)  # a minute may end between the two
    assert len(both) >= 59
    assert frame.loc[both].equals(same.loc[both])
    with pytest.raises(ConfigError, match="BTCEUR"):
        tracker.simulated("BTCEUR")
