"""Joining bars: those whose rows share time are made of their rows, read together where they are near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS, assert_same_bars
from tests.support.bar_windows import between
from tracker.core import bar_joining
from tracker.core.bar_joining import WHOLE, join_bars, join_parts, parts_apart
from tracker.core.bar_making import make_bars
from tracker.core.bars import FINE, MEDIUM
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Ticks


@given(ROWS, st.sampled_from([FINE, MEDIUM]), st.integers(0, 5), st.integers(0, 30))
def test_bars_join_to_that_of_all_rows_however_many_are_read_at_once(rows, step, between_reads, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bar_joining, "_ROWS_BETWEEN", between_reads)
        patch.setattr(bar_joining, "_ROWS_AT_ONCE", at_once)
        joined = join_bars(make_bars(rows, step), lambda start, end: between(rows, start, end))
    assert_same_bars(joined, make_bars(rows, WHOLE))


def hours_with_overlaps(hours: int, overlapping: set[int]) -> Ticks:
    """Return minutes of *hours*; the first row of each of *overlapping* reaches into the hour before."""
    times = FIRST_DAY + MINUTE * np.arange(1, 60 * hours + 1)
    intervals = np.full(times.size, MINUTE)
    intervals[[60 * hour for hour in overlapping]] += 10 * SECOND
    return Ticks.of(times, np.arange(times.size) % 7 + 1.0, intervals)


@pytest.mark.parametrize(
    ("overlapping", "reads"),
    [
        (set(), []),
        ({1}, [(0, 2)]),
        ({1, 2, 3}, [(0, 4)]),
        ({1, 50}, [(0, 51)]),
        ({1, 150}, [(0, 2), (149, 151)]),
    ],
)
def test_only_hours_that_share_time_are_read_and_those_between_if_they_are_few(overlapping, reads):
    rows, asked = hours_with_overlaps(160, overlapping), []

    def read(start: int, end: int) -> Ticks:
        asked.append((start, end))
        return between(rows, start, end)

    assert_same_bars(join_bars(make_bars(rows, MEDIUM), read), make_bars(rows, WHOLE))
    hours = [(FIRST_DAY + first * HOUR + MINUTE - 1, FIRST_DAY + stop * HOUR) for first, stop in reads]
    assert asked == hours


@pytest.mark.parametrize(("overlapping", "reads"), [(set(), []), ({80}, [(79, 81)]), ({3}, [(2, 4)])])
def test_parts_join_to_the_bar_of_all_rows_and_only_hours_that_share_time_are_read(overlapping, reads):
    rows, asked = hours_with_overlaps(160, overlapping), []
    bars = make_bars(rows, MEDIUM)

    def read(start: int, end: int) -> Ticks:
        asked.append((start, end))
        return between(rows, start, end)

    parts = parts_apart([bars[:0], bars[:80], bars[80:159], bars[159:]], read)
    assert_same_bars(join_parts(parts), make_bars(rows, WHOLE))
    hours = [(FIRST_DAY + first * HOUR + MINUTE - 1, FIRST_DAY + stop * HOUR) for first, stop in reads]
    assert asked == hours


def test_a_long_record_is_read_in_parts():
    rows = hours_with_overlaps(7 * 24, set(range(1, 7 * 24, 2)))
    spans = []

    def read(start: int, end: int) -> Ticks:
        spans.append(end - start)
        return between(rows, start, end)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bar_joining, "_ROWS_AT_ONCE", 1440)
        join_bars(make_bars(rows, MEDIUM), read)
    assert len(spans) == 7
    assert max(spans) <= DAY


def test_rows_that_change_between_two_reads_do_not_end_it():
    """The hour that is made anew has a new candle, which reaches over the hour before."""
    rows = hours_with_overlaps(6, {4})
    changed = Ticks.concat([rows, Ticks.of([FIRST_DAY + 4 * HOUR + 1], [9.0], 2 * HOUR)]).in_order()
    joined = join_bars(make_bars(rows, MEDIUM), lambda start, end: between(changed, start, end))
    assert_same_bars(joined, make_bars(changed, WHOLE))
