"""Rules that the clock evaluates, and what a clock that is set does to rules."""

import pytest

from tests.support.alert_world import EUR, EVERY, START, USD, rule
from tracker.alerts.database.database import open_database
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Origin, Ticks

STALE = rule("stale", "age > 60s")


def test_the_age_of_prices_is_watched_while_none_come_and_ends_with_the_next(world):
    watched = world(STALE)
    watched.row(99)
    assert watched.wait(60 * SECOND) == []
    assert watched.wait(10 * SECOND, 1_000) == ["fired stale kraken:BTC/EUR"]
    assert watched.row(99) == ["resolved stale kraken:BTC/EUR"]


def test_a_tracker_that_was_off_at_night_does_not_tell_that_prices_are_old(world):
    watched = world(STALE)
    watched.row(99)
    watched.close()
    watched.clock.time += 8 * HOUR
    assert watched.wait(20 * SECOND) == []
    watched.row(99)
    assert watched.wait(30 * SECOND) == []


def test_a_restart_before_the_first_price_does_not_tell_that_there_is_none(world):
    watched = world(STALE)
    watched.begin().step()
    watched.close()
    assert watched.wait(30 * SECOND) == []


def test_prices_that_do_not_come_after_a_start_are_told(world):
    watched = world(STALE)
    assert watched.wait(30 * SECOND) == []
    assert watched.wait(10 * SECOND) == ["already_true stale kraken:BTC/EUR"]
    assert watched.wait(HOUR) == []


def test_another_process_goes_on_with_the_clocks_rules_at_once(world):
    watched = world(rule("stale", "age > 20s", **{"for": "60s"}))
    watched.row(99)
    watched.wait(60 * SECOND)
    watched.close()
    assert watched.wait(20 * SECOND) == []
    assert watched.wait(10 * SECOND) == ["fired stale kraken:BTC/EUR"]


def test_what_the_clock_would_have_told_between_two_processes_is_told_by_the_second(world):
    watched = world(STALE)
    watched.row(99)
    watched.wait(50 * SECOND)
    watched.close()
    watched.clock.time += 18 * SECOND
    watched.store_row(99)
    watched.clock.time += 2 * SECOND
    watched.step()
    assert watched.lines() == ["fired stale kraken:BTC/EUR", "resolved stale kraken:BTC/EUR"]


def test_a_process_that_stood_still_for_an_hour_does_not_go_through_all_of_it(world):
    watched = world(STALE)
    watched.row(99)
    watched.clock.time += HOUR
    watched.step()
    reader = open_database(watched.folder)
    [past] = reader.history(0)
    reader.close()
    assert past.event.at >= watched.clock.time - MINUTE


@pytest.mark.parametrize("shift", [HOUR, -HOUR])
def test_a_clock_that_is_set_tells_nobody_that_prices_are_old(world, shift):
    watched = world(STALE)
    watched.row(99, 99)
    watched.clock.shift = shift
    assert watched.wait(30 * SECOND) == []
    for _ in range(3):
        watched.clock.time += EVERY
        watched.store.append({EUR: Ticks.of([watched.clock.now()], [99], EVERY)})
        watched.step()
    assert watched.lines() == []


def test_the_clock_fires_nothing_about_simulated_prices(world):
    watched = world(STALE)
    watched.row(99, origin=Origin.SIMULATED)
    assert watched.wait(10 * MINUTE) == []


def test_a_rule_that_the_clock_set_back_has_silenced_says_so(world):
    watched = world()
    watched.row(99)
    watched.clock.shift = -HOUR
    watched.step()
    [state] = watched.term.status().states
    assert (state.is_ahead, state.evaluated_at) == (True, START + EVERY)


ALL = rule("stale", "age > 60s", market="kraken:*")


def test_a_market_that_is_added_is_not_told_of_before_its_first_price_could_have_come(world):
    watched = world(ALL)
    watched.row(99, 99)
    watched.change(ALL, markets=(EUR, USD))
    assert watched.wait(30 * SECOND) == []
    assert watched.wait(20 * SECOND) == ["already_true stale kraken:BTC/USD"]


def test_a_market_that_is_collected_again_is_not_told_of_for_the_time_without(world):
    watched = world(ALL, markets=(EUR, USD))
    watched.row(99)
    watched.row(99, market=USD)
    watched.change(ALL)
    watched.row(*[99] * 12)
    watched.change(ALL, markets=(EUR, USD))
    watched.row(99)
    assert watched.row(99, market=USD) == []
    assert watched.wait(30 * SECOND) == []
    assert watched.lines() == []


def test_what_fired_by_a_clock_that_was_ahead_ends_with_the_next_price_once_it_is_right(world):
    watched = world(STALE)
    watched.row(99, 99)
    watched.clock.shift = DAY
    assert watched.wait(2 * MINUTE) == ["fired stale kraken:BTC/EUR"]
    watched.clock.shift = 0
    assert watched.row(99, 99) == ["resolved stale kraken:BTC/EUR"]
    assert watched.wait(2 * MINUTE) == ["fired stale kraken:BTC/EUR"]


@pytest.mark.parametrize(("restarts", "when"), [(False, "price < 90"), (True, "price < 90 and age < 1h")])
def test_a_rule_that_was_made_while_the_clock_was_ahead_watches_once_it_is_right(world, restarts, when):
    watched = world()
    watched.row(99)
    watched.clock.shift = DAY
    watched.wait(EVERY)
    watched.change(rule(), rule("low", when))
    watched.wait(EVERY)
    if restarts:
        watched.close()
    watched.clock.shift = 0
    assert watched.row(95, 85) == ["fired low kraken:BTC/EUR"]


def test_a_clock_that_is_set_back_evaluates_no_row_twice(world):
    watched = world()
    watched.row(99, 101, 99)
    watched.clock.shift = -HOUR
    watched.wait(EVERY)
    [state] = watched.term.status().states
    assert state.evaluated_at == START + 3 * EVERY
    watched.close()
    watched.wait(EVERY)
    [state] = watched.term.status().states
    assert state.evaluated_at == START + 3 * EVERY
    watched.clock.shift = 0
    assert watched.row(99, 101) == ["fired high kraken:BTC/EUR"]
