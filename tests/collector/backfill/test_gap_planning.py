"""Gaps: where candles of two lengths meet, which gaps are asked for together, and how they are told."""

from tracker.collector.backfill.gap_planning import GapRetries, PassResult, align_to, merge_near
from tracker.core.ticks import Ticks

HOUR = 3_600_000


def test_fine_candles_begin_where_a_coarser_one_ends():
    fine = Ticks.of([60_000 * minute for minute in range(3, 20)], [1.0] * 17, 60_000)
    assert (align_to(fine, 300).time // 60_000).tolist() == list(range(6, 20))
    assert len(align_to(Ticks.none(), 300)) == 0


def test_gaps_far_apart_are_asked_for_apart_the_newest_first():
    assert merge_near([(0, HOUR), (2 * HOUR, 3 * HOUR), (20 * HOUR, 21 * HOUR)]) == [
        (20 * HOUR, 21 * HOUR),
        (0, 3 * HOUR),
    ]


def test_what_was_asked_for_in_vain_is_worth_a_second_look_soon_and_then_one_now_and_then():
    retries, old, new = GapRetries(), (0, HOUR), (2 * HOUR, 3 * HOUR)
    worth = []
    for now in range(0, 10_000, 10):
        if asked := retries.due([old, *([new] if now >= 5000 else [])], now):
            worth.append((now, asked))
        retries.record([old, *([new] if now >= 5000 else [])], now, 65, 3600)
    # The clock ticks every ten seconds, so 65 is seen at 70.
    assert worth == [(0, [old]), (70, [old]), (3670, [old]), (5000, [new]), (5070, [new]), (7270, [old]), (8670, [new])]


def test_a_gap_that_was_filled_and_comes_again_is_a_new_one():
    retries, gap = GapRetries(), (0, HOUR)
    retries.record([gap], 0, 65, 3600)
    retries.record([], 10, 65, 3600)
    assert retries.due([gap], 20) == [gap]


def test_two_looks_together_are_as_good_as_the_worse():
    assert PassResult() & PassResult(gapless=False) == (True, False)
    assert PassResult(complete=False) & PassResult() == (False, True)
