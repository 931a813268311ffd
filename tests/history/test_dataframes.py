"""Rows in pandas and back, and invented ones."""

import time

import numpy as np
import pandas as pd
import pytest

from tracker.core import simulated_prices as sandbox_market
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.dataframes import from_dataframe, simulated, to_dataframe

EUR = Market("kraken", "BTC", "EUR")
ROWS = Ticks.of(
    [1_700_000_000_000, 1_700_000_010_500, 1_700_000_070_500],
    [1.5, 2.5, 3.5],
    [10_000, 10_500, 60_000],
    [Origin.LIVE, Origin.SIMULATED, Origin.BACKFILL],
    ["", "coinbase", ""],
)


def columns(ticks):
    numbers = (ticks.time, ticks.price, ticks.interval, ticks.origin)
    return [*(column.tolist() for column in numbers), ticks.exchanges()]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_rows_come_back_from_pandas_as_they_went_there(unit):
    rows = ROWS if unit != "s" else ROWS[:1]  # whole seconds hold no half
    frame = to_dataframe(EUR, rows)
    frame.index = frame.index.as_unit(unit)
    assert columns(from_dataframe(EUR, frame)) == columns(rows)


def test_some_rows_of_a_frame_and_none_are_as_good():
    frame = to_dataframe(EUR, ROWS)
    assert columns(from_dataframe(EUR, frame[frame["origin"] == "backfill"])) == columns(ROWS[2:])
    assert len(from_dataframe(EUR, frame.iloc[:0])) == 0
    assert len(from_dataframe(EUR, to_dataframe(EUR, Ticks.none()))) == 0


def test_a_frame_of_another_kind_is_refused_with_what_was_expected():
    frame = to_dataframe(EUR, ROWS)
    expected = r"expected a frame, or rows of one, from tracker\.prices\('kraken:BTC/EUR'\)"
    with pytest.raises(ConfigError, match=rf"no column 'interval'; {expected}"):
        from_dataframe(EUR, frame[["price"]])
    with pytest.raises(ConfigError, match=rf"times without a zone \(datetime64\[\w+\]\); {expected}"):
        from_dataframe(EUR, frame.tz_localize(None))
    with pytest.raises(ConfigError, match=r"times without a zone \(int64\)"):
        from_dataframe(EUR, frame.reset_index(drop=True))


def test_invented_prices_cover_the_span_up_to_now_and_each_row_says_simulated():
    before = pd.Timestamp(time.time(), unit="s", tz="UTC")
    frame = simulated(EUR, last="1h", every="30s")
    assert len(frame) == 120
    assert before - pd.Timedelta("30s") < frame.index[-1] <= pd.Timestamp(time.time(), unit="s", tz="UTC")
    assert set(np.diff(frame.index)) == {np.timedelta64(30, "s")}
    assert set(frame["origin"]) == {"simulated"}
    assert set(frame["interval"]) == {pd.Timedelta("30s")}


def test_invented_prices_are_those_of_the_market_that_the_page_simulates():
    from tracker.core.simulated_prices import DEMO_SEED

    frame = simulated(EUR, last="10min")
    assert frame["price"].tolist() == sandbox_market.prices(DEMO_SEED, EUR, frame.index.as_unit("ms").asi8).tolist()


def test_what_is_no_duration_is_named():
    with pytest.raises(ConfigError, match="simulated: 'often' is not a duration"):
        simulated(EUR, every="often")
