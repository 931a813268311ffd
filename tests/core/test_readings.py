"""What the crosshair reads: a row's price, or the bar that its time lies in."""

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bar_window import BarWindow
from tracker.core.bars import FINE
from tracker.core.durations import HOUR, MINUTE
from tracker.core.readings import BarReading, bar_at, last_exchange, price_at
from tracker.core.ticks import Ticks
from tracker.core.window import Window

ROWS = Ticks.of(MINUTE * np.arange(1, 241), 100.0 + np.arange(240) % 60, MINUTE)


def bar_window(rows: Ticks = ROWS) -> BarWindow:
    """Four hours: a row at the head, two bars and the rows of the last hour."""
    bars = make_bars(rows[(rows.time > HOUR) & (rows.time <= 3 * HOUR)], HOUR)
    return BarWindow.of(rows[rows.time <= HOUR], [bars], rows[rows.time > 3 * HOUR], 0, 4 * HOUR, lambda *_: rows)


def test_a_bar_is_read_with_its_time_its_low_and_high_and_its_last_price():
    expected = BarReading(HOUR, 2 * HOUR, 159.0, 100.0, 159.0, is_polled=True)
    assert bar_at(bar_window(), HOUR + 1) == bar_at(bar_window(), 2 * HOUR) == expected
    assert price_at(bar_window(), HOUR + MINUTE) == 159.0


def test_rows_are_read_as_in_a_window():
    for time in (MINUTE, HOUR, 3 * HOUR + MINUTE, 4 * HOUR):
        assert bar_at(bar_window(), time) is None
        assert price_at(bar_window(), time) == price_at(Window.of(ROWS, 4 * HOUR, 4 * HOUR), time)


def test_low_and_high_of_candles_are_not_those_of_polled_prices():
    rows = Ticks.of(ROWS.time, ROWS.price, MINUTE, low=ROWS.price - 1, high=ROWS.price + 1)
    reading = bar_at(bar_window(rows), 2 * HOUR)
    assert (reading.low, reading.high, reading.is_polled) == (99.0, 160.0, False)


def test_a_candle_longer_than_its_bar_is_read_with_its_whole_time():
    """Its low and high stood beside the last hour of four."""
    price = np.array([5.0, 6.0])
    rows = Ticks.of(4 * HOUR * np.arange(1, 3), price, 4 * HOUR, first=price, low=price - 1, high=price + 1)
    window = BarWindow.of(Ticks.none(), [make_bars(rows, HOUR)], Ticks.none(), 0, 8 * HOUR, lambda *_: rows)
    assert bar_at(window, 8 * HOUR) == BarReading(4 * HOUR, 8 * HOUR, 6.0, 5.0, 7.0, is_polled=False)


def test_a_long_candle_is_read_at_all_times_that_it_covers_with_the_last_price_known_then():
    """Its low and high were read in one bar of five minutes of its four hours."""
    price = np.array([5.0, 6.0])
    rows = Ticks.of(4 * HOUR * np.arange(1, 3), price, 4 * HOUR, first=price, low=price - 1, high=price + 1)
    window = BarWindow.of(Ticks.none(), [make_bars(rows, FINE)], Ticks.none(), 0, 9 * HOUR, lambda *_: rows)
    for time in (4 * HOUR + 1, 5 * HOUR, 8 * HOUR):
        assert bar_at(window, time) == BarReading(4 * HOUR, 8 * HOUR, 6.0, 5.0, 7.0, is_polled=False)
    assert bar_at(window, 4 * HOUR) == bar_at(window, 1) == BarReading(0, 4 * HOUR, 5.0, 4.0, 6.0, is_polled=False)
    assert bar_at(window, 8 * HOUR + 1) is None
    assert [price_at(window, time) for time in (1, 5 * HOUR, 8 * HOUR)] == [None, 5.0, 6.0]


def test_finer_prices_are_read_where_a_long_candle_covers_them_too():
    polled = ROWS[ROWS.time > 150 * MINUTE]
    candle = Ticks.of([4 * HOUR], [130.0], 4 * HOUR, first=[101.0], low=[90.0], high=[170.0])
    rows = Ticks.concat([polled[:-1], candle])
    bars = make_bars(rows[rows.time > 3 * HOUR], FINE)
    window = BarWindow.of(rows[rows.time <= 3 * HOUR], [bars], Ticks.none(), 0, 4 * HOUR, lambda *_: rows)
    whole = BarReading(0, 4 * HOUR, 130.0, 90.0, 170.0, is_polled=False)
    assert bar_at(window, 140 * MINUTE) == bar_at(window, 4 * HOUR) == whole
    assert bar_at(window, 170 * MINUTE) is None, "rows"
    assert bar_at(window, 182 * MINUTE) == BarReading(3 * HOUR, 185 * MINUTE, 104.0, 100.0, 104.0, is_polled=True)


def test_nothing_is_read_in_a_gap_and_before_the_first_price():
    rows = ROWS[(ROWS.time > 30 * MINUTE) & ((ROWS.time <= 70 * MINUTE) | (ROWS.time > 100 * MINUTE))]
    assert price_at(bar_window(rows), 10 * MINUTE) is None
    assert price_at(bar_window(rows), 80 * MINUTE) is None
    assert bar_at(bar_window(rows), 80 * MINUTE) is None


def test_the_last_price_is_of_the_exchange_of_its_row_or_of_most_of_its_bar():
    rows = Ticks.of(ROWS.time, ROWS.price, MINUTE, exchange=["coinbase"] * 170 + [""] * 70)
    assert last_exchange(bar_window(rows)) == ""
    assert last_exchange(bar_window(rows[rows.time <= 3 * HOUR])) == "coinbase"
