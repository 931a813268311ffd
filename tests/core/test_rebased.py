"""All markets in one chart: changes since the start, and the distance from the crowd."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.page_states import EUR, GBP, JPY
from tracker.core.rebased import deviation_from_mean, has_start, rebased_changes
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import Window

CASES = settings(deadline=None)  # a busy machine is not a fault
NOW = 1_668_006_600_000
STEP = 10_000
COUNT = 60
SPAN = COUNT * STEP


def window(prices, lacking=(), origin=Origin.LIVE) -> Window:
    """One price every ten seconds over ten minutes, up to NOW; none at the places *lacking*."""
    time = NOW - STEP * np.arange(COUNT)[::-1]
    there = ~np.isin(np.arange(COUNT), list(lacking))
    return Window.of(Ticks.of(time[there], np.asarray(prices, dtype=float)[there], STEP, origin), SPAN, NOW)


def straight(first: float, last: float, **options) -> Window:
    return window(np.linspace(first, last, COUNT), **options)


def drawn(line) -> dict[int, float]:
    return {
        time: value
        for time, value in zip(line.points.time.tolist(), line.values.tolist(), strict=True)
        if not np.isnan(value)
    }


PRICES = st.lists(st.floats(1, 1e6), min_size=COUNT, max_size=COUNT)
HOLES = st.sets(st.integers(5, COUNT - 1), max_size=40)


@CASES
@given(PRICES, HOLES)
def test_a_change_is_percent_since_the_first_price_at_every_row(prices, holes):
    shown = window(prices, holes)
    line = rebased_changes({EUR: shown})[EUR]
    rows = dict(zip(shown.ticks.time.tolist(), shown.ticks.price.tolist(), strict=True))
    first = shown.ticks.price[0]
    assert drawn(line) == {time: pytest.approx(100 * (price / first - 1), abs=1e-9) for time, price in rows.items()}


def test_every_line_begins_at_zero_and_ends_at_its_change():
    found = rebased_changes({EUR: straight(100, 110), JPY: straight(2_000_000, 1_000_000)})
    assert [line.values[0] for line in found.values()] == [0, 0]
    assert [line.last for line in found.values()] == pytest.approx([10, -50])


def test_a_market_without_a_price_at_the_start_is_left_out():
    late = straight(1, 2, lacking=range(10))
    assert not has_start(late)
    both = {EUR: straight(100, 110), GBP: late, JPY: Window.of(Ticks.none(), SPAN, NOW)}
    assert set(rebased_changes(both)) == set(deviation_from_mean(both)) == {EUR}


def test_a_gap_breaks_the_line():
    line = rebased_changes({EUR: straight(100, 110, lacking=range(20, 40))})[EUR]
    assert np.isnan(line.values).sum() == 1


def test_nobody_gives_no_lines():
    assert (rebased_changes({}), deviation_from_mean({})) == ({}, {})


def test_one_alone_is_its_own_crowd():
    assert set(drawn(deviation_from_mean({EUR: straight(100, 150)})[EUR]).values()) == {0}


@CASES
@given(PRICES, PRICES, PRICES, HOLES, HOLES)
def test_where_all_have_a_price_their_distances_cancel(one, other, third, holes, others):
    windows = {EUR: window(one, holes), GBP: window(other, others), JPY: window(third)}
    values = np.vstack([line.values for line in deviation_from_mean(windows).values()])
    whole = np.isfinite(values).all(axis=0)
    assert whole.any()
    # What is subtracted may be far larger than what is left.
    scale = max(1.0, *(np.nanmax(np.abs(line.values)) for line in rebased_changes(windows).values()))
    assert np.abs(values[:, whole].sum(axis=0)).max() <= 1e-9 * scale


@CASES
@given(PRICES, PRICES, HOLES)
def test_a_distance_is_the_change_that_stood_then_minus_the_average(one, other, holes):
    windows = {EUR: window(one, holes), GBP: window(other)}
    found = deviation_from_mean(windows)

    def stood(each: Window, time: int) -> float:
        if any(start < time <= end for start, end in each.gaps):
            return float("nan")
        place = int(np.searchsorted(each.ticks.time, time, side="right")) - 1
        return 100 * (each.ticks.price[max(place, 0)] / each.ticks.price[0] - 1)

    for place, time in enumerate(found[EUR].points.time.tolist()):
        each = {market: stood(shown, time) for market, shown in windows.items()}
        there = [value for value in each.values() if not np.isnan(value)]
        for market, value in each.items():
            wanted = value - sum(there) / len(there) if there else float("nan")
            assert found[market].values[place] == pytest.approx(wanted, abs=1e-6, rel=1e-9, nan_ok=True)


def test_in_a_gap_of_one_the_others_are_measured_by_themselves():
    found = deviation_from_mean({EUR: straight(100, 110), GBP: straight(100, 100, lacking=range(20, 40))})
    inside = (found[EUR].points.time > NOW - 38 * STEP) & (found[EUR].points.time <= NOW - 22 * STEP)
    assert np.isnan(found[GBP].values[inside]).all()
    assert found[EUR].values[inside] == pytest.approx(0)
    assert found[EUR].values[-1] == pytest.approx(5)


def test_the_moments_of_distances_are_round_and_end_with_now():
    time = deviation_from_mean({EUR: straight(100, 110)})[EUR].points.time
    assert time[-1] == NOW
    assert (time[:-1] % 2_000 == 0).all()
    assert (np.diff(time) > 0).all()


def test_what_was_backfilled_is_told():
    found = deviation_from_mean({EUR: straight(100, 110, origin=Origin.BACKFILL), GBP: straight(1, 2)})
    assert found[EUR].points.backfilled.all()
    assert not found[GBP].points.backfilled.any()


def test_without_a_value_the_last_is_none():
    empty = rebased_changes({EUR: straight(1, 2)})[EUR]
    assert np.isnan(type(empty)(empty.points, np.full(len(empty.points), np.nan)).last)
