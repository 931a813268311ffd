import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tracker.core.downsampling import WIDTHS, ChartPoints, bucket_width, downsample, with_context
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

SPAN = 200_000
HOLES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 30)), max_size=6)


def polled(holes: list[tuple[int, int]], share: float, seed: int) -> list[int]:
    """The seconds 1 to 400 that were polled: a share of them, and none in the holes (from, length)."""
    lucky = np.random.default_rng(seed).random(400) < share
    return [s for s in range(1, 400) if lucky[s] and not any(a <= s < a + length for a, length in holes)]


SECONDS = st.builds(polled, HOLES, st.sampled_from([0.2, 0.6, 1.0]), st.integers(0, 99))


def of_seconds(seconds: list[int], seed: int = 0) -> Ticks:
    """One row at each of these seconds; the price of a second depends on it and the seed alone, with repeats."""
    prices = np.random.default_rng(seed).integers(1, 30, 1000)[seconds]
    return Ticks.of([1000 * second for second in seconds], prices, 1000)


def points(thinned: ChartPoints) -> list[tuple[int, float | None]]:
    prices = [None if np.isnan(price) else price for price in thinned.price.tolist()]
    return list(zip(thinned.time.tolist(), prices, strict=True))


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_points_are_rows_with_the_extremes_the_first_and_the_last(seconds, seed, buckets):
    window = Window.of(of_seconds(seconds, seed))
    thinned = downsample(window, buckets)
    kept = [point for point in points(thinned) if point[1] is not None]
    assert set(kept) <= set(zip(window.ticks.time.tolist(), window.ticks.price.tolist(), strict=True))
    assert min(kept, key=lambda point: point[1])[1] == window.ticks.price.min()
    assert max(kept, key=lambda point: point[1])[1] == window.ticks.price.max()
    assert kept[-1] == (window.ticks.time[-1], window.ticks.price[-1])
    assert kept[0][0] == window.ticks.time[0]
    assert thinned.time.tolist() == sorted(set(thinned.time.tolist()))
    assert len(thinned) <= max(4 * buckets, 8 * (buckets + 1))


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
def test_few_rows_are_all_drawn(seconds, seed):
    window = Window.of(of_seconds(seconds, seed))
    thinned = downsample(window, -(-len(seconds) // 2))
    assert thinned.price[~np.isnan(thinned.price)].tolist() == window.ticks.price.tolist()


@given(SECONDS, st.integers(200, 300), st.integers(1, 100), st.integers(4, 20), st.integers(0, 9))
def test_what_is_drawn_in_whole_buckets_stays_while_rows_arrive_and_the_window_moves(
    seconds, now, later, buckets, seed
):
    """Between the rows both windows show; a gap at the edge of a window has no line to break."""
    rows = of_seconds(seconds, seed)
    width = bucket_width(SPAN, buckets)
    before, after = (Window.of(rows, SPAN, 1000 * end) for end in (now, now + later))
    assume(before.count > 2 * buckets and after.count > 2 * buckets)
    first = max(-(-after.start // width) * width + 1, int(after.ticks.time[0]))
    last = min(before.end // width * width, int(before.ticks.time[-1]))
    drawn = [[p for p in points(downsample(window, buckets)) if first <= p[0] <= last] for window in (before, after)]
    assert drawn[0] == drawn[1]


@given(SECONDS, st.integers(0, 9), st.integers(1, 20))
def test_a_line_breaks_in_each_gap_and_nowhere_else(seconds, seed, buckets):
    """Of several gaps between two points drawn, one break is enough."""
    window = Window.of(of_seconds(seconds, seed))
    drawn = points(downsample(window, buckets))
    kept = [time for time, price in drawn if price is not None]
    between = set(np.searchsorted(kept, [since for since, _ in window.gaps], side="right").tolist())
    breaks = [time for time, price in drawn if price is None]
    assert np.searchsorted(kept, breaks).tolist() == sorted(between)
    assert all(any(since < time < until for since, until in window.gaps) for time in breaks)


def test_a_gap_before_the_first_or_after_the_last_row_breaks_no_line():
    window = Window.of(Ticks.of([500_000, 510_000], [1, 2], 10_000), 1_000_000, 1_000_000)
    assert len(window.gaps) == 2
    assert points(downsample(window)) == [(500_000, 1), (510_000, 2)]


def test_an_empty_window_draws_nothing():
    assert len(downsample(Window.of(Ticks.none(), 1000, 1000))) == 0


def test_backfilled_is_said_of_each_point_and_of_a_break_as_of_the_row_behind_it():
    rows = Ticks.of(
        [60_000, 120_000, 300_000, 310_000], [1, 2, 3, 4], [60_000] * 2 + [10_000] * 2, [Origin.BACKFILL] * 2 + [0] * 2
    )
    thinned = downsample(Window.of(rows))
    assert [price for _, price in points(thinned)] == [1, 2, None, 3, 4]
    assert thinned.backfilled.tolist() == [True, True, False, False, False]


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
def test_a_replayed_or_simulated_row_longer_than_the_shortest_was_fetched_later(origin, backfilled):
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
def test_a_bucket_is_the_shortest_round_duration_that_gives_few_enough(hours, buckets, seconds):
    assert bucket_width(int(hours * 3_600_000), buckets) == 1000 * seconds


def test_round_durations_ascend_and_all_buckets_of_a_day_begin_with_it():
    assert list(WIDTHS) == sorted(set(WIDTHS))
    assert all(86_400_000 % width == 0 for width in WIDTHS)


def test_no_buckets_are_refused():
    with pytest.raises(ValueError, match="0 buckets"):
        downsample(Window.of(Ticks.none()), 0)


def gaps_crossed(drawn: ChartPoints, window: Window) -> list[tuple[int, int]]:
    """The gaps of *window* that the line of *drawn* bridges."""
    real = np.isfinite(drawn.price)
    joined = [
        (int(a), int(b))
        for a, b, one, other in zip(drawn.time[:-1], drawn.time[1:], real[:-1], real[1:], strict=True)
        if one and other
    ]
    return [gap for gap in window.gaps for a, b in joined if a <= gap[0] and gap[1] <= b]


def amid(test):
    """Rows, a part of them that is zoomed to, and into how few buckets the part and its surroundings are thinned."""
    numbers = (st.integers(20, 399), st.integers(10, 200), st.integers(1, 20), st.integers(1, 6))
    return settings(deadline=None)(given(SECONDS, st.integers(0, 9), *numbers)(test))


def both(seconds, seed, end, span, fine, coarse) -> tuple[Window, Window, ChartPoints]:
    """The window that is zoomed to, the wider one, and the line of the one amid the other's."""
    rows = of_seconds(seconds, seed)
    inner = Window.of(rows, 1000 * span, 1000 * end)
    outer = Window.of(rows, 3000 * span, 1000 * (end + span))
    return (
        inner,
        outer,
        with_context(downsample(inner, fine), downsample(outer, coarse), inner.start, inner.end, outer.gaps),
    )


@amid
def test_a_zoomed_line_bridges_no_gap_within_and_around_what_is_shown(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = both(seconds, seed, end, span, fine, coarse)
    assert gaps_crossed(drawn, outer) == []


@amid
def test_a_zoomed_line_breaks_only_where_there_is_a_gap(seconds, seed, end, span, fine, coarse):
    _, outer, drawn = both(seconds, seed, end, span, fine, coarse)
    breaks = drawn.time[np.isnan(drawn.price)].tolist()
    assert all(any(start < time < until for start, until in outer.gaps) for time in breaks)


@amid
def test_a_zoomed_line_is_the_fine_one_inside_in_time_order_and_has_rows_only(seconds, seed, end, span, fine, coarse):
    inner, outer, drawn = both(seconds, seed, end, span, fine, coarse)
    assert (np.diff(drawn.time) > 0).all()
    within = [(time, price) for time, price in points(drawn) if price is not None and inner.start < time <= inner.end]
    assert within == [point for point in points(downsample(inner, fine)) if point[1] is not None]
    real = {point for point in points(drawn) if point[1] is not None}
    assert real <= set(zip(outer.ticks.time.tolist(), outer.ticks.price.tolist(), strict=True))
    beyond = {point for point in points(downsample(outer, coarse)) if not inner.start < point[0] <= inner.end}
    assert {point for point in beyond if point[1] is not None} <= real
    assert drawn.backfilled.size == drawn.price.size == len(drawn)


def test_around_nothing_is_what_lies_outside():
    rows = of_seconds([1, 2, 3, 300, 301])
    inner, outer = Window.of(rows, 100_000, 200_000), Window.of(rows, 300_000, 301_000)
    drawn = with_context(downsample(inner), downsample(outer), inner.start, inner.end, outer.gaps)
    assert [price is None for _, price in points(drawn)] == [False, False, True, False, False]


def test_a_break_is_told_apart_from_the_row_before_it_where_seconds_are_float32():
    """The page's x axis: up to two weeks of seconds in single precision."""
    rows = of_seconds([10, 11, 12, 40, 41])
    time = (downsample(Window.of(rows)).time + 1_209_600_000) / 1000
    assert (np.diff(time.astype(np.float32)) > 0).all()


def test_with_the_cadence_told_a_part_that_is_all_candles_is_all_backfilled():
    """Zoomed to it, the shortest interval in sight is a candle's."""
    candles = Window.of(Ticks.of(60_000 * np.arange(1, 50), [1.0] * 49, 60_000, Origin.SIMULATED))
    assert not downsample(candles).backfilled.any()
    assert downsample(candles, cadence=10_000).backfilled.all()
