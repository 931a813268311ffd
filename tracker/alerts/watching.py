"""
Leads rules through their states by what is stored: each new live row, and for some rules the clock.

Rules that name ``age`` or ``coverage`` are evaluated by the clock alone. They wait after a start, and after the clock
was set, until rows could have come: whoever starts the tracker in the morning is not told that it was off at night.
"""

from collections.abc import Callable, Iterator
from functools import cache

from tracker.alerts.arrivals import Arrivals
from tracker.alerts.clock_rules import CLOCK, follows_clock
from tracker.alerts.doubts import Doubts
from tracker.alerts.kept_states import KeptStates
from tracker.alerts.phase import Phase
from tracker.alerts.readings import MarketReadings
from tracker.alerts.real_prices import RealPrices, real_rows
from tracker.alerts.state_machine import SET_BACK, Row, expire, step, take_back
from tracker.alerts.verdict import Readings
from tracker.alerts.watched import RulesByMarket, Watched
from tracker.core.contracts import Store
from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import GAP_FACTOR
from tracker.runtime.clock import Clock

CATCH_UP = HOUR  # ms; older rows that no process evaluated are not evaluated any more, whenever they arrive
CLOCK_CATCH_UP = MINUTE  # ms; the same for the clock's
JUMP = 5 * SECOND  # ms; the clock was set if it went this much further than the monotonic one, or less far
SLACK = 10 * SECOND  # ms in which a collector that starts has its first row, besides its cadence


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
        doubts: returns why prices are not to be relied on.

    Attributes:
        by_price, by_clock: by market, what the measures of its rules read when they were last evaluated.
        row_at: epoch ms of the newest live row that was evaluated in this term; None before the first.
    """

    def __init__(
        self, watched: Watched, store: Store, states: KeptStates, clock: Clock, doubts: Callable[[], Doubts]
    ) -> None:
        self._store, self._states, self._clock, self._doubts = store, states, clock, doubts
        self._cadences = watched.cadences
        self._price_rules, self._clock_rules = watched.by_price(), watched.by_clock()
        self._expiring = [rule for rule in watched.rules if rule.expires is not None]
        self._markets = MarketReadings(list(watched.cadences), RealPrices(store), watched.floor, watched.unmoved_after)
        self._is_real: dict[Market, bool] = {}  # whether the newest row is of an exchange
        self._arrivals = Arrivals()
        self.by_price: dict[Market, Readings] = {}
        self.by_clock: dict[Market, Readings] = {}
        self.row_at: int | None = None
        self._ticked_at: int  # epoch ms up to which the clock's rules were evaluated
        self._waits_since: dict[Market, int] = {}  # epoch ms since which the clock's rules wait for rows
        # The cursor before the rows: what arrives in between comes twice, instead of never.
        _, self._cursor = store.poll(None)
        now = clock.now()
        self._now, self._monotonic = now, clock.monotonic()
        self._begin_clock(now)
        # Those markets whose rules another process evaluated by the clock until a moment ago need not wait.
        for market, time in self._evaluated_before(watched):
            if now - CLOCK_CATCH_UP <= time <= now:
                self._ticked_at = min(self._ticked_at, time)
                self._waits_since.pop(market, None)
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
                self._arrivals.add(market, ticks, max(now - CATCH_UP, self._markets.rows[market].newest or 0))
        self._cursor = cursor
        self._add_late()
        self._markets.doubts = self._doubts()
        while may_go_on():
            slot, tick = self._arrivals.first(), self._next_tick(now)
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
        reached = dict.fromkeys(self._clock_rules.rules, self._ticked_at)
        for market, rules in self._price_rules.rules.items():
            times = (self._states[rule.name, market].time for rule in rules)
            reached[market] = min(reached.get(market, now), *times)
        for market in self._cadences:
            since = max(now - CATCH_UP, min(now, reached.get(market, now)))
            extent = self._store.extent(market, None, since + 1)
            if extent is not None:
                self._add(market, self._store.read(market, extent[1], extent[1] + 1))
            self._arrivals.add(market, self._store.read(market, since + 1, now + 1), since)

    def _begin_clock(self, now: int) -> None:
        """Let the clock's rules wait until rows could have come."""
        self._ticked_at = now // CLOCK * CLOCK
        self._waits_since = dict.fromkeys(self._clock_rules.rules, now)
        self._has_row: set[Market] = set()  # markets of which a live row has come meanwhile

    def _evaluated_before(self, watched: Watched) -> Iterator[tuple[Market, int]]:
        """Yield up to when (epoch ms) each of the clock's rules was evaluated in a market before this term."""
        names = {rule.name for rule in watched.rules if follows_clock(rule)}
        for state in self._states.found:
            if state.rule in names and (state.was_false or state.phase is not Phase.ARMED):
                yield state.market, state.time

    def _notice_jump(self, now: int) -> None:
        monotonic = self._clock.monotonic()
        elapsed = 1000 * (monotonic - self._monotonic)
        if abs(now - self._now - elapsed) > JUMP:
            self._take_back(now - round(elapsed), lambda market: self._markets.rows[market].newest)
            self._begin_clock(now)
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
        while self._arrivals.late:
            market, rows = self._arrivals.late[-1]
            newest = self._markets.rows[market].newest
            if newest is None or int(rows.time.max()) > newest:
                self._add(market, rows.in_order())
            else:
                self._markets.add(market, real_rows(rows))
            self._arrivals.late.pop()

    def _evaluate_slot(self, time: int) -> bool:
        """Evaluate the rows of the first slot, then remove it; return whether something happened."""
        rows = self._arrivals.rows()
        for market, row in rows:
            self._add(market, row)
        has_events = False
        for market, row in rows:
            if int(row.origin[0]) != Origin.LIVE:
                continue
            self._has_row.add(market)
            self.row_at = time
            interval = int(row.interval[0])
            has_events |= self._lead(self._price_rules, self.by_price, market, time, interval)
        self._arrivals.remove_first()
        return has_events

    def _next_tick(self, now: int) -> int | None:
        """Return the next time at which the clock's rules are to be evaluated; None if it has not come."""
        if not self._clock_rules.rules:
            return None
        tick = max(self._ticked_at + 1, now - CLOCK_CATCH_UP)
        tick = -(-tick // CLOCK) * CLOCK
        return tick if tick <= now else None

    def _evaluate_tick(self, time: int) -> bool:
        has_events = False
        for market in self._clock_rules.rules:
            if self._may_tick(market, time):
                has_events |= self._lead(self._clock_rules, self.by_clock, market, time, CLOCK)
        self._ticked_at = time
        return has_events

    def _may_tick(self, market: Market, time: int) -> bool:
        newest = self._markets.rows[market].newest
        if not self._is_real.get(market, True) or (newest is not None and newest > time):
            return False
        since = self._waits_since.get(market)
        if since is None or market in self._has_row:
            return True
        return time >= since + GAP_FACTOR * self._cadences[market] + SLACK

    def _lead(
        self, chosen: RulesByMarket, read: dict[Market, Readings], market: Market, time: int, interval: int
    ) -> bool:
        """Lead the rules of *market* through a row; return whether something happened."""
        if market not in chosen.rules:
            return False
        readings = read[market] = self._markets.readings(market, chosen.measures[market], time)
        row, has_events = Row(time, interval, readings), False
        for rule in chosen.rules[market]:
            key = rule.name, market
            has_events |= self._states.take(key, step(rule, self._states[key], row))
        return has_events
