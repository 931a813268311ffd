"""What a rehearsal states besides its firings: the record, what was untold, messages; and how it is cancelled."""

from collections import defaultdict

import numpy as np
import pytest

from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import price_rule
from tests.support.slow_rehearsal import BEGIN, EUR, GBP, MARKETS, USD, SlowRehearsal, each, rounded, walk
from tracker.alerts.readings.verdict import Reason
from tracker.alerts.rehearsal import rehearsal
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.states.events import EventKind
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Origin, Ticks


def store_of(rows):
    store = MemoryStore()
    store.append(rows)
    return store


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


def test_the_numbers_of_a_firing_are_right_where_rows_share_time_too():
    rows = Ticks.concat([each(MINUTE, [99.0] * 60 + [101.0] * 60), Ticks.of([BEGIN + 61 * MINUTE + 1], [101.0], HOUR)])
    store = store_of({EUR: rows.in_order()})
    rule = price_rule("price > 100 or std(10m) > 500", markets=(EUR,))
    [firing] = rehearse(rule, (EUR,), store, BEGIN, BEGIN + DAY).firings
    [expected] = SlowRehearsal([rule], (EUR,), store, BEGIN, BEGIN + DAY).events[rule.name, EUR]
    assert rounded(firing.begin) == rounded(expected)


@pytest.mark.parametrize("joined", ["", " and age < 1h"])  # at rows, and by the clock
@pytest.mark.parametrize("crossed", ["implied(EUR/USD)", "mean(90s)"])
@pytest.mark.parametrize("moves", [9, 10, 11])
def test_a_crossing_needs_the_row_before_as_it_was_read_then(joined, crossed, moves):
    prices = np.array([100.0] * moves + [150.0] * 10)
    store = store_of({EUR: each(MINUTE, np.full(prices.size, 100.0)), USD: each(MINUTE, prices)})
    rule = price_rule(f"crosses({crossed}, {'1.2' if 'implied' in crossed else '120'}){joined}", markets=(USD,))
    start = BEGIN + 10 * MINUTE
    slow = SlowRehearsal([rule], (EUR, USD), store, start, BEGIN + DAY)
    result = rehearse(rule, (EUR, USD), store, start, BEGIN + DAY)
    events = [event for firing in result.firings for event in (firing.begin, firing.end) if event]
    assert [rounded(event) for event in events] == [rounded(event) for event in slow.events[rule.name, USD]]
    assert result.markets[USD].untold == slow.untold[rule.name, USD]


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
