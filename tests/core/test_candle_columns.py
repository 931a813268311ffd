"""Ticks with the first, low and high of candles: kept through every selection, never possible to be absurd."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.memory_store import MemoryStore
from tracker.core.candle_columns import are_possible, without_impossible
from tracker.core.market import Market
from tracker.core.rolling_window import RollingWindow
from tracker.core.ticks import Origin, Ticks

NAN = math.nan
EUR = Market.parse("kraken:BTC/EUR")
VALUE = st.sampled_from([NAN, 1.0, 2.0, 3.0, 4.0])


@st.composite
def candle_ticks(draw, most=8):
    """Return rows in any order, with and without first, low and high."""
    rows = draw(
        st.lists(st.tuples(st.integers(1, 6), st.integers(2, 4), st.sampled_from([10, 60]), VALUE, VALUE, VALUE))
    )[:most]
    if not rows:
        return Ticks.none()
    time, price, interval, *columns = (np.array(column) for column in zip(*rows, strict=True))
    first, low, high = without_impossible(price.astype(float), tuple(columns))
    return Ticks.of(time, price, interval, draw(st.sampled_from(Origin)), first=first, low=low, high=high)


def rows_of(ticks):
    columns = (ticks.time, ticks.price, ticks.interval, *ticks.candle_columns())
    return [tuple(map(str, row)) for row in zip(*(column.tolist() for column in columns), strict=True)]


def candle(time, price, first=NAN, low=NAN, high=NAN, interval=60):
    return Ticks.of([time], [price], interval, Origin.BACKFILL, first=[first], low=[low], high=[high])


def test_ticks_without_a_known_value_have_no_columns():
    for ticks in (Ticks.of([1], [1], 1), candle(1, 1), Ticks.concat([candle(1, 1), Ticks.none()])):
        assert (ticks.first, ticks.low, ticks.high) == (None, None, None)
        assert ticks.has_candle().tolist() == [False] * len(ticks)


@pytest.mark.parametrize(
    ("first", "low", "high"),
    [
        *[(2, 2.1, 4), (2, 1, 2.9), (2, NAN, 2.5), (4, 3.5, NAN), (NAN, 3.1, NAN), (NAN, NAN, 2.9)],
        *[(0, NAN, NAN), (NAN, -1, NAN), (NAN, NAN, math.inf), (-math.inf, NAN, NAN)],
    ],
)
def test_a_candle_that_cannot_be_is_an_error_in_ticks_and_is_left_out_of_an_answer(first, low, high):
    with pytest.raises(ValueError, match="first, low or high"):
        candle(1, 3.0, first, low, high)
    columns = tuple(np.array([value, 2.0]) for value in (first, low, high))
    left = np.array(without_impossible(np.array([3.0, 2.0]), columns))
    assert np.isnan(left[:, 0]).all()
    assert left[:, 1].tolist() == [2, 2, 2]


@pytest.mark.parametrize("known", [(2, 1, 4), (NAN, 3, 3), (NAN, NAN, 3), (NAN, 1, NAN), (9, NAN, NAN), (9, 3, 9)])
def test_a_candle_may_be_known_in_part(known):
    assert rows_of(candle(1, 3.0, *known))[0][3:] == tuple(str(float(value)) for value in known)


def test_columns_of_another_length_and_a_part_of_the_columns_are_rejected():
    ticks = candle(1, 1.0, 1, 1, 1)
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.exchange, ("",))
    with pytest.raises(ValueError, match="differ in length"):
        Ticks(*columns, ticks.first, ticks.low, np.array([1.0, 1.0]))
    with pytest.raises(ValueError, match="missing"):
        Ticks(*columns, ticks.first, ticks.low)


@given(candle_ticks(), st.data())
def test_a_selection_has_the_candles_of_its_rows(ticks, data):
    chosen = data.draw(st.lists(st.integers(0, max(0, len(ticks) - 1)), max_size=len(ticks)))
    mask = np.isin(np.arange(len(ticks)), chosen)
    rows = rows_of(ticks)
    assert rows_of(ticks[np.array(chosen, dtype=np.intp)]) == [rows[row] for row in chosen]
    assert rows_of(ticks[mask]) == [row for row, is_chosen in zip(rows, mask, strict=True) if is_chosen]
    assert rows_of(ticks[1:3]) == rows[1:3]


@given(st.lists(candle_ticks(), max_size=4))
def test_parts_with_and_without_candles_are_concatenated(parts):
    joined = Ticks.concat(parts)
    assert rows_of(joined) == [row for part in parts for row in rows_of(part)]
    assert (joined.low is None) == all(part.low is None for part in parts)


@given(candle_ticks())
def test_the_extremes_are_those_known_of_each_row_s_time(ticks):
    for row, (first, low, high) in enumerate(zip(*ticks.candle_columns(), strict=True)):
        price = ticks.price[row]
        assert ticks.firsts()[row] == (price if np.isnan(first) else first)
        assert ticks.lows()[row] == np.nanmin([first, low, price])
        assert ticks.highs()[row] == np.nanmax([first, high, price])


@given(candle_ticks(), candle_ticks())
def test_candles_are_added_to_equal_rows_and_change_nothing_else(rows, candles):
    ticks, gains = rows.with_candles(candles)
    for row, (before, after) in enumerate(zip(rows_of(rows), rows_of(ticks), strict=True)):
        known = [number for number, value in enumerate(before) if value != "nan"]
        assert all(before[number] == after[number] for number in known)
        assert (before != after) == gains[row]
        expected = before
        for candle_row in rows_of(candles):
            merged = [old if old != "nan" else new for old, new in zip(expected, candle_row, strict=True)]
            price, *columns = (np.array([float(merged[number])]) for number in (1, 3, 4, 5))
            if candle_row[:3] == before[:3] and are_possible(price, tuple(columns))[0]:
                expected = tuple(merged)
        assert after == expected


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [
        ((NAN, NAN, 5), (2, 1, 4), (2, 1, 5)),  # a value that is there stays
        ((NAN, 2.5, NAN), (2, 1, 4), (NAN, 2.5, NAN)),  # its low is above the new first price
        ((2, NAN, NAN), (NAN, 1, NAN), (2, 1, NAN)),
        ((2, 1, 4), (2.5, 0.5, 9), (2, 1, 4)),
    ],
)
def test_values_that_are_there_stay_and_none_is_added_that_contradicts_them(before, added, after):
    ticks, gains = candle(1, 3.0, *before).with_candles(candle(1, 3.0, *added))
    assert rows_of(ticks) == rows_of(candle(1, 3.0, *after))
    assert gains.tolist() == [str(before) != str(after)]


def test_candles_known_in_part_complete_each_other():
    parts = Ticks.concat([candle(1, 3.0, 2, NAN, NAN), candle(1, 3.0, NAN, 1, 4)])
    ticks, gains = candle(1, 3.0, NAN, NAN, NAN).with_candles(parts)
    assert rows_of(ticks) == rows_of(candle(1, 3.0, 2, 1, 4))
    assert gains.tolist() == [True]


def test_without_a_close_low_first_and_high_are_compared_with_each_other():
    columns = np.array([[2, 1, 3], [2, 3, 1], [NAN, 3, 1], [NAN, 1, 3], [4, 1, 3], [0.5, 1, 3]]).T
    possible = are_possible(np.full(6, NAN), (columns[0], columns[1], columns[2]))
    assert possible.tolist() == [True, False, False, True, False, False]


@given(candle_ticks(), candle_ticks())
def test_adding_candles_again_changes_nothing(rows, candles):
    once, _ = rows.with_candles(candles)
    twice, gains = once.with_candles(candles)
    assert twice is once
    assert not gains.any()


def test_of_rows_with_one_time_the_kept_one_gains_the_candle_of_an_equal_one():
    rows = Ticks.concat([candle(5, 2.0), candle(5, 2.0, 1, 1, 3), candle(5, 2.0, 9, 1, 9, interval=90)])
    assert rows_of(rows.in_order()) == rows_of(candle(5, 2.0, 1, 1, 3))
    other_price = Ticks.concat([candle(5, 2.0), candle(5, 2.5, 1, 1, 3)])
    assert rows_of(other_price.in_order()) == rows_of(candle(5, 2.0))


@given(st.lists(candle_ticks(), max_size=6))
def test_a_rolling_window_holds_the_candles_of_its_rows_and_earlier_windows_never_change(batches):
    rolling, earlier, arrived = RollingWindow(1000), [], []
    for batch in batches:
        rolling.add(batch)
        arrived.append(batch.in_order())
        window = rolling.window(1000, 1000)
        earlier.append((window, rows_of(window.ticks)))
        expected = Ticks.none()
        for part in arrived:
            expected = Ticks.concat([expected, part]).in_order()
        assert rows_of(window.ticks) == rows_of(expected)
    assert all(rows_of(window.ticks) == rows for window, rows in earlier)


def test_rows_without_a_candle_are_appended_to_those_with_one_and_the_other_way_round():
    rolling = RollingWindow(1000)
    rolling.add(Ticks.of([1, 2, 3, 4, 5], [1] * 5, 1))
    before = rolling.window(5, 5)
    rolling.add(candle(6, 2.0, 1, 1, 3))
    rolling.add(Ticks.of([7], [1], 1))
    rows = rolling.window(7, 7).ticks
    assert np.shares_memory(before.ticks.time, rows.time)
    assert rows.has_candle().tolist() == [False] * 5 + [True, False]
    assert before.ticks.low is None


def test_a_store_adds_candles_to_its_rows_and_returns_how_many_gained():
    store = MemoryStore()
    store.append({EUR: Ticks.of([60, 120], [2.0, 3.0], 60, Origin.BACKFILL)})
    _, cursor = store.poll(None)
    new = Ticks.concat([candle(60, 2.0, 1, 1, 3), candle(120, 9.0, 9, 9, 9), candle(180, 3.0, 3, 3, 3)])
    assert [store.add_candles(EUR, new), store.add_candles(EUR, new)] == [1, 0]
    assert rows_of(store.read(EUR, 0, 999)) == rows_of(Ticks.concat([candle(60, 2.0, 1, 1, 3), candle(120, 3.0)]))
    assert rows_of(store.poll(cursor)[0][EUR]) == rows_of(candle(60, 2.0, 1, 1, 3))
