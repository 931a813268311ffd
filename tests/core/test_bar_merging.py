"""Merging bars: in whichever order, it gives what the rows give."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS, WHOLE_ROWS, assert_same_bars
from tracker.core.bar_making import make_bars
from tracker.core.bar_merging import merge_bars, overlapping
from tracker.core.bars import FINE, Bars
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Ticks


@given(WHOLE_ROWS, st.sampled_from([10 * MINUTE, HOUR, DAY]))
def test_merged_bars_are_those_of_the_rows(rows, step):
    assert_same_bars(merge_bars(make_bars(rows, FINE), step), make_bars(rows, step))


@given(WHOLE_ROWS, st.permutations([2, 2, 3, 24]), st.permutations([2, 2, 3, 24]))
def test_any_bracketing_gives_the_same_bars(rows, one, other):
    def merged(factors):
        bars = make_bars(rows, FINE)
        for factor in factors:
            bars = merge_bars(bars, bars.step * factor)
        return bars

    assert_same_bars(merged(one), merged(other))


def with_own_names(rows: Ticks) -> Ticks:
    """Return *rows* that name no exchange but theirs."""
    columns = (rows.time, rows.price, rows.interval, rows.origin, rows.exchanges(), *rows.candle_columns())
    return Ticks.of(*columns)


@given(WHOLE_ROWS, st.integers(0, 60))
def test_bars_merge_the_same_if_their_rows_came_in_two_parts(rows, cut):
    """As kept bars do: each part knows only the intervals and exchanges of its own rows."""
    bars = make_bars(rows, FINE)
    until = FIRST_DAY + (cut - 30) * FINE
    parts = (rows[rows.time <= until], rows[rows.time > until])
    halves = [make_bars(with_own_names(part), FINE) for part in parts]
    joined = Bars.concat(halves)
    if joined.exchange_names == bars.exchange_names:
        assert_same_bars(merge_bars(joined, DAY), merge_bars(bars, DAY))
    assert_same_bars(joined[: len(halves[0])], Bars.concat([halves[0], joined[:0]]))
    np.testing.assert_array_equal(joined[len(halves[0]) :].gap_start, halves[1].gap_start)


@given(ROWS, st.sampled_from([FINE, HOUR]))
def test_bars_overlap_if_rows_of_two_share_time(rows, step):
    bar = (rows.time - 1) // step
    opens = rows.time - rows.interval
    share = (opens[:, None] < rows.time) & (rows.time[:, None] > opens) & (bar[:, None] != bar)
    expected = [bool(share[bar == each].any()) for each in np.unique(bar)]
    assert overlapping(make_bars(rows, step)).tolist() == expected


@given(ROWS)
def test_bars_that_overlap_do_not_merge(rows):
    bars = make_bars(rows, FINE)
    try:
        merged = merge_bars(bars, HOUR)
    except ValueError:
        assert overlapping(bars).any()
        assume(False)
    assert_same_bars(merged, make_bars(rows, HOUR))


def test_overlap_across_the_border_of_a_coarser_bar_does_not_keep_bars_from_merging():
    rows = Ticks.of(
        [FIRST_DAY + n * MINUTE for n in (-9, -2, 1, 9)], [1, 2, 3, 4], [MINUTE, MINUTE, 4 * MINUTE, MINUTE]
    )
    bars = make_bars(rows, FINE)
    assert overlapping(bars).tolist() == [False, True, True, False]
    assert_same_bars(merge_bars(bars, HOUR), make_bars(rows, HOUR))
    assert overlapping(merge_bars(bars, HOUR)).tolist() == [True, True]


@pytest.mark.parametrize("border", [0, 5 * SECOND, MINUTE], ids=["between bars", "just inside", "inside"])
@pytest.mark.parametrize("late", [0, 1])
def test_a_gap_is_more_than_two_and_a_half_intervals_inside_bars_and_between(border, late):
    times = [FIRST_DAY + border + time for time in (0, 25 * SECOND + late)]
    bars = make_bars(Ticks.of(times, [1, 2], 10 * SECOND), FINE)
    for one in (merge_bars(bars, DAY * 19_676), make_bars(Ticks.of(times, [1, 2], 10 * SECOND), DAY * 19_676)):
        assert one.gap_start.tolist() == times[:late]
        assert one.gap_end.tolist() == [times[1] - 10 * SECOND][:late]


def test_the_row_that_opens_a_bar_decides_whether_a_gap_lies_before_it():
    """A tick inside a candle comes first in time, yet it is the candle whose time ends what is not covered."""
    times = [FIRST_DAY + time for time in (-460 * SECOND, MINUTE, FINE)]
    rows = Ticks.of(times, [1, 2, 3], [10 * SECOND, 10 * SECOND, FINE])
    merged = merge_bars(make_bars(rows, FINE), 19_676 * DAY)
    assert list(zip(merged.gap_start.tolist(), merged.gap_end.tolist(), strict=True)) == [(times[0], FIRST_DAY)]
    assert_same_bars(merged, make_bars(rows, 19_676 * DAY))


@given(st.floats(0.01, 1e6), st.integers(2, 200))
def test_equal_prices_have_a_spread_of_exactly_zero(price, count):
    rows = Ticks.of(FIRST_DAY + np.arange(count) * 45 * SECOND, [price] * count, 45 * SECOND)
    bars = merge_bars(make_bars(rows, FINE), DAY)
    assert not bars.m2.any()
    assert not bars.mean_distance.any()
    assert not bars.squared_returns.any()


def test_a_point_between_bars_has_the_price_before_unless_a_gap_lies_there():
    """Rows every 7 s end no bar at its border: only the merged bar knows the price there."""
    times = FIRST_DAY + 3_000 + np.arange(1, 130) * 7 * SECOND
    rows = Ticks.of(times, np.linspace(100, 200, times.size), 7 * SECOND)
    bars = make_bars(rows, FINE)
    assert np.isnan(bars.last_point).all()
    merged = merge_bars(bars, HOUR)
    assert merged.returns.tolist() == [2]
    assert merged.first_point[0] == rows.price[rows.time < FIRST_DAY + FINE][-1]
    is_away = (rows.time > FIRST_DAY + 4 * MINUTE) & (rows.time < FIRST_DAY + 6 * MINUTE)
    merged = merge_bars(make_bars(rows[~is_away], FINE), HOUR)
    assert (merged.returns.tolist(), np.isnan(merged.first_point[0])) == ([1], True)


@pytest.mark.parametrize("step", [0, FINE + 1, MINUTE])
def test_only_a_multiple_of_the_step_is_a_coarser_grid(step):
    with pytest.raises(ValueError, match="not a multiple"):
        merge_bars(Bars.none(FINE), step)
