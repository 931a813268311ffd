"""HistoryReader: which pages it requests, how failed pages are treated, and what a crash leaves to do."""

import math

import numpy as np
import pytest

from tests.support.backfill_world import START, BackfillWorld, PagedExchange, candles, first_minute, page
from tests.support.fakes import EUR, FakeExchange, run
from tracker.collector.backfill.backfill import SECOND_PASS
from tracker.collector.backfill.history import MAX_FAILED_PAGES, TRIES
from tracker.collector.client.rate_limit import LONG_PAUSE
from tracker.core.errors import Unreachable

ONE_PASS = SECOND_PASS - 1  # virtual seconds


def pages_of(requests):
    return [first_minute(path) for _, path in requests]


def test_after_a_crash_only_the_pages_that_were_not_stored_are_requested_again():
    world = BackfillWorld(page, start=1_000_200.0, exchange=PagedExchange)
    world.network.takes = 1.0  # virtual seconds to a page
    run(world.run_passes(seconds=3.5))
    before_crash = pages_of(world.network.asked)
    assert len(before_crash) == 4
    run(world.run_passes(seconds=30))
    after_crash = pages_of(world.network.asked[4:])
    assert after_crash[0] == before_crash[3]  # the page that was under way
    assert set(before_crash[:3]).isdisjoint(after_crash)
    assert len(after_crash) == 3
    assert len(world.closes()) == len(set(world.closes())) == 60


@pytest.mark.parametrize(
    ("broken", "kind"),
    [(Unreachable("fake answers 500"), "unreachable"), ([[None]], "unreadable")],
    ids=["unreachable", "unreadable"],
)
def test_a_page_that_cannot_be_fetched_costs_no_other_page(broken, kind):
    def respond(path, now):
        return broken if START - 1200 <= first_minute(path) < START - 600 else page(path, now)

    world = BackfillWorld(respond, exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.closes()) == len(set(world.closes())) == 50
    assert world.result().failure.kind == kind
    assert len(world.network.asked) == 7 + TRIES - 1


def test_an_unreachable_exchange_is_not_asked_for_every_page():
    class LongHistory(PagedExchange):
        def history_requests(self, market, start, end, now):
            return super().history_requests(market, start - 1_000_000_000, end, now)[:300]

    world = BackfillWorld(lambda path, now: Unreachable("no answer"), exchange=LongHistory)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.network.asked) == TRIES + MAX_FAILED_PAGES - 1


def test_during_a_long_pause_no_page_is_asked_for_and_the_pause_is_reported_at_once():
    world = BackfillWorld(page, exchange=PagedExchange)

    async def during_the_pause():
        world.clients["fake"].rate_limiter.pause(2 * LONG_PAUSE)
        await world.run_passes(seconds=0.5)

    run(during_the_pause())
    assert (world.network.asked, world.result().failure.kind) == ([], "rate_limited")


def test_an_exchange_without_history_of_a_gap_fails_nothing():
    """An exchange may have none at all, or none of a gap that a clock set back has moved into the future."""

    class WithoutHistory(FakeExchange):
        def history_requests(self, market, start, end, now):
            return []

    world = BackfillWorld(page, exchange=WithoutHistory)
    run(world.run_passes(seconds=ONE_PASS))
    assert (world.network.asked, world.result().gaps_left, world.result().failure) == ([], 1, None)


def test_coarse_candles_do_not_replace_fine_ones_that_could_not_be_fetched():
    class FineAndCoarse(FakeExchange):
        def history_requests(self, market, start, end, now):
            return [("/history/fine", 60.0), ("/history/coarse", 300.0)]

    def respond(path, now):
        return Unreachable("no answer") if "fine" in path else [[START - 300 * n, 5.0] for n in range(12)]

    world = BackfillWorld(respond, exchange=FineAndCoarse)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.closes() == []


def test_a_page_that_failed_after_others_were_stored_comes_from_the_stand_in_and_no_candle_twice():
    def later_half(path, now):
        return Unreachable("fake answers 503") if first_minute(path) < START - 1800 else page(path, now)

    def everything(path, now):
        return candles(first_minute(path) + 60, first_minute(path) + 600, 51.0)

    world = BackfillWorld(later_half, everything, start=1_000_200.0, exchange=PagedExchange)
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.closes()) == len(set(world.closes())) == 60
    assert set(world.exchange_by_close().values()) == {"", "other"}


def test_candles_are_stored_with_their_first_price_low_and_high():
    world = BackfillWorld(lambda path, now: [[START - 60, 50.0, 49.0, 48.0, 52.0], [START, 50.5]])
    run(world.run_passes(seconds=ONE_PASS))
    rows = world.store.read(EUR, 0, 2**62)
    values = np.array(rows.candle_columns()).T.tolist()
    assert values == [[49.0, 48.0, 52.0], pytest.approx([math.nan] * 3, nan_ok=True)]


def test_a_stand_in_s_candles_keep_their_low_and_high():
    world = BackfillWorld(lambda path, now: [], lambda path, now: [[START, 50.0, 49.0, 48.0, 52.0]])
    run(world.run_passes(seconds=ONE_PASS))
    rows = world.store.read(EUR, 0, 2**62)
    assert (rows.exchanges(), rows.lows().tolist(), rows.highs().tolist()) == (["other"], [48.0], [52.0])
    assert len(world.store.rows) == 1, "they are written with the close, not added to it"


@pytest.mark.parametrize("values", [(49, 50.5, 52), (49, 48, 49.5), (-1, 48, 52), (49, math.inf, 52)])
def test_values_that_cannot_be_cost_no_close(values):
    world = BackfillWorld(lambda path, now: [[START, 50.0, *values]])
    run(world.run_passes(seconds=ONE_PASS))
    rows = world.store.read(EUR, 0, 2**62)
    assert (rows.price.tolist(), rows.low) == ([50.0], None)
