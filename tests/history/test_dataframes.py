"""Ticks as pandas DataFrames and back, and simulated prices."""

import math
import re
import time
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.csv_files import rows_of
from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED, prices
from tracker.core.stand_ins import stand_ins
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window
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


def with_value(column, value):
    """A frame whose second row has *value* in *column*."""
    frame = to_dataframe(EUR, ROWS).astype({column: object})
    frame.loc[frame.index[1], column] = value
    return frame


EXPECTED = "; expected a frame, or rows of one, from tracker.prices('kraken:BTC/EUR')"


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (to_dataframe(EUR, ROWS)[["price"]], f"no column 'interval'{EXPECTED}"),
        (to_dataframe(EUR, ROWS)["price"], f"a Series{EXPECTED}"),
        ([1.0, 2.0], f"a list{EXPECTED}"),
        (to_dataframe(EUR, ROWS).tz_localize(None), "times without a zone (datetime64["),
        (to_dataframe(EUR, ROWS).reset_index(drop=True), f"times without a zone (int64){EXPECTED}"),
        (with_value("price", float("nan")), "price nan at 2023-11-14 22:13:30.500; expected a number above 0"),
        (with_value("price", float("inf")), "price inf at 2023-11-14 22:13:30.500; expected a number above 0"),
        (with_value("price", 0.0), "price 0.0 at 2023-11-14 22:13:30.500; expected a number above 0"),
        (with_value("price", "dear"), f"prices that are no numbers{EXPECTED}"),
        (to_dataframe(EUR, ROWS).assign(interval=10.0), f"intervals of type float64{EXPECTED}"),
        (
            to_dataframe(EUR, ROWS).assign(interval=pd.to_timedelta([10, None, 60], unit="s")),
            "interval NaT at 2023-11-14 22:13:30.500; expected a Timedelta above 0",
        ),
        (with_value("origin", "dream"), "origin 'dream' at 2023-11-14 22:13:30.500; expected one of live, backfill"),
        (
            with_value("exchange", "Mt. Gox"),
            "exchange 'Mt. Gox' at 2023-11-14 22:13:30.500; expected a name such as kraken",
        ),
        (with_value("exchange", None), "exchange None at 2023-11-14 22:13:30.500; expected a name such as kraken"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_a_frame_of_another_form_is_rejected_with_what_was_read_and_expected(frame, words):
    with pytest.raises(ConfigError, match=f"^kraken:BTC/EUR: {re.escape(words)}"):
        from_dataframe(EUR, frame)


def test_a_market_and_a_frame_in_the_wrong_order_are_rejected():
    with pytest.raises(ConfigError, match=r"^market price .*: expected exchange:BASE/QUOTE, e\.g\. kraken"):
        from_dataframe(to_dataframe(EUR, ROWS), EUR)


def test_a_time_that_is_missing_is_rejected():
    frame = to_dataframe(EUR, ROWS)
    frame.index = pd.DatetimeIndex([*frame.index[:2], pd.NaT])
    with pytest.raises(ConfigError, match="a time is missing"):
        from_dataframe(EUR, frame)


FRAMES = st.lists(
    st.tuples(
        st.integers(1, 500),
        st.floats(1, 1000),
        st.sampled_from([1, 2, 5, 10, 30]),
        st.sampled_from([Origin.LIVE, Origin.BACKFILL]),
        st.sampled_from(["", "coinbase"]),
    ),
    max_size=20,
).map(lambda rows: Ticks.of(*zip(*rows, strict=True)) if rows else Ticks.none())


@given(FRAMES, st.integers(1, 600), st.integers(1, 600))
@settings(max_examples=50)
def test_a_window_of_a_frame_is_that_of_its_ticks(ticks, span, now):
    """Also of rows in any order, and with several rows for one time."""
    frame = to_dataframe(EUR, ticks)
    for bounds in ((span, now), (span,), ()):
        of_frame, of_ticks = Window.of(frame, *bounds), Window.of(ticks, *bounds)
        assert rows_of(of_frame.ticks) == rows_of(of_ticks.ticks)
        assert (of_frame.start, of_frame.end, of_frame.gaps) == (of_ticks.start, of_ticks.end, of_ticks.gaps)


def test_a_window_of_rows_of_a_frame_knows_which_prices_are_of_the_market_s_own_exchange():
    frame = to_dataframe(EUR, ROWS)
    assert Window.of(frame[frame["interval"] > "10s"]).ticks.exchanges("kraken") == ["coinbase", "kraken"]
    assert list(stand_ins(Window.of(frame))) == ["coinbase"]
    frame.attrs.clear()  # as after some operations of pandas: then each exchange is named
    assert list(stand_ins(Window.of(frame))) == ["coinbase", "kraken"]


def test_a_window_of_anything_else_is_refused_with_what_was_expected():
    with pytest.raises(ConfigError, match=r"^a list; expected Ticks, or a frame from tracker\.prices$"):
        Window.of([1.0, 2.0])


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


def test_simulated_prices_take_timedeltas():
    assert len(simulated(EUR, last=pd.Timedelta("1h"), every=timedelta(seconds=30))) == 120


def test_an_invalid_duration_is_named():
    with pytest.raises(ConfigError, match="simulated: 'often' is not a duration"):
        simulated(EUR, every="often")


def test_first_low_and_high_survive_a_frame_which_may_lack_them():
    known = {"first": [1.4, math.nan, 3.5], "low": [1.0, math.nan, math.nan], "high": [1.5, 9, 3.5]}
    ticks = Ticks.of(ROWS.time, ROWS.price, ROWS.interval, ROWS.origin, **known)
    frame = to_dataframe(EUR, ticks)
    read = from_dataframe(EUR, frame)
    assert {name: pytest.approx(getattr(read, name), nan_ok=True) for name in known} == known
    assert from_dataframe(EUR, frame[["price", "interval", "origin", "exchange"]]).low is None
    assert from_dataframe(EUR, frame.drop(columns="first")).low[0] == 1
    assert to_dataframe(EUR, ROWS)[["first", "low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("column", "value"), [("low", 2.6), ("high", 2.4), ("first", -1.0), ("low", math.inf)])
def test_a_candle_that_cannot_be_is_named_with_its_time(column, value):
    with pytest.raises(ConfigError, match=r"at 2023-11-14 22:13:30\.500; expected first, low and high"):
        from_dataframe(EUR, with_value(column, value))
    with pytest.raises(ConfigError, match=f"no numbers in '{column}'"):
        from_dataframe(EUR, with_value(column, "soon"))
