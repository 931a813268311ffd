"""
The seconds that a rehearsal takes: of one rule over 7 days of 8 markets with a row every 10 s, in the CSV store.

Beside it the same rules led through the rows one by one, as the live service does, over a small part of them; both
must fire at the same times. And how long an event loop, such as a page's, waits while one runs in a thread beside it.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.generated import MARKETS, START, write_days
from benchmarks.results import Row as Line
from benchmarks.results import table
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.rehearsal.rehearsal import Rehearsal, rehearse
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.parsing import parse
from tracker.alerts.rules.rearming import read_rearm
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, step
from tracker.core.contracts import Store
from tracker.core.durations import DAY, SECOND
from tracker.core.market import Market

EVERY = 10 * SECOND
CONDITIONS = (
    "price > 95000",
    "change(10m) < -0.2%",
    "std(24h) > 300",
    "volatility(24h) > 17%",
    "drawdown(24h) > 1.5%",
    "rank(24h) == 1",
    "implied(EUR/USD) > 1.0021",
    "age > 60s or coverage(1h) < 90%",
)
_IDLE = "nothing, for comparison"
_TICK = 0.001  # s; the event loop beside a rehearsal wakes up so often


def rule_of(condition: str, markets: Sequence[Market]) -> Rule:
    """Return a rule in all *markets*."""
    expression = parse(condition)
    return Rule(condition, tuple(markets), expression, read_rearm(None, expression))


async def beside_a_loop(work: Callable[[], Rehearsal | None]) -> tuple[Rehearsal | None, dict[str, float]]:
    """Return what *work* does in a thread, its seconds, and the longest for which the event loop beside it waited."""
    task = asyncio.create_task(asyncio.to_thread(work))
    began, cpu, longest = time.perf_counter(), time.process_time(), 0.0
    last = began
    while not task.done():
        await asyncio.sleep(_TICK)
        now = time.perf_counter()
        longest, last = max(longest, now - last - _TICK), now
    return task.result(), {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "waited": longest,
    }


def row_by_row(rule: Rule, store: Store, start: int, rows: int) -> tuple[list[int], float]:
    """Return when *rule* fires in the first market over its first *rows* rows, and the seconds of CPU of each row."""
    market, end = MARKETS[0], start + rows * EVERY
    live = MarketReadings(MARKETS, store)
    state, measures = RuleState.new(rule, market, start), measures_of(rule.expression) + measures_of(rule.rearm)
    for each in MARKETS:
        live.add(each, store.read(each, start - EVERY, start + 1))
    arriving = {each: live.arrive(each, store.read(each, start + 1, end + 1)) for each in MARKETS}
    fired, began = [], time.process_time()
    for now in arriving.pop(market):
        for other in arriving.values():
            next(other)
        state, events = step(rule, state, Row(now, EVERY, live.readings(market, measures, now)))
        fired += [event.at for event in events if event.kind.begins_firing]
    return fired, (time.process_time() - began) / rows


def measure(store: Store, start: int, end: int, slow_rows: int) -> Mapping[str, dict[str, float]]:
    """
    Return the figures of each of CONDITIONS.

    Raises:
        RuntimeError: a rule fires at other times than row by row.
    """
    figures = {_IDLE: asyncio.run(beside_a_loop(partial(time.sleep, 2)))[1]}
    for condition in CONDITIONS:
        rule = rule_of(condition, MARKETS)
        result, figures[condition] = asyncio.run(beside_a_loop(partial(rehearse, rule, MARKETS, store, start, end)))
        if result is None:
            raise RuntimeError(f"{condition}: the rehearsal was cancelled")
        figures[condition]["firings"] = len(result.firings)
        if "age" in condition:  # evaluated by the clock too, not only at rows
            continue
        until = start + slow_rows * EVERY
        right, slow = row_by_row(rule, store, start, slow_rows)
        fired = [firing.begin.at for firing in result.markets[MARKETS[0]].firings]
        if [at for at in fired if at <= until] != right:
            raise RuntimeError(f"{condition}: fires at {fired}, row by row at {right}")
        figures[condition]["slow"] = slow * len(MARKETS) * (end - start) / EVERY
    return figures


def report(days: int = 7, slow_rows: int = 2_000) -> str:
    """Return the section of the results."""
    end = START + (days + 1) * DAY
    with tempfile.TemporaryDirectory() as folder:
        store = write_days(Path(folder) / "data", MARKETS, days + 1, EVERY, end + 1)
        try:
            figures = measure(store, end - days * DAY, end, slow_rows)
        finally:
            store.close()
    lines: list[Line] = [
        {
            "rule": condition,
            "rehearsal (s)": each["seconds"],
            "its CPU (s)": each["cpu"],
            "a loop beside it waited at most (ms)": 1000 * each["waited"],
            "firings": each.get("firings", ""),
            "CPU row by row (s)": each.get("slow", ""),
        }
        for condition, each in figures.items()
    ]
    rows = days * DAY // EVERY * len(MARKETS)
    return (
        f"One rule in {len(MARKETS)} markets over {days} days, a row every 10 s, {rows:,} rows in the CSV store, and "
        f"a day before them; reading them included. Row by row: extrapolated from {slow_rows:,} rows of one market, on "
        f"which both fire at the same times.\n\n{table(lines)}"
    )
