"""Backfill over years: its order, what an interruption costs, where history ends, and how much is read at once."""

import asyncio

import pytest

from tests.support.fakes import EUR, USD, run
from tests.support.memory_coordination import MemoryCoordination
from tests.support.years_world import NOW, HourlyExchange, hourly, page_of, years_world
from tracker.collector.backfill.asked_past import ASKED
from tracker.collector.backfill.piece_filling import PROBE_PAGES
from tracker.collector.backfill.pieces import LONG_PIECE
from tracker.core.durations import DAY, HOUR
from tracker.core.errors import Unreachable
from tracker.core.parsing import GENESIS

ONE_PASS = 3000.0  # virtual seconds in which more than two years of one market fit
DAY_S = DAY // 1000


@pytest.fixture
def coordination():
    return MemoryCoordination()


def pages(world, since=0):
    """Return (market, start, end) of the pages asked for, in order."""
    return [(path.split("/")[2], *page_of(path)) for _, path in world.network.asked[since:]]


def without_nights(close):
    """Whether there is a trade in the hour: none from 1 to 5 o'clock."""
    return not 1 <= close // 3600 % 24 <= 5


def test_the_newest_pieces_of_all_markets_come_before_older_ones(coordination):
    world = years_world(hourly(), 100, coordination)
    run(world.run_passes((EUR, USD), seconds=300))
    asked = pages(world)
    first_older = next(n for n, (_, start, _) in enumerate(asked) if start < NOW - 57 * DAY_S)
    newest = {market for market, _, end in asked[:first_older] if end > NOW - 28 * DAY_S}
    assert newest == {"btceur", "btcusd"}
    for market in ("btceur", "btcusd"):
        ends = [end for name, _, end in asked if name == market]
        assert ends[:20] == sorted(ends[:20], reverse=True)
    assert world.request.read() is None
    assert len(world.closes(EUR)) == len(set(world.closes(EUR))) >= 100 * 24


def test_two_years_are_never_read_at_once_and_fill_no_log(coordination, caplog):
    caplog.set_level("INFO")
    world = years_world(hourly(), 730, coordination)
    reads, read = [], world.store.read
    world.store.read = lambda market, start, end: reads.append(end - start) or read(market, start, end)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.request.read() is None
    assert max(reads) <= 2 * LONG_PIECE
    lines = [record.message for record in caplog.records if "backfilled from fake" in record.message]
    assert len(lines) < 30
    assert len([line for line in lines if "672 candles from" in line]) >= 23, "one line for each older piece"
    assert len(world.closes()) >= 729 * 24


def test_after_a_kill_nothing_is_asked_for_again_but_the_page_and_the_piece_under_way(coordination):
    world = years_world(hourly(without_nights), 730, coordination)
    run(world.run_passes(seconds=100))
    before = pages(world)
    assert 80 < len(before) < 150
    again = years_world(hourly(without_nights), 0, coordination, world.store)
    run(again.run_passes(seconds=ONE_PASS))
    assert again.request.read() is None
    after = pages(again)
    twice = [page for page in before if page in after]
    # Hours without a trade are gaps, which are asked for again in the newest piece, of up to 56 d, and that under way.
    assert len([end for _, _, end in twice if end < NOW - 57 * DAY_S]) <= 8
    assert len(before) + len(after) < 730 * 24 / 100 * 1.2 + 60
    assert len(again.closes()) == len(set(again.closes())) >= 729 * 19


def test_what_was_asked_for_is_forgotten_once_the_request_is_fulfilled(coordination):
    world = years_world(hourly(without_nights), 200, coordination)
    run(world.run_passes(seconds=ONE_PASS))
    assert (world.request.read(), coordination.read(ASKED)) == (None, None)
    second = years_world(hourly(), 200, coordination, world.store)
    run(second.run_passes(seconds=ONE_PASS))
    assert len(set(second.closes())) >= 199 * 24, "a second request asks for every gap again"


def test_a_history_that_begins_later_than_asked_is_not_asked_for_page_by_page(coordination):
    began = round(NOW) // 3600 * 3600 - 100 * DAY_S
    world = years_world(hourly(lambda close: close > began), 3000, coordination)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.request.read() is None
    asked = pages(world)
    older = [page for page in asked if page[2] < began - 60 * DAY_S]
    assert len(older) <= 3000 / 28 * PROBE_PAGES
    result = world.board.status().markets[EUR].backfill
    assert result.none_before == began * 1000
    assert (result.gaps_left, result.longest_gaps[0][1]) == (1, began * 1000)

    again = years_world(hourly(lambda close: close > began), 3000, coordination, world.store)
    run(again.run_passes(seconds=ONE_PASS))
    assert again.request.read() is None
    assert not [page for page in pages(again) if page[2] < began - 60 * DAY_S], "nobody has it: it is not asked again"
    assert again.board.status().markets[EUR].backfill.none_before == began * 1000


