"""Rules that name age or coverage: evaluated at each row and by the clock, in one sequence, as in a rehearsal."""

import numpy as np
import pytest

from tests.support.alert_world import EUR, EVERY, START, TWIN, USD, rule
from tracker.alerts.database.database import open_database
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rules.rule import make_rules
from tracker.alerts.service.clock_times import LAG
from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.core.ticks import Ticks

BOTH = rule("both", "price > 100 and coverage(1min) > 1%")


def arrive(watched, price, late=0, market=EUR, every=SECOND):
    """Let the row of *late* ms ago arrive now, then let the process look at it."""
    watched.store.append({market: Ticks.of([watched.clock.time - late], [price], every)})
    watched.step()


def events(watched):
    """Return all that happened, in order."""
    reader = open_database(watched.folder)
    kept = [past.event for past in reader.history(0)]
    reader.close()
    return kept


def kinds(watched, name):
    return [(event.kind.value, event.at - START) for event in events(watched) if event.rule == name]


@pytest.mark.parametrize("when", ["price > 100 and coverage(1min) > 1%", "price > 100 or age > 1h"])
def test_a_single_price_is_not_missed_between_two_times_of_the_clock(world, when):
    watched = world(rule("both", when), coverage_floor=0.0)
    watched.row(99)
    for second in range(12):
        watched.clock.time += SECOND
        arrive(watched, 101.0 if second == 6 else 99.0)
    assert kinds(watched, "both") == [("fired", 17_000), ("resolved", 18_000)]


def test_the_clock_waits_a_moment_for_rows_of_its_time(world):
    watched = world(rule("thin", "coverage(1min) < 90%"))
    watched.store.append({EUR: Ticks.of(START - EVERY * np.arange(7), [99.0] * 7, EVERY)})
    watched.clock.time += LAG - 1
    watched.step()
    for _ in range(6):
        watched.clock.time += EVERY - LAG + 1
        watched.step()
        watched.clock.time += LAG - 1
        arrive(watched, 99, LAG - 1, every=EVERY)
    assert kinds(watched, "thin") == []


def test_a_row_that_arrives_after_the_clock_had_looked_counts_just_after(world):
    watched = world(BOTH, rule("stale", "age > 20s"), coverage_floor=0.0)
    watched.row(99)
    for slot, price, late in ((20_000, 101.0, LAG + 300), (30_000, 99.0, LAG + 300), (40_000, 101.0, LAG + 5_300)):
        for after in (0, LAG, late):
            watched.clock.time = START + slot + after
            watched.step()
        arrive(watched, price, late, every=EVERY)
    assert kinds(watched, "both") == [("fired", 20_001), ("resolved", 30_001), ("fired", 45_001)]
    assert kinds(watched, "stale") == []


def late_row(watched):
    """Store the row of a time at which the clock has looked already, without letting a process see it."""
    watched.row(99)
    watched.clock.time += 10 * SECOND + LAG
    watched.step()
    watched.clock.time += 300
    watched.store.append({EUR: Ticks.of([watched.clock.time - LAG - 300], [101.0], 10 * SECOND)})


def test_a_row_that_arrives_while_no_process_watches_is_not_missed_either(world):
    watched = world(BOTH)
    late_row(watched)
    watched.close()
    watched.step()
    assert kinds(watched, "both") == [("fired", 20_001)]


def test_a_row_that_arrives_just_before_an_edit_is_not_missed(world):
    watched = world(BOTH)
    late_row(watched)
    watched.change(BOTH, rule("more", "price > 500"))
    watched.step()
    assert kinds(watched, "both") == [("fired", 20_001)]


def test_the_time_that_a_rule_has_to_hold_goes_on_over_rows_that_are_caught_up_with(world):
    watched = world(rule("both", BOTH["when"], **{"for": "5min"}))
    watched.row(99)
    watched.close()
    for _ in range(10):
        watched.clock.time += MINUTE
        watched.store.append({EUR: Ticks.of([watched.clock.time], [101.0], MINUTE)})
    watched.step()
    assert kinds(watched, "both") == [("fired", 10_000 + 6 * MINUTE)]


def test_the_time_that_a_rule_has_to_hold_goes_on_at_a_row_between_two_times_of_the_clock(world):
    watched = world(rule("thin", "coverage(1min) < 90%", **{"for": "20s"}))
    watched.row(99)
    watched.clock.time += 4 * SECOND
    for _ in range(3):
        arrive(watched, 99)  # of one second, and more than two of these after the clock looked
        watched.wait(10 * SECOND, SECOND)
    assert kinds(watched, "thin") == [("already_true", 30_000)]


