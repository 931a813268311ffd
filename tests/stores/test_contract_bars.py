"""Bars of every store: those of the rows that it reads, whether or not it keeps them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS, assert_same_bars
from tests.support.opened_stores import HOUR, NOW, OPEN, SAME_SLUG, USD, append
from tracker.core.bar_making import make_bars
from tracker.core.bars import COARSE, FINE, MEDIUM, Bars
from tracker.core.durations import DAY, MINUTE
from tracker.core.ticks import Ticks

STEPS = (FINE, MEDIUM, COARSE, 4 * HOUR)
LATER = FIRST_DAY + 40 * DAY  # all rows are older


@pytest.fixture(autouse=True, scope="module")
def settled():
    """Files count as settled at once; else only those that were written some seconds ago have their bars kept."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tracker.stores.csv.stamps._SETTLED_AFTER", -(10**13))
        yield


def without_unused(bars):
    """Drop columns of unused intervals and exchanges, which depend on what is read together."""
    intervals, names = bars.interval_weight.any(axis=0), bars.exchange_count.any(axis=0)
    names[:1] = True  # the market's own exchange always has a column
    order = sorted(np.flatnonzero(names), key=lambda column: bars.exchange_names[column])
    return replace(
        bars,
        intervals=tuple(np.array(bars.intervals, dtype=int)[intervals].tolist()),
        interval_weight=bars.interval_weight[:, intervals],
        exchange_names=tuple(bars.exchange_names[column] for column in order),
        exchange_weight=bars.exchange_weight[:, order],
        exchange_count=bars.exchange_count[:, order],
    )


def keep_all(store, now):
    """Do all the work of keeping bars, if the store does that."""
    if kept := store.kept_bars():
        for work in kept.work(now):
            assert kept.keep(work)


@pytest.mark.parametrize("kind", OPEN)
@settings(max_examples=10, phases=[Phase.reuse, Phase.generate], suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS, cut=st.integers(0, 100), borders=st.tuples(st.integers(-50, 40), st.integers(1, 60)))
def test_bars_are_those_of_the_rows_before_and_after_they_are_kept(tmp_path_factory, kind, rows, cut, borders):
    store = OPEN[kind](tmp_path_factory.mktemp("store"))
    start = FIRST_DAY + borders[0] * HOUR + 7 * MINUTE
    end = start + borders[1] * HOUR
    for part in (rows[:cut], rows[cut:]):
        if len(part):
            append(store, {USD: part})
        for _ in range(2):
            for step in STEPS:
                whole = make_bars(store.read(USD, 0, LATER), step).inside(start, end)
                kept = store.bars(USD, start, end, step)
                assert_same_bars(without_unused(kept), without_unused(whole))
            keep_all(store, LATER)


def test_a_bar_holds_the_row_at_its_end_and_not_the_one_at_its_start(store):
    append(store, {USD: Ticks.of([NOW - HOUR, NOW - 1, NOW, NOW + 1], [1.0, 2, 3, 4], 10)})
    for _ in range(2):
        bars = store.bars(USD, NOW - 2 * HOUR, NOW + HOUR, MEDIUM)
        assert bars.start.tolist() == [NOW - 2 * HOUR, NOW - HOUR, NOW]
        assert bars.last_price.tolist() == [1.0, 3.0, 4.0]
        assert bars.count.tolist() == [1, 2, 1]
        keep_all(store, NOW + 3 * DAY)


@pytest.mark.parametrize("step", STEPS)
def test_only_whole_bars_on_the_grid_are_returned(store, step):
    append(store, {USD: Ticks.of([NOW - 3 * DAY + minute * MINUTE for minute in range(0, 4320, 7)], [1.0] * 618, 10)})
    keep_all(store, NOW + 3 * DAY)
    bars = store.bars(USD, NOW - 2 * DAY - 1, NOW - DAY + step - 1, step)
    assert bars.step == step
    assert bars.start.min() == -(-(NOW - 2 * DAY - 1) // step) * step
    assert bars.end.max() == (NOW - DAY + step - 1) // step * step
    for nothing in ((NOW, NOW), (NOW, NOW - DAY), (NOW + 1, NOW + step - 1)):
        assert len(store.bars(USD, *nothing, step)) == 0


@pytest.mark.parametrize("step", STEPS)
def test_a_span_without_bounds_has_the_bars_of_all_rows(store, step):
    unbounded = (-(2**62), 2**62)
    assert len(store.bars(USD, *unbounded, step)) == 0
    append(store, {USD: Ticks.of([1, NOW - 40 * DAY, NOW], [1.0, 2.0, 3.0], 10)})
    for _ in range(2):
        for span in (unbounded, (0, 2**62), (-3 * DAY, NOW + DAY), (-DAY - 7, NOW + 7 * DAY)):
            assert store.bars(USD, *span, step).last_price.tolist() == [1.0, 2.0, 3.0]
        assert store.bars(USD, 5 * DAY, 2**62, step).last_price.tolist() == [2.0, 3.0]
        assert store.bars(USD, -(2**62), -3 * DAY, step).step == step
        assert len(store.bars(USD, -5 * DAY, -3 * DAY, step)) == 0
        keep_all(store, NOW + 3 * DAY)


def test_a_market_without_rows_has_no_bars(store):
    assert isinstance(store.bars(USD, 0, NOW, MEDIUM), Bars)
    append(store, {USD: Ticks.of([NOW], [1.0], 10)})
    keep_all(store, NOW + 3 * DAY)
    assert len(store.bars(SAME_SLUG, NOW - DAY, NOW + DAY, MEDIUM)) == 0


def test_deleted_rows_have_no_bars(store):
    append(store, {USD: Ticks.of([NOW - 40 * DAY, NOW - 2 * HOUR, NOW], [1.0, 2.0, 3.0], 10)})
    keep_all(store, NOW + 3 * DAY)
    store.purge(USD, NOW - HOUR)
    for _ in range(2):
        for step in STEPS:
            assert store.bars(USD, NOW - 60 * DAY, NOW + DAY, step).count.tolist() == [1]
        keep_all(store, NOW + 3 * DAY)
