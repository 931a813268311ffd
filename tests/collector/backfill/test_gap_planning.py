"""Gap planning: where candles of two lengths meet, which gaps share a request, and when a gap is tried again."""

from tracker.collector.backfill.gap_planning import (
    NAMED_GAPS,
    GapRetries,
    GapsLeft,
    align_to,
    backfill_result,
    merge_near,
)
from tracker.core.ticks import Ticks

HOUR = 3_600_000  # ms


def test_fine_candles_begin_where_a_coarser_one_ends():
    fine = Ticks.of([60_000 * minute for minute in range(3, 20)], [1.0] * 17, 60_000)
    assert (align_to(fine, 300).time // 60_000).tolist() == list(range(6, 20))
    assert len(align_to(Ticks.none(), 300)) == 0


def test_gaps_far_apart_are_requested_separately_the_newest_first():
    assert merge_near([(0, HOUR), (2 * HOUR, 3 * HOUR), (20 * HOUR, 21 * HOUR)]) == [
        (20 * HOUR, 21 * HOUR),
        (0, 3 * HOUR),
    ]


def test_an_unfilled_gap_is_due_again_soon_and_then_at_long_intervals():
    retries, old_gap, new_gap = GapRetries(), (0, HOUR), (2 * HOUR, 3 * HOUR)
    due_gaps = []
    for now in range(0, 10_000, 10):
        gaps = [old_gap, new_gap] if now >= 5000 else [old_gap]
        if due := retries.due(gaps, now):
            due_gaps.append((now, due))
        retries.record(gaps, now, 65, 3600)
    # The clock ticks every ten seconds, so 65 is seen at 70.
    assert due_gaps == [
        *((now, [old_gap]) for now in (0, 70, 3670)),
        *((now, [new_gap]) for now in (5000, 5070)),
        (7270, [old_gap]),
        (8670, [new_gap]),
    ]


def test_a_gap_that_was_filled_and_opens_again_is_due_at_once():
    retries, gap = GapRetries(), (0, HOUR)
    retries.record([gap], 0, 65, 3600)
    retries.record([], 10, 65, 3600)
    assert retries.due([gap], 20) == [gap]


def test_a_result_names_its_longest_gaps_in_order_of_time_and_counts_all():
    gaps = [(HOUR * start, HOUR * start + length) for start, length in enumerate((9000, 5000, 1000, 7000, 3000))]
    result = backfill_result({}, GapsLeft.of(gaps), None, 0, 1000)
    assert result.since == 1000
    assert result.longest_gaps == (gaps[0], gaps[1], gaps[3])
    assert (result.gaps_left, result.seconds_left, NAMED_GAPS) == (5, 25.0, 3)
