"""Window: the rows of a span, what each weighs, and which parts none covers."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.ticks import Origin, Ticks
from tracker.core.window import GAP_FACTOR, Window

Row = tuple[int, float, int, int]  # time, price, interval, origin

ROW = st.tuples(
    st.integers(60, 160),
    st.floats(1, 1000),
    st.sampled_from([1, 2, 5, 10, 30]),
    st.sampled_from([Origin.LIVE, Origin.BACKFILL, Origin.REPLAY]),
)
ROWS = st.lists(ROW, max_size=30)
WINDOWS = st.builds(
    lambda rows, span, now: Window.of(ticks(rows), span, now), ROWS, st.integers(1, 120), st.integers(50, 200)
)


def ticks(rows: list[Row]) -> Ticks:
    return Ticks.of(*map(list, zip(*rows, strict=True))) if rows else Ticks.none()


def as_rows(window: Window) -> list[Row]:
    columns = (window.ticks.time, window.ticks.price, window.ticks.interval, window.ticks.origin)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def owners(window: Window) -> dict[int, int]:
    """Millisecond (x - 1, x] -> the row it counts for, by looking at each millisecond alone."""
    rows = as_rows(window)
    found = {}
    for x in range(0, 201):
        here = [(interval, time, n) for n, (time, _, interval, _) in enumerate(rows) if time - interval < x <= time]
        if here:
            found[x] = min(here)[2]
    return found


def uncovered(window: Window) -> list[tuple[int, int]]:
    """The longest parts of the window that no row covers."""
    owned = owners(window)
    free = [x for x in range(window.start + 1, window.end + 1) if x not in owned]
    firsts = [x for x in free if x - 1 not in free]
    lasts = [x for x in free if x + 1 not in free]
    return [(first - 1, last) for first, last in zip(firsts, lasts, strict=True)]


def gap_says_the_book(window: Window, part: tuple[int, int]) -> bool:
    rows = as_rows(window)
    since, until = part
    if not rows:
        return True
    if since == rows[-1][0] and until == window.end:
        return until - since > GAP_FACTOR * rows[-1][2]
    ending = min(interval for time, _, interval, _ in rows if time - interval == until)
    return until + ending - since > GAP_FACTOR * ending


@given(ROWS, st.integers(1, 120), st.integers(50, 200))
def test_a_window_holds_the_rows_after_its_start_up_to_its_end_each_time_once(rows, span, now):
    window = Window.of(ticks(rows), span, now)
    assert window.ticks.time.tolist() == sorted({time for time, *_ in rows if now - span < time <= now})
    assert (window.start, window.end, window.span, window.count) == (now - span, now, span, len(window.ticks))


def test_without_bounds_a_window_holds_all_rows_and_the_first_ones_time():
    window = Window.of(Ticks.of([300, 100, 200], [1, 2, 3], 40))
    assert (window.start, window.end, window.coverage) == (60, 300, 0.5)
    assert window.ticks.time.tolist() == [100, 200, 300]


def test_of_a_live_and_a_backfilled_row_the_live_one_is_seen():
    rows = Ticks.of([100, 100, 100], [1, 2, 3], [10, 60, 10], [Origin.BACKFILL, Origin.LIVE, Origin.REPLAY])
    assert Window.of(rows).ticks.price.tolist() == [2]


def test_a_window_without_rows_covers_nothing_and_is_one_gap():
    window = Window.of(Ticks.none(), 100, 1000)
    assert (window.count, window.coverage, window.weight.size, window.gaps) == (0, 0, 0, [(900, 1000)])
    nothing = Window.of(Ticks.none())
    assert (nothing.span, nothing.coverage, nothing.gaps) == (0, 0, [])


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: Window(Ticks.none(), 2, 1),
        lambda: Window(Ticks.of([1], [1], 1), 1, 2),
        lambda: Window(Ticks.of([3], [1], 1), 1, 2),
        lambda: Window.of(Ticks.none(), 0, 1),
    ],
    ids=["ends before it starts", "row at the start", "row after the end", "no span"],
)
def test_a_window_that_cannot_be_is_refused(impossible: Callable[[], object]):
    with pytest.raises(ValueError, match="window"):
        impossible()


@given(WINDOWS)
def test_each_millisecond_weighs_once_for_the_row_with_the_shortest_interval(window):
    count = np.bincount(list(owners(window).values()), minlength=window.count)
    assert window.weight.tolist() == count.tolist()
    assert window.weight.dtype == np.float64


@given(WINDOWS)
def test_coverage_is_the_share_of_milliseconds_that_some_row_covers(window):
    covered = sum(window.start < x <= window.end for x in owners(window))
    assert window.coverage == covered / window.span


@given(WINDOWS)
def test_gaps_are_the_uncovered_parts_that_are_too_long_for_the_row_that_ends_them(window):
    assert window.gaps == [part for part in uncovered(window) if gap_says_the_book(window, part)]


def test_equal_intervals_weigh_equally_even_where_the_window_cuts_the_first():
    assert Window.of(Ticks.of([105, 115, 125], [1, 2, 3], 10), 25, 125).weight.tolist() == [10, 10, 10]


def test_where_equal_intervals_overlap_the_earlier_row_keeps_the_time():
    assert Window.of(Ticks.of([100, 109, 119], [1, 2, 3], 10)).weight.tolist() == [10, 9, 10]


def test_a_candle_weighs_what_its_ticks_leave_and_nothing_if_they_leave_nothing():
    fine = Ticks.of(range(110, 201, 10), [1] * 10, 10)
    candle = Ticks.of([201, 250], [2, 2], [100, 150], Origin.BACKFILL)
    window = Window.of(Ticks.concat([candle, fine]))
    assert window.weight.tolist() == [10] * 10 + [1, 49]
    assert Window.of(Ticks.concat([candle, fine]), now=200, span=100).weight.sum() == 100


def test_weights_are_exact_at_todays_times_over_a_day():
    now = 1_800_000_000_123
    fine = Ticks.of(np.arange(now - 43_200_000, now, 1000), np.ones(43_200), 1000)
    coarse = Ticks.of(np.arange(now - 86_400_000, now, 300_000) + 7, np.ones(288), 300_000)
    window = Window.of(Ticks.concat([coarse, fine]), 86_400_000, now)
    assert window.weight[window.ticks.interval == 1000].tolist() == [1000] * 43_200
    # From 5 min before the first candle's close, which is 7 ms after the start, to a second before the first tick.
    assert window.weight[window.ticks.interval == 300_000].sum() == 300_000 - 7 + 43_200_000 - 1000


def second(*times: float) -> list[int]:
    return [int(1000 * time) for time in times]


@pytest.mark.parametrize(
    ("times", "gaps"),
    [
        ([10, 20, 30, 40, 50, 60], []),
        ([10, 20, 45, 60], []),
        ([10, 20, 45.001, 60], [(20_000, 35_001)]),
        ([25, 35, 45, 55], []),
        ([26, 35, 45, 55], [(0, 16_000)]),
        ([10, 20, 30, 35], []),
        ([10, 20, 30, 34], [(34_000, 60_000)]),
    ],
    ids=["none", "two slots late", "just over", "late start", "leading", "late end", "trailing"],
)
def test_a_gap_is_more_than_two_and_a_half_intervals(times, gaps):
    window = Window.of(Ticks.of(second(*times), [1] * len(times), 10_000), 60_000, 60_000)
    assert window.gaps == gaps


def test_ticks_that_pause_inside_a_candle_leave_no_gap_and_outside_leave_one():
    pausing = Ticks.of(second(300, 310, 320, 590, 600), [1] * 5, 10_000)
    candle = Ticks.of([600_000], [1], 300_000, Origin.BACKFILL)
    assert Window.of(pausing).gaps == [(320_000, 580_000)]
    assert Window.of(Ticks.concat([pausing, candle])).gaps == [(320_000, 580_000)]  # the tick of that time wins
    covered = Window.of(Ticks.concat([pausing, candle[:0], Ticks.of([600_001], [1], 300_000)]))
    assert (covered.gaps, covered.coverage) == ([], 1)


def test_each_row_is_judged_by_its_own_interval():
    """Candles of 300 s, then of 60 s, then ticks of 10 s: the same pause of 100 s is a gap for the ticks only."""
    rows = Ticks.of(second(300, 700, 760, 920, 930, 1040), [1] * 6, [300_000, 300_000, 60_000, 60_000, 10_000, 10_000])
    window = Window.of(rows)
    assert window.gaps == [(760_000, 860_000), (930_000, 1_030_000)]
