"""A rehearsal does exactly what the live service would have done row by row."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import price_rule
from tests.support.slow_rehearsal import BEGIN, EUR, GBP, MARKETS, USD, SlowRehearsal, hard_record, rounded
from tracker.alerts import rehearsal
from tracker.alerts.events import EventKind
from tracker.alerts.quiet_hours import QuietHours
from tracker.alerts.rehearsal import rehearse
from tracker.alerts.verdict import Reason
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.ticks import Origin, Ticks

BY_PRICE = (
    "price > 101",
    "crosses(price, 101)",
    "change(10m) < -0.5%",
    "change(27h) > 0.3% or change(5m) > 1.1%",
    "low(1h) < 99.3 and high(10m) > 100.9",
    "mean(30m) > 100.7772",
    "crosses(mean(10m), 100.7772)",
    "std(1h) > 0.7",
    "relative_std(20m) > 0.61% and not price > 103",
    "volatility(1h) > 123%",
    "volatility(7h) < 99%",
    "drawdown(30m) > 1%",
    "rank(30m) == 1",
    "rank(2h) <= 2 or price < 97",
    "implied(EUR/USD) > 1.0013",
    "crosses(implied(GBP/EUR), 1)",
)
BY_CLOCK = (
    "age > 90s",
    "coverage(10m) < 70% and price > 100",
    "crosses(price, 101) and coverage(10m) > 1%",
    "crosses(mean(5m), 100.7772) or coverage(1h) > 99%",
    "rank(20m) == 1 and age < 10s",
    "implied(EUR/USD) > 1 and age < 1h",
)


def options_of(random):
    """Return options of a rule, mostly none."""
    return {
        "hold": int(random.choice([0, 0, 30 * SECOND, 5 * MINUTE])),
        "cooldown": int(random.choice([0, 0, 10 * MINUTE])),
        "once": bool(random.random() < 0.2),
        "expires": BEGIN + int(random.integers(1, 10)) * HOUR if random.random() < 0.2 else None,
    }


def rules_of(texts, seed):
    random, rules = np.random.default_rng(seed), []
    for number, text in enumerate(texts):
        options = options_of(random)
        if "crosses" in text:
            options["hold"] = 0
        rules.append(price_rule(text, name=f"{number}", markets=MARKETS, **options))
    return rules


def assert_same(store, rules, start, end, part=7 * DAY):
    """Fail unless each rehearsal says what the slow one does; return how many firings there were."""
    slow, firings = SlowRehearsal(rules, MARKETS, store, start, end), 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rehearsal, "_PART", part)
        for rule in rules:
            result = rehearse(rule, MARKETS, store, start, end)
            for market in MARKETS:
                expected = [rounded(event) for event in slow.events[rule.name, market]]
                found = result.markets[market]
                events = [event for firing in found.firings for event in (firing.begin, firing.end) if event]
                assert [rounded(event) for event in events] == expected, (rule.condition, market)
                assert dict(found.untold) == slow.untold[rule.name, market], (rule.condition, market)
                firings += len(found.firings)
    return firings


PARTS = st.sampled_from([7 * DAY, DAY, 50 * MINUTE])


@settings(max_examples=4)
@given(st.integers(0, 2**32), PARTS, st.sampled_from([0, 2 * HOUR]))
def test_what_happens_is_what_a_step_on_each_row_says(seed, part, late):
    assert_same(hard_record(seed, pieces=4, longest=40), rules_of(BY_PRICE, seed), BEGIN + late, BEGIN + 30 * DAY, part)


@settings(max_examples=3)
@given(st.integers(0, 2**32), PARTS, st.sampled_from([0, HOUR]))
def test_rules_of_the_clock_are_evaluated_at_its_times(seed, part, late):
    store = hard_record(seed, pieces=3, longest=30, calm=True)
    assert_same(store, rules_of(BY_CLOCK, seed), BEGIN + late, BEGIN + 30 * DAY, part)


def test_the_records_of_the_tests_let_rules_fire():
    for texts, options in ((BY_PRICE, {}), (BY_CLOCK, {"pieces": 3, "longest": 30, "calm": True})):
        assert assert_same(hard_record(1, **options), rules_of(texts, 1), BEGIN, BEGIN + 30 * DAY) > 10


def each(every, prices, begin=BEGIN, **options):
    """Return a row of each of *prices*, one every *every* ms."""
    return Ticks.of(begin + every * np.arange(1, len(prices) + 1), prices, every, **options)


def store_of(rows):
    store = MemoryStore()
    store.append(rows)
    return store


def walk(number, seed, calmness=0.05):
    return 100 + np.random.default_rng(seed).normal(0, calmness, number).cumsum()


LONG = ("change(3d) > 1%", "std(10d) > 2.1", "volatility(18d) > 40%", "low(3d) < 95", "drawdown(10d) > 12%")


@pytest.mark.parametrize("part", [DAY, 5 * DAY])
def test_what_lies_in_all_spans_is_read_as_bars(part):
    rows = {market: each(HOUR, walk(32 * 24, place, 0.6)) for place, market in enumerate(MARKETS)}
    store = store_of(rows)
    rules = [replace(price_rule(text, name=text, markets=MARKETS)) for text in (*LONG, "rank(10d) == 1")]
    assert assert_same(store, rules, BEGIN + 20 * DAY, BEGIN + 32 * DAY, part) > 10


def test_bars_that_share_time_with_rows_at_the_ends_are_not_used():
    rows = each(HOUR, walk(20 * 24, 1, 0.6))
    candle = Ticks.of([BEGIN + 10 * DAY + 30 * MINUTE], [101.0], 3 * DAY, Origin.BACKFILL)
    store = store_of({EUR: Ticks.concat([rows, candle]).in_order()})
    rule = price_rule("std(8d) > 2.1", markets=(EUR,))
    slow = SlowRehearsal([rule], (EUR,), store, BEGIN + 9 * DAY, BEGIN + 15 * DAY)
    found = rehearse(rule, (EUR,), store, BEGIN + 9 * DAY, BEGIN + 15 * DAY)
    assert [firing.begin.at for firing in found.firings] == [
        event.at for event in slow.events[rule.name, EUR] if event.kind.begins_firing
    ]
    assert found.markets[EUR].untold == slow.untold[rule.name, EUR]


def test_a_number_within_rounding_of_the_threshold_is_read_as_the_live_service_reads_it(monkeypatch):
    store = store_of({EUR: each(MINUTE, [70_000.0] * 90 + [70_001.0] * 90)})
    exact, read = [], rehearsal.PastReadings.exact
    monkeypatch.setattr(rehearsal.PastReadings, "exact", lambda *args: exact.append(args) or read(*args))
    rule = price_rule("mean(30m) >= 70000", markets=(EUR,))
    slow = SlowRehearsal([rule], (EUR,), store, BEGIN, BEGIN + DAY)
    result = rehearse(rule, (EUR,), store, BEGIN, BEGIN + DAY)
    assert [firing.begin.at for firing in result.firings] == [slow.events[rule.name, EUR][0].at]
    assert 0 < len(exact) <= 90


def test_equal_prices_have_no_spread_at_all_without_a_second_look(monkeypatch):
    store = store_of({EUR: each(MINUTE, [0.1] * 500)})
    monkeypatch.delattr(rehearsal.PastReadings, "exact")
    for text in ("std(1h) > 0", "relative_std(1h) > 0%", "volatility(1h) > 0%", "drawdown(1h) > 0%"):
        assert not rehearse(price_rule(text, markets=(EUR,)), (EUR,), store, BEGIN, BEGIN + DAY).firings


def test_the_record_is_as_long_as_it_is():
    store = store_of({EUR: each(MINUTE, walk(998, 1), BEGIN + 3 * HOUR), USD: each(MINUTE, walk(300, 2), BEGIN + DAY)})
    rule = price_rule(markets=MARKETS)
    result = rehearse(rule, MARKETS, store, BEGIN - DAY, BEGIN + 3 * DAY)
    assert result.markets[EUR].end - result.markets[EUR].begin == 998 * MINUTE
    assert (result.begin, result.end) == (BEGIN + 3 * HOUR, BEGIN + DAY + 300 * MINUTE)
    assert result.length == DAY - 3 * HOUR + 300 * MINUTE
    assert result.markets[USD].coverage == 1
    assert (result.markets[GBP].begin, result.markets[GBP].coverage) == (None, 0)


def test_a_record_with_a_hole_says_how_much_of_it_is_covered():
    store = store_of({EUR: Ticks.concat([each(MINUTE, walk(60, 1)), each(MINUTE, walk(60, 1), BEGIN + 3 * HOUR)])})
    result = rehearse(price_rule(markets=(EUR,)), (EUR,), store, BEGIN - DAY, BEGIN + DAY)
    assert result.length == 4 * HOUR
    assert result.markets[EUR].coverage == 0.5


def test_nothing_stored_is_no_record():
    result = rehearse(price_rule(markets=MARKETS), MARKETS, MemoryStore(), BEGIN, BEGIN + DAY)
    assert (result.begin, result.end, result.length, result.firings, result.messages) == (None, None, 0, (), 0)


def test_only_the_past_that_was_asked_for_is_rehearsed_with_the_spans_before_it():
    store = store_of({EUR: each(MINUTE, [*[100.0] * 60, *[101.0] * 180])})
    result = rehearse(price_rule("change(2h) > 0.9%", markets=(EUR,)), (EUR,), store, BEGIN + 2 * HOUR, BEGIN + DAY)
    [firing] = result.firings
    assert (result.begin, result.length) == (BEGIN + 2 * HOUR, 2 * HOUR)
    assert (firing.begin.kind, firing.begin.at) == (EventKind.ALREADY_TRUE, BEGIN + 2 * HOUR + MINUTE)
    assert firing.end.at > firing.begin.at
    assert not result.markets[EUR].untold


def test_what_cannot_be_told_is_stated_with_its_reason_and_length():
    store = store_of({EUR: each(MINUTE, walk(180, 1))})
    result = rehearse(price_rule("std(2h) > 500", markets=(EUR,)), (EUR,), store, BEGIN, BEGIN + DAY)
    assert result.markets[EUR].untold == {Reason.THIN_COVERAGE: 95 * MINUTE}


def test_prices_that_were_fetched_later_count():
    live = each(MINUTE, [100.0] * 60)
    fetched = each(MINUTE, [100.0, 110.0, 100.0], BEGIN + HOUR, origin=Origin.BACKFILL)
    store = store_of({EUR: Ticks.concat([live, fetched])})
    result = rehearse(price_rule("price > 105", markets=(EUR,)), (EUR,), store, BEGIN, BEGIN + DAY)
    assert [firing.begin.at for firing in result.firings] == [BEGIN + HOUR + 2 * MINUTE]


def test_a_firing_that_goes_on_has_no_end():
    store = store_of({EUR: each(MINUTE, [99.0, 101.0])})
    [firing] = rehearse(price_rule(markets=(EUR,)), (EUR,), store, BEGIN, BEGIN + DAY).firings
    assert (firing.begin.kind, firing.end) == (EventKind.FIRED, None)


@pytest.mark.parametrize(
    ("quiet", "messages"),
    [(None, 6), ("00:30-02:30", 2), ("00:30-02:10", 4), ("01:10-02:30", 4), ("23:00-00:10", 6)],
)
def test_quiet_hours_leave_one_summary_of_what_still_holds(quiet, messages):
    prices = np.full(5 * 60, 99.0)
    for hour in (1, 2, 3):  # fires for a quarter of an hour
        prices[hour * 60 : hour * 60 + 15] = 101.0
    store = store_of({EUR: each(MINUTE, prices)})
    rule = price_rule(markets=(EUR,), quiet=quiet and QuietHours.parse(quiet, "UTC"))
    result = rehearse(rule, (EUR,), store, BEGIN, BEGIN + DAY)
    assert (len(result.firings), result.messages) == (3, messages)


def test_what_is_due_in_several_markets_at_once_is_one_message():
    store = store_of({market: each(MINUTE, [99.0, 101.0, 99.0]) for market in MARKETS})
    result = rehearse(price_rule(markets=MARKETS), MARKETS, store, BEGIN, BEGIN + DAY)
    assert (len(result.firings), result.messages) == (3, 2)


def test_it_can_be_cancelled_between_any_two_parts():
    store = store_of({market: each(MINUTE, walk(300, 1)) for market in MARKETS})
    asked = defaultdict(int)

    def after(number):
        def cancelled():
            asked[number] += 1
            return asked[number] > number

        return cancelled

    rule = price_rule(markets=MARKETS)
    for number in range(3):
        assert rehearse(rule, MARKETS, store, BEGIN, BEGIN + DAY, cancelled=after(number)) is None
        assert asked[number] == number + 1
    assert rehearse(rule, MARKETS, store, BEGIN, BEGIN + DAY, cancelled=after(3)) is not None
