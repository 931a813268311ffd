"""All markets in one chart: changes since the start, and deviations from the mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.support.page_states import EUR, GBP, JPY
from tracker.core.line_points import ChartPoints
from tracker.core.rebased import RebasedSeries, deviation_from_mean, has_start, rebased_changes, scale
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

NOW = 1_668_006_600_000
STEP = 10_000
COUNT = 60
SPAN = COUNT * STEP


def window(prices, missing=(), origin=Origin.LIVE) -> Window:
    """Return a price every ten seconds for ten minutes up to NOW, without the rows *missing*."""
    time = NOW - STEP * np.arange(COUNT)[::-1]
    present = ~np.isin(np.arange(COUNT), list(missing))
    return Window.of(Ticks.of(time[present], np.asarray(prices, dtype=float)[present], STEP, origin), SPAN, NOW)


def straight(first: float, last: float, **options) -> Window:
    return window(np.linspace(first, last, COUNT), **options)


def drawn(line) -> dict[int, float]:
    return {
        time: value
        for time, value in zip(line.points.time.tolist(), line.values.tolist(), strict=True)
        if not np.isnan(value)
    }


PRICES = arrays(np.float64, COUNT, elements=st.floats(1, 1e6))
HOLES = st.sets(st.integers(5, COUNT - 1), max_size=40)


@given(PRICES, HOLES)
def test_a_change_is_the_percentage_since_the_first_price_at_every_row(prices, holes):
    ticks = window(prices, holes).ticks
    line = rebased_changes({EUR: window(prices, holes)})[EUR]
    rows = dict(zip(ticks.time.tolist(), ticks.price.tolist(), strict=True))
    first = ticks.price[0]
    assert drawn(line) == {time: pytest.approx(100 * (price / first - 1), abs=1e-9) for time, price in rows.items()}


def test_every_line_starts_at_zero_and_ends_at_its_change():
    lines = rebased_changes({EUR: straight(100, 110), JPY: straight(2_000_000, 1_000_000)})
    assert [line.values[0] for line in lines.values()] == [0, 0]
    assert [line.last for line in lines.values()] == pytest.approx([10, -50])


@pytest.mark.parametrize(
    ("start", "missing", "times"),
    [
        (-100, (), [0, 10, 20, 30]),
        (0, (), [0, 10, 20, 30]),
        (15, (), [15, 20, 30]),
        (15, (2, 3, 4), [0, 10, 10.5, 50, 60]),  # as before, as it has a gap there
    ],
)
def test_a_line_cut_to_the_pixels_of_an_axis_still_begins_with_its_first_value(start, missing, times):
    line = rebased_changes({EUR: straight(100, 110, missing=missing)})[EUR]
    first = line.points.time[0]
    cut = line.begin_at(int(first) + 1000 * start)
    assert ((cut.points.time - first) / 1000).tolist()[: len(times)] == times
    assert cut.values[0] == 0
    assert cut.values.size == cut.points.price.size == cut.points.backfilled.size == len(cut.points)
    assert cut.last == line.last


def test_a_market_without_a_price_at_the_start_is_left_out():
    late = straight(1, 2, missing=range(10))
    assert not has_start(late)
    windows = {EUR: straight(100, 110), GBP: late, JPY: Window.of(Ticks.none(), SPAN, NOW)}
    assert set(rebased_changes(windows)) == set(deviation_from_mean(windows)) == {EUR}


def test_a_gap_breaks_the_line():
    line = rebased_changes({EUR: straight(100, 110, missing=range(20, 40))})[EUR]
    assert np.isnan(line.values).sum() == 1


def test_without_markets_there_are_no_lines():
    assert (rebased_changes({}), deviation_from_mean({})) == ({}, {})


def test_a_single_market_does_not_deviate():
    assert set(drawn(deviation_from_mean({EUR: straight(100, 150)})[EUR]).values()) == {0}


@given(PRICES, PRICES, PRICES, HOLES, HOLES)
def test_deviations_add_up_to_zero_where_all_markets_have_a_price(first, second, third, holes, more_holes):
    windows = {EUR: window(first, holes), GBP: window(second, more_holes), JPY: window(third)}
    lines = [drawn(line) for line in deviation_from_mean(windows).values()]
    common = set.intersection(*map(set, lines))
    assert common
    # The changes may be far larger than their deviations.
    largest = max(1.0, *(np.nanmax(np.abs(line.values)) for line in rebased_changes(windows).values()))
    assert max(abs(sum(line[time] for line in lines)) for time in common) <= 1e-9 * largest


def change_at(window: Window, times: np.ndarray) -> np.ndarray:
    """Return the change of the last price at each of *times*, nan within gaps."""
    row = np.maximum(np.searchsorted(window.ticks.time, times, side="right") - 1, 0)
    change = 100 * (window.ticks.price[row] / window.ticks.price[0] - 1)
    for start, end in window.gaps:
        change[(times > start) & (times <= end)] = np.nan
    return change


@given(PRICES, PRICES, HOLES)
def test_a_deviation_is_the_change_of_a_market_minus_the_average_of_those_with_a_price(first, second, holes):
    windows = {EUR: window(first, holes), GBP: window(second)}
    for market, line in deviation_from_mean(windows).items():
        times = line.points.time
        changes = np.vstack([change_at(shown, times) for shown in windows.values()])
        count = np.isfinite(changes).sum(axis=0)
        average = np.nansum(changes, axis=0) / np.where(count, count, np.nan)
        change = change_at(windows[market], times)
        np.testing.assert_allclose(line.values, change - average, rtol=1e-9, atol=1e-6)


def test_a_deviation_has_a_point_for_each_price_and_so_no_stairs():
    """Ten minutes are sampled every two seconds, and prices come every ten seconds or minutes."""
    minutes = Ticks.of(NOW - 60_000 * np.arange(10)[::-1], np.linspace(100, 120, 10), 60_000)
    windows = {EUR: straight(100, 110), GBP: straight(1, 3), JPY: Window.of(minutes, SPAN, NOW)}
    for market, line in deviation_from_mean(windows).items():
        assert line.points.time[1:].tolist() == windows[market].ticks.time.tolist()
    steps = np.diff(deviation_from_mean({EUR: straight(100, 110), GBP: straight(1, 3)})[EUR].values)
    assert steps[1:] == pytest.approx(steps[1])


def test_in_a_gap_of_one_market_the_average_is_that_of_the_others():
    lines = deviation_from_mean({EUR: straight(100, 110), GBP: straight(100, 100, missing=range(20, 40))})
    first, last = NOW - 38 * STEP, NOW - 22 * STEP
    assert not [time for time in drawn(lines[GBP]) if first < time <= last]
    inside = [value for time, value in drawn(lines[EUR]).items() if first < time <= last]
    assert len(inside) == 16
    assert inside == pytest.approx([0] * 16)
    assert lines[EUR].values[-1] == pytest.approx(5)


def test_the_times_of_deviations_are_round_and_end_with_now():
    time = deviation_from_mean({EUR: straight(100, 110)})[EUR].points.time
    assert time[-1] == NOW
    assert (time[:-1] % 2_000 == 0).all()
    assert (np.diff(time) > 0).all()


def test_backfilled_points_are_marked():
    lines = deviation_from_mean({EUR: straight(100, 110, origin=Origin.BACKFILL), GBP: straight(1, 2)})
    assert lines[EUR].points.backfilled.all()
    assert not lines[GBP].points.backfilled.any()


def test_the_last_value_of_an_empty_line_is_nan():
    points = rebased_changes({EUR: straight(1, 2)})[EUR].points
    assert np.isnan(RebasedSeries(points, np.full(len(points), np.nan)).last)


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([0.0, 0.0], (-0.01, 0.01)),
        ([-1e-14, 2e-14], (-0.01, 0.01)),
        ([0.0, 1.0], (-0.06, 1.06)),
        ([-2.0], (-2.12, 0.12)),
    ],
)
def test_the_scale_never_shows_the_rounding_of_floats(values, ends):
    points = ChartPoints(np.arange(len(values)), np.ones(len(values)), np.zeros(len(values), bool))
    assert scale({EUR: RebasedSeries(points, np.array(values))}) == pytest.approx(ends)
