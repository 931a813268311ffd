"""Which markets consist mostly of candles much longer than the others' prices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.page_states import EUR, GBP, JPY
from tracker.core.bar_making import make_bars
from tracker.core.bar_window import BarWindow
from tracker.core.long_intervals import MUCH_LONGER, LongIntervals, long_intervals, median_interval
from tracker.core.ticks import Ticks
from tracker.core.window import Window

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def rows(start, end, interval):
    """Return prices from *start* to *end*, one each *interval* ms."""
    times = np.arange(start + interval, end + 1, interval)
    return Ticks.of(times, np.full(times.size, 5.0), interval)


def window(*parts):
    return Window(Ticks.concat(parts), 0, 10 * DAY)


MINUTES = window(rows(0, 10 * DAY, MINUTE))
MOSTLY_4_HOURS = LongIntervals(4 * HOUR, 4 * HOUR, 4 * HOUR, pytest.approx(0.7), MINUTE)


def test_a_market_of_4_hour_candles_over_most_of_the_span_is_found_beside_minutes():
    mixed = window(rows(0, 7 * DAY, 4 * HOUR), rows(7 * DAY, 10 * DAY, MINUTE))
    assert long_intervals({EUR: MINUTES, GBP: mixed}) == {GBP: MOSTLY_4_HOURS}


def test_long_intervals_of_several_lengths_are_counted_together_and_their_ends_stated():
    parts = rows(0, 5 * DAY, 4 * HOUR), rows(5 * DAY, 9 * DAY, 30 * MINUTE), rows(9 * DAY, 10 * DAY, 5 * MINUTE)
    expected = LongIntervals(30 * MINUTE, 4 * HOUR, 4 * HOUR, pytest.approx(0.9), MINUTE)
    assert long_intervals({EUR: MINUTES, GBP: window(*parts)}) == {GBP: expected}


def test_windows_of_bars_are_compared_as_those_of_rows():
    bars = make_bars(Ticks.concat([rows(0, 7 * DAY, 4 * HOUR), rows(7 * DAY, 10 * DAY, MINUTE)]), DAY)
    mixed = BarWindow.of(Ticks.none(), [bars], Ticks.none(), 0, 10 * DAY, lambda start, end: Ticks.none())
    assert long_intervals({EUR: MINUTES, GBP: mixed}) == {GBP: MOSTLY_4_HOURS}


@pytest.mark.parametrize(
    "other",
    [
        window(rows(0, 4 * DAY, 4 * HOUR), rows(4 * DAY, 10 * DAY, MINUTE)),
        window(rows(0, 10 * DAY, 5 * MINUTE)),
        window(),
    ],
    ids=["less than half", "five times as long", "no prices"],
)
def test_a_market_of_short_intervals_or_none_is_not_found(other):
    assert long_intervals({EUR: MINUTES, GBP: other}) == {}


def test_markets_alike_and_one_alone_are_not_found():
    hours = window(rows(0, 10 * DAY, 4 * HOUR))
    assert long_intervals({EUR: hours, GBP: hours}) == long_intervals({GBP: hours}) == long_intervals({}) == {}


def test_a_candle_hidden_by_finer_prices_does_not_count():
    hidden = window(Ticks.concat([rows(0, 10 * DAY, 4 * HOUR), rows(0, 10 * DAY, 7 * MINUTE)]).in_order())
    assert long_intervals({EUR: MINUTES, GBP: hidden}) == {}


@given(st.lists(st.tuples(st.sampled_from([10_000, MINUTE, HOUR, DAY]), st.integers(1, 100)), min_size=1, max_size=4))
def test_the_median_interval_has_half_of_the_time_on_both_sides(pairs):
    weights = {interval: float(weight) for interval, weight in pairs}
    usual, half = median_interval(weights), sum(weights.values()) / 2
    assert sum(weight for interval, weight in weights.items() if interval <= usual) >= half
    assert sum(weight for interval, weight in weights.items() if interval < usual) < half


@given(st.permutations([EUR, GBP, JPY]), st.integers(1, 40))
def test_the_result_does_not_depend_on_the_order_and_needs_ten_times_the_interval(order, times):
    windows = {EUR: MINUTES, GBP: window(rows(0, 10 * DAY, times * MINUTE)), JPY: window(rows(0, 9 * DAY, DAY))}
    found = long_intervals({market: windows[market] for market in order})
    assert set(found) == ({GBP, JPY} if times >= MUCH_LONGER else {JPY})
