"""Gaps: where candles of two lengths meet, which gaps are asked for together, and how they are told."""

import pytest

from tracker.gaps import from_border, left, together
from tracker.market import Ticks

HOUR = 3_600_000


def test_fine_candles_begin_where_a_coarser_one_ends():
    fine = Ticks.of([60_000 * minute for minute in range(3, 20)], [1.0] * 17, 60_000)
    assert (from_border(fine, 300).time // 60_000).tolist() == list(range(6, 20))
    assert len(from_border(Ticks.none(), 300)) == 0


def test_gaps_far_apart_are_asked_for_apart_the_newest_first():
    assert together([(0, HOUR), (2 * HOUR, 3 * HOUR), (20 * HOUR, 21 * HOUR)]) == [
        (20 * HOUR, 21 * HOUR),
        (0, 3 * HOUR),
    ]


@pytest.mark.parametrize(
    ("gaps", "words"),
    [
        ([], "no gap left"),
        ([(0, 119_000)], "1 gap of 119 s left"),
        ([(0, 60_000), (HOUR, 2 * HOUR)], "2 gaps, together 61 min, left"),
    ],
)
def test_what_is_left_is_told_with_its_length(gaps, words):
    assert left(gaps) == words