@pytest.mark.parametrize("length", [40, 90, 300])
@pytest.mark.parametrize("shift", [0, 5, 17])
def test_prices_on_both_sides_of_a_hole_are_found(coordination, length, shift):
    end = round(NOW) // 3600 * 3600 - (80 + shift) * DAY_S
    start = end - length * DAY_S
    world = years_world(hourly(lambda close: not start < close <= end), 600, coordination)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.request.read() is None
    hours = range(round(NOW - 599 * DAY_S) // 3600 * 3600, round(NOW), 3600)
    assert set(hours) - set(world.closes()) == {close for close in hours if start < close <= end}
    result = world.board.status().markets[EUR].backfill
    assert result.longest_gaps[-1] == (start * 1000, end * 1000)
    assert result.gaps_left == 1


def test_an_exchange_that_had_nothing_of_the_newest_time_is_asked_for_it_again(coordination):
    run(years_world(hourly(lambda close: False), 20, coordination).run_passes(seconds=100))
    assert coordination.read(ASKED) is None, "its candles may come late, and the time is older by then"


def test_a_request_for_more_than_bitcoin_s_time_ends(coordination):
    world = years_world(hourly(lambda close: close > NOW - 50 * DAY_S), NOW / DAY_S, coordination)
    run(world.run_passes(seconds=ONE_PASS))
    assert world.request.read() is None
    assert min(page[1] for page in pages(world)) * 1000 >= GENESIS // HOUR * HOUR


def test_a_clock_from_before_2009_asks_for_its_own_past_and_does_not_hang(coordination):
    world = years_world(hourly(lambda close: False), 0, coordination)
    world.clock.start = 1_100_000_000.0
    world.request.submit(1_000_000_000_000)
    run(world.run_passes(seconds=ONE_PASS))
    assert (world.request.read(), world.closes()) == (None, [])


def test_an_exchange_that_fails_half_way_is_left_alone_and_the_rest_follows(coordination):
    def respond(path, now):
        return world.failing if NOW + 60 < now < NOW + 600 else hourly()(path, now)

    world = years_world(respond, 300, coordination)
    world.failing = Unreachable("no answer")
    run(world.run_passes(seconds=590))
    failed = len([at for at, _ in world.network.asked if at > NOW + 60])
    assert failed < 60, "older pieces wait for the next pass"
    assert world.board.status().markets[EUR].backfill.failure.kind == "unreachable"
    more = years_world(hourly(), 0, coordination, world.store)
    run(more.run_passes(seconds=ONE_PASS))
    assert more.request.read() is None
    assert len(set(more.closes())) == len(more.closes()) >= 299 * 24


def test_a_gap_that_ends_during_a_long_pass_does_not_wait_for_its_end(coordination):
    world = years_world(hourly(), 2000, coordination)
    world.network.takes = 30.0  # virtual seconds a page
    run(world.run_passes(triggers=[0.0, 9500.0], seconds=600))
    assert world.request.read() is not None
    assert max(world.closes()) > NOW + 7000


def test_a_span_of_a_year_is_looked_at_once_a_week_but_for_its_newest_piece(coordination, monkeypatch):
    monkeypatch.setattr("tests.support.backfill_world.SPAN", 365 * DAY)
    world = years_world(hourly(without_nights), 0, coordination)
    run(world.run_passes(seconds=ONE_PASS))
    first = len(world.network.asked)
    again = years_world(hourly(without_nights), 0, coordination, world.store)
    run(again.run_passes(seconds=ONE_PASS))
    assert first > 365 * 24 / 100
    assert min(start for _, start, _ in pages(again)) > NOW - 57 * DAY_S
    assert again.board.status().markets[EUR].backfill.gaps_left > 300, "gaps of pieces left out are still counted"


def bounds(asked, count, seconds):
    """Return whether no *seconds* hold more than *count* of the times *asked*."""
    return all(later - sooner >= seconds - 1e-6 for sooner, later in zip(asked, asked[count:], strict=False))


@pytest.mark.parametrize("takes", [0.2, 4.0])
@pytest.mark.parametrize("stored", [0, 200])
def test_the_estimate_is_right_within_a_quarter_and_the_limits_hold(coordination, takes, stored):
    world = years_world(hourly(), stored, coordination)
    if stored:
        run(world.run_passes(seconds=ONE_PASS))
    world = years_world(hourly(), 700, coordination, stored=world.store)
    world.network.takes = takes
    estimates = []

    async def watch():
        while True:
            status = world.board.status().markets[USD]
            if status.pages:
                estimates.append((world.clock.monotonic(), status.backfill_seconds, status.page, status.pages))
            await world.clock.sleep(5)

    async def scenario():
        watching = asyncio.ensure_future(watch())
        await world.run_passes((EUR, USD), seconds=3 * ONE_PASS)
        watching.cancel()

    run(scenario())
    assert world.request.read() is None
    [(count, seconds)] = HourlyExchange.LIMITS
    assert bounds([at for at, _ in world.network.asked], count, seconds)
    end = max(at for at, seconds, _, _ in estimates if seconds > 10)
    for at, left, page, of_pages in estimates:
        if at > 30 and end - at > 60:
            assert (end - at) / 1.25 < left < (end - at) * 1.25, (at, left, end)
            assert page <= of_pages
    first = next(left for at, left, *_ in estimates)
    assert first > (end / 4), "before a rate is measured, the limits bound it"
    assert world.board.status().markets[USD].backfill_seconds is None


def test_pages_between_stored_rows_are_expected_as_often_as_before(coordination):
    """Candles without a low, as former releases stored them, are all asked for again."""
    first = years_world(hourly(without_nights), 700, coordination)
    run(first.run_passes(seconds=ONE_PASS))
    world = years_world(hourly(without_nights), 700, coordination, first.store)
    estimates = []

    async def scenario():
        running = asyncio.ensure_future(world.run_passes(seconds=2 * ONE_PASS))
        while world.request.read() is not None:
            await world.clock.sleep(10)
            estimates.append((world.clock.monotonic(), world.board.status().markets[EUR].backfill_seconds))
        running.cancel()

    run(scenario())
    end = world.network.asked[-1][0] - NOW
    assert end > 200
    # Only the first piece says nothing about the others.
    assert all((end - at) / 1.5 < left < (end - at) * 1.5 for at, left in estimates if 0.2 * end < at < end - 40)
