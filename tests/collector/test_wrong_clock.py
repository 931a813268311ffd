"""A collector whose clock is wrong: which rows it stores, what it reports, and what fills the hole afterwards."""

import logging

import pytest

from tests.support.collector_world import PRICES, START, CollectorWorld, StandInWorld, always, ticker
from tests.support.fakes import EUR, FakeNetwork, run
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.market_status import WrongClock
from tracker.core.quotes import Quote

HOURS = 7_200.0  # s
OTHER_USD = Market("other", "BTC", "USD")


def dated(ahead=lambda now: 0.0):
    """Respond as usual, with the Date of a clock that is *ahead* of the collector's by so many seconds."""
    return lambda path, now: Response(ticker(path, now), date=now + ahead(now))


def times(world, market=EUR):
    """Seconds since the start of each row of *market*, in order of writing."""
    return [int(time) / 1000 - START for stored, ticks in world.store.rows for time in ticks.time if stored == market]


def two_exchanges(fake, other=lambda path, at: Response(PRICES, date=START + at)):
    """EUR from *fake* and USD from *other*, whose Date is right."""
    world = StandInWorld(fake, other)
    world.feeds = [Feed(EUR, 10_000), Feed(OTHER_USD, 10_000)]
    world.board = StatusBoard({feed.market: 10_000 for feed in world.feeds})
    return world


def test_rows_are_withheld_and_counted_from_the_first_answer_that_shows_a_clock_two_hours_behind(caplog):
    with caplog.at_level(logging.WARNING):
        world = CollectorWorld(dated(lambda now: HOURS if now >= START + 60 else 0.0)).run(95)
    assert times(world) == [0, 10, 20, 30, 40, 50]
    at_onset = round((START + 60) * 1000)
    assert world.board.status().clock == WrongClock(7200, at_onset, 8, ("fake",))
    [line] = [record.message for record in caplog.records if "clock" in record.message]
    assert line.startswith("prices are not stored: the collecting computer's clock is 2 h behind that of fake; set it")


def test_a_clock_that_is_ahead_withholds_rows_too():
    world = CollectorWorld(dated(lambda now: -HOURS)).run(35)
    assert times(world) == []
    assert world.board.status().clock == WrongClock(-7200, round((START - HOURS) * 1000), 8, ("fake",))


@pytest.mark.parametrize(("ahead", "is_wrong"), [(59, False), (60, True), (-59, False), (-60, True)])
def test_a_clock_is_wrong_from_60_s_on(ahead, is_wrong):
    world = CollectorWorld(dated(lambda now: ahead)).run(5)
    assert (world.board.status().clock is not None, times(world) == []) == (is_wrong, is_wrong)


def test_a_wrong_clock_is_not_taken_for_a_market_that_is_not_traded():
    """By a clock that is two hours ahead, the trade of a moment ago is two hours old."""
    world = CollectorWorld(dated(lambda now: -HOURS), feeds=[Feed(EUR, 10_000)])
    world.exchange.last_prices = lambda body, markets: {EUR: Quote(100.0, world.clock.now() - round(HOURS * 1000))}
    world.run(25)
    assert world.status().stop is None
    assert world.board.status().clock is not None


def test_the_wrong_date_of_a_proxy_is_not_taken_for_a_market_that_is_not_traded():
    """By a Date that is two hours ahead, the trade of a moment ago is two hours old."""
    world = two_exchanges(lambda path, at: Response(PRICES, date=START + at + HOURS))
    world.exchange.last_prices = lambda body, markets: {EUR: Quote(100.0, world.clock.now())}
    world.run(25)
    assert world.status().stop is None
    assert [at for at, _, _ in world.rows(EUR)] == [0, 10, 20]


def test_answers_without_a_date_say_nothing_about_the_clock():
    world = CollectorWorld(ticker).run(25)
    assert (times(world), world.board.status().clock) == ([0, 10, 20], None)


def test_the_offset_is_the_date_less_the_middle_of_the_request():
    """An answer that takes 100 s to arrive: at its end its Date is 100 s old, in the middle 50 s."""
    world = CollectorWorld(dated(lambda now: -100), takes=100.0, feeds=[Feed(EUR, 200_000)]).run(550)
    assert len(times(world)) == 3
    assert world.board.status().clock is None


