"""A rehearsal does exactly what the live service would have done row by row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import price_rule
from tests.support.slow_rehearsal import BEGIN, MARKETS, SlowRehearsal, as_text, each, hard_record, rounded, walk
from tracker.alerts.rehearsal import rehearsal
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.state_machine import numbers_of
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND

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


def standing(state, rule):
    """What is to be said of *state* at the end of a record; of a rule that is over, nothing of its last rows."""
    is_over = state.phase is Phase.DONE or rule.has_expired(state.time)
    return state.phase, state.since, state.fired_at, state.notified_at, None if is_over else state.problem


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
                assert standing(found.state, rule) == standing(slow.states[rule.name, market], rule), (rule, market)
                numbers = () if found.last is None else numbers_of(rule, found.last)
                assert as_text(numbers) == as_text(slow.numbers.get((rule.name, market), ()))
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


LONG = ("change(3d) > 1%", "std(10d) > 2.1", "volatility(18d) > 40%", "low(3d) < 95", "drawdown(10d) > 12%")


def test_what_lies_in_all_spans_is_read_as_bars():
    rows = {market: each(HOUR, walk(28 * 24, place, 0.6)) for place, market in enumerate(MARKETS)}
    store = MemoryStore()
    store.append(rows)
    rules = [price_rule(text, name=text, markets=MARKETS) for text in (*LONG, "rank(10d) == 1")]
    assert assert_same(store, rules, BEGIN + 20 * DAY, BEGIN + 28 * DAY, 3 * DAY) > 10
