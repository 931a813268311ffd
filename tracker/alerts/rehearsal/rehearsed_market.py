"""Leads a rule through what is stored of one market, part by part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from tracker.alerts.readings.past_readings import PastReadings
from tracker.alerts.readings.past_rows import PastRows
from tracker.alerts.readings.past_times import Times, times_of_rows, times_of_rows_and_clock
from tracker.alerts.readings.reading_columns import (
    CANNOT_TELL,
    REASONS,
    TOLD,
    UNSURE,
    VerdictColumns,
    code_of,
    evaluate_columns,
)
from tracker.alerts.readings.verdict import CannotTell, Readings, Reason, evaluate
from tracker.alerts.rehearsal.past_steps import PastSteps
from tracker.alerts.rules.clock_rules import follows_clock
from tracker.alerts.rules.expression import Expression, has_crossing, measures_of
from tracker.alerts.rules.rule import Rule
from tracker.alerts.states.events import Event
from tracker.alerts.states.phase import Phase
from tracker.alerts.states.rule_state import RuleState
from tracker.alerts.states.state_machine import Row
from tracker.core.market import Market
from tracker.core.window import Window


@dataclass(frozen=True, slots=True)
class RehearsedFiring:
    """The events with which a firing begins and ends; *end* is None if it goes on at the end of the record."""

    begin: Event
    end: Event | None


@dataclass(frozen=True, slots=True)
class MarketRehearsal:
    """
    What a rule would have done in one market.

    Attributes:
        begin: epoch ms from which on prices are stored; None if none are.
        end: of the last price.
        coverage: share of the time between them that prices cover; 0 without prices.
        firings: in order of time.
        untold: ms for which nothing could be told, by the reason.
        state: where the rule stands at the end of the record.
        last: the last row, with what the measures of the rule read at it; None without prices.
    """

    begin: int | None
    end: int | None
    coverage: float
    firings: tuple[RehearsedFiring, ...]
    untold: Mapping[Reason, int]
    state: RuleState
    last: Row | None = None


class RehearsedMarket:
    """
    How far *rule*, made at *started* (epoch ms), has come in *market*.

    Attributes:
        events: what happened so far.
    """

    def __init__(self, rule: Rule, market: Market, started: int) -> None:
        self._rule, self._market, self._started = rule, market, started
        self._state = RuleState.new(rule, market, started)
        self._measures = tuple(dict.fromkeys((*measures_of(rule.expression), *measures_of(rule.rearm))))
        self._untold = np.zeros(len(REASONS) + 1, np.int64)  # ms by code
        self._covered = 0  # ms
        self._extent: tuple[int, int] | None = None
        self._last: Row | None = None
        self.events: list[Event] = []

    def follow(self, readings: PastReadings, begin: int, end: int, cancelled: Callable[[], bool]) -> bool:
        """Go on from *begin* to *end* (epoch ms), between which *readings* reads; return whether it was done."""
        rows = readings.rows(self._market)
        self._note_cover(rows, begin, end)
        if follows_clock(self._rule):
            times = times_of_rows_and_clock(rows, begin, end, self._started)
        else:
            times = times_of_rows(rows, begin, self._started)
        if not times.at.size:
            return True
        crossed = has_crossing(self._rule.expression)
        columns = readings.columns(self._market, self._measures, times, crossed)
        holds, rearms = (evaluate_columns(each, columns) for each in (self._rule.expression, self._rule.rearm))
        exact: dict[int, Readings] = {}
        for number in np.flatnonzero((holds.verdict == UNSURE) | (rearms.verdict == UNSURE)).tolist():
            if cancelled():
                return False
            exact[number] = readings.exact(self._market, self._measures, times, number)
            _evaluate_one(self._rule.expression, holds, exact[number], number)
            _evaluate_one(self._rule.rearm, rearms, exact[number], number)

        def row(number: int) -> Row:
            if number not in exact and any(each.is_unsure[number] for each in columns.values()):
                exact[number] = readings.exact(self._market, self._measures, times, number)
            read = exact.get(number) or {measure: columns[measure].at(number) for measure in self._measures}
            return Row(int(times.at[number]), int(times.interval[number]), read)

        steps = PastSteps(times.at, times.interval, holds.verdict, rearms.verdict, row)
        self._state, events = steps.follow(self._rule, self._state)
        self.events += events
        self._last = row(times.at.size - 1)
        self._note_untold(times, holds)
        return True

    def result(self) -> MarketRehearsal:
        """Return what has happened."""
        firings: list[RehearsedFiring] = []
        for event in self.events:
            if event.kind.begins_firing:
                firings.append(RehearsedFiring(event, None))
            else:
                firings[-1] = RehearsedFiring(firings[-1].begin, event)
        begin, end = self._extent or (None, None)
        untold = {REASONS[code - 1]: int(self._untold[code]) for code in np.flatnonzero(self._untold).tolist()}
        coverage = self._covered / (end - begin) if begin is not None and end is not None else 0.0
        return MarketRehearsal(
            begin, end, coverage, tuple(firings), MappingProxyType(untold), self._standing(), self._last
        )

    def _standing(self) -> RuleState:
        """Return the state, with why the newest row cannot be judged, as steps leave out most rows."""
        if self._last is None or self._state.phase is Phase.DONE:
            return self._state
        verdict = evaluate(self._rule.expression, self._last.readings)
        return replace(self._state, problem=verdict if isinstance(verdict, CannotTell) else None)

    def _note_cover(self, rows: PastRows, begin: int, end: int) -> None:
        inside = rows.between(begin, end)
        if not len(inside):
            return
        self._covered += round(Window(inside, begin, end).coverage * (end - begin))
        first = max(self._started, int(inside.time[0] - inside.interval[0]))
        self._extent = self._extent[0] if self._extent else first, int(inside.time[-1])

    def _note_untold(self, times: Times, holds: VerdictColumns) -> None:
        counts = holds.verdict == CANNOT_TELL
        if self._rule.expires is not None:
            counts &= times.at < self._rule.expires
        self._untold += np.bincount(holds.reason[counts], times.lasts[counts], self._untold.size).astype(np.int64)


def _evaluate_one(expression: Expression, columns: VerdictColumns, readings: Readings, number: int) -> None:
    """Put the verdict on *readings* into *columns*."""
    verdict = evaluate(expression, readings)
    if isinstance(verdict, CannotTell):
        columns.verdict[number], columns.reason[number] = CANNOT_TELL, code_of(verdict.reason)
    else:
        columns.verdict[number], columns.reason[number] = int(verdict), TOLD
