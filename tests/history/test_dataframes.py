"""Ticks as pandas DataFrames and back, and simulated prices."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import rows_of
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED, prices
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


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_rows_survive_a_frame_of_any_time_unit(unit):
    rows = ROWS if unit != "s" else ROWS[:1]  # whole seconds only
    frame = to_dataframe(EUR, rows)
    frame.index = frame.index.as_unit(unit)
    assert rows_of(from_dataframe(EUR, frame)) == rows_of(rows)


# Sorted, as Ticks are.
TIMES = st.lists(st.integers(1_231_006_505_000, 99_999_999_999_000), max_size=20).map(sorted)


@given(TIMES, st.data())
@settings(max_examples=50)
def test_every_row_time_price_interval_origin_and_exchange_survives_a_frame(times, data):
    def column(values):
        return data.draw(st.lists(values, min_size=len(times), max_size=len(times)))

    ticks = Ticks.of(
        times,
        column(st.floats(5e-324, 1.7e308)),
        column(st.integers(1, 2**53)),
        column(st.sampled_from(list(Origin))),
        column(st.sampled_from(["", "coinbase", "bitstamp", "exchange_2"])),
    )
    assert rows_of(from_dataframe(EUR, to_dataframe(EUR, ticks))) == rows_of(ticks)


def test_some_rows_of_a_frame_or_none_can_be_converted():
    frame = to_dataframe(EUR, ROWS)
    assert rows_of(from_dataframe(EUR, frame[frame["origin"] == "backfill"])) == rows_of(ROWS[2:])
    assert len(from_dataframe(EUR, frame.iloc[:0])) == 0
    assert len(from_dataframe(EUR, to_dataframe(EUR, Ticks.none()))) == 0


def test_a_frame_of_another_form_is_rejected_with_what_was_expected():
    frame = to_dataframe(EUR, ROWS)
    expected = r"expected a frame, or rows of one, from tracker\.prices\('kraken:BTC/EUR'\)"
    with pytest.raises(ConfigError, match=rf"no column 'interval'; {expected}"):
        from_dataframe(EUR, frame[["price"]])
    with pytest.raises(ConfigError, match=rf"times without a zone \(datetime64\[\w+\]\); {expected}"):
        from_dataframe(EUR, frame.tz_localize(None))
    with pytest.raises(ConfigError, match=r"times without a zone \(int64\)"):
        from_dataframe(EUR, frame.reset_index(drop=True))


def test_simulated_prices_cover_the_span_up_to_now_with_the_origin_simulated():
    before = pd.Timestamp(time.time(), unit="s", tz="UTC")
    frame = simulated(EUR, last="1h", every="30s")
    assert len(frame) == 120
    assert before - pd.Timedelta("30s") < frame.index[-1] <= pd.Timestamp(time.time(), unit="s", tz="UTC")
    assert set(np.diff(frame.index)) == {np.timedelta64(30, "s")}
    assert set(frame["origin"]) == {"simulated"}
    assert set(frame["interval"]) == {pd.Timedelta("30s")}


def test_simulated_prices_are_those_of_the_market_that_the_page_simulates():
    frame = simulated(EUR, last="10min")
    assert frame["price"].tolist() == prices(DEMO_SEED, EUR, frame.index.as_unit("ms").asi8).tolist()


def test_an_invalid_duration_is_named():
    with pytest.raises(ConfigError, match="simulated: 'often' is not a duration"):
        simulated(EUR, every="often")
