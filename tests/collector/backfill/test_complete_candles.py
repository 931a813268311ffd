"""A backfill on request adds first, low and high to candles that are stored without them, and changes nothing else."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.backfill_world import (
    NOTHING_BESIDE,
    START,
    BackfillWorld,
    PagedExchange,
    accept_all,
    first_minute,
    no_candles,
    request_of,
)
from tests.support.fakes import EUR, FakeExchange, run
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.backfill import SECOND_PASS
from tracker.collector.backfill.stored_past import StoredPast
from tracker.core.durations import DAY, HOUR
from tracker.core.errors import StoreError, Unreachable
from tracker.core.market_status import BackfillResult
from tracker.core.ticks import Origin, Ticks

ONE_PASS = SECOND_PASS - 5  # virtual seconds
FROM = START - 3 * 3600
CLOSES = range(int(FROM) + 60, int(START) + 1, 60)


@pytest.fixture
def request_of_3_hours():
    """A pending request for the last three hours."""
    pending = request_of(MemoryCoordination(), "fake")
    pending.submit(round(FROM * 1000))
    return pending


def full_page(path, now):
    """Respond with the candles of ten minutes, as a newer release reads them."""
    first = first_minute(path)
    return [[float(close), 50.0, 49.0, 48.0, 52.0] for close in range(first + 60, first + 601, 60)]


def stored(world, exchange="", origin=Origin.BACKFILL, price=50.0):
    """Store three hours of candles as an older release did."""
    times = np.array(CLOSES) * 1000
    world.store.append({EUR: Ticks.of(times, [price] * times.size, 60_000, origin, exchange)})


def everything(world):
    return world.store.read(EUR, 0, 2**62)


def test_candles_of_an_older_release_gain_their_lows_and_highs_on_request(request_of_3_hours):
    world = BackfillWorld(full_page, exchange=PagedExchange, request=request_of_3_hours)
    stored(world)
    before = everything(world)
    run(world.run_passes(seconds=ONE_PASS))
    after = everything(world)
    assert after.has_candle().all()
    assert np.array_equal(np.array(after.candle_columns()).T, np.tile([49.0, 48, 52], (len(before), 1)))
    for name in ("time", "price", "interval", "origin"):
        assert getattr(after, name).tolist() == getattr(before, name).tolist()
    assert request_of_3_hours.read() is None
    assert world.result() == BackfillResult(completed=180)
    asked = len(world.network.asked)
    assert asked == 19
    request_of_3_hours.submit(round(FROM * 1000))
    run(world.run_passes(seconds=ONE_PASS))
    assert len(world.network.asked) == asked, "a candle that has them is not asked for again"


def test_no_page_is_asked_for_only_to_complete_candles_without_a_request():
    world = BackfillWorld(full_page, exchange=PagedExchange)
    stored(world)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.network.asked == []


def test_a_page_that_fills_a_gap_completes_the_candles_beside_it_too():
    world = BackfillWorld(full_page, exchange=PagedExchange)
    stored(world)
    world.store.rows = [(EUR, world.store.rows[0][1][:-5])]
    run(world.run_passes(seconds=ONE_PASS))
    rows = everything(world)
    assert (len(rows), len(world.network.asked)) == (180, 1)
    assert rows.has_candle().tolist() == [False] * 173 + [True] * 7  # five of them are new


@pytest.mark.parametrize(
    ("origin", "price", "exchange"),
    [(Origin.BACKFILL, 50.5, ""), (Origin.LIVE, 50.0, ""), (Origin.BACKFILL, 50.0, "other")],
    ids=["another close", "polled", "of an exchange that is not asked"],
)
def test_rows_that_are_no_such_candles_gain_nothing_and_end_the_request(request_of_3_hours, origin, price, exchange):
    world = BackfillWorld(full_page, exchange=PagedExchange, request=request_of_3_hours)
    stored(world, exchange, origin, price)
    run(world.run_passes(seconds=ONE_PASS))
    assert everything(world).low is None
    assert request_of_3_hours.read() is None


def test_candles_of_a_stand_in_are_completed_from_it(request_of_3_hours):
    world = BackfillWorld(no_candles, full_page, exchange=PagedExchange, request=request_of_3_hours)
    stored(world, "other")
    run(world.run_passes(seconds=ONE_PASS))
    assert everything(world).has_candle().all()
    assert world.network.asked == []


def test_candles_are_completed_in_a_later_pass_if_the_exchange_cannot_be_reached(request_of_3_hours):
    answers = [Unreachable("no answer")]
    world = BackfillWorld(
        lambda path, now: answers[0] if answers else full_page(path, now),
        exchange=PagedExchange,
        request=request_of_3_hours,
    )
    stored(world)

    async def scenario():
        await world.run_passes(seconds=ONE_PASS)
        assert request_of_3_hours.read() is not None
        answers.clear()
        await world.run_passes(seconds=ONE_PASS)

    run(scenario())
    assert everything(world).has_candle().all()
    assert request_of_3_hours.read() is None


def test_a_store_that_cannot_add_candles_is_reported_and_tried_again(request_of_3_hours, monkeypatch):
    world = BackfillWorld(full_page, exchange=PagedExchange, request=request_of_3_hours)
    stored(world)

    def broken(market, ticks):
        raise StoreError("no space")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "add_candles", broken)
        run(world.run_passes(seconds=ONE_PASS))
        assert world.board.status().store_problem == "no space"
        assert request_of_3_hours.read() is not None
        assert world.result().completed == 0
    run(world.run_passes(seconds=ONE_PASS))
    assert everything(world).has_candle().all()


class TwoLengths(FakeExchange):
    """A page of minutes, then one of hours for the time before."""

    def history_requests(self, market, start, end, now):
        return [("/history/60", 60.0), ("/history/3600", 3600.0)]


def test_a_page_whose_candles_are_all_left_to_longer_ones_completes_nothing():
    """A market that has just been listed: its few minutes lie within the first hour."""
    world = BackfillWorld(
        lambda path, now: [[START - 60.0, 50.0, 49.0, 48.0, 52.0]] if path == "/history/60" else [],
        exchange=TwoLengths,
    )
    run(world.run_passes(seconds=ONE_PASS))
    assert {path for _, path in world.network.asked} == {"/history/60", "/history/3600"}
    assert world.store.rows == []
    assert world.result().failure is None


ROWS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from([1, 2]), st.booleans(), st.sampled_from(["", "other"])), max_size=20
)


@given(ROWS)
def test_stretches_without_candles_cover_exactly_the_rows_that_lack_them(rows):
    rows = sorted({row[0]: row for row in rows}.values())
    times = [number * HOUR for number, *_ in rows]
    low = [48.0 if has_low else math.nan for _, _, has_low, _ in rows]
    exchanges = [exchange for *_, exchange in rows]
    lengths = [length * HOUR for _, length, _, _ in rows]
    ticks = Ticks.of(times, [50.0] * len(rows), lengths, Origin.BACKFILL, exchanges, low=low) if rows else Ticks.none()
    past = StoredPast(ticks, 3 * DAY, 61 * HOUR, accept_all, NOTHING_BESIDE)
    for name in ("", "other"):
        stretches = past.without_candles(name)
        assert stretches == sorted(stretches)
        lacking = [
            (time - length, time)
            for time, length, value, exchange in zip(times, lengths, low, exchanges, strict=True)
            if math.isnan(value) and exchange == name
        ]
        assert all(any(start <= a and b <= end for start, end in stretches) for a, b in lacking)
        ends = {edge for part in lacking for edge in part}
        assert all(start in ends and end in ends for start, end in stretches)