def test_no_row_is_evaluated_twice_by_processes_that_follow_each_other(world):
    watched = world(BOTH, rule("slow", "price > 1000"))
    watched.row(99, 101, 99)
    for _ in range(3):
        watched.clock.time += 5 * SECOND
        watched.step()
        watched.begin()
        watched.step()
    assert [kind for kind, _ in kinds(watched, "both")] == ["fired", "resolved"]


def test_an_old_row_that_is_caught_up_with_after_a_start_does_not_tell_that_prices_are_old(world):
    watched = world(rule("stale", "age > 60s"))
    watched.row(99)
    watched.clock.time += SECOND
    watched.store_row(99)
    watched.begin()  # a kill before that row was evaluated
    watched.clock.time += 30 * MINUTE
    assert watched.wait(20 * SECOND) == []
    assert watched.row(99) == []


def test_a_crossing_beside_the_age_holds_at_its_row_alone(world):
    watched = world(rule("cross", "crosses(price, 100) or age > 1h"))
    watched.row(99, 101)
    watched.wait(20 * SECOND, SECOND)
    watched.row(102, 99)
    assert kinds(watched, "cross") == [("fired", 20_000), ("resolved", 25_000), ("fired", 60_000)]


ALL = {"market": "*"}
RULES = (
    rule("spike", "price > 101 and coverage(1min) > 5%"),
    rule("held", "change(30s) < -0.3% and coverage(1min) > 50%", **ALL, **{"for": "12s", "cooldown": "30s"}),
    rule("stale", "age > 3s", **ALL),
    rule("cross", "crosses(price, 100) and age < 1h"),
    rule("thin", "coverage(1min) < 70% or change(10s) > 1%", **ALL),
    rule("rate", "implied(EUR/USD) > 1.0042 and age < 1min", **ALL),
    rule("rows", "change(20s) > 1%", **ALL),
)


def test_what_happened_is_what_a_rehearsal_says(world):
    random, markets = np.random.default_rng(1), (EUR, USD, TWIN)
    watched = world(*RULES, markets=markets)
    watched.step()
    cadences, prices, gone_until = (1, 7, 10), np.full(3, 100.0), [0, 0, 0]
    for second in range(1, 150):
        watched.clock.time += SECOND
        for number, (market, cadence) in enumerate(zip(markets, cadences, strict=True)):
            if random.random() < 0.01:
                gone_until[number] = second + 40
            if (second % cadence and second > 1) or second < gone_until[number]:
                continue
            prices[number] += random.choice([0.0, 0.6, -0.6]) + 0.2 * (100 - prices[number])
            spike = 2.0 if random.random() < 0.04 else 0.0
            watched.store.append({market: Ticks.of([watched.clock.time], [prices[number] + spike], cadence * SECOND)})
        watched.step()
        if random.random() < 0.1:  # a kill
            watched.begin()
    watched.clock.time += LAG
    watched.step()
    last = max(watched.store.extent(market)[1] for market in markets)  # a rehearsal ends there
    happened, fired = [event for event in events(watched) if event.at <= last], set()
    for each in make_rules(watched.settings):
        record = rehearse(each, markets, watched.store, START, watched.clock.time - LAG)
        for market in each.markets:
            rehearsed = [event for firing in record.markets[market].firings for event in (firing.begin, firing.end)]
            found = [event for event in happened if (event.rule, event.market) == (each.name, market)]
            assert [(event.kind, event.at, event.since) for event in found] == [
                (event.kind, event.at, event.since) for event in rehearsed if event
            ], (each.name, market)
            fired |= {each.name for _ in found}
    assert fired == {each["name"] for each in RULES}


def test_no_price_is_missed_however_late_rows_are_and_whenever_processes_end(world):
    random = np.random.default_rng(1)
    watched = world(rule("rows", "price > 100"), BOTH, coverage_floor=0.0)
    watched.row(99, 99)
    waiting, last = [], 0
    for second in range(1, 80):
        price = 101.0 if random.random() < 0.2 else 99.0
        last = max(last, 1000 * second + int(random.choice([0, 200, 900, 2_500, 6_000])))
        waiting.append((last, 1000 * second, price))
    begin = watched.clock.time
    for now in range(0, 90_000, 500):
        watched.clock.time = begin + now
        while waiting and waiting[0][0] <= now:
            _, time, price = waiting.pop(0)
            watched.store.append({EUR: Ticks.of([begin + time], [price], SECOND)})
        if random.random() < 0.02:
            watched.begin() if random.random() < 0.5 else watched.close()
        if random.random() < 0.05:
            watched.change(rule("rows", "price > 100"), BOTH, rule(f"other {now}", "price > 9000"), coverage_floor=0.0)
        watched.step()
    names = [[kind for kind, _ in kinds(watched, name)] for name in ("rows", "both")]
    assert names[0] == names[1]
    assert len(names[0]) > 10
    assert HOUR > 0
