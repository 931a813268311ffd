"""What the rules demand of a simulated day: what happens, row by row and tick by tick, and what of it is held back."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.support.memory_store import MemoryStore
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.rules.clock_rules import CLOCK, follows_clock
from tracker.alerts.service.watched import Watched
from tracker.alerts.states.events import Event
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row, step
from tracker.core.market import Market
from tracker.core.ticks import Ticks

Demand = tuple[str, str, str, int]  # kind, rule, market and time of an event


@dataclass(frozen=True)
class Hold:
    """A time in which nothing is sent of *rule* in *market*, or in any (None): from *start* to *end*, epoch ms."""

    rule: str
    market: Market | None
    start: int
    end: int

    def is_of(self, rule: str, market: str) -> bool:
        return self.rule == rule and (self.market is None or str(self.market) == market)


def named(event: Event) -> Demand:
    return event.kind.value, event.rule, str(event.market), event.at


def demanded_events(watched: Watched, rows: Mapping[Market, Ticks], start: int, end: int) -> list[Event]:
    """Return what happens to the rules over the whole day, in one process."""
    markets = tuple(rows)
    readings = MarketReadings(markets, MemoryStore(), watched.floor, watched.unmoved_after)
    states = {(rule.name, market): RuleState.new(rule, market, start) for rule in watched.rules for market in markets}
    at = {market: {int(time): row for row, time in enumerate(rows[market].time)} for market in markets}
    at_rows, by_clock = watched.at_rows(), watched.by_clock()
    events: list[Event] = []
    for now in range(start + CLOCK, end + 1, CLOCK):
        arrived = [market for market in markets if now in at[market]]
        for market in arrived:
            readings.add(market, rows[market][at[market][now] : at[market][now] + 1])
        for chosen, evaluated in (
            (at_rows, arrived),
            (by_clock, [market for market in markets if readings.rows[market].newest]),
        ):
            for market in filter(chosen.rules.get, evaluated):
                read = readings.readings(market, chosen.measures[market], now)
                for each in chosen.rules[market]:
                    row = Row(now, CLOCK if follows_clock(each) else watched.cadences[market], read)
                    states[each.name, market], more = step(each, states[each.name, market], row)
                    events += more
    return events


@dataclass(frozen=True)
class HeldDay:
    """
    What is to be received of *events*, where *holds* keep some back.

    Args:
        events: all that happen.
        holds: when nothing is sent.
        lag: ms after which what happened, or a hold that began, is known to the process that watches.
    """

    events: Sequence[Event]
    holds: Collection[Hold]
    lag: int

    def lost(self, received: Collection[Demand]) -> list[Demand]:
        """Return what did not arrive: beginnings that no hold may have outlasted, and ends of those that arrived."""
        begun = {event.firing for event in self.events if event.kind.begins_firing and named(event) in received}
        return [
            named(event)
            for event in self.events
            if named(event) not in received
            and (not self._may_be_withheld(event) if event.kind.begins_firing else event.firing in begun)
        ]

    def needless(self, received: Collection[Demand]) -> list[Demand]:
        """Return what arrived of firings that began and ended within a hold, and ends without their beginnings."""
        withheld = {event.firing for event in self.withheld()}
        begun = {event.firing for event in self.events if event.kind.begins_firing and named(event) in received}
        of_day = {named(event): event.firing for event in self.events}
        return [each for each in received if of_day.get(each) not in begun - withheld]

    def withheld(self) -> list[Event]:
        """Return the beginnings that nobody is told of."""
        return [
            event
            for event in self.events
            if event.kind.begins_firing
            and any(
                hold.start + self.lag <= event.at and self._end_of(event) + self.lag < hold.end
                for hold in self._holds(event)
            )
        ]

    def early(self, tries: Iterable[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
        """Return those of *tries*, each a rule, a market and an epoch ms, that were made while they were held back."""
        return [
            (rule, market, at)
            for rule, market, at in tries
            if any(hold.is_of(rule, market) and hold.start + self.lag <= at < hold.end for hold in self.holds)
        ]

    def _may_be_withheld(self, event: Event) -> bool:
        end = self._end_of(event)
        return any(hold.start <= end + self.lag and end < hold.end for hold in self._holds(event))

    def _holds(self, event: Event) -> list[Hold]:
        return [hold for hold in self.holds if hold.is_of(event.rule, str(event.market))]

    def _end_of(self, event: Event) -> int:
        """Return when the firing of *event* ended; after the day, if it did not."""
        ends = (each.at for each in self.events if each.firing == event.firing and not each.kind.begins_firing)
        return next(ends, self.events[-1].at + 10 * 86_400_000)
