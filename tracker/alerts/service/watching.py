"""
Leads rules through their states by what is stored: each new live row, and for some rules the clock too.

Of rules that name ``age`` or ``coverage``, the clock waits after a start, and after it was set, until rows could have
come: whoever starts the tracker in the morning is not told that it was off at night. A row that arrives after the clock
had evaluated its time, as it waits for rows no longer than LAG, counts just after that, so none is left out.
"""

from collections.abc import Callable, Iterator
from functools import cache

from tracker.alerts.readings.exchange_prices import RealPrices, real_rows
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.readings.unreliable_prices import UnreliablePrices
from tracker.alerts.rules.clock_rules import CLOCK, follows_clock
from tracker.alerts.service.clock_times import ClockTimes
from tracker.alerts.service.kept_states import KeptStates
from tracker.alerts.service.last_readings import LastReadings
from tracker.alerts.service.row_queue import RowQueue
from tracker.alerts.service.watched import Watched
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.state_machine import SET_BACK, Row, expire, step, step_at_price, take_back
from tracker.core.contracts import Store
from tracker.core.durations import HOUR, SECOND
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import Clock

CATCH_UP = HOUR  # ms; older rows that no process evaluated are not evaluated any more, whenever they arrive
JUMP = 5 * SECOND  # ms; the clock was set if it went this much further than the monotonic one, or less far


