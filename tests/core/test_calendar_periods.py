"""Days and months of a long period."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS
from tracker.core.bar_making import make_bars
from tracker.core.calendar_periods import Day, day_changes, months
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Ticks


def at(*date):
    return round(datetime(*date, tzinfo=UTC).timestamp() * 1000)


def test_months_are_cut_at_the_ends_of_the_period():
    parts = months(at(2023, 11, 29), at(2024, 3, 1))
    assert parts == [
        (at(2023, 11, 29), at(2023, 12, 1)),
        (at(2023, 12, 1), at(2024, 1, 1)),
        (at(2024, 1, 1), at(2024, 2, 1)),
        (at(2024, 2, 1), at(2024, 3, 1)),
    ]


@given(st.integers(0, at(2100, 1, 1)), st.integers(0, 900 * DAY))
def test_months_follow_each_other_and_none_has_a_day_of_another(start, span):
    parts = months(start, start + span)
    assert [until for _, until in parts[:-1]] == [since for since, _ in parts[1:]]
    assert (parts[0][0], parts[-1][1]) == (start, start + span) if span else parts == []
    for since, until in parts:
        first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (since, until - 1))
        assert (first.year, first.month) == (last.year, last.month)


@given(ROWS)
def test_the_change_of_a_day_is_that_of_its_rows(rows):
    days = (rows.time - 1) // DAY
    expected = {}
    for day in np.unique(days).tolist():
        price = rows.price[days == day]
        if price.size > 1:
            expected[day * DAY] = price[-1] / price[0] - 1
    result = day_changes(make_bars(Ticks.of(rows.time, rows.price, rows.interval), DAY), 0.0)
    assert {day.start: day.change for day in result} == expected
    assert sorted(result, key=lambda day: day.change) == result


def test_a_day_with_too_few_prices_does_not_count():
    times = FIRST_DAY + np.concatenate([np.arange(1, 1441), 1440 + np.arange(1, 1150)]) * MINUTE
    bars = make_bars(Ticks.of(times, np.linspace(100, 200, times.size), MINUTE), DAY)
    assert [day.start for day in day_changes(bars, 0.8)] == [FIRST_DAY]
    assert [day.start for day in day_changes(bars, 0.79)] == [FIRST_DAY + DAY, FIRST_DAY]


def test_a_daily_candle_has_a_change_and_a_single_price_has_none():
    candle = Ticks.of([FIRST_DAY + DAY], [110.0], DAY, first=[100.0], low=[90.0], high=[120.0])
    assert day_changes(make_bars(candle, DAY), 0.8) == [Day(FIRST_DAY, pytest.approx(0.1))]
    assert day_changes(make_bars(Ticks.of([FIRST_DAY + DAY], [110.0], 24 * HOUR), DAY), 0.8) == []
