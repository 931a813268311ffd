"""Bars as columns: slices, parts, and which step a span takes."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY, ROWS, assert_same_bars
from tracker.core.bar_making import make_bars
from tracker.core.bars import COARSE, FINE, MEDIUM, Bars, step_for
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Ticks


@pytest.mark.parametrize(
    ("span", "step"),
    [
        (25 * HOUR, None),
        (25 * HOUR + 1, FINE),
        (31 * DAY, FINE),
        (31 * DAY + 1, MEDIUM),
        (400 * DAY, MEDIUM),
        (400 * DAY + 1, COARSE),
    ],
)
def test_the_longer_a_span_the_coarser_its_bars(span, step):
    assert step_for(span) == step


@given(ROWS, st.lists(st.integers(0, 40), max_size=3).map(sorted), st.sampled_from([FINE, HOUR]))
def test_slices_put_together_are_the_bars(rows, cuts, step):
    bars = make_bars(rows, step)
    borders = [0, *(min(cut, len(bars)) for cut in cuts), len(bars)]
    parts = [bars[begin:end] for begin, end in pairwise(borders)]
    assert_same_bars(Bars.concat(parts), bars)
    for part in parts:
        of_rows = rows[np.isin((rows.time - 1) // step * step, part.start)]
        assert part.gap_start.tolist() == make_bars(of_rows, step).gap_start.tolist()


def test_bars_inside_a_span_are_those_that_lie_in_it_as_a_whole():
    bars = make_bars(Ticks.of(FIRST_DAY + np.arange(1, 5) * FINE, np.ones(4), FINE), FINE)
    third = FIRST_DAY + 2 * FINE
    assert bars.inside(third, third + FINE).start.tolist() == [third]
    assert len(bars.inside(third + 1, third + FINE)) == len(bars.inside(third, third + FINE - 1)) == 0
    assert len(bars.inside(third, third - DAY)) == len(bars.inside(0, FIRST_DAY)) == 0
    assert len(bars.inside(0, third + DAY)) == 4


def test_parts_need_not_know_the_same_intervals_and_exchanges():
    one = make_bars(Ticks.of([FIRST_DAY + 1], [1], MINUTE, exchange="kraken"), FINE)
    other = make_bars(Ticks.of([FIRST_DAY + DAY], [1], HOUR, exchange="bitstamp"), FINE)
    joined = Bars.concat([other, replace(one, start=one.start + 2 * DAY)])
    assert (joined.intervals, joined.exchange_names) == ((MINUTE, HOUR), ("", "bitstamp", "kraken"))
    assert joined.interval_weight.tolist() == [[0, HOUR], [MINUTE, 0]]
    assert joined.exchange_weight.tolist() == [[0, HOUR, 0], [0, 0, MINUTE]]


def test_rows_of_too_many_intervals_share_columns_by_the_power_of_two():
    times = FIRST_DAY + np.arange(1, 101) * MINUTE
    rows = Ticks.of(times, np.ones(100), np.arange(900, 1000))
    bars = make_bars(rows, HOUR)
    assert (bars.intervals, bars.interval_weight.tolist()) == (
        (512,),
        [[sum(range(900, 960))], [sum(range(960, 1000))]],
    )
    parts = [make_bars(rows[:60], HOUR), make_bars(rows[60:], HOUR)]
    assert [len(part.intervals) for part in parts] == [60, 40]
    assert_same_bars(Bars.concat(parts), bars)
    assert Bars.concat([parts[0]]).intervals == tuple(range(900, 960))
    assert make_bars(rows[-64:], HOUR).intervals == tuple(range(936, 1000))


BARS = make_bars(Ticks.of([FIRST_DAY + FINE, FIRST_DAY + DAY], [1.0, 2.0], MINUTE), FINE)


@pytest.mark.parametrize(
    "impossible",
    [
        lambda: replace(BARS, low=BARS.low[:1]),
        lambda: replace(BARS, intervals=(MINUTE, HOUR)),
        lambda: replace(BARS, gap_end=BARS.start),
        lambda: replace(BARS, start=BARS.start[::-1]),
        lambda: replace(BARS, start=BARS.start + 1),
        lambda: Bars.none(0),
        lambda: BARS[::2],
        lambda: Bars.concat([]),
        lambda: Bars.concat([BARS, BARS]),
        lambda: Bars.concat([BARS, Bars.none(HOUR)]),
    ],
    ids=["length", "matrix", "gaps", "order", "grid", "step", "slice", "nothing", "twice", "steps"],
)
def test_impossible_bars_are_rejected(impossible):
    with pytest.raises(ValueError, match="bars"):
        impossible()


def test_bars_say_how_many_and_when():
    assert repr(BARS) == f"Bars(2 x {FINE}, {FIRST_DAY}..{FIRST_DAY + DAY})"
