"""
Rehearses a rule: what it would have done over stored prices, by the same state machine and the same readings.

All stored rows count, those that were fetched or imported later too, as they are the record; the live service steps on
rows as they arrive and on no others. What a collector stated of its prices then is not stored, so nothing is held back.
Rules that the clock evaluates too are so up to the last row of any market: after it nobody knows who watched.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracker.alerts.readings.past_readings import PastReadings
from tracker.alerts.readings.past_rows import Record, Run
from tracker.alerts.rehearsal.rehearsed_market import MarketRehearsal, RehearsedFiring, RehearsedMarket
from tracker.alerts.rules.quiet_hours import QuietHours
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event, still_to_tell
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.ranking import COVERAGE_FLOOR
from tracker.core.standstill import UNMOVED_AFTER

_PART = 7 * DAY  # ms; so much of the past is in memory at a time


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """
    What a rule would have done.

    Attributes:
        begin: epoch ms of the true beginning of the record; None if nothing is stored of the rule's markets.
        end: of its last price.
        markets: the rule's.
        messages: how many would have been sent: one for all that is due at a time, quiet hours considered.
    """

    begin: int | None
    end: int | None
    markets: Mapping[Market, MarketRehearsal]
    messages: int

    @property
    def length(self) -> int:
        """Length of the record in ms."""
        return 0 if self.begin is None or self.end is None else self.end - self.begin

    @property
    def firings(self) -> tuple[RehearsedFiring, ...]:
        """Those of all markets, in order of time."""
        firings = (firing for each in self.markets.values() for firing in each.firings)
        return tuple(sorted(firings, key=lambda firing: firing.begin.at))


def rehearse(
    rule: Rule,
    markets: Sequence[Market],
    record: Record,
    start: int,
    end: int,
    *,
    floor: float = COVERAGE_FLOOR,
    unmoved_after: int = UNMOVED_AFTER,
    cancelled: Callable[[], bool] = lambda: False,
) -> Rehearsal | None:
    """
    Return what *rule* would have done, had it been made at *start*; None if it was *cancelled*.

    It blocks for seconds, so it belongs in a thread, where it lets others run. May raise StoreError.

    Args:
        rule: in any of *markets*.
        markets: all that are ranked and compared, in the settings' order.
        record: the store.
        start: epoch ms; rows with *start* < time <= *end* count, and those before for spans.
        end: epoch ms.
        floor: see ``MarketReadings``, as the next.
        unmoved_after: ms.
        cancelled: is asked between parts of the work.
    """
    extents = [record.extent(market, start + 1, end + 1) for market in markets]
    times = [time for extent in extents if extent is not None for time in extent]
    first, last = min(times, default=start), max(times, default=start)
    watched = {market: RehearsedMarket(rule, market, start) for market in rule.markets}
    runs: dict[Market, Run] = {}
    for begin in range(max(start, (first - 1) // DAY * DAY), last, _PART):
        part = begin, min(begin + _PART, last)
        readings = PastReadings(markets, record, *part, floor, unmoved_after, runs)
        for each in watched.values():
            if cancelled() or not each.follow(readings, *part, cancelled):
                return None
        runs = readings.last_runs()
    results = {market: each.result() for market, each in watched.items()}
    begins = [each.begin for each in results.values() if each.begin is not None]
    ends = [each.end for each in results.values() if each.end is not None]
    events = [event for each in watched.values() for event in each.events]
    messages = count_messages(events, rule.quiet)
    return Rehearsal(min(begins, default=None), max(ends, default=None), results, messages)


def count_messages(events: Iterable[Event], quiet: QuietHours | None) -> int:
    """Return how many messages tell of *events*, one of all that is due at a time; some wait for *quiet* to end."""
    due: dict[int, list[Event]] = {}
    for event in sorted(events, key=lambda event: event.at):
        due.setdefault(event.at if quiet is None else quiet.end_of(event.at), []).append(event)
    return sum(bool(still_to_tell(each)) for each in due.values())
