"""
The share of one core that 1,000 rules over 50 markets take, with a row of each market every second.

Beside it the plain slow evaluator of the tests, which computes every measure from all rows at each row: of a few
markets at a few rows, as it takes seconds for each, and of every rule to which something happens, at that row. Both
must agree on all of it.
"""

from collections.abc import Iterable, Mapping
from time import process_time

import numpy as np

from benchmarks.results import Row as Line
from benchmarks.results import percentile, table
from tests.support.slow_readings import Rows, slow_readings
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.readings.verdict import Readings
from tracker.alerts.rules.expression import Measure, measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, step
from tracker.core.bars import Bars
from tracker.core.durations import DAY, MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.stored_bars import bars_of_rows
from tracker.core.ticks import Ticks

BEGIN = 19_675 * DAY
# One for each spelling of the thresholds, so that rules share measures as those of several users do.
CONDITIONS = tuple(
    condition.format(*numbers)
    for numbers in ((101, 1, 5), (99, 2, 10))
    for condition in (
        "price > {0}",
        "crosses(price, {0})",
        "change(10m) < -0.0{1}%",
        "change(1h) > 0.{1}% and coverage(1h) > 90%",
        "relative_std(1h) > 0.0{1}% or price < 9{1}",
        "std(24h) > 0.{1}",
        "volatility(24h) > {2}%",
        "drawdown(24h) > 0.{1}%",
        "rank(24h) == {1}",
        "age > {2}s or implied(EUR/USD) > 1.{1}",
    )
)
_States = dict[tuple[str, Market], RuleState]


class Past:
    """A source whose rows are in memory."""

    def __init__(self, rows: Mapping[Market, Ticks]) -> None:
        self.rows = rows

    def read(self, market: Market, start: int, end: int) -> Ticks:
        first, stop = np.searchsorted(self.rows[market].time, (start, end))
        return self.rows[market][int(first) : int(stop)]

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        return bars_of_rows(lambda since, until: self.read(market, since, until), start, end, step)


def make_markets(number: int) -> list[Market]:
    """Return *number* markets; the first two make the implied rate."""
    codes = ("EUR", "USD", *(f"Q{i:02}" for i in range(number)))
    return [Market("kraken", "BTC", code) for code in codes[:number]]


def make_rows(markets: Iterable[Market], number: int, every: int) -> dict[Market, Ticks]:
    """Return *number* rows of each market, one every *every* ms; prices walk at random around 100."""
    rows = {}
    for seed, market in enumerate(markets):
        steps = np.random.default_rng(seed).normal(0, 0.002 * (every / SECOND) ** 0.5, number).round(3)
        rows[market] = Ticks.of(BEGIN + every * np.arange(1, number + 1), 100 + steps.cumsum(), every)
    return rows


def make_rules(markets: Iterable[Market]) -> dict[Market, list[Rule]]:
    """Return a rule for each condition and market."""
    parsed = [parse(condition) for condition in CONDITIONS]
    return {
        market: [
            Rule(f"{i} {market}", (market,), expression, read_rearm(None, expression))
            for i, expression in enumerate(parsed)
        ]
        for market in markets
    }


def states_of(rules: Mapping[Market, Iterable[Rule]], at: int) -> _States:
    """Return the state of each rule, made at *at*."""
    return {(rule.name, market): RuleState.new(rule, market, at) for market in rules for rule in rules[market]}


def measures_in(rules: Iterable[Rule]) -> tuple[Measure, ...]:
    """Return the measures of *rules*, each once."""
    named = [measures_of(part) for rule in rules for part in (rule.expression, rule.rearm)]
    return tuple(dict.fromkeys(measure for measures in named for measure in measures))


def evaluate(
    rules: Iterable[Rule], states: _States, market: Market, now: int, every: int, readings: Readings
) -> list[Event]:
    """Lead the *states* of the market's rules through its row at *now*; return what happened."""
    row, events = Row(now, every, readings), []
    for rule in rules:
        key = (rule.name, market)
        states[key], more = step(rule, states[key], row)
        events += more
    return events


