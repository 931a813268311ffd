import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.core.errors import ConfigError
from tracker.core.market import Market
from tracker.core.measures import MEASURES, YEAR, realised_volatility, resampling, standard_deviation
from tracker.core.ranking import find, ranking
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

PRICES = st.lists(st.floats(0.01, 1e7), min_size=2, max_size=40)
EUR, GBP, JPY, USD = (Market("kraken", "BTC", quote) for quote in ("EUR", "GBP", "JPY", "USD"))


def of_prices(prices: list[float], every: int = 1000) -> Window:
    return Window.of(Ticks.of(every * np.arange(1, len(prices) + 1), prices, every))


def value(name: str, prices: list[float]) -> float:
    return MEASURES[name].function(of_prices(prices))


@given(PRICES)
def test_equal_intervals_give_the_textbook_standard_deviation(prices):
    """Weighing by time changes nothing when every price stands for the same time."""
    assert value("standard_deviation", prices) == pytest.approx(statistics.stdev(prices), rel=1e-9, abs=1e-9)
    assert value("standard_deviation", prices) == pytest.approx(pd.Series(prices).std(), rel=1e-9, abs=1e-8)


@given(PRICES)
def test_levels_are_those_of_pandas(prices):
    series = pd.Series(prices)
    assert value("mean", prices) == pytest.approx(series.mean(), rel=1e-12)
    assert (value("minimum", prices), value("maximum", prices)) == (series.min(), series.max())
    assert value("last_price", prices) == series.iloc[-1]
    assert value("change", prices) == pytest.approx(prices[-1] / prices[0] - 1)
    assert value("drawdown", prices) == pytest.approx((1 - series / series.cummax()).max())
    assert value("relative_standard_deviation", prices) == pytest.approx(series.std() / series.mean(), abs=1e-12)


@given(st.lists(st.tuples(st.floats(1, 1000), st.integers(1, 300)), min_size=2, max_size=30))
def test_a_price_weighs_the_time_it_stands_for(rows):
    prices, intervals = zip(*rows, strict=True)
    window = Window.of(Ticks.of(np.cumsum(intervals), prices, intervals))
    each_millisecond = np.repeat(prices, intervals)
    total, squares = sum(intervals), sum(interval**2 for interval in intervals)
    variance = ((each_millisecond - each_millisecond.mean()) ** 2).sum() / (total - squares / total)
    assert MEASURES["mean"].function(window) == pytest.approx(each_millisecond.mean())
    assert standard_deviation(window) == pytest.approx(math.sqrt(variance), abs=1e-9)


@given(st.floats(0.01, 1e7), st.integers(2, 50))
def test_a_price_that_never_moved_has_exactly_no_spread(price, count):
    assert value("standard_deviation", [price] * count) == 0
    assert value("drawdown", [price] * count) == 0


def test_tiny_moves_of_a_high_price_keep_their_digits():
    prices = [1e12 + step / 1024 for step in range(1000)]
    assert value("standard_deviation", prices) == pytest.approx(statistics.stdev(range(1000)) / 1024, rel=1e-12)


def test_a_candle_hidden_by_ticks_moves_no_spread():
    fine = Ticks.of(range(905, 1006, 10), range(1, 12), 10)
    both = Ticks.concat([fine, Ticks.of([1000], [500], 100, Origin.BACKFILL)])
    for name in ("mean", "standard_deviation"):
        assert MEASURES[name].function(Window.of(both)) == MEASURES[name].function(Window.of(fine))


@pytest.mark.parametrize("name", MEASURES)
def test_no_price_gives_nan_and_one_price_no_spread(name):
    assert math.isnan(MEASURES[name].function(Window.of(Ticks.none(), 1000, 5000)))
    alone = value(name, [7.0])
    expected = {"last_price": 7, "mean": 7, "minimum": 7, "maximum": 7, "drawdown": 0}
    assert alone == expected[name] if name in expected else math.isnan(alone)


@given(PRICES, st.floats(0.01, 100))
def test_measures_that_rank_do_not_depend_on_the_currency(prices, rate):
    assume(statistics.stdev(prices) > 1e-6 * statistics.mean(prices))
    for name, measure in MEASURES.items():
        if measure.ranked:
            here, there = value(name, prices), value(name, [rate * price for price in prices])
            assert there == pytest.approx(here, rel=1e-6, abs=1e-12, nan_ok=True)


def book_volatility(window: Window, interval: int) -> float:
    """By pandas: the last price at each grid point, for 2.5 intervals, by a join backwards in time."""
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
def test_realised_volatility_is_that_of_pandas_whatever_is_missing(slots, every, offset, span, seed):
    times = [every * slot + offset for slot in slots]
    prices = 100 * np.exp(np.random.default_rng(seed).normal(0, 0.01, len(times)))
    window = Window.of(Ticks.of(times, prices, every), every * span, 120 * every)
    assert realised_volatility(window) == pytest.approx(book_volatility(window, every), nan_ok=True)


