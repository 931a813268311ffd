"""What of a cached range is read again: bars that rows of changed hours may be in; and whether these are others now."""

from itertools import pairwise

import numpy as np
import pytest

from tracker.core.bar_making import make_bars
from tracker.core.bars import COARSE, FINE, MEDIUM, Bars
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.kept_bars import UNKNOWN
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.history.cached_range import CachedRange, RangeStamps, are_equal, changed_parts, has_changed

START = 1_668_038_400_000  # 10 Nov 2022
EUR = Market("kraken", "BTC", "EUR")


def stamps(*values: int, start: int = START) -> RangeStamps:
    return RangeStamps(start, np.array(values, np.uint64))


def range_of(hours: int, step: int, known: RangeStamps | None) -> CachedRange[Bars]:
    return CachedRange(EUR, Bars.none(step), START, START + hours * HOUR, 0.0, 0.0, known)


def three_rows(**changes):
    """Return three rows, the last one after a gap."""
    columns = {
        "time": START + np.array([1, 2, 5]) * MINUTE,
        "price": [10.0, 11.0, 10.0],
        "interval": MINUTE,
        "origin": [Origin.LIVE] * 3,
        "exchange": ["", "coinbase", ""],
        "first": [9.0, np.nan, np.nan],
    }
    return Ticks.of(**columns | changes)


def bars_of(rows):
    return make_bars(rows, FINE)


def in_hours(parts: list[tuple[int, int]]) -> list[tuple[float, float]]:
    return [((start - START) / HOUR, (end - START) / HOUR) for start, end in parts]


@pytest.mark.parametrize(
    ("step", "changed", "expected"),
    [
        (MEDIUM, 5, [(4, 6)]),  # the first row of an hour is the last of the bar before
        (FINE, 5, [(5 - 1 / 12, 6)]),
        (MEDIUM, 0, [(0, 1)]),
        (MEDIUM, 96, [(95, 96)]),  # of it the range has the first row alone
        (COARSE, 30, [(24, 48)]),
        (COARSE, 48, [(24, 72)]),
    ],
)
def test_of_a_changed_hour_the_bars_that_have_its_rows_are_read(step, changed, expected):
    before, now = np.arange(1, 98), np.arange(1, 98)
    now[changed] = 1_000
    cached = range_of(96, step, stamps(*before))
    assert in_hours(changed_parts(cached, cached.end, stamps(*now))) == expected


def test_nothing_is_read_where_no_stamp_has_changed():
    cached = range_of(2, MEDIUM, stamps(1, 0, 3))
    assert changed_parts(cached, cached.end, stamps(1, 0, 3)) == []
    assert not has_changed(stamps(1, 0, 3), stamps(1, 0))


def test_an_hour_without_a_known_stamp_is_read_each_time():
    cached = range_of(48, MEDIUM, stamps(*[1] * 48, int(UNKNOWN)))
    assert in_hours(changed_parts(cached, cached.end, stamps(*[1] * 48, int(UNKNOWN)))) == [(47, 48)]
    assert has_changed(stamps(1), stamps(1, 1))
    assert has_changed(None, stamps(1))
    assert has_changed(stamps(1), None)


def test_what_a_range_is_extended_by_is_read():
    cached = range_of(48, MEDIUM, stamps(*[1] * 49))
    assert in_hours(changed_parts(cached, cached.end + 2 * HOUR, stamps(*[1] * 51))) == [(48, 50)]
    short = range_of(0, FINE, stamps(1))  # in the same hour, of which no row came
    assert in_hours(changed_parts(short, START + FINE, stamps(1))) == [(0, 1 / 12)]


def test_near_changes_are_read_together_and_far_ones_apart():
    before, now = np.ones(30 * 24 + 1), np.ones(30 * 24 + 1)
    now[[10, 20, 600]] = 2
    cached = range_of(30 * 24, MEDIUM, stamps(*before))
    assert in_hours(changed_parts(cached, cached.end, stamps(*now))) == [(9, 21), (599, 601)]


@pytest.mark.parametrize("known", [None, stamps(*[1] * (365 * 24 + 1))])
def test_a_year_is_read_in_parts_of_a_month(known):
    cached = range_of(365 * 24, MEDIUM, known)
    parts = changed_parts(cached, cached.end, None if known is None else stamps(*[2] * (365 * 24 + 1)))
    assert (parts[0][0], parts[-1][1]) == (cached.start, cached.end)
    assert all(before[1] == after[0] for before, after in pairwise(parts))
    assert all(end - start <= 32 * DAY for start, end in parts)


def test_stamps_that_differ_where_they_meet_are_unknown():
    joined = RangeStamps.joined([stamps(1, 2), stamps(3, 4, start=START + HOUR), stamps(5, start=START + 4 * HOUR)])
    assert joined is not None
    assert joined.values.tolist() == [1, UNKNOWN, 4, UNKNOWN, 5]
    assert RangeStamps.joined([stamps(1), None]) is None
    late = RangeStamps.joined([stamps(int(UNKNOWN)), stamps(1)])
    assert late is not None
    assert late.values.tolist() == [UNKNOWN]
    assert joined.inside(START + 2 * HOUR, START + 4 * HOUR).values.tolist() == [4, UNKNOWN, 5]


@pytest.mark.parametrize("of", [Ticks.in_order, bars_of])
@pytest.mark.parametrize(
    "change",
    [
        {"time": START + np.array([1, 3, 5]) * MINUTE},  # the gap is before it now
        {"price": [10.0, 12.0, 10.0]},
        {"interval": [MINUTE, MINUTE, MINUTE - 1]},
        {"origin": [Origin.LIVE, Origin.IMPORT, Origin.LIVE]},
        {"exchange": ["", "bitstamp", ""]},
        {"exchange": ["coinbase", "coinbase", ""]},
        {"first": [9.5, np.nan, np.nan]},
        {"first": None},
    ],
)
def test_rows_of_which_any_column_has_changed_are_others_and_so_are_their_bars(of, change):
    assert are_equal(of(three_rows()), of(three_rows()))
    assert not are_equal(of(three_rows()), of(three_rows(**change)))
