"""Measures: their values, compared with textbook formulas and pandas."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.core.measures import MEASURES, YEAR, realised_volatility, resampling, standard_deviation
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

PRICES = st.lists(st.floats(0.01, 1e7), min_size=2, max_size=40)


def of_prices(prices: list[float], every: int = 1000) -> Window:
    return Window.of(Ticks.of(every * np.arange(1, len(prices) + 1), prices, every))


def value(name: str, prices: list[float]) -> float:
    return MEASURES[name].function(of_prices(prices))


@given(PRICES)
def test_equal_intervals_have_the_textbook_standard_deviation(prices):
    """Weights change nothing when every price is valid for the same time."""
    assert value("standard_deviation", prices) == pytest.approx(statistics.stdev(prices), rel=1e-9, abs=1e-9)
    assert value("standard_deviation", prices) == pytest.approx(pd.Series(prices).std(), rel=1e-9, abs=1e-8)


@given(PRICES)
def test_levels_equal_those_of_pandas(prices):
    series = pd.Series(prices)
    assert value("mean", prices) == pytest.approx(series.mean(), rel=1e-12)
    assert (value("minimum", prices), value("maximum", prices)) == (series.min(), series.max())
    assert value("last_price", prices) == series.iloc[-1]
    assert value("change", prices) == pytest.approx(prices[-1] / prices[0] - 1)
    assert value("drawdown", prices) == pytest.approx((1 - series / series.cummax()).max())
    assert value("relative_standard_deviation", prices) == pytest.approx(series.std() / series.mean(), abs=1e-12)


@given(st.lists(st.tuples(st.floats(1, 1000), st.integers(1, 300)), min_size=2, max_size=30))
def test_a_price_is_weighted_by_the_time_it_is_valid_for(rows):
    prices, intervals = zip(*rows, strict=True)
    window = Window.of(Ticks.of(np.cumsum(intervals), prices, intervals))
    each_millisecond = np.repeat(prices, intervals)
    total, squares = sum(intervals), sum(interval**2 for interval in intervals)
    variance = ((each_millisecond - each_millisecond.mean()) ** 2).sum() / (total - squares / total)
    assert MEASURES["mean"].function(window) == pytest.approx(each_millisecond.mean())
    assert standard_deviation(window) == pytest.approx(math.sqrt(variance), abs=1e-9)


@given(st.floats(0.01, 1e7), st.integers(2, 50))
def test_a_constant_price_has_a_spread_of_exactly_zero(price, count):
    assert value("standard_deviation", [price] * count) == 0
    assert value("drawdown", [price] * count) == 0


def test_tiny_changes_of_a_high_price_keep_their_digits():
    prices = [1e12 + step / 1024 for step in range(1000)]
    assert value("standard_deviation", prices) == pytest.approx(statistics.stdev(range(1000)) / 1024, rel=1e-12)


def test_a_candle_hidden_by_ticks_does_not_change_the_spread():
    fine = Ticks.of(range(905, 1006, 10), range(1, 12), 10)
    with_candle = Ticks.concat([fine, Ticks.of([1000], [500], 100, Origin.BACKFILL)])
    for name in ("mean", "standard_deviation"):
        assert MEASURES[name].function(Window.of(with_candle)) == MEASURES[name].function(Window.of(fine))


@pytest.mark.parametrize("name", MEASURES)
def test_measures_of_no_price_are_nan_and_of_one_price_have_no_spread(name):
    assert math.isnan(MEASURES[name].function(Window.of(Ticks.none(), 1000, 5000)))
    of_one_price = value(name, [7.0])
    expected = {"last_price": 7, "mean": 7, "minimum": 7, "maximum": 7, "drawdown": 0}
    assert of_one_price == expected[name] if name in expected else math.isnan(of_one_price)


@given(PRICES, st.floats(0.01, 100))
def test_ranking_measures_do_not_depend_on_the_currency(prices, rate):
    assume(statistics.stdev(prices) > 1e-6 * statistics.mean(prices))
    for name, measure in MEASURES.items():
        if measure.ranked:
            original, converted = value(name, prices), value(name, [rate * price for price in prices])
            assert converted == pytest.approx(original, rel=1e-6, abs=1e-12, nan_ok=True)


def pandas_volatility(window: Window, interval: int) -> float:
    """Return the volatility by pandas, of the last price at each grid point, valid for 2.5 intervals."""
    step = resampling(window.span)
    grid = range(-(-window.start // step) * step, window.end + 1, step)
    rows = pd.Series(window.ticks.price, index=window.ticks.time)
    at_grid = rows.reindex(grid, method="ffill", tolerance=2.5 * interval)
    returns = np.log(at_grid).diff().dropna()
    return math.sqrt((returns**2).mean() * YEAR / (step / 1000)) if len(returns) else math.nan


@given(
    st.sets(st.integers(1, 120), min_size=1).map(sorted),
    st.sampled_from([10_000, 20_000, 60_000, 300_000]),
    st.sampled_from([0, 5_000, 9_999]),
    st.integers(1, 120),
    st.integers(0, 9),
)
def test_realised_volatility_equals_that_of_pandas_with_any_gaps(slots, every, offset, span, seed):
    times = [every * slot + offset for slot in slots]
    prices = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, len(times)))
    window = Window.of(Ticks.of(times, prices, every), every * span, 120 * every)
    assert realised_volatility(window) == pytest.approx(pandas_volatility(window, every), nan_ok=True)


def test_realised_volatility_of_a_known_path_is_its_textbook_value():
    """1 % up and down every minute, sampled every 10 s for an hour: 0.01 * sqrt(minutes in 365 days)."""
    prices = [100 * math.exp(0.01 * (n // 6 % 2)) for n in range(360)]
    window = Window.of(Ticks.of(range(10_000, 3_600_001, 10_000), prices, 10_000))
    assert realised_volatility(window) == pytest.approx(0.01 * math.sqrt(365 * 24 * 60))


def test_no_return_spans_a_gap():
    steps = Ticks.of([60_000, 120_000, 420_000, 480_000], [100, 100, 900, 900], 10_000)
    assert realised_volatility(Window.of(steps)) == 0


@pytest.mark.parametrize(("time", "is_valid"), [(35_000, True), (34_999, False)])
def test_a_price_is_valid_for_two_and_a_half_intervals_and_the_window_s_end_is_a_grid_point(time, is_valid):
    window = Window.of(Ticks.of([time, 120_000], [100, 100 * math.e], 10_000))
    assert math.isnan(realised_volatility(window)) != is_valid


def test_returns_span_five_minutes_in_windows_of_six_hours_or_more():
    assert [resampling(hours * 3_600_000) for hours in (1, 5.99, 6, 24)] == [60_000, 60_000, 300_000, 300_000]


def test_each_measure_has_its_name_a_known_unit_and_help():
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert {measure.unit for measure in MEASURES.values()} <= {"quote", "%", "% a year", ""}
    assert not any(measure.ranked for measure in MEASURES.values() if measure.unit == "quote")
    assert all(measure.label and measure.help.endswith(".") for measure in MEASURES.values())