class Watcher:
    """
    Watches the rules of *watched*, from where *states* are. Blocking; not thread-safe.

    A method that raises StoreError has lost nothing: the next call goes on where it was. Rows that
    were stored just before the clock was set back, and not evaluated before the process ended, are left out, at most
    one or two of each market: the next process reads at its start what is stored up to the present time.

    Args:
        watched: rules and markets.
        store: is followed.
        states: of the rules.
        clock: of the machine.
        unreliable: returns why prices are not to be relied on.
        read: gets what the measures of rules read.

    Attributes:
        row_at: epoch ms of the newest live row that was evaluated in this term; None before the first.
    """

    def __init__(
        self,
        watched: Watched,
        store: Store,
        states: KeptStates,
        clock: Clock,
        unreliable: Callable[[], UnreliablePrices],
        read: LastReadings,
    ) -> None:
        self._store, self._states, self._clock, self._unreliable, self._read = store, states, clock, unreliable, read
        self._cadences = watched.cadences
        read.keep(self._cadences)
        self._at_rows, self._by_clock = watched.at_rows(), watched.by_clock()
        self._clock_rules = {rule.name for rule in filter(follows_clock, watched.rules)}
        self._expiring = [rule for rule in watched.rules if rule.expires is not None]
        self._markets = MarketReadings(list(watched.cadences), RealPrices(store), watched.floor, watched.unmoved_after)
        self._is_real: dict[Market, bool] = {}  # whether the newest row is of an exchange
        self._queue = RowQueue()
        self.row_at: int | None = None
        # The cursor before the rows: what arrives in between comes twice, instead of never.
        _, self._cursor = store.poll(None)
        now = clock.now()
        self._now, self._monotonic = now, clock.monotonic()
        self._times = ClockTimes(self._by_clock.rules, self._cadences, now)
        for market, time in self._evaluated_before():
            self._times.go_on(market, time, now)
        self._take_back(now, cache(self._newest_stored))
        self._begin_rows(now)

    def advance(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """
        Evaluate what is new, and keep what follows; it goes on between two slots only while *may_go_on*.

        Raises:
            StoreError: the store or the database cannot be used now.
            LeaseError: another process watches.
        """
        now = self._clock.now()
        self._notice_jump(now)
        arrived, cursor = self._store.poll(self._cursor)
        for market, ticks in arrived.items():
            if market in self._cadences:
                self._queue.add(market, ticks, max(now - CATCH_UP, self._markets.rows[market].newest or 0))
        self._cursor = cursor
        self._add_late()
        self._markets.unreliable = self._unreliable()
        while may_go_on():
            slot = self._queue.first()
            tick = self._times.next(now, slot)
            if slot is not None and (tick is None or slot <= tick):
                has_events = self._evaluate_slot(slot)
            elif tick is not None:
                has_events = self._evaluate_tick(tick)
            else:
                break
            if has_events:
                self._states.save()
        for rule in self._expiring:
            for market in rule.markets:
                key = rule.name, market
                self._states.take(key, expire(rule, self._states[key], now))
        self._states.save()

    def _begin_rows(self, now: int) -> None:
        """Read the newest row that was evaluated of each market, and what no process has evaluated since."""
        reached = dict.fromkeys(self._by_clock.rules, self._times.reached)
        for market, rules in self._at_rows.rules.items():
            times = (self._states[rule.name, market].prices_until for rule in rules)
            reached[market] = min(reached.get(market, now), *times)
        for market in self._cadences:
            since = max(now - CATCH_UP, min(now, reached.get(market, now)))
            extent = self._store.extent(market, None, since + 1)
            if extent is not None:
                self._add(market, self._store.read(market, extent[1], extent[1] + 1))
            self._queue.add(market, self._store.read(market, since + 1, now + 1), since)

    def _evaluated_before(self) -> Iterator[tuple[Market, int]]:
        """Yield up to when (epoch ms) each of the clock's rules was evaluated in a market before this term."""
        for state in self._states.found:
            if state.rule in self._clock_rules and (state.was_false or state.phase is not Phase.ARMED):
                yield state.market, state.time

    def _notice_jump(self, now: int) -> None:
        monotonic = self._clock.monotonic()
        elapsed = 1000 * (monotonic - self._monotonic)
        if abs(now - self._now - elapsed) > JUMP:
            self._take_back(now - round(elapsed), lambda market: self._markets.rows[market].newest)
            self._times.begin(now)
        self._now, self._monotonic = now, monotonic

    def _take_back(self, at: int, newest: Callable[[Market], int | None]) -> None:
        """Let states that a clock that was ahead led into the future go on from *at*, or from the *newest* row."""
        for state in self._states.all():
            if state.time > at + SET_BACK:
                time = max(at, newest(state.market) or at)
                if time < state.time:
                    self._states.take((state.rule, state.market), (take_back(state, time), ()))

    def _newest_stored(self, market: Market) -> int | None:
        extent = self._store.extent(market)
        return None if extent is None else extent[1]

    def _add(self, market: Market, rows: Ticks) -> None:
        self._markets.add(market, real_rows(rows))
        if len(rows):
            self._is_real[market] = len(real_rows(rows[-1:])) > 0

    def _add_late(self) -> None:
        while self._queue.late:
            market, rows = self._queue.late[-1]
            newest = self._markets.rows[market].newest
            if newest is None or int(rows.time.max()) > newest:
                self._add(market, rows.in_order())
            else:
                self._markets.add(market, real_rows(rows))
            self._queue.late.pop()

    def _evaluate_slot(self, time: int) -> bool:
        """Evaluate the rows of the first slot, then remove it; return whether something happened."""
        rows = self._queue.rows()
        for market, row in rows:
            self._add(market, row)
        has_events = False
        for market, row in rows:
            if int(row.origin[0]) != Origin.LIVE:
                continue
            self._times.note_row(market, time)
            self.row_at = time
            has_events |= self._evaluate_row(market, time, int(row.interval[0]))
        self._queue.remove_first()
        return has_events

    def _evaluate_row(self, market: Market, time: int, interval: int) -> bool:
        if market not in self._at_rows.rules:
            return False
        row = Row(time, interval, self._markets.readings(market, self._at_rows.measures[market], time))
        self._read.note_row(market, row.readings)
        has_events = False
        for rule in self._at_rows.rules[market]:
            key = rule.name, market
            state = self._states[key]
            led = step_at_price(rule, state, row) if rule.name in self._clock_rules else step(rule, state, row)
            has_events |= self._states.take(key, led)
        return has_events

    def _evaluate_tick(self, time: int) -> bool:
        has_events = False
        for market, rules in self._by_clock.rules.items():
            if not self._times.is_due(market, time) or not self._has_real_price(market, time):
                continue
            row = Row(time, CLOCK, self._markets.readings(market, self._by_clock.measures[market], time))
            self._read.note_tick(market, row.readings)
            for rule in rules:
                key = rule.name, market
                has_events |= self._states.take(key, step(rule, self._states[key], row))
        self._times.reached = time
        return has_events

    def _has_real_price(self, market: Market, time: int) -> bool:
        """Return whether the newest row of *market* may be judged at a *time* of the clock."""
        newest = self._markets.rows[market].newest
        return self._is_real.get(market, True) and (newest is None or newest <= time)
