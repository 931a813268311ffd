"""What follows from stored rows and from the clock, by one process or several, one after the other."""

from dataclasses import replace

import pytest

from tests.support.alert_world import EUR, EVERY, START, TWIN, USD, rule
from tracker.alerts.service.watching import CATCH_UP
from tracker.core.durations import HOUR, MINUTE
from tracker.core.market_status import Failure, HeldBack, MarketStatus, Status
from tracker.core.ticks import Origin, Ticks


def test_a_rule_fires_at_the_row_and_ends_at_the_row(world):
    watched = world()
    assert watched.row(99, 101, 102) == ["fired high kraken:BTC/EUR"]
    assert watched.row(99) == ["resolved high kraken:BTC/EUR"]
    assert watched.row(98) == []


def test_a_rule_that_is_already_true_is_told_as_that(world):
    assert world().row(101) == ["already_true high kraken:BTC/EUR"]


def test_rows_of_all_markets_in_a_slot_count_before_any_of_its_rules(world):
    watched = world(rule("rate", "implied(EUR/USD) > 1.15", market="kraken:BTC/EUR"), markets=(EUR, USD))

    def slot(eur, usd):
        watched.clock.time += EVERY
        watched.store_row(eur)  # arrives first, and alone would be compared with the dollars of before
        watched.store_row(usd, USD)
        watched.step()
        return watched.lines()

    assert slot(100, 110) == []
    assert slot(90, 100) == []  # 100 / 90 = 1.11; 110 / 90 = 1.22
    assert slot(80, 100) == ["fired rate kraken:BTC/EUR"]


@pytest.mark.parametrize("origin", [Origin.BACKFILL, Origin.IMPORT, Origin.SIMULATED, Origin.REPLAY])
def test_rows_that_were_not_polled_fire_nothing(world, origin):
    watched = world()
    watched.row(99)
    assert watched.row(101, origin=origin) == []
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]


def test_old_rows_that_arrive_late_fire_nothing_and_count_in_measures(world):
    watched = world(rule("mean", "mean(1min) > 100"), coverage_floor=0.0)
    watched.row(90, 90)
    watched.store.append({EUR: Ticks.of([START - 10, START - 20], [500.0, 500.0], EVERY, Origin.BACKFILL)})
    watched.step()
    assert watched.lines() == []
    assert watched.row(99) == ["fired mean kraken:BTC/EUR"]


def test_polled_rows_that_arrive_after_hours_fire_nothing_and_count_in_measures(world):
    watched = world(rule("mean", "mean(1d) > 100"), rule("high"), coverage_floor=0.0)
    watched.row(90)
    watched.clock.time += 5 * HOUR
    watched.store_row(500, late=CATCH_UP)
    watched.store_row(500, late=3 * HOUR)
    watched.step()
    assert watched.lines() == []
    assert watched.row(99) == ["fired mean kraken:BTC/EUR"]


def test_polled_rows_that_arrive_within_the_hour_are_evaluated(world):
    watched = world()
    watched.row(90)
    watched.clock.time += 5 * HOUR
    watched.store_row(500, late=CATCH_UP - 1)
    watched.step()
    assert watched.lines() == ["fired high kraken:BTC/EUR"]


def test_a_crossing_between_two_processes_is_found_by_the_second(world):
    watched = world(rule("cross", "crosses(price, 100)"))
    watched.row(99, 99)
    watched.close()
    for price in (101, 102):
        watched.clock.time += EVERY
        watched.store_row(price)
    watched.step()
    assert watched.lines() == ["fired cross kraken:BTC/EUR", "resolved cross kraken:BTC/EUR"]


def test_after_a_kill_the_next_process_goes_on_where_the_states_are(world):
    watched = world(rule(**{"for": "30s"}))
    watched.row(99, 101, 101)
    watched.begin()  # the process before has kept nothing since its first row
    assert watched.row(101) == []
    watched.begin()
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]
    watched.begin()
    assert watched.row(101) == []
    assert watched.row(99) == ["resolved high kraken:BTC/EUR"]


