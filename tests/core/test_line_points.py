"""The points of a line: of bars the first, low, high and last, of candles too, so that no spike is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.bar_making import make_bars
from tracker.core.bars import Bars
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.line_points import line_points
from tracker.core.ticks import Origin, Ticks

PRICES = st.lists(st.integers(1, 6), min_size=1, max_size=200)


def pairs(points) -> list[tuple[int, float]]:
    return list(zip(points.time.tolist(), points.price.tolist(), strict=True))


def rows(prices, interval=MINUTE, **columns) -> Ticks:
    return Ticks.of(interval * np.arange(1, len(prices) + 1), prices, interval, **columns)


@settings(max_examples=100)
@given(PRICES, st.sampled_from([10_000, 45_000, MINUTE]))
def test_a_bar_has_the_first_lowest_highest_and_last_of_its_rows(prices, interval):
    ticks = rows(prices, interval)
    points = line_points([make_bars(ticks, 5 * MINUTE)], interval, DAY)
    assert (np.diff(points.time) >= 0).all()
    assert set(pairs(points)) <= set(pairs(line_points([ticks], interval, DAY)))
    for bar in np.unique((ticks.time - 1) // (5 * MINUTE)):
        inside = ticks.price[(ticks.time - 1) // (5 * MINUTE) == bar]
        drawn = points.price[(points.time - 1) // (5 * MINUTE) == bar]
        assert drawn.size <= 4
        assert (drawn[0], drawn.min(), drawn.max(), drawn[-1]) == (inside[0], inside.min(), inside.max(), inside[-1])


def test_a_spike_of_one_minute_is_in_the_line_of_a_day():
    prices = np.full(1_440, 100.0)
    prices[700] = 900.0
    assert (701 * MINUTE, 900.0) in pairs(line_points([make_bars(rows(prices), DAY)], MINUTE, DAY))


def test_a_candle_is_drawn_from_its_first_price_over_its_low_and_high_to_its_close():
    ticks = rows([105.0, 99.0], first=[100.0, 105.0], low=[98.0, 97.0], high=[106.0, 105.0])
    one, other = MINUTE, 2 * MINUTE
    expected = [(one, 100.0), (one, 98.0), (one, 106.0), (one, 105.0), (other, 105.0), (other, 97.0), (other, 99.0)]
    assert pairs(line_points([ticks], MINUTE, DAY)) == expected


def in_rows(ticks: Ticks) -> Ticks:
    return ticks


def in_bars(ticks: Ticks):
    return make_bars(ticks, 5 * MINUTE)


@pytest.mark.parametrize("part_of", [in_rows, in_bars])
def test_a_wide_candle_is_drawn_by_its_close_alone(part_of):
    """With four points at one time, a line of long candles is a staircase."""
    ticks = rows([105.0, 99.0], HOUR, first=[100.0, 105.0], low=[98.0, 97.0], high=[106.0, 105.0])
    assert pairs(line_points([part_of(ticks)], MINUTE, HOUR)) == [(HOUR, 105.0), (2 * HOUR, 99.0)]
    assert len(line_points([part_of(ticks)], MINUTE, HOUR + 1)) > 4


def test_short_candles_in_a_long_bar_keep_their_spike():
    ticks = rows([1.0] * 120, first=[1.0] * 120, low=[1.0] * 120, high=[1.0] * 60 + [9.0] + [1.0] * 59)
    assert (61 * MINUTE, 9.0) in pairs(line_points([make_bars(ticks, HOUR)], MINUTE, HOUR // 2))


def test_a_polled_price_beside_candles_is_one_point():
    nan = float("nan")
    ticks = rows([105.0, 99.0], first=[nan, 105.0], low=[nan, 97.0], high=[nan, 105.0])
    assert pairs(line_points([ticks], MINUTE, DAY))[0] == (MINUTE, 105.0)
    assert pairs(line_points([ticks], MINUTE, DAY))[1] == (2 * MINUTE, 105.0)


def test_bars_are_backfilled_by_most_of_their_weight():
    origins = [Origin.BACKFILL] * 100 + [Origin.LIVE] * 80
    ticks = rows(range(1, 181), origin=origins)
    bars = make_bars(ticks, HOUR)
    points = line_points([bars], MINUTE, DAY)
    assert [bool(points.backfilled[points.time > HOUR * hour][0]) for hour in (0, 1, 2)] == [True, True, False]


def test_replayed_bars_are_backfilled_where_their_rows_are_longer_than_live_ones():
    ticks = Ticks.concat(
        [
            rows([1.0] * 60, origin=Origin.REPLAY),
            Ticks.of(HOUR + 10_000 * np.arange(1, 361), [1.0] * 360, 10_000, origin=Origin.REPLAY),
        ]
    )
    points = line_points([make_bars(ticks, HOUR)], 10_000, DAY)
    assert points.backfilled[points.time <= HOUR].all()
    assert not points.backfilled[points.time > HOUR].any()


def test_parts_follow_each_other_and_bars_without_rows_add_nothing():
    first, second = rows([1.0, 2.0]), Ticks.of([HOUR + MINUTE], [3.0], MINUTE)
    points = line_points([first, Bars.none(HOUR), make_bars(second, HOUR)], MINUTE, DAY)
    assert pairs(points) == [(MINUTE, 1.0), (2 * MINUTE, 2.0), (HOUR + MINUTE, 3.0)]


def test_the_low_and_high_of_candles_are_in_the_line_of_their_bars():
    ticks = rows([105.0, 99.0], first=[100.0, 105.0], low=[98.0, 97.0], high=[106.0, 105.0])
    drawn = line_points([make_bars(ticks, HOUR)], MINUTE, DAY)
    assert (drawn.price[0], drawn.price.min(), drawn.price.max(), drawn.price[-1]) == (100.0, 97.0, 106.0, 99.0)
