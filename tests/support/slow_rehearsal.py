"""Rules led through stored rows one by one, as the live service does; and records that a rehearsal finds hard."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.support.memory_store import MemoryStore
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.readings.verdict import CannotTell, Reason, evaluate
from tracker.alerts.rules.clock_rules import CLOCK, follows_clock
from tracker.alerts.rules.expression import measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, Number
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, numbers_of, step
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks

BEGIN = 19_675 * DAY
EUR, USD, GBP = MARKETS = tuple(Market("kraken", "BTC", code) for code in ("EUR", "USD", "GBP"))

CALM_CADENCES = [SECOND, 7 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE]
CADENCES = [*CALM_CADENCES[2:], MINUTE, 5 * MINUTE, HOUR]


class SlowRehearsal:
    """
    What *rules* do between *start* and *end* (epoch ms), by a step on each row of their markets, and by the clock.

    Attributes:
        events: by rule and market.
        states: where each rule stands at the end, by rule and market.
        numbers: what its measures read there, the same.
        untold: ms by rule, market and reason.
    """

    def __init__(self, rules: Sequence[Rule], markets: Sequence[Market], store: MemoryStore, start: int, end: int):
        self._live = MarketReadings(markets, store)
        self._left = {market: store.read(market, start + 1, end + 1) for market in markets}
        self.states = {(rule.name, market): RuleState.new(rule, market, start) for rule in rules for market in markets}
        self.events: dict[tuple[str, Market], list[Event]] = {key: [] for key in self.states}
        self.numbers: dict[tuple[str, Market], tuple[Number, ...]] = {}
        self.untold: dict[tuple[str, Market], dict[Reason, int]] = {key: {} for key in self.states}
        for market in markets:
            before = store.extent(market, None, start + 1)
            if before is not None:
                self._live.add(market, store.read(market, before[1], before[1] + 1))
        times = sorted({int(time) for rows in self._left.values() for time in rows.time})
        by_clock = [rule for rule in rules if follows_clock(rule)]
        tick = (start // CLOCK + 1) * CLOCK
        for time in times:
            while by_clock and tick < time:
                self._evaluate(by_clock, markets, tick, CLOCK)
                tick += CLOCK
            for market, row in self._arrive(time):
                self._evaluate(rules, [market], time, int(row.interval[0]))
        if by_clock and times and tick == times[-1]:
            self._evaluate(by_clock, markets, tick, CLOCK)

    def _arrive(self, time: int) -> list[tuple[Market, Ticks]]:
        arrived = []
        for market, rows in self._left.items():
            if len(rows) and rows.time[0] == time:
                arrived.append((market, rows[:1]))
                self._live.add(market, rows[:1])
                self._left[market] = rows[1:]
        return arrived

    def _evaluate(self, rules: Sequence[Rule], markets: Sequence[Market], time: int, interval: int) -> None:
        measures = {m for rule in rules for part in (rule.expression, rule.rearm) for m in measures_of(part)}
        for market in markets:
            if self._live.rows[market].newest is None:
                continue
            readings = self._live.readings(market, measures, time)
            for rule in rules:
                key = rule.name, market
                if market not in rule.markets or self.states[key].time >= time:
                    continue
                is_by_clock = follows_clock(rule)
                row = Row(time, CLOCK if is_by_clock else interval, readings)
                self.states[key], more = step(rule, self.states[key], row)
                self.events[key] += more
                self.numbers[key] = numbers_of(rule, row)
                verdict = evaluate(rule.expression, row.readings)
                lasts = 0 if is_by_clock and time % CLOCK else row.interval
                if isinstance(verdict, CannotTell) and lasts and not rule.has_expired(time):
                    untold = self.untold[key]
                    untold[verdict.reason] = untold.get(verdict.reason, 0) + lasts


def rounded(event: Event) -> Event:
    """Return *event* with its numbers rounded."""
    return replace(event, numbers=as_text(event.numbers))


def as_text(numbers: Sequence[Number]) -> tuple[Number, ...]:
    """Return *numbers* rounded to text, as sums differ in the last digits, and no nan is another."""
    return tuple(number._replace(value=f"{number.value:.9g}") for number in numbers)


def hard_record(seed: int, pieces: int = 6, longest: int = 60, calm: bool = False) -> MemoryStore:
    """
    Return rows of MARKETS: of several cadences, gaps, standstills, candles, some over polled rows, late starts.

    Args:
        seed: of all that is random.
        pieces: number of pieces of each market.
        longest: most rows of a piece.
        calm: whether gaps are short, as the clock goes on in them.
    """
    random, store = np.random.default_rng(seed), MemoryStore()
    for market in MARKETS:
        time, price, parts = BEGIN + int(random.integers(0, 30)) * MINUTE, 100.0, []
        for _ in range(pieces):
            gaps = [0, 0, MINUTE, 20 * MINUTE] if calm else [0, 0, 0, 20 * MINUTE, 3 * HOUR, 30 * HOUR]
            cadence = int(random.choice(CALM_CADENCES if calm else CADENCES))
            time = -(-(time + int(random.choice(gaps))) // cadence) * cadence
            number = int(random.integers(1, longest))
            times = time + cadence * np.arange(1, number + 1)
            is_still = random.random() < 0.3
            steps = np.zeros(number) if is_still else random.choice([0.0, 0.0, 0.5, -0.5, 1.25, -1.25], number)
            prices = np.maximum(price + steps.cumsum(), 90.0)
            kept = random.random(number) < (1.0 if random.random() < 0.7 else 0.6)
            is_candle = cadence >= MINUTE and random.random() < 0.5
            candles = (prices, prices - random.random(number), prices + random.random(number)) if is_candle else ()
            rows = Ticks.of(times, prices, cadence, Origin.BACKFILL if is_candle else Origin.LIVE, "", *candles)
            parts.append(rows[np.flatnonzero(kept)])
            if random.random() < 0.4:  # candles that were fetched for a gap overlap the rows at its ends
                late = int(times[-1]) // MINUTE * MINUTE + MINUTE * np.arange(int(random.integers(0, 4)))
                parts.append(Ticks.of(late, np.full(late.size, prices[-1] + 0.5), MINUTE, Origin.BACKFILL))
            time, price = int(times[-1]), float(prices[-1])
        store.append({market: Ticks.concat(parts).in_order()})
    return store


def each(every: int, prices: Sequence[float], begin: int = BEGIN, **options) -> Ticks:
    """Return a row of each of *prices*, one every *every* ms."""
    return Ticks.of(begin + every * np.arange(1, len(prices) + 1), prices, every, **options)


def walk(number: int, seed: int, calmness: float = 0.05) -> np.ndarray:
    """Return prices that walk at random."""
    return 100 + np.random.default_rng(seed).normal(0, calmness, number).cumsum()
