"""Downsampling: the points drawn, the breaks of the line, and a zoomed part in its context."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tracker.core.downsampling import WIDTHS, ChartPoints, bucket_width, downsample, with_context
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

SPAN = 200_000
HOLES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=6)


def polled(holes: list[tuple[int, int]], share: float, seed: int) -> list[int]:
    """Return the polled seconds of 1 to 400: a share of them, and none in the holes (from, length)."""
    is_polled = np.random.default_rng(seed).random(400) < share
    return [s for s in range(1, 400) if is_polled[s] and not any(a <= s < a + length for a, length in holes)]


SECONDS = st.builds(polled, HOLES, st.sampled_from([0.2, 0.6, 1.0]), st.integers(0, 99))


def of_seconds(seconds: list[int], seed: int = 0) -> Ticks:
    """Return a row at each of *seconds*; its price depends on the second and the seed only, with repeats."""
    prices = np.random.default_rng(seed).integers(1, 30, 1000)[seconds]
    return Ticks.of([1000 * second for second in seconds], prices, 1000)


def points(drawn: ChartPoints) -> list[tuple[int, float | None]]:
    prices = [None if np.isnan(price) else price for price in drawn.price.tolist()]
    return list(zip(drawn.time.tolist(), prices, strict=True))


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
    assert len(drawn) <= max(4 * buckets, 8 * (buckets + 1))


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_each_bucket_shows_its_first_last_lowest_and_highest_row_and_no_other(seconds, seed, buckets):
    window = Window.of(of_seconds(seconds, seed))
    assume(window.count > 2 * buckets)
    width = bucket_width(window.span, buckets)
    rows = list(zip(window.ticks.time.tolist(), window.ticks.price.tolist(), strict=True))
    expected = set()
    for bucket in {(time - 1) // width for time, _ in rows}:
        inside = [row for row in rows if (row[0] - 1) // width == bucket]
        expected |= {inside[0], inside[-1], min(inside, key=lambda row: row[1]), max(inside, key=lambda row: row[1])}
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


def gaps_crossed(drawn: ChartPoints, window: Window) -> list[tuple[int, int]]:
    """Return the gaps of *window* that the line of *drawn* spans."""
    is_price = np.isfinite(drawn.price)
    joined = [
        (int(a), int(b))
        for a, b, is_start, is_end in zip(drawn.time[:-1], drawn.time[1:], is_price[:-1], is_price[1:], strict=True)
        if is_start and is_end
    ]
    return [gap for gap in window.gaps for a, b in joined if a <= gap[0] and gap[1] <= b]


def zoomed(test):
    """Draw rows, a part to zoom to, and the numbers of buckets of the part and of its context."""
    numbers = (st.integers(20, 399), st.integers(10, 200), st.integers(1, 20), st.integers(1, 6))
    return given(SECONDS, st.integers(0, 9), *numbers)(test)


def zoom(seconds, seed, end, span, fine, coarse) -> tuple[Window, Window, ChartPoints]:
    """Return the window zoomed to, the wider one, and the line of the first in the context of the second."""
    rows = of_seconds(seconds, seed)
    inner = Window.of(rows, 1000 * span, 1000 * end)
    outer = Window.of(rows, 3000 * span, 1000 * (end + span))
    return (
        inner,
        outer,
        with_context(downsample(inner, fine), downsample(outer, coarse), inner.start, inner.end, outer.gaps),
    )


@zoomed
def test_a_zoomed_line_spans_no_gap_inside_or_outside_the_part(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    assert gaps_crossed(drawn, outer) == []


@zoomed
def test_a_zoomed_line_breaks_only_in_gaps(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    breaks = drawn.time[np.isnan(drawn.price)].tolist()
    assert all(any(start < time < until for start, until in outer.gaps) for time in breaks)


@zoomed
def test_a_zoomed_line_is_the_fine_one_inside_and_has_only_rows_in_time_order(seconds, seed, end, span, fine, coarse):
    inner, outer, drawn = zoom(seconds, seed, end, span, fine, coarse)
    assert (np.diff(drawn.time) > 0).all()
    within = [(time, price) for time, price in points(drawn) if price is not None and inner.start < time <= inner.end]
    assert within == [point for point in points(downsample(inner, fine)) if point[1] is not None]
    prices = {point for point in points(drawn) if point[1] is not None}
    assert prices <= set(zip(outer.ticks.time.tolist(), outer.ticks.price.tolist(), strict=True))
    beyond = {point for point in points(downsample(outer, coarse)) if not inner.start < point[0] <= inner.end}
    assert {point for point in beyond if point[1] is not None} <= prices
    assert drawn.backfilled.size == drawn.price.size == len(drawn)


def test_an_empty_part_shows_its_context_with_a_break():
    rows = of_seconds([1, 2, 3, 300, 301])
    inner, outer = Window.of(rows, 100_000, 200_000), Window.of(rows, 300_000, 301_000)
    drawn = with_context(downsample(inner), downsample(outer), inner.start, inner.end, outer.gaps)
    assert [price is None for _, price in points(drawn)] == [False, False, True, False, False]


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
