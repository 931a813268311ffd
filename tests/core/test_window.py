"""Window: the rows of a span, the weight of each, and the gaps between them."""

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


def row_of_each_millisecond(window: Window) -> dict[int, int]:
    """Return the row that each millisecond (x - 1, x] counts for, computed one by one."""
    rows = as_rows(window)
    row_of = {}
    for x in range(0, 201):
        covering = [(interval, time, n) for n, (time, _, interval, _) in enumerate(rows) if time - interval < x <= time]
        if covering:
            row_of[x] = min(covering)[2]
    return row_of


def uncovered(window: Window) -> list[tuple[int, int]]:
    """Return the longest parts of the window that no row covers."""
    covered = row_of_each_millisecond(window)
    free = [x for x in range(window.start + 1, window.end + 1) if x not in covered]
    firsts = [x for x in free if x - 1 not in free]
    lasts = [x for x in free if x + 1 not in free]
    return [(first - 1, last) for first, last in zip(firsts, lasts, strict=True)]


def is_gap(window: Window, part: tuple[int, int]) -> bool:
    rows = as_rows(window)
    since, until = part
    if not rows:
        return True
    if since == rows[-1][0] and until == window.end:
        return until - since > GAP_FACTOR * rows[-1][2]
    interval = min(interval for time, _, interval, _ in rows if time - interval == until)
    return until + interval - since > GAP_FACTOR * interval


@given(ROWS, st.integers(1, 120), st.integers(50, 200))
def test_a_window_holds_one_row_per_time_after_its_start_up_to_its_end(rows, span, now):
    window = Window.of(ticks(rows), span, now)
    assert window.ticks.time.tolist() == sorted({time for time, *_ in rows if now - span < time <= now})
    assert (window.start, window.end, window.span, window.count) == (now - span, now, span, len(window.ticks))


def test_without_bounds_a_window_holds_all_rows_and_the_interval_of_the_first():
    window = Window.of(Ticks.of([300, 100, 200], [1, 2, 3], 40))
    assert (window.start, window.end, window.coverage) == (60, 300, 0.5)
    assert window.ticks.time.tolist() == [100, 200, 300]


def test_a_live_row_takes_precedence_over_a_backfilled_one():
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
def test_an_impossible_window_is_rejected(impossible: Callable[[], object]):
    with pytest.raises(ValueError, match="window"):
        impossible()


@given(WINDOWS)
def test_each_millisecond_counts_once_for_the_row_with_the_shortest_interval(window):
    count = np.bincount(list(row_of_each_millisecond(window).values()), minlength=window.count)
    assert window.weight.tolist() == count.tolist()
    assert window.weight.dtype == np.float64


@given(WINDOWS)
def test_coverage_is_the_share_of_milliseconds_covered_by_any_row(window):
    covered = sum(window.start < x <= window.end for x in row_of_each_millisecond(window))
    assert window.coverage == covered / window.span


@given(WINDOWS)
def test_gaps_are_the_uncovered_parts_that_are_too_long_for_the_row_that_ends_them(window):
    assert window.gaps == [part for part in uncovered(window) if is_gap(window, part)]


@pytest.mark.parametrize("between", [[], [(140, 1.0, 5, Origin.LIVE)]], ids=["ascending beginnings", "others"])
def test_of_rows_that_begin_together_the_shortest_decides_whether_a_gap_ends(between):
    rows = [(100, 1.0, 1, Origin.LIVE), (130, 1.0, 10, Origin.LIVE), *between, (150, 1.0, 30, Origin.BACKFILL)]
    assert Window.of(ticks(rows), 60, 160).gaps == [(100, 120)]


@given(WINDOWS)
def test_a_time_has_the_last_price_unless_a_gap_began_since_or_no_row_follows(window):
    times = np.arange(201)
    prices, is_known = window.prices_at(times)
    for time in times.tolist():
        before = [row for row in as_rows(window) if row[0] <= time]
        follows = any(row[0] >= time for row in as_rows(window))
        has_price = bool(before) and follows and not any(before[-1][0] <= start < time for start, _ in window.gaps)
        assert is_known[time] == has_price
        if has_price:
            assert prices[time] == before[-1][1]
            assert not any(start < time <= end for start, end in window.gaps)


