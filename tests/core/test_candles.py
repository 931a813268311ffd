"""Candles: first, highest, lowest and last price of each round period."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.core.bar_making import make_bars
from tracker.core.bar_window import BarWindow
from tracker.core.bars import FINE
from tracker.core.candles import MIN_CANDLES, MIN_PRICES, candles
from tracker.core.ticks import Ticks
from tracker.core.window import Window

START = 1_668_006_000_000  # 9 Nov 2022 15:00 UTC
PRICES = st.lists(st.integers(1, 50), min_size=8, max_size=300)


def every(seconds: int, prices: list[float], start: int = START) -> Ticks:
    """Return a price every so many seconds; the first is valid from *start*."""
    time = start + 1000 * seconds * np.arange(1, len(prices) + 1)
    return Ticks.of(time, prices, 1000 * seconds)


@given(PRICES, st.integers(2, 40), st.sets(st.integers(0, 299), max_size=200))
def test_each_candle_is_made_of_exactly_the_rows_of_its_period(prices, most, missing):
    rows = every(1, [float(price) for price in prices])
    window = Window.of(rows[~np.isin(np.arange(len(rows)), sorted(missing))], 300_000, int(rows.time[-1]))
    assume(window.count)
    result = candles(window, most)
    assume(result is not None)
    expected = {}
    for time, price in zip(window.ticks.time.tolist(), window.ticks.price.tolist(), strict=True):
        expected.setdefault((time - 1) // result.width, []).append(price)
    assert result.time.tolist() == [period * result.width + result.width // 2 for period in expected]
    assert result.prices.tolist() == [[prices[0], max(prices), min(prices), prices[-1]] for prices in expected.values()]


@given(PRICES, st.integers(2, 40))
def test_high_and_low_enclose_open_and_close_and_time_ascends(prices, most):
    result = candles(Window.of(every(1, prices), 300_000), most)
    assume(result is not None)
    first, high, low, last = result.prices.T
    assert (low <= np.minimum(first, last)).all()
    assert (high >= np.maximum(first, last)).all()
    assert (np.diff(result.time) > 0).all()


def test_a_row_on_a_border_belongs_to_the_period_that_it_ends():
    result = candles(Window.of(every(15, [1.0, 2, 3, 4, 5, 6, 7, 8]), 120_000), 2)
    assert result.width == 60_000
    assert result.prices.tolist() == [[1, 4, 1, 4], [5, 8, 5, 8]]
    assert result.time.tolist() == [START + 30_000, START + 90_000]


def test_a_period_without_a_price_has_no_candle():
    rows = every(1, list(range(1, 181)))
    result = candles(Window.of(rows[(rows.time <= START + 60_000) | (rows.time > START + 120_000)], 180_000), 3)
    assert result.time.tolist() == [START + 30_000, START + 150_000]


@pytest.mark.parametrize(
    ("minutes", "seconds", "expected"), [(10, 10, 60), (60, 10, 60), (60, 60, 300), (120, 15, 60), (120, 16, 120)]
)
def test_where_prices_are_far_apart_candles_are_long_enough_for_a_few_of_them(minutes, seconds, expected):
    """Ten minutes and an hour of prices every ten seconds had no candles at all."""
    window = Window.of(every(seconds, [1.0] * (60 * minutes // seconds)), 60_000 * minutes)
    assert candles(window).width == 1_000 * expected >= MIN_PRICES * 1_000 * seconds


def test_where_only_a_few_candles_would_fit_there_are_none():
    minute_prices = every(60, [1.0] * 60)
    assert candles(Window.of(minute_prices, MIN_CANDLES * 300_000)).width == 300_000
    assert candles(Window.of(minute_prices, MIN_CANDLES * 300_000 - 60_000)) is None


def test_a_window_without_prices_has_no_candles():
    assert candles(Window.of(Ticks.none(), 1000, 1000)) is None


@pytest.mark.parametrize(("hours", "minutes"), [(1, 0.5), (6, 5), (24, 15), (168, 120)])
def test_candles_have_round_lengths(hours, minutes):
    rows = every(5, [1.0] * (hours * 720))
    assert candles(Window.of(rows, hours * 3_600_000)).width == minutes * 60_000


def test_candles_inside_a_moving_window_do_not_change():
    rows = every(1, np.random.default_rng(1).integers(1, 99, 7200).tolist())
    before = candles(Window.of(rows, 3_600_000, START + 5_000_000))
    after = candles(Window.of(rows, 3_600_000, START + 5_400_000))
    earlier = dict(zip(before.time.tolist(), before.prices.tolist(), strict=True))
    later = dict(zip(after.time.tolist(), after.prices.tolist(), strict=True))
    shared = sorted(earlier.keys() & later.keys())[1:-1]
    assert len(shared) > 100
    assert all(earlier[time] == later[time] for time in shared)


def test_rows_that_are_candles_add_their_first_price_low_and_high():
    rows = every(60, [10.0, 11, 12, 13, 14])
    known = [9.0, np.nan, 11.5, 12.5, 13.5], [8.0, np.nan, 11, 12.5, 13], [11.0, np.nan, 15, 13, 14]
    first, low, high = known
    with_candles = Ticks.of(rows.time, rows.price, rows.interval, first=first, low=low, high=high)
    result = candles(Window.of(with_candles, 300_000))
    assert result.width == 60_000  # a minute is a candle, as most rows are
    assert result.prices.tolist() == [
        *[[9, 11, 8, 10], [11, 11, 11, 11]],
        *[[11.5, 15, 11, 12], [12.5, 13, 12.5, 13], [13.5, 14, 13, 14]],
    ]
    hour = candles(Window.of(Ticks.concat([with_candles, every(60, [9.5] * 20, int(rows.time[-1]))])), 5)
    assert (hour.width, hour.prices[0].tolist()) == (300_000, [9, 15, 8, 14])


@pytest.mark.parametrize(("long_hours", "minutes"), [(24, 240), (4, 240), (0, 30)])
def test_no_candle_is_shorter_than_the_long_candles_that_it_would_stand_for(long_hours, minutes):
    """Four hours drawn as half an hour left three and a half without a price."""
    hour, count = 3_600_000, long_hours // 4
    price = np.full(count, 5.0)
    times = START // (4 * hour) * 4 * hour + 4 * hour * np.arange(1, count + 1)
    long = Ticks.of(times, price, 4 * hour, first=price, low=price - 1, high=price + 1)
    begin = int(times[-1]) if count else START
    rows = (
        Ticks.concat([long, every(60, [5.0] * (2_880 - 60 * long_hours), begin)]) if count else every(60, [5.0] * 2880)
    )
    result = candles(Window.of(rows, 48 * hour))
    assert result.width == minutes * 60_000
    assert (np.diff(result.time) == result.width).all()


def test_a_long_candle_that_hardly_counts_changes_no_others():
    rows = Ticks.concat([Ticks.of([START], [5.0], 4 * 3_600_000), every(60, [5.0] * 10_000)])
    assert candles(Window.of(rows, 7 * 86_400_000)).width == 2 * 3_600_000


def test_a_row_over_the_end_of_a_window_adds_a_last_candle_as_one_over_its_start_does():
    hour = 3_600_000
    begin = START // (24 * hour) * 24 * hour
    low = np.arange(1.0, 13)
    times = begin + 4 * hour * np.arange(1, 13)
    long = Ticks.of(times, 5 + low, 4 * hour, first=4 + low, low=low, high=6 + low)
    none, bars = Ticks.none(), make_bars(long, FINE)
    for rows in (Window.of(long), BarWindow.of(none, [bars], none, begin, begin + 48 * hour, lambda *_: long)):
        window = Window.of(long, 24 * hour, begin + 30 * hour)
        result = candles(window, around=rows)
        assert result.time[[0, -1]].tolist() == [begin + 6 * hour, begin + 30 * hour]
        assert result.prices[-1].tolist() == [12, 14, 8, 13]
        assert len(result.time) == len(candles(window).time) + 1
        whole = Window.of(long, 24 * hour, begin + 32 * hour)
        assert candles(whole, around=rows).time.tolist() == candles(whole).time.tolist(), "it ends with a candle"


def test_a_row_over_the_end_does_not_change_a_candle_that_has_rows():
    rows = every(60, list(range(1, 601)), START - 30_000)
    window = Window.of(rows, 7_200_000, START + 9_000_000)
    result = candles(window, around=Window.of(rows))
    assert result.prices.tolist() == candles(window).prices.tolist()
