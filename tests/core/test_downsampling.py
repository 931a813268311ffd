"""Downsampling: the points drawn, and the breaks of the line."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.polled_rows import SECONDS, of_seconds, points
from tracker.core.downsampling import WIDTHS, bucket_width, downsample
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

SPAN = 200_000


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_points_are_rows_and_include_the_extremes_the_first_and_the_last(seconds, seed, buckets):
    window = Window.of(of_seconds(seconds, seed))
    drawn = downsample(window, buckets)
    kept = [point for point in points(drawn) if point[1] is not None]
    assert set(kept) <= set(zip(window.ticks.time.tolist(), window.ticks.price.tolist(), strict=True))
    assert min(kept, key=lambda point: point[1])[1] == window.ticks.price.min()
    assert max(kept, key=lambda point: point[1])[1] == window.ticks.price.max()
    assert kept[-1] == (window.ticks.time[-1], window.ticks.price[-1])
    assert kept[0][0] == window.ticks.time[0]
    assert drawn.time.tolist() == sorted(set(drawn.time.tolist()))
    assert len(drawn) <= max(4 * buckets, 16 * (buckets + 1))


def gaps_within_buckets(window: Window, width: int) -> dict[int, list[tuple[int, int]]]:
    """Return the rows (before, after), in ms, beside the gaps whose rows are both in one bucket, by bucket."""
    time, found = window.ticks.time, {}
    for start, _ in window.gaps:
        row = int(np.searchsorted(time, start, side="right"))
        if 0 < row < time.size and (time[row - 1] - 1) // width == (time[row] - 1) // width:
            found.setdefault(int((time[row] - 1) // width), []).append((int(time[row - 1]), int(time[row])))
    return found


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_each_bucket_shows_its_first_last_lowest_and_highest_row_those_beside_two_gaps_and_no_other(
    seconds, seed, buckets
):
    window = Window.of(of_seconds(seconds, seed))
    assume(window.count > 2 * buckets)
    width = bucket_width(window.span, buckets)
    rows = list(zip(window.ticks.time.tolist(), window.ticks.price.tolist(), strict=True))
    expected = set()
    for bucket in {(time - 1) // width for time, _ in rows}:
        inside = [row for row in rows if (row[0] - 1) // width == bucket]
        expected |= {inside[0], inside[-1], min(inside, key=lambda row: row[1]), max(inside, key=lambda row: row[1])}
    for gaps in gaps_within_buckets(window, width).values():
        beside = {time for gap in sorted(gaps, key=lambda gap: gap[0] - gap[1])[:2] for time in gap}
        expected |= {row for row in rows if row[0] in beside}
    assert [point for point in points(downsample(window, buckets)) if point[1] is not None] == sorted(expected)


@given(SECONDS, st.integers(0, 9))
def test_all_rows_are_drawn_if_they_are_few(seconds, seed):
    window = Window.of(of_seconds(seconds, seed))
    drawn = downsample(window, -(-len(seconds) // 2))
    assert drawn.price[~np.isnan(drawn.price)].tolist() == window.ticks.price.tolist()


@given(SECONDS, st.integers(200, 300), st.integers(1, 100), st.integers(4, 20), st.integers(0, 9))
def test_points_of_whole_buckets_do_not_change_while_the_window_moves(seconds, now, later, buckets, seed):
    """Compared between the rows of both windows, since a gap at the edge of a window breaks no line."""
    rows = of_seconds(seconds, seed)
    width = bucket_width(SPAN, buckets)
    before, after = (Window.of(rows, SPAN, 1000 * end) for end in (now, now + later))
    assume(before.count > 2 * buckets and after.count > 2 * buckets)
    first = max(-(-after.start // width) * width + 1, int(after.ticks.time[0]))
    last = min(before.end // width * width, int(before.ticks.time[-1]))
    earlier, later = (
        [point for point in points(downsample(window, buckets)) if first <= point[0] <= last]
        for window in (before, after)
    )
    assert earlier == later


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_a_line_breaks_in_each_gap_and_nowhere_else(seconds, seed, buckets):
    """Several gaps between two drawn points need only one break."""
    window = Window.of(of_seconds(seconds, seed))
    line = points(downsample(window, buckets))
    kept = [time for time, price in line if price is not None]
    between = set(np.searchsorted(kept, [since for since, _ in window.gaps], side="right").tolist())
    breaks = [time for time, price in line if price is None]
    assert np.searchsorted(kept, breaks).tolist() == sorted(between)
    assert all(any(since < time < until for since, until in window.gaps) for time in breaks)


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_a_break_is_at_most_one_interval_longer_than_its_gap(seconds, seed, buckets):
    """In a bucket with more than two gaps, a break is shorter than the bucket."""
    window = Window.of(of_seconds(seconds, seed))
    width = bucket_width(window.span, buckets)
    crowded = {bucket for bucket, gaps in gaps_within_buckets(window, width).items() if len(gaps) > 2}
    line = points(downsample(window, buckets))
    for (before, _), (time, price), (after, _) in zip(line, line[1:], line[2:], strict=False):
        if price is None:
            (gap, *_) = (until - since for since, until in window.gaps if since < time < until)
            is_crowded = (before - 1) // width == (after - 1) // width in crowded
            assert after - before <= (width if is_crowded else gap + 1000)


def test_a_gap_of_a_minute_is_a_break_of_a_minute_in_a_sparkline_of_a_day():
    time = 10_000 * np.arange(1, 8641)
    time = time[(time <= 40_000_000) | (time > 40_060_000)]
    drawn = downsample(Window.of(Ticks.of(time, np.sin(time / 3e6) + 2, 10_000)), 23)
    (row,) = np.flatnonzero(np.isnan(drawn.price))
    assert (drawn.time[row - 1], drawn.time[row + 1]) == (40_000_000, 40_070_000)


def test_a_gap_before_the_first_or_after_the_last_row_breaks_no_line():
    window = Window.of(Ticks.of([500_000, 510_000], [1, 2], 10_000), 1_000_000, 1_000_000)
    assert len(window.gaps) == 2
    assert points(downsample(window)) == [(500_000, 1), (510_000, 2)]


def test_an_empty_window_draws_nothing():
    assert len(downsample(Window.of(Ticks.none(), 1000, 1000))) == 0


def test_each_point_is_marked_as_backfilled_or_not_and_a_break_as_the_row_after_it():
    rows = Ticks.of(
        [60_000, 120_000, 300_000, 310_000], [1, 2, 3, 4], [60_000] * 2 + [10_000] * 2, [Origin.BACKFILL] * 2 + [0] * 2
    )
    drawn = downsample(Window.of(rows))
    assert [price for _, price in points(drawn)] == [1, 2, None, 3, 4]
    assert drawn.backfilled.tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("origin", "backfilled"),
    [
        (Origin.REPLAY, [True, False]),
        (Origin.SIMULATED, [True, False]),
        (Origin.LIVE, [False, False]),
        (Origin.IMPORT, [False, False]),
        (Origin.BACKFILL, [True, True]),
    ],
)
def test_a_replayed_or_simulated_row_longer_than_the_shortest_counts_as_backfilled(origin, backfilled):
    window = Window.of(Ticks.of([60_000, 70_000], [1, 2], [60_000, 10_000], origin))
    assert downsample(window).backfilled.tolist() == backfilled


@pytest.mark.parametrize(
    ("hours", "buckets", "seconds"),
    [
        (0.01, 400, 1),
        (1, 400, 10),
        (6, 400, 60),
        (24, 400, 300),
        (24, 288, 300),
        (24, 287, 600),
        (7 * 24, 400, 1800),
        (200 * 24, 400, 43_200),
        (365 * 24, 400, 86_400),
        (365 * 24, 100, 4 * 86_400),
    ],
)
def test_a_bucket_is_the_shortest_round_duration_with_few_enough_buckets(hours, buckets, seconds):
    assert bucket_width(int(hours * 3_600_000), buckets) == 1000 * seconds


def test_round_durations_ascend_and_divide_a_day():
    assert list(WIDTHS) == sorted(set(WIDTHS))
    assert all(86_400_000 % width == 0 for width in WIDTHS)


def test_a_count_of_no_buckets_is_rejected():
    with pytest.raises(ValueError, match="0 buckets"):
        downsample(Window.of(Ticks.none()), 0)


def test_a_break_differs_in_time_from_the_row_before_it_even_in_float32_seconds():
    """The page's x axis has up to two weeks of seconds in single precision."""
    rows = of_seconds([10, 11, 12, 40, 41])
    time = (downsample(Window.of(rows)).time + 1_209_600_000) / 1000
    assert (np.diff(time.astype(np.float32)) > 0).all()


def test_with_the_cadence_given_a_part_of_candles_only_is_all_backfilled():
    """In such a part, the shortest interval is that of a candle."""
    candles = Window.of(Ticks.of(60_000 * np.arange(1, 50), [1.0] * 49, 60_000, Origin.SIMULATED))
    assert not downsample(candles).backfilled.any()
    assert downsample(candles, cadence=10_000).backfilled.all()


@pytest.mark.parametrize(("span", "points_each"), [(401 * 600_000, 4), (400 * 600_000, 1), (200 * 600_000, 1)])
def test_candles_as_long_as_a_bucket_are_drawn_by_their_closes_so_that_the_line_has_no_stairs(span, points_each):
    price, times = np.full(10, 5.0), 600_000 * np.arange(1, 11)
    rows = Ticks.of(times, price, 600_000, Origin.BACKFILL, first=price - 1, low=price - 2, high=price + 2)
    assert len(downsample(Window.of(rows, span, int(times[-1])))) == points_each * 10
