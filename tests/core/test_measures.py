"""Measures: their values, compared with textbook formulas and pandas."""

import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.measures import MEASURES, YEAR, drawdown, realised_volatility, resampling, standard_deviation
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
    expected = {"last_price": 7, "mean": 7, "minimum": 7, "maximum": 7}
    assert of_one_price == expected[name] if name in expected else math.isnan(of_one_price)


@given(PRICES, st.floats(0.01, 100))
def test_ranking_measures_do_not_depend_on_the_currency(prices, rate):
    assume(statistics.stdev(prices) > 1e-6 * statistics.mean(prices))
    for name, measure in MEASURES.items():
        if measure.ranked:
            original, converted = value(name, prices), value(name, [rate * price for price in prices])
            assert converted == pytest.approx(original, rel=1e-6, abs=1e-12, nan_ok=True)


def volatility_point_by_point(window: Window) -> float:
    """Return the volatility as the definition has it: no vectors, one grid point after the other."""
    step, rows = resampling(window.span), list(zip(window.ticks.time.tolist(), window.ticks.price, strict=True))
    log_price: dict[int, float] = {}
    for point in range(-(-window.start // step) * step, window.end + 1, step):
        before = [row for row in rows if row[0] <= point]
        is_after_the_last_row = not rows or point > rows[-1][0]
        # The gap that the point lies in, or one that it has left without a new price yet.
        if before and not is_after_the_last_row and not any(before[-1][0] <= gap < point for gap, _ in window.gaps):
            log_price[point] = math.log(before[-1][1])
    returns = [log_price[point] - log_price[point - step] for point in log_price if point - step in log_price]
    squares = sum(value**2 for value in returns)
    return math.sqrt(squares / len(returns) * YEAR / (step / 1000)) if returns else math.nan


@given(
    st.sets(st.integers(1, 120), min_size=1).map(sorted),
    st.sampled_from([7_000, 10_000, 45_000, 60_000, 300_000, HOUR]),
    st.sampled_from([0, 5_000, 9_999]),
    st.integers(1, 120),
    st.integers(0, 9),
)
def test_realised_volatility_equals_that_of_the_definition_with_any_gaps(slots, every, offset, span, seed):
    times = [every * slot + offset for slot in slots]
    prices = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, len(times)))
    window = Window.of(Ticks.of(times, prices, every), every * span, 120 * every)
    assert realised_volatility(window) == pytest.approx(volatility_point_by_point(window), nan_ok=True)


