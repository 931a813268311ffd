"""Pages without a candle: one between full ones is asked for once more before its time counts as without trades."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.backfill_world import START, BackfillWorld, PagedExchange, candles, first_minute, page
from tests.support.fakes import EUR, FakeExchange, run
from tracker.collector.backfill.backfill import SECOND_PASS
from tracker.collector.backfill.page_queue import PageQueue
from tracker.core.ticks import Ticks

ONE_PASS = SECOND_PASS - 1  # virtual seconds
MIDDLE = 998_400  # the start of a page in the middle of the span (epoch s)


def asked_pages(world):
    return Counter(first_minute(path) for _, path in world.network.asked)


def empty_at(first, times):
    """Respond with all candles, but with none to the first *times* requests of the page at *first*."""
    left = [times]

    def respond(path, now):
        if first_minute(path) == first and left[0]:
            left[0] -= 1
            return []
        return page(path, now)

    return respond


def test_an_empty_page_between_full_ones_is_asked_for_once_more():
    world = BackfillWorld(empty_at(MIDDLE, 1), exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.closes()) == len(set(world.closes())) == 60
    assert asked_pages(world) == {first: 2 if first == MIDDLE else 1 for first in range(996_000, 1_000_200, 600)}
    assert world.result().gaps_left == 0


def test_a_page_that_stays_empty_is_asked_for_twice_and_remains_a_gap():
    world = BackfillWorld(empty_at(MIDDLE, 100), exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert asked_pages(world)[MIDDLE] == 2
    assert len(world.closes()) == 50
    result = world.result()
    assert (result.gaps_left, result.failure) == (1, None)
    assert result.longest_gaps == ((MIDDLE * 1000, (MIDDLE + 600) * 1000),)


def test_a_page_of_impossible_candles_alone_is_not_empty_and_its_candles_are_counted_once():
    def respond(path, now):
        return [[MIDDLE + 60, 0.0]] if first_minute(path) == MIDDLE else page(path, now)

    world = BackfillWorld(respond, exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert asked_pages(world)[MIDDLE] == 1
    assert (world.result().left_out, world.result().gaps_left) == (1, 1)


def test_of_the_empty_pages_before_the_first_trade_only_the_newest_is_asked_for_once_more():
    world = BackfillWorld(
        lambda path, now: page(path, now) if first_minute(path) >= MIDDLE else [], exchange=PagedExchange
    )
    run(world.run_passes(seconds=ONE_PASS))
    assert {first for first, count in asked_pages(world).items() if count > 1} == {MIDDLE - 600}


def test_the_oldest_page_of_a_request_is_asked_for_once_more_if_it_is_empty():
    world = BackfillWorld(empty_at(996_000, 1), exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.closes()) == 60


def test_an_empty_page_between_stored_rows_is_asked_for_once_more():
    stored = [start for start in range(996_420, int(START) + 1, 60) if not MIDDLE < start <= MIDDLE + 600]
    world = BackfillWorld(empty_at(MIDDLE, 1), exchange=PagedExchange)
    world.store.append({EUR: Ticks.of(np.array(stored) * 1000, np.full(len(stored), 50.0), 60_000)})
    run(world.run_passes(seconds=ONE_PASS))
    assert asked_pages(world)[MIDDLE] == 2
    assert world.result().gaps_left == 0


def test_each_of_two_empty_pages_between_stored_rows_is_asked_for_once_more():
    pages = {MIDDLE, MIDDLE + 600}
    stored = [start for start in range(996_420, int(START) + 1, 60) if not MIDDLE < start <= MIDDLE + 1200]
    world = BackfillWorld(lambda path, now: [], exchange=PagedExchange)
    world.store.append({EUR: Ticks.of(np.array(stored) * 1000, np.full(len(stored), 50.0), 60_000)})
    run(world.run_passes(seconds=ONE_PASS))
    assert asked_pages(world) == dict.fromkeys(pages, 2)


def test_an_empty_page_of_fine_candles_is_asked_for_once_more_before_coarse_ones_take_its_time():
    class FineAndCoarse(FakeExchange):
        def history_requests(self, market, start, end, now):
            return [("/history/fine", 60.0), ("/history/coarse", 300.0)]

    def respond(path, now):
        if "coarse" in path:
            return [[START - 300 * n, 5.0] for n in range(12)]
        return [] if len(world.network.asked) == 1 else candles(START - 1800, START)

    world = BackfillWorld(respond, exchange=FineAndCoarse)
    run(world.run_passes(seconds=ONE_PASS))
    intervals = [int(interval) for _, ticks in world.store.rows for interval in ticks.interval]
    assert intervals.count(60_000) >= 26


@given(phase=st.integers(0, 4))
@settings(max_examples=5, deadline=None)
def test_an_exchange_that_answers_nothing_one_time_in_five_loses_no_page(phase):
    def respond(path, now):
        return [] if len(world.network.asked) % 5 == phase else page(path, now)

    world = BackfillWorld(respond, exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.closes()) == len(set(world.closes())) == 60


@pytest.mark.parametrize("has_older_row", [True, False])
@example(answers=[False, False, False], coarse_from=2)
@given(answers=st.lists(st.booleans(), min_size=1, max_size=30), coarse_from=st.integers(0, 40))
def test_a_page_is_asked_for_at_most_twice_and_a_full_one_once(has_older_row, answers, coarse_from):
    requests = [(f"/{number}", 300.0 if number >= coarse_from else 60.0) for number in range(len(answers))]
    queue, asked = PageQueue(requests, has_older_row=has_older_row), Counter()
    while (request := queue.pop()) is not None:
        asked[request.path] += 1
        queue.answered(request, is_empty=not answers[int(request.path[1:])])
    full = [number for number, is_full in enumerate(answers) if is_full]
    for number, is_full in enumerate(answers):
        is_between = has_older_row or (full and number < full[-1]) or number < coarse_from < len(answers)
        is_between = is_between or number == 0 or answers[number - 1]
        assert asked[f"/{number}"] == (1 if is_full or not is_between else 2), number
    assert queue.count == asked.total()