def test_the_hole_is_filled_from_the_history_once_the_clock_is_right_and_nothing_is_doubled():
    """The machine sleeps for an hour at 300 s, and its clock with it; somebody sets it after the slot of 600 s."""

    def respond(path, now):
        slept = 3600.0 if world.clock.monotonic() >= 300 else 0.0
        server = START + world.clock.monotonic() + slept
        body = [[at, 100.0] for at in range(999_900, int(server), 60)] if path.startswith("/history") else PRICES
        return Response({} if path.startswith("/pairs") else body, date=server)

    world = CollectorWorld(respond, feeds=[Feed(EUR, 10_000)])

    async def story():
        await world.clock.sleep(600.5)
        world.clock.shift = 3600.0
        await world.clock.sleep(199.5)

    run(world.collect_during(story))
    stored = sorted(times(world))
    live = [
        int(ticks.time[0]) / 1000 - START
        for _, ticks in world.store.rows
        if len(ticks) == 1 and ticks.interval[0] == 10_000
    ]
    assert live == [*range(0, 300, 10), *range(4200, 4410, 10)]
    minutes = {time for time in stored if 300 <= time < 4200}
    assert {*range(320, 4160, 60)} <= minutes, "each closed minute of the hole has its candle"
    assert len(stored) == len(set(stored)), "no time has two rows"
    clock = world.board.status().clock
    assert (clock.until, clock.not_stored) == (round((START + 4205) * 1000), 31), "the jump is noticed within 5 s"


def test_no_candle_takes_the_time_of_a_slot_that_is_still_polled():
    """The computer wakes up just after a full minute, and fetches its candle before it polls the slot."""

    def respond(path, now):
        body = [[at, 100.0] for at in range(999_960, int(now), 60)] if path.startswith("/history") else PRICES
        return Response({} if path.startswith("/pairs") else body, date=now)

    world = CollectorWorld(respond, feeds=[Feed(EUR, 10_000)])

    async def story():
        await world.clock.sleep(302)
        world.clock.shift = 3600.0 - (START + 302) % 60 + 2
        await world.clock.sleep(20)

    run(world.collect_during(story))
    stored = times(world)
    assert len(stored) == len(set(stored))
    assert (START + 3900) // 60 * 60 - START in stored


def test_no_candle_takes_the_time_of_a_withheld_row():
    """The other exchange confirms the time after two minutes, in which the second pass of backfill ran."""
    silent = 120

    def respond(path, at):
        if path.startswith("/history"):
            return Response([[close, 100.0] for close in range(999_960, int(START + at), 60)], date=START + at + HOURS)
        return Response({} if path.startswith("/pairs") else PRICES, date=START + at + HOURS)

    def other(path, at):
        return Unreachable("no answer") if at < silent else Response(PRICES, date=START + at)

    world = two_exchanges(always(), other)
    world.networks["fake"] = FakeNetwork(world.clock, lambda path, now: respond(path, now - START))
    world.run(200)
    stored = [at for at, _, _ in world.rows(EUR) if at >= 0]
    assert {*range(0, 200, 10)} <= set(stored), "every row in doubt is stored in the end"
    assert len(stored) == len(set(stored))


def test_the_wrong_date_of_one_of_two_exchanges_stops_no_row():
    world = two_exchanges(lambda path, at: Response(PRICES, date=START + at - HOURS))
    world.run(95)
    assert [at for at, _, _ in world.rows(EUR)] == [*range(0, 100, 10)]
    assert [at for at, _, _ in world.rows(OTHER_USD)] == [*range(0, 100, 10)]
    assert world.board.status().clock is None


@pytest.mark.parametrize(("ahead", "is_wrong"), [(0, False), (100, False), (161, True), (-61, True)])
def test_an_answer_from_a_cache_agrees_with_the_time_of_its_date_and_with_that_plus_its_age(ahead, is_wrong):
    """Some caches pass on the Date of the exchange, as they should; others give each answer the present time."""
    world = CollectorWorld(lambda path, now: Response(ticker(path, now), date=now + ahead, age=100.0)).run(5)
    assert (world.board.status().clock is not None) == is_wrong