def test_a_time_between_a_gap_and_the_row_that_ends_it_has_no_price():
    """The row at 11:00 says where the price was at 11:00, not at 10:30, and the one at 06:00 is too old."""
    window = Window.of(Ticks.of([6, 11], [100.0, 900.0], 1))
    assert window.gaps == [(6, 10)]
    _, is_known = window.prices_at(np.array([4, 5, 6, 7, 10, 11, 12]))
    assert is_known.tolist() == [False, False, True, False, False, True, False]
    _, is_known = Window.of(Ticks.of([6_000, 11_000], [100.0, 900.0], 1_000)).prices_at(np.array([10_500, 11_000]))
    assert is_known.tolist() == [False, True]


def test_a_window_without_rows_has_a_price_at_no_time():
    _, is_known = Window.of(Ticks.none(), 100, 1000).prices_at(np.array([900, 1000]))
    assert is_known.tolist() == [False, False]


def test_equal_intervals_have_equal_weights_even_if_the_window_starts_within_the_first():
    assert Window.of(Ticks.of([105, 115, 125], [1, 2, 3], 10), 25, 125).weight.tolist() == [10, 10, 10]


def test_where_equal_intervals_overlap_the_time_counts_for_the_earlier_row():
    assert Window.of(Ticks.of([100, 109, 119], [1, 2, 3], 10)).weight.tolist() == [10, 9, 10]


def test_a_candle_has_the_weight_that_ticks_leave_uncovered():
    fine = Ticks.of(range(110, 201, 10), [1] * 10, 10)
    candle = Ticks.of([201, 250], [2, 2], [100, 150], Origin.BACKFILL)
    window = Window.of(Ticks.concat([candle, fine]))
    assert window.weight.tolist() == [10] * 10 + [1, 49]
    assert Window.of(Ticks.concat([candle, fine]), now=200, span=100).weight.sum() == 100


def test_weights_are_exact_for_current_times_over_a_day():
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


def test_a_pause_of_ticks_is_a_gap_unless_a_candle_covers_it():
    pausing = Ticks.of(second(300, 310, 320, 590, 600), [1] * 5, 10_000)
    candle = Ticks.of([600_000], [1], 300_000, Origin.BACKFILL)
    assert Window.of(pausing).gaps == [(320_000, 580_000)]
    assert Window.of(Ticks.concat([pausing, candle])).gaps == [(320_000, 580_000)]  # the tick counts
    covered = Window.of(Ticks.concat([pausing, candle[:0], Ticks.of([600_001], [1], 300_000)]))
    assert (covered.gaps, covered.coverage) == ([], 1)


def test_a_gap_depends_on_the_interval_of_the_row_that_ends_it():
    """Candles of 300 s, then of 60 s, then ticks of 10 s: the same pause of 100 s is a gap for the ticks only."""
    rows = Ticks.of(second(300, 700, 760, 920, 930, 1040), [1] * 6, [300_000, 300_000, 60_000, 60_000, 10_000, 10_000])
    window = Window.of(rows)
    assert window.gaps == [(760_000, 860_000), (930_000, 1_030_000)]


@given(WINDOWS)
def test_a_window_states_its_ends_and_the_weight_of_each_interval(window):
    rows = as_rows(window)
    if rows:
        assert (window.first_time, window.first_price) == rows[0][:2]
        assert (window.last_time, window.last_price) == rows[-1][:2]
    else:
        assert np.isnan([window.first_price, window.last_price]).all()
    sums = dict.fromkeys((interval for _, _, interval, _ in rows), 0.0)
    for (_, _, interval, _), weight in zip(rows, window.weight.tolist(), strict=True):
        sums[interval] += weight
    assert window.interval_weights == {interval: weight for interval, weight in sums.items() if weight}
