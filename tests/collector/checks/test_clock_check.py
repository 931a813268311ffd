"""ClockCheck: which rows a clock may stamp, which wait until another exchange confirms it, and what is reported."""

import logging

import numpy as np
import pytest

from tests.support.collector_world import START
from tests.support.fakes import EUR, USD
from tracker.collector.checks import clock_check
from tracker.collector.checks.clock_check import KEPT, ClockCheck
from tracker.collector.client.response import Response
from tracker.collector.status import StatusBoard
from tracker.core.ticks import Ticks

HOURS = 7_200.0  # s


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
        """
        Poll after so many seconds; return the numbers of the polls whose rows may be stored now.

        The answer's Date is *ahead* of the clock; None: it has none.
        """
        self.clock.advance(after)
        self.check.compare(exchange, Response(None, date=None if ahead is None else self.clock.wall + ahead))
        self.polls += 1
        return [number for number, _ in self.check.storable(self.polls, {EUR: None})]


def test_rows_withheld_until_another_exchange_confirmed_the_clock_are_stored_in_order():
    world = Check()
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("b") == [1, 2, 3]
    assert world.poll("a", ahead=HOURS) == [4], "its Date alone is wrong"


def test_exchanges_that_differ_in_opposite_directions_stop_nothing():
    world = Check()
    world.poll("a", ahead=HOURS)
    world.poll("b", ahead=-HOURS)
    assert world.poll("a", ahead=HOURS) == [1, 2, 3]
    assert world.poll("b", ahead=-HOURS) == [4]


def test_an_answer_from_before_the_machine_slept_does_not_confirm_the_clock():
    """The clock of a virtual machine stands still with its monotonic clock."""
    world = Check()
    assert world.poll("a") == [1]
    assert world.poll("b") == [2]
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("b", ahead=HOURS) == []
    assert world.board.status().clock.not_stored == 2


def test_an_exchange_whose_date_is_always_wrong_stores_nothing_unconfirmed_after_the_machine_slept():
    """The clock stood still for two hours. What the other exchange confirmed before says nothing about now."""
    world = Check()
    world.poll("proxied", ahead=400)
    assert world.poll("b") == [1, 2]
    assert world.poll("proxied", ahead=400 + HOURS) == []
    assert world.poll("b", ahead=HOURS) == []
    assert world.board.status().clock.not_stored == 2


def test_an_exchange_that_sends_no_date_waits_for_those_that_do_after_the_machine_slept():
    world = Check()
    world.poll("a")
    world.poll("b")
    assert world.poll("undated", ahead=None) == [3]
    assert world.poll("a", ahead=HOURS) == []
    assert world.poll("undated", ahead=None) == [], "b confirmed the time before"
    assert world.poll("b", ahead=HOURS) == []


def test_a_date_that_an_exchange_sent_before_the_machine_slept_does_not_confirm_its_undated_answers():
    world = Check()
    world.poll("a")
    world.poll("b", ahead=HOURS)
    assert world.poll("a", ahead=None) == []


def test_a_small_correction_of_the_clock_costs_no_row_in_doubt():
    world = Check()
    world.poll("a", ahead=HOURS)
    world.clock.wall += 3
    assert world.poll("a", ahead=HOURS - 3) == []
    assert world.poll("b") == [1, 2, 3]


def test_rows_stamped_by_a_clock_too_wrong_are_given_up_once_it_was_set_to_one_that_is_not():
    world = Check()
    assert world.poll("a", ahead=65) == []
    world.clock.wall += 10
    assert world.poll("a", ahead=55) == [2]
    assert world.board.status().clock.not_stored == 1


def test_rows_stamped_before_the_clock_was_set_wrong_and_back_are_stored():
    world = Check()
    assert world.poll("proxied", ahead=HOURS) == []
    world.clock.wall -= 600
    assert world.poll("proxied", ahead=HOURS + 600) == []
    world.clock.wall += 600
    assert world.poll("b") == [1, 3]


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


def test_rows_in_doubt_are_kept_until_an_exchange_that_answers_rarely_confirms_them():
    world = Check()
    for _ in range(119):
        world.poll("a", ahead=HOURS, after=30)
    assert world.poll("b", after=30) == [*range(1, 121)]


def test_rows_in_doubt_for_an_hour_are_given_up_but_counted():
    world = Check()
    for _ in range(10):
        world.poll("a", ahead=HOURS)
    assert world.poll("a", ahead=HOURS, after=KEPT - 50) == []
    assert world.poll("b") == [*range(6, 13)]
    assert world.board.status().clock.not_stored == 5


def test_of_very_many_polls_in_doubt_the_newest_are_kept(monkeypatch):
    monkeypatch.setattr(clock_check, "MAX_WITHHELD", 50)  # each poll looks at all of them
    world = Check()
    for _ in range(59):
        world.poll("a", ahead=HOURS, after=1)
    assert world.poll("b") == [*range(11, 61)]
    assert world.board.status().clock.not_stored == 10


def test_the_times_of_rows_in_doubt_are_told_apart_by_market():
    world = Check()
    world.check.compare("a", Response(None, date=START + HOURS))
    rows = {market: Ticks.of(np.array([time]), [1.0], 10_000) for market, time in ((EUR, 50_000), (USD, 70_000))}
    assert list(world.check.storable("group", rows)) == []
    assert (world.check.withheld_times(EUR), world.check.withheld_times(USD)) == ([50_000], [70_000])


def test_each_time_that_the_clock_is_wrong_is_counted_by_itself():
    world = Check()
    for _ in range(2):
        assert world.poll("a", ahead=HOURS) == []
        world.clock.wall += HOURS
        assert world.poll("a")
        assert world.board.status().clock.not_stored == 1


def test_the_clock_is_reported_to_be_wrong_by_what_all_exchanges_agree_on():
    world = Check(exchanges=2)
    world.poll("a", ahead=HOURS + 100)
    world.poll("b", ahead=HOURS)
    assert world.board.status().clock.behind == 7200


@pytest.mark.parametrize(("ahead", "stored"), [(3000, [1]), (4000, [])])
def test_a_clock_that_runs_60_times_as_fast_may_differ_60_times_as_much(ahead, stored):
    world = Check()
    world.clock.speed = 60.0
    assert world.poll("a", ahead=ahead) == stored


def test_a_doubt_that_cost_nothing_is_reported_as_that(caplog):
    world = Check()
    with caplog.at_level(logging.WARNING):
        world.poll("a", ahead=HOURS)
        world.poll("b")
    assert caplog.messages[-1] == "the clock is right again; all prices are stored"


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