def test_rows_that_nobody_evaluated_for_hours_are_left_out(world):
    watched = world(rule("cross", "crosses(price, 100)"))
    watched.row(99)
    watched.close()
    watched.clock.time += EVERY
    watched.store_row(101)
    watched.clock.time += CATCH_UP
    watched.step()
    assert watched.row(102) == []


def test_the_first_row_after_an_outage_begins_the_time_anew(world):
    watched = world(rule(**{"for": "60s"}))
    watched.row(99, 101, 101)
    watched.wait(10 * MINUTE)
    assert watched.row(101, 101, 101, 101, 101, 101) == []
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]


def test_a_firing_expires_without_a_row(world):
    watched = world(rule(expires="2026-11-23T15:01Z"))
    assert watched.row(99, 101) == ["fired high kraken:BTC/EUR"]
    assert watched.wait(2 * MINUTE) == ["expired high kraken:BTC/EUR"]


def test_a_price_that_waits_for_confirmation_fires_nothing_and_says_why(world):
    watched = world()
    watched.row(99)
    state = MarketStatus(EVERY, failure=Failure("held_back", "kraken"), since=START, held_back_reason=HeldBack(500.0))
    watched.collecting = Status(markets={EUR: state})
    assert watched.row(101) == []
    [shown] = watched.term.status().states
    assert (shown.problem.reason.value, shown.numbers[0].value) == ("held_back", 101)


def test_edited_rules_end_their_firings_and_begin_anew(world):
    watched = world(rule(), rule("low", "price < 200"))
    watched.row(99, 101)
    watched.change(rule(when="price > 100.5"))
    watched.step()
    assert watched.lines()[2:] == ["changed high kraken:BTC/EUR", "deleted low kraken:BTC/EUR"]
    assert watched.row(101) == ["already_true high kraken:BTC/EUR"]


def test_what_rules_read_is_shown_on_after_rules_were_edited(world):
    watched = world(rule(), rule("stale", "age > 60s"), markets=(EUR, TWIN))
    watched.row(99, 101)
    watched.row(102, market=TWIN)

    def shown():
        watched.step()
        states = watched.term.status().states
        return {(state.rule, state.market): state.numbers[0].value for state in states if state.numbers}

    before = shown()
    assert (len(before), before["high", EUR]) == (4, 101)
    watched.change(rule(), rule("stale", "age > 60s"), rule("low", "price < 50"), markets=(EUR, TWIN))
    assert shown() == before | {("low", EUR): 101, ("low", TWIN): 102}
    watched.change(rule())
    watched.step()
    watched.change(rule(), markets=(EUR, TWIN))
    assert shown() == {("high", EUR): 101}  # the other is new


def test_a_market_that_is_no_longer_collected_ends_its_firings(world):
    watched = world(markets=(EUR, TWIN))
    watched.row(99, 101, market=TWIN)
    watched.row(99)
    watched.change(rule())
    watched.step()
    assert watched.lines()[-1] == "changed high coinbase:BTC/EUR"
    assert watched.row(101) == ["fired high kraken:BTC/EUR"]


def test_a_rule_shows_its_numbers_and_what_is_not_known_of_it(world):
    watched = world(rule("mean", "mean(1h) > 100"), rule("stale", "age > 60s"), rule("high"))
    watched.row(99, 101)
    states = {state.rule: state for state in watched.term.status().states}
    assert states["high"].numbers[0].value == 101
    assert states["mean"].problem.reason.value == "thin_coverage"
    assert states["mean"].numbers[0].coverage == pytest.approx(20 / 3600)
    assert states["stale"].numbers[0].value < 60_000
    counts = {each.rule: each for each in watched.term.status().rules}
    assert counts["mean"].cannot_tell == 1
    assert dict(counts["high"].phases) == {"firing": 1}
    assert replace(states["high"], numbers=()).phase.value == "firing"