def test_realised_volatility_of_a_known_move_is_its_textbook_value():
    """1 % up and down every minute, seen every 10 s over an hour: 0.01 * sqrt(minutes in 365 days)."""
    prices = [100 * math.exp(0.01 * (n // 6 % 2)) for n in range(360)]
    window = Window.of(Ticks.of(range(10_000, 3_600_001, 10_000), prices, 10_000))
    assert realised_volatility(window) == pytest.approx(0.01 * math.sqrt(365 * 24 * 60))


def test_a_return_never_reaches_over_a_gap():
    steps = Ticks.of([60_000, 120_000, 420_000, 480_000], [100, 100, 900, 900], 10_000)
    assert realised_volatility(Window.of(steps)) == 0


@pytest.mark.parametrize(("time", "stands"), [(35_000, True), (34_999, False)])
def test_a_price_stands_for_two_and_a_half_intervals_and_the_windows_end_is_a_grid_point(time, stands):
    window = Window.of(Ticks.of([time, 120_000], [100, 100 * math.e], 10_000))
    assert math.isnan(realised_volatility(window)) != stands


def test_returns_are_over_five_minutes_from_six_hours_on():
    assert [resampling(hours * 3_600_000) for hours in (1, 5.99, 6, 24)] == [60_000, 60_000, 300_000, 300_000]


def test_a_measure_knows_its_name_and_shows_a_known_unit():
    assert all(name == measure.name for name, measure in MEASURES.items())
    assert {measure.unit for measure in MEASURES.values()} <= {"quote", "%", "% a year", ""}
    assert not any(measure.ranked for measure in MEASURES.values() if measure.unit == "quote")
    assert all(measure.label and measure.help.endswith(".") for measure in MEASURES.values())


def after_the_first_backfill() -> dict[Market, Window]:
    """
    Half an hour as it looks soon after a start: candles of 5 min, of 1 min, then ticks of 10 s.

    EUR climbs from 100 by 110 to 120, ten minutes each. USD has ticks only and swings
    between 95 and 105. GBP stands still, but only its last 20 minutes are known.
    """
    minute = 60_000
    times = [5 * minute, 10 * minute, *range(11 * minute, 21 * minute, minute)]
    ticks = list(range(20 * minute + 10_000, 30 * minute + 1, 10_000))
    intervals = [5 * minute] * 2 + [minute] * 10 + [10_000] * 60
    origins = [Origin.BACKFILL] * 12 + [Origin.LIVE] * 60
    mixed = Ticks.of(times + ticks, [100] * 2 + [110] * 10 + [120] * 60, intervals, origins)
    swinging = Ticks.of(range(10_000, 30 * minute + 1, 10_000), [95, 105] * 90, 10_000)
    still = Ticks.of(range(10 * minute + 10_000, 30 * minute + 1, 10_000), [80] * 120, 10_000)
    rows = {GBP: still, EUR: mixed, USD: swinging}
    return {market: Window.of(ticks, 30 * minute, 30 * minute) for market, ticks in rows.items()}


def test_the_ranking_right_after_the_first_backfill_is_right():
    """By hand: W = 1800 s, sum w^2 = 2 * 300^2 + 10 * 60^2 + 60 * 10^2 = 222,000, sum w x^2 = 2 * 600 * 10^2."""
    usd, eur, gbp = ranking(after_the_first_backfill())
    assert [(row.market, row.rank) for row in (usd, eur, gbp)] == [(USD, 1), (EUR, 2), (GBP, None)]
    assert eur.values["mean"] == 110
    assert eur.values["relative_standard_deviation"] == eur.values["standard_deviation"] / 110
    assert eur.values["standard_deviation"] == pytest.approx(math.sqrt(120_000 / (1800 - 222_000 / 1800)))
    assert usd.values["standard_deviation"] == pytest.approx(math.sqrt(25 * 180 / 179))
    assert (eur.coverage, usd.coverage, gbp.coverage) == (1, 1, 2 / 3)
    assert (eur.count, usd.count, gbp.count) == (72, 180, 120)
    assert gbp.values["standard_deviation"] == 0


def test_counting_each_row_once_would_have_ranked_them_the_other_way():
    windows = after_the_first_backfill()
    naive = {market: window.ticks.price.std() / window.ticks.price.mean() for market, window in windows.items()}
    assert naive[EUR] < naive[USD]


def test_the_floor_decides_who_is_ranked():
    ranked = ranking(after_the_first_backfill(), floor=0.6)
    assert [(row.market, row.rank) for row in ranked] == [(GBP, 1), (USD, 2), (EUR, 3)]
    exactly = after_the_first_backfill()[GBP].coverage
    assert ranking(after_the_first_backfill(), floor=exactly)[0].market == GBP


def test_equal_values_share_a_rank_and_stand_in_the_markets_order():
    still, moving = of_prices([5, 5, 5]), of_prices([5, 6, 7])
    ranked = ranking({USD: still, JPY: moving, EUR: still})
    assert [(row.market, row.rank) for row in ranked] == [(EUR, 1), (USD, 1), (JPY, 3)]


def test_what_cannot_be_measured_comes_last_in_the_given_order():
    one = of_prices([5])
    ranked = ranking({USD: one, JPY: of_prices([5, 6, 7]), EUR: one})
    assert [(row.market, row.rank) for row in ranked] == [(JPY, 1), (USD, None), (EUR, None)]
    assert set(ranked[1].values) == set(MEASURES)


def test_any_measure_that_ranks_can_be_chosen():
    falling, jumping = of_prices([100, 99, 98]), of_prices([100, 150, 200])
    assert ranking({EUR: falling, USD: jumping}, by="drawdown")[0].market == USD
    assert ranking({EUR: falling, USD: jumping})[0].market == EUR
    assert ranking({}) == []


def test_an_unknown_measure_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match="no 'realized_volatility'; did you mean 'realised_volatility'"):
        ranking({}, by="realized_volatility")
    with pytest.raises(ConfigError, match=r"no 'zzz'; there are change, .*standard_deviation"):
        find("zzz")
    assert find("mean") is MEASURES["mean"]


def test_markets_are_not_ranked_by_a_number_in_their_own_currency():
    with pytest.raises(ConfigError, match=r"'standard_deviation' cannot rank .* relative_standard_deviation"):
        ranking({}, by="standard_deviation")