def compare(
    markets: int, past: int, number: int, slow_markets: int, slow_rows: int, every: int = SECOND
) -> dict[str, float]:
    """
    Return the seconds of CPU that a row of each market takes, by each evaluator, and what else there is to say.

    Args:
        markets: number of markets, with a rule for each condition.
        past: rows of each before the first evaluation.
        number: rows that are evaluated.
        slow_markets: how many markets the slow evaluator reads.
        slow_rows: how many of the first rows.
        every: ms between rows.

    Raises:
        RuntimeError: the two do not agree.
    """
    names = make_markets(markets)
    rows, rules = make_rows(names, past + number, every), make_rules(names)
    measures = {market: measures_in(rules[market]) for market in names}
    fast = MarketReadings(names, Past(rows))
    for market in names:
        fast.add(market, rows[market][past - 1 : past])
        fast.readings(market, measures[market], BEGIN + every * past)
    states, slow_states = (states_of(rules, BEGIN + every * past) for _ in range(2))
    times, slow_time, fired = [], 0.0, 0
    for row in range(past, past + number):
        now, before = BEGIN + every * (row + 1), states.copy()
        began = process_time()
        for market in names:
            fast.add(market, rows[market][row : row + 1])
        events = {}
        for market in names:
            readings = fast.readings(market, measures[market], now)
            events[market] = evaluate(rules[market], states, market, now, every, readings)
        times.append(process_time() - began)
        fired += sum(event.kind.begins_firing for each in events.values() for event in each)
        stored = {market: rows[market][: row + 1] for market in names}
        for market in names:
            check_events(rules[market], before, market, now, every, stored, events[market])
        if row >= past + slow_rows:
            continue
        began = process_time()
        for market in names[:slow_markets]:
            readings = slow_readings(stored, market, measures[market], now)
            found = evaluate(rules[market], slow_states, market, now, every, readings)
            check(market, now, events[market], found)
        slow_time += process_time() - began
    return {
        "fast": sum(times) / len(times),
        "longest": max(times),
        "p50": percentile(times, 50),
        "slow": slow_time / slow_rows * markets / slow_markets,
        "fired": fired,
    }


def check(market: Market, now: int, events: list[Event], expected: list[Event]) -> None:
    """Raise RuntimeError unless the same happened by both evaluators."""
    happened, right = (
        [(event.kind, event.rule, event.at, event.since) for event in each] for each in (events, expected)
    )
    if happened != right:
        raise RuntimeError(f"{market} at {now}: {happened}, by the slow evaluator {right}")


def check_events(
    rules: Iterable[Rule], before: _States, market: Market, now: int, every: int, stored: Rows, events: list[Event]
) -> None:
    """Raise RuntimeError unless the slow evaluator has the same *events* follow from the states *before* the row."""
    for rule in rules:
        happened = [event for event in events if event.rule == rule.name]
        if happened:
            readings = slow_readings(stored, market, measures_in([rule]), now)
            check(market, now, happened, evaluate([rule], before, market, now, every, readings))


def report(markets: int = 50, past: int = DAY // SECOND + 10 * 60, seconds: int = 11 * MINUTE // SECOND) -> str:
    """Return the section of the results."""
    figures = compare(markets, past, seconds, 2, 2)
    lines: list[Line] = [
        {
            "way": "this project",
            "share of a core (%)": 100 * figures["fast"],
            "p50 of a second (ms)": 1000 * figures["p50"],
            "longest (ms)": 1000 * figures["longest"],
        },
        {"way": "every measure from all rows", "share of a core (%)": 100 * figures["slow"]},
    ]
    number = markets * len(CONDITIONS)
    return (
        f"{number:,} rules over {markets} markets, a row of each every second, {seconds} s after {past / 3600:.0f} h; "
        f"{figures['fired']:,.0f} firings. CPU time of one process; the slow way by 2 rows of 2 markets. Both agree "
        f"on them, and on all that happens at any row.\n\n{table(lines)}"
    )
