"""A window of bars states what a window of their rows does."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tests.support.bar_windows import both_windows, points
from tracker.core.bar_making import make_bars
from tracker.core.bar_window import BarWindow
from tracker.core.bars import COARSE, FINE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.measures import MEASURES
from tracker.core.price_changes import change_time, last_run
from tracker.core.ticks import Ticks
from tracker.core.window import Window

STEPS = st.sampled_from([(FINE,), (MEDIUM,), (COARSE,), (FINE, MEDIUM), (MEDIUM, COARSE), (FINE, MEDIUM, COARSE)])
WINDOWS = st.builds(
    lambda rows, start, span, steps: both_windows(rows, FIRST_DAY + start, FIRST_DAY + start + span, steps),
    ROWS,
    st.integers(-10, 10).map(lambda hours: hours * HOUR) | st.integers(-5 * HOUR, 5 * HOUR),
    st.integers(6, 80).map(lambda hours: hours * HOUR) | st.integers(6 * HOUR, 3 * DAY),
    STEPS,
)
TO_1E9 = ("mean", "standard_deviation", "relative_standard_deviation", "realised_volatility")


@given(WINDOWS)
def test_span_rows_coverage_and_gaps_are_those_of_the_rows(windows):
    rows, bars = windows
    for name in (
        "start",
        "end",
        "span",
        "count",
        "coverage",
        "gaps",
        "interval_weights",
        "origin_counts",
        "exchange_counts",
    ):
        assert getattr(bars, name) == getattr(rows, name), name
    if rows.count:
        for name in ("first_time", "first_price", "last_time", "last_price", "low", "high"):
            assert getattr(bars, name) == getattr(rows, name), name


@given(WINDOWS)
def test_measures_are_those_of_the_rows(windows):
    rows, bars = windows
    with np.errstate(invalid="ignore"):  # two rows of which one weighs nothing have no deviation
        for name, measure in MEASURES.items():
            expected, value = measure.function(rows), measure.function(bars)
            if name in TO_1E9:
                assert value == pytest.approx(expected, rel=1e-9, abs=0, nan_ok=True), name
            else:
                assert value == expected or (math.isnan(value) and math.isnan(expected)), name


@given(WINDOWS, st.lists(st.integers(-6 * HOUR, 3 * DAY), max_size=20))
def test_the_price_of_any_time_is_that_of_the_rows(windows, times):
    rows, bars = windows
    at = np.concatenate((np.array(times, dtype=np.int64) + FIRST_DAY, points(rows.start, rows.end, 17 * MINUTE)))
    (expected, is_expected), (price, is_valid) = rows.prices_at(at), bars.prices_at(at)
    assert is_valid.tolist() == is_expected.tolist()
    assert price[is_valid].tolist() == expected[is_valid].tolist()


@given(WINDOWS, st.integers(1, 4), st.integers(0, 3 * DAY))
def test_changes_of_the_price_are_found_as_in_the_rows(windows, count, before):
    rows, bars = windows
    assert last_run(bars) == last_run(rows)
    assert change_time(bars, count, rows.end - before) == change_time(rows, count, rows.end - before)


def every_minute(days: int) -> Ticks:
    prices = 40_000 + np.random.default_rng(1).normal(size=days * 1440).cumsum()
    return Ticks.of(FIRST_DAY + MINUTE * np.arange(1, days * 1440 + 1), prices, MINUTE)


@pytest.mark.parametrize("more", [0, 1])
def test_before_the_first_row_and_after_the_last_a_gap_is_more_than_two_and_a_half_intervals(more):
    rows = Ticks.of([FIRST_DAY + 5 * HOUR, FIRST_DAY + 7 * HOUR], [1.0, 2.0], 2 * HOUR)
    start, end = FIRST_DAY - more, FIRST_DAY + 12 * HOUR + more
    for window in both_windows(rows, start, end, (MEDIUM,)):
        assert window.gaps == ([(start, FIRST_DAY + 3 * HOUR), (FIRST_DAY + 7 * HOUR, end)] if more else [])


def test_nothing_is_read_for_what_bars_and_the_rows_at_both_ends_hold():
    rows = every_minute(3)
    start, end = FIRST_DAY + 90 * SECOND, FIRST_DAY + 3 * DAY - 90 * SECOND
    window, reading = both_windows(rows, start, end, (FINE, MEDIUM))

    def refuse(since: int, until: int) -> Ticks:
        raise AssertionError(f"read ({since}, {until}]")

    bars = BarWindow.of(reading.head, reading.bars, reading.tail, start, end, refuse)
    assert (bars.count, bars.coverage, bars.gaps) == (window.count, window.coverage, window.gaps)
    for measure in MEASURES.values():
        assert measure.function(bars) == pytest.approx(measure.function(window), rel=1e-9)
    grid = points(start, end, HOUR)
    assert bars.prices_at(grid)[0].tolist() == window.prices_at(grid)[0].tolist()
    ends = np.concatenate((window.ticks.time[:3], window.ticks.time[-3:]))
    assert bars.prices_at(ends)[0].tolist() == window.prices_at(ends)[0].tolist()
    with pytest.raises(AssertionError, match="read"):
        bars.prices_at(np.array([FIRST_DAY + DAY + 90 * SECOND]))


def test_what_a_line_and_its_price_need_is_known_before_all_bars_are_joined():
    rows = every_minute(3)
    window, bars = both_windows(rows[np.arange(len(rows)) % 1000 > 9], FIRST_DAY, FIRST_DAY + 3 * DAY, (MEDIUM,))
    for name in ("count", "gaps", "first_time", "first_price", "last_time", "last_price"):
        assert getattr(bars, name) == getattr(window, name), name
    assert len(bars.gaps) == 5
    assert "total" not in vars(bars)


def test_a_window_without_rows_is_one_gap():
    bars = BarWindow.of(Ticks.none(), [], Ticks.none(), 100, 1000, lambda start, end: Ticks.none())
    assert (bars.count, bars.coverage, bars.gaps, bars.interval_weights) == (0, 0, [(100, 1000)], {})
    assert np.isnan([measure.function(bars) for measure in MEASURES.values()]).all()
    assert bars.prices_at(np.array([500]))[1].tolist() == [False]
    assert (last_run(bars), change_time(bars, 1, 1000)) == ((0, 0), None)


def test_rows_that_vanish_while_bars_are_made_anew_leave_the_rest():
    """Purged between two reads: the overlapping bars are left out, the others count."""
    candle = Ticks.of([FIRST_DAY + 2 * HOUR + MINUTE], [2.0], HOUR)
    rows = Ticks.concat([every_minute(1)[:119], candle]).in_order()
    bars = make_bars(rows, MEDIUM)
    kept = BarWindow.of(Ticks.none(), [bars], Ticks.none(), FIRST_DAY, FIRST_DAY + DAY, lambda *_: Ticks.none())
    assert kept.count == 60
    assert not kept.prices_at(np.array([FIRST_DAY + 90 * SECOND]))[1].any()


@pytest.mark.parametrize(
    ("start", "end", "bars"),
    [(FIRST_DAY, FIRST_DAY - 1, []), (FIRST_DAY + MINUTE, FIRST_DAY + DAY, [make_bars(every_minute(1), MEDIUM)])],
    ids=["ends before it starts", "row at the start"],
)
def test_an_impossible_window_is_rejected(start: int, end: int, bars: list[Bars]):
    with pytest.raises(ValueError, match="window"):
        BarWindow.of(Ticks.none(), bars, Ticks.none(), start, end, lambda *_: Ticks.none())


@pytest.mark.parametrize(("one", "other"), [(slice(12, 24), slice(0, 12)), (slice(0, 12), slice(6, 24))])
def test_parts_in_another_order_are_rejected(one, other):
    whole = make_bars(every_minute(1), MEDIUM)
    with pytest.raises(ValueError, match="in order"):
        BarWindow.of(Ticks.none(), [whole[one], whole[other]], Ticks.none(), 0, 2 * FIRST_DAY, lambda *_: Ticks.none())


def test_rows_at_the_start_that_reach_into_the_bars_are_rejected():
    rows = every_minute(1)
    with pytest.raises(ValueError, match="in order"):
        BarWindow.of(rows[:61], [make_bars(rows, MEDIUM)[1:]], Ticks.none(), 0, 2 * FIRST_DAY, lambda *_: rows)


def assert_figures(window: Window | BarWindow, figures: dict[str, float]) -> None:
    assert {name: MEASURES[name].function(window) for name in figures} == pytest.approx(figures)


@example((FINE,))
@given(STEPS)
def test_candles_and_ticks_that_share_an_hour_count_once(steps):
    """20 min of prices every 10 s, and one candle of that hour: it weighs the other 40 min."""
    ticks = Ticks.of(FIRST_DAY + np.arange(10 * SECOND, 20 * MINUTE + 1, 10 * SECOND), np.full(120, 3.0), 10 * SECOND)
    rows = Ticks.concat([ticks, Ticks.of([FIRST_DAY + HOUR], [6.0], HOUR)])
    for window in both_windows(rows, FIRST_DAY, FIRST_DAY + 6 * HOUR, steps):
        assert window.interval_weights == {10 * SECOND: 20 * MINUTE, HOUR: 40 * MINUTE}
        assert_figures(window, {"mean": 5.0, "change": 1.0})
        assert window.coverage == pytest.approx(1 / 6)