def test_realised_volatility_of_a_known_path_is_its_textbook_value():
    """1 % up and down every minute, sampled every 10 s for an hour: 0.01 * sqrt(minutes in 365 days)."""
    prices = [100 * math.exp(0.01 * (n // 6 % 2)) for n in range(360)]
    window = Window.of(Ticks.of(range(10_000, 3_600_001, 10_000), prices, 10_000))
    assert realised_volatility(window) == pytest.approx(0.01 * math.sqrt(365 * 24 * 60))


def test_no_return_spans_a_gap():
    steps = Ticks.of([60_000, 120_000, 420_000, 480_000], [100, 100, 900, 900], 60_000)
    assert realised_volatility(Window.of(steps)) == 0


def test_no_return_begins_between_a_gap_and_the_row_that_ends_it():
    """From 07:00 on no price is valid; the hour before 12:00 has one, but which is known at 12:00 only."""
    hourly = Ticks.of([6 * HOUR, 7 * HOUR, 12 * HOUR, 13 * HOUR], [100, 100, 900, 900], HOUR)
    window = Window.of(hourly)
    assert window.gaps == [(7 * HOUR, 11 * HOUR)]
    assert realised_volatility(window) == 0


def test_a_row_off_the_grid_that_ends_a_gap_makes_no_return_over_it():
    """Rows at 5 s past the minute: the one at 10:05 covers 10:00, but the price there is from before the gap."""
    seconds = [*range(5, 66, 10), *range(605, 786, 10)]
    prices = [100] * 7 + [900] * 19
    window = Window.of(Ticks.of([1000 * second for second in seconds], prices, 10_000))
    assert window.gaps == [(65_000, 595_000)]
    assert realised_volatility(window) == 0


@pytest.mark.parametrize(("late", "is_gap"), [(0, False), (1, True)])
def test_a_price_counts_until_a_gap_begins_and_the_window_s_end_is_a_grid_point(late, is_gap):
    """25 s between two rows are no gap, so the price of 00:55 is that of 01:00; a millisecond more is one."""
    window = Window.of(Ticks.of([55_000 - late, 80_000, 100_000, 120_000], [100, 200, 200, 200], 10_000))
    assert bool(window.gaps) == is_gap
    assert math.isnan(realised_volatility(window)) == is_gap


def test_one_daily_row_has_no_volatility_and_no_drawdown():
    """A close at midnight, read at any time of the day after: it was counted as hours of calm."""
    for hours in range(25):
        window = Window.of(Ticks.of([DAY], [43512.33], DAY), DAY, DAY + hours * HOUR)
        assert math.isnan(realised_volatility(window))
        assert math.isnan(drawdown(window))


@pytest.mark.parametrize("minutes", [0, 1, 29, 59])
def test_the_age_of_the_newest_hourly_row_does_not_lower_volatility(minutes):
    """1 % up and down every hour: sqrt(hours in 365 days) %, however long ago the last row is."""
    times = HOUR * np.arange(1, 26)
    rows = Ticks.of(times, 100 * np.exp(0.01 * (np.arange(25) % 2)), HOUR)
    window = Window.of(rows, 26 * HOUR, 25 * HOUR + minutes * MINUTE)
    assert realised_volatility(window) == pytest.approx(0.01 * math.sqrt(365 * 24))


def test_the_hours_around_a_gap_do_not_lower_volatility():
    """1 % up and down every hour, with six hours missing: before, 2.5 hours of the gap counted as calm."""
    hours = np.array([hour for hour in range(1, 25) if not 10 < hour <= 16])
    prices = 100 * np.exp(0.01 * (hours % 2))
    window = Window.of(Ticks.of(HOUR * hours, prices, HOUR), DAY, DAY)
    assert window.gaps == [(10 * HOUR, 16 * HOUR)]
    assert realised_volatility(window) == pytest.approx(0.01 * math.sqrt(365 * 24))


def test_returns_span_five_minutes_in_windows_of_six_hours_or_more():
    assert [resampling(hours * 3_600_000) for hours in (1, 5.99, 6, 24)] == [60_000, 60_000, 300_000, 300_000]


def test_each_measure_has_its_name_a_known_unit_and_help():
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert {measure.unit for measure in MEASURES.values()} <= {"quote", "%", "% a year", ""}
    assert not any(measure.ranked for measure in MEASURES.values() if measure.unit == "quote")
    assert all(measure.label and measure.help.endswith(".") for measure in MEASURES.values())


def test_low_and_high_go_by_those_of_candles_and_all_else_by_closes():
    times, closes = [60_000, 120_000, 180_000], [100.0, 110.0, 105.0]
    polled = Window.of(Ticks.of(times, closes, 60_000))
    fetched = Window.of(
        Ticks.of(times, closes, 60_000, low=[90, np.nan, 104], first=[95, np.nan, 105], high=[101, np.nan, 130])
    )
    values = {name: (measure.function(polled), measure.function(fetched)) for name, measure in MEASURES.items()}
    assert (values.pop("minimum"), values.pop("maximum")) == ((100, 90), (110, 130))
    assert all(before == after or math.isnan(before) for before, after in values.values())
    assert (fetched.low_time, fetched.high_time, polled.high_time) == (60_000, 180_000, 120_000)
    assert math.isnan(Window.of(Ticks.none()).low)


def test_a_low_that_is_unknown_is_at_most_the_first_price():
    window = Window.of(Ticks.of([60_000], [100.0], 60_000, first=[90.0]))
    assert (window.low, window.high) == (90, 100)
