"""A span that is followed row by row states what a window of all rows does."""

import math
from itertools import pairwise
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY
from tests.support.followed_rows import ANY_ROWS, APART, MARKET, arrive, followed
from tracker.alerts.readings.aggregate import FUNCTIONS, Aggregate
from tracker.alerts.readings.followed_span import FollowedSpan, value_of
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.errors import StoreError
from tracker.core.measures import MEASURES
from tracker.core.ticks import Ticks
from tracker.core.window import Window

TO_1E9 = ("mean", "standard_deviation", "relative_standard_deviation", "realised_volatility")
SPANS = st.sampled_from([90 * SECOND, 10 * MINUTE, HOUR, 6 * HOUR, 25 * HOUR, 26 * HOUR, 40 * DAY]) | st.integers(
    MINUTE, 8 * HOUR
)


def assert_same(span: FollowedSpan, expected: Window) -> None:
    """Fail unless *span* states at its end what *expected* does: sums to 1e-9, all else exactly."""
    figures = span.figures(expected.end)
    assert span.coverage(expected.end) == expected.coverage
    assert span.count(expected.end) == expected.count
    with np.errstate(invalid="ignore"):  # two rows of which one weighs nothing have no deviation
        for name, measure in MEASURES.items():
            value, right = value_of(name, figures), measure.function(expected)
            if name in TO_1E9:
                assert value == pytest.approx(right, rel=1e-9, abs=0, nan_ok=True), name
            else:
                assert value == right or (math.isnan(value) and math.isnan(right)), name


@given(ANY_ROWS, st.data())
def test_measures_are_those_of_all_rows_at_each_arrival(rows, data):
    market, store = followed()
    spans = [FollowedSpan(market, data.draw(SPANS)) for _ in range(2)]
    cuts = data.draw(st.lists(st.integers(0, len(rows)), max_size=12))
    for begin, end in pairwise(sorted({0, *cuts, len(rows)})):
        arrive(market, store, rows[begin:end])
        now = int(rows.time[end - 1]) + data.draw(st.sampled_from([0, 0, 0, 1, 10 * SECOND, 3 * HOUR]))
        for span in spans:
            assert_same(span, Window.of(rows[:end], span._span, now))


@given(ANY_ROWS, SPANS, st.data())
def test_rows_that_are_added_ahead_count_one_after_the_other(rows, length, data):
    market, store = followed()
    store.append({MARKET: rows})
    span = FollowedSpan(market, length)
    done = 0
    while done < len(rows):
        number = 1 if done == 0 else data.draw(st.integers(1, len(rows) - done))
        for time in market.arrive(rows[done : done + number]):
            done += 1
            assert time == market.newest == rows.time[done - 1]
            if done % 7 == 1:
                assert_same(span, Window.of(rows[:done], length, time))


@given(APART.filter(len), st.data())
def test_rows_may_arrive_late(rows, data):
    market, store = followed()
    span = FollowedSpan(market, data.draw(SPANS))
    left = rows
    arrived = Ticks.none()
    while len(left):
        chosen = np.array(data.draw(st.lists(st.booleans(), min_size=len(left), max_size=len(left))))
        chosen[-1 if data.draw(st.booleans()) else 0] = True
        arrive(market, store, left[chosen])
        arrived, left = Ticks.concat([arrived, left[chosen]]), left[~chosen]
        assert_same(span, Window.of(arrived, span._span, int(arrived.time.max())))


@given(ANY_ROWS, SPANS, st.data())
def test_nothing_is_read_that_is_newer_than_the_rows_added(rows, length, data):
    market, store = followed()
    store.append({MARKET: rows})
    last = data.draw(st.integers(0, len(rows) - 1))
    market.add(rows[last : last + 1])
    span = FollowedSpan(market, length)
    for late in (0, HOUR, 2 * DAY):
        assert_same(span, Window.of(rows[: last + 1], length, int(rows.time[last]) + late))


def each_second(number: int, seed: int = 1) -> Ticks:
    prices = 37_000 + np.random.default_rng(seed).normal(0, 1, number).cumsum()
    return Ticks.of(FIRST_DAY + SECOND * np.arange(1, number + 1), prices, SECOND)


@pytest.mark.parametrize("length", [5 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR, 27 * HOUR])
def test_no_window_is_made_while_no_rows_share_time(length, monkeypatch):
    rows = each_second(40 * 60)
    market, store = followed()
    span = FollowedSpan(market, length)
    arrive(market, store, rows[:700])
    for row in range(700, len(rows), 41):
        arrive(market, store, rows[row : row + 41])
        now = market.newest
        assert isinstance(span.figures(now), Aggregate)
        assert_same(span, Window.of(rows[: row + 41], length, now))


@pytest.mark.parametrize("length", [10 * MINUTE, 30 * HOUR])
def test_a_store_that_cannot_be_read_for_a_while_changes_nothing(length, monkeypatch):
    rows = each_second(2000)
    market, store = followed()
    span = FollowedSpan(market, length)
    arrive(market, store, rows[:1000])
    with monkeypatch.context() as patch:
        for name in ("bars", "read"):
            patch.setattr(store, name, Mock(side_effect=StoreError("gone")))
        if length > DAY:
            with pytest.raises(StoreError):
                span.figures(market.newest)
    assert_same(span, Window.of(rows[:1000], length, market.newest))


@pytest.mark.parametrize("late", [0, 1])
def test_a_gap_begins_after_two_and_a_half_intervals(late):
    minutes = [*range(1, 20), *range(22, 60)]
    times = FIRST_DAY + MINUTE * np.array(minutes) - 30 * SECOND * (np.array(minutes) > 20) + late
    rows = Ticks.of(times - late * (np.array(minutes) < 20), [100.0 + minute % 7 for minute in minutes], MINUTE)
    market, store = followed()
    arrive(market, store, rows[:20])
    for row in range(20, len(rows)):
        arrive(market, store, rows[row : row + 1])
        assert_same(FollowedSpan(market, HOUR), Window.of(rows[: row + 1], HOUR, int(rows.time[row])))


def test_a_span_may_end_before_the_newest_row():
    rows = each_second(1500)
    market, store = followed()
    arrive(market, store, rows)
    span = FollowedSpan(market, 10 * MINUTE)
    assert_same(span, Window.of(rows, 10 * MINUTE, int(rows.time[-1])))
    assert_same(span, Window.of(rows, 10 * MINUTE, int(rows.time[-30])))


def test_every_measure_has_its_function():
    assert list(FUNCTIONS) == list(MEASURES)
