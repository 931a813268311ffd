"""A wrong clock: which rows it may stamp, what is reported, and what fills the hole afterwards."""

import logging

import pytest

from tests.support.collector_world import PRICES, START, CollectorWorld, StandInWorld, ticker
from tests.support.fakes import EUR, USD, run
from tracker.collector.checks.clock_check import ClockCheck
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
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


def test_answers_without_a_date_say_nothing_about_the_clock():
    world = CollectorWorld(ticker).run(25)
    assert (times(world), world.board.status().clock) == ([0, 10, 20], None)


def test_the_offset_is_the_date_less_the_middle_of_the_request():
    """An answer that takes 100 s to arrive: at its end its Date is 100 s old, in the middle 50 s."""
    world = CollectorWorld(dated(lambda now: -100), takes=100.0, feeds=[Feed(EUR, 200_000)]).run(550)
    assert len(times(world)) == 3
    assert world.board.status().clock is None


def test_the_hole_is_filled_from_the_history_once_the_clock_is_right_and_nothing_is_doubled():
    """The machine sleeps for an hour at 300 s, and its clock with it; at 600 s somebody sets the clock."""

    def respond(path, now):
        slept = 3600.0 if world.clock.monotonic() >= 300 else 0.0
        server = START + world.clock.monotonic() + slept
        body = [[at, 100.0] for at in range(999_900, int(server), 60)] if path.startswith("/history") else PRICES
        return Response({} if path.startswith("/pairs") else body, date=server)

    world = CollectorWorld(respond, feeds=[Feed(EUR, 10_000)])

    async def story():
        await world.clock.sleep(600)
        world.clock.shift = 3600.0
        await world.clock.sleep(200)

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


def test_the_wrong_date_of_one_of_two_exchanges_stops_no_row():
    world = StandInWorld(
        lambda path, at: Response(PRICES, date=START + at - HOURS), lambda path, at: Response(PRICES, date=START + at)
    )
    feeds = [Feed(EUR, 10_000), Feed(OTHER_USD, 10_000)]
    world.feeds, world.board = feeds, StatusBoard({feed.market: 10_000 for feed in feeds})
    world.run(95)
    assert [at for at, _, _ in world.rows(EUR)] == [*range(0, 100, 10)]
    assert [at for at, _, _ in world.rows(OTHER_USD)] == [*range(0, 100, 10)]
    assert world.board.status().clock is None


@pytest.mark.parametrize(("ahead", "is_wrong"), [(0, False), (100, False), (161, True), (-61, True)])
def test_an_answer_from_a_cache_agrees_with_the_time_of_its_date_and_with_that_plus_its_age(ahead, is_wrong):
    """Some caches pass on the Date of the exchange, as they should; others give each answer the present time."""
    world = CollectorWorld(lambda path, now: Response(ticker(path, now), date=now + ahead, age=100.0)).run(5)
    assert (world.board.status().clock is not None) == is_wrong


class Clock:
    """A clock that a test moves."""

    speed = 1.0

    def __init__(self):
        self.wall, self.ticks = START, 0.0

    def now(self):
        return round(self.wall * 1000)

    def monotonic(self):
        return self.ticks

    def advance(self, seconds):
        self.wall += seconds
        self.ticks += seconds


class Check:
    """A ClockCheck, and what it lets pass."""

    def __init__(self, exchanges=1):
        self.clock, self.board = Clock(), StatusBoard({EUR: 10_000, USD: 10_000})
        self.check = ClockCheck(self.clock, self.board, exchanges)
        self.polls = 0

    def poll(self, exchange, ahead=0.0, after=10.0):
        """Poll after so many seconds; return the numbers of the polls whose rows may be stored now."""
        self.clock.advance(after)
        self.check.compare(exchange, Response(None, date=self.clock.wall + ahead))
        self.polls += 1
        return [number for number, _ in self.check.storable(exchange, self.polls, {EUR: None})]


def test_rows_withheld_until_another_exchange_confirmed_the_clock_are_stored_in_order():
    world = Check()
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("b") == [1, 2, 3]
    assert world.poll("a", ahead=HOURS) == [4], "its Date alone is wrong"


def test_exchanges_that_differ_in_opposite_directions_stop_nothing():
    world = Check()
    world.poll("a", ahead=HOURS)
    assert world.poll("b", ahead=-HOURS) == [1]
    assert world.poll("a", ahead=HOURS) == [2, 3]


def test_an_answer_from_before_the_machine_slept_does_not_confirm_the_clock():
    """The clock of a virtual machine stands still with its monotonic clock."""
    world = Check()
    assert world.poll("a") == [1]
    assert world.poll("b") == [2]
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("b", ahead=HOURS) == []
    assert world.board.status().clock.not_stored == 2


def test_rows_stamped_before_the_clock_was_set_are_given_up():
    world = Check()
    assert world.poll("a", ahead=HOURS) == []
    world.clock.wall += HOURS
    assert world.poll("a") == [2]
    assert world.board.status().clock.not_stored == 1


def test_an_exchange_that_confirmed_the_time_before_the_clock_was_set_does_not_confirm_it_afterwards():
    world = Check()
    world.poll("a")
    world.poll("b")
    world.clock.wall -= HOURS
    assert world.poll("a", ahead=HOURS) == []
    assert world.board.status().clock.behind == 7200


def test_an_agreeing_date_counts_for_five_minutes():
    world = Check()
    world.poll("a", ahead=HOURS)
    assert world.poll("b") == [1, 2]
    assert world.poll("a", ahead=HOURS, after=299) == [3]
    assert world.poll("a", ahead=HOURS, after=2) == []


def test_rows_withheld_for_five_minutes_are_given_up_but_counted():
    world = Check()
    for _ in range(40):
        world.poll("a", ahead=HOURS)
    assert world.poll("b") == [*range(11, 42)]
    assert world.board.status().clock.not_stored == 10


def test_of_several_exchanges_the_first_to_answer_does_not_yet_report_a_wrong_clock():
    world = Check(exchanges=2)
    world.poll("a", ahead=HOURS)
    assert world.board.status().clock is None
    world.poll("b", ahead=HOURS)
    assert world.board.status().clock.exchanges == ("a", "b")


def test_an_exchange_that_does_not_answer_delays_the_report_by_20_s():
    world = Check(exchanges=2)
    for _ in range(2):
        world.poll("a", ahead=HOURS)
        assert world.board.status().clock is None
    world.poll("a", ahead=HOURS)
    assert world.board.status().clock.not_stored == 3
