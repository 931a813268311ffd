"""What measures read at many past times at once: the array form of ``readings``, for a rehearsal."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tracker.alerts.readings.aggregate_columns import Bools
from tracker.alerts.readings.column_joins import Floats, Ints
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.readings.past_markets import DoubtColumns, PastMarkets
from tracker.alerts.readings.past_rows import PastRows
from tracker.alerts.readings.past_times import Times
from tracker.alerts.readings.reading_columns import TOLD, Codes, ReadingColumns, code_of
from tracker.alerts.readings.verdict import Readings, Reason
from tracker.alerts.rules.expression import Measure
from tracker.core.market import Market


class _Values(NamedTuple):
    """What of ``ReadingColumns`` a measure states, whether the newest price counts or not."""

    value: Floats
    coverage: Floats | None
    reason: Codes
    is_unsure: Bools


class PastReadings(PastMarkets):
    """
    Reads measures of markets as ``MarketReadings`` does after the rows up to each time: sums to 1e-9, others exactly.

    Nothing is known of what a collector stated then, see ``UnreliablePrices``. Any method may raise StoreError.
    """

    def columns(
        self, market: Market, measures: Iterable[Measure], times: Times, crossed: bool
    ) -> Mapping[Measure, ReadingColumns]:
        """Return what *measures* read in *market* at *times*, and if they are *crossed* at the row before."""
        doubt = self.doubts(market, times.at)
        return {measure: self._columns(market, measure, times, doubt, crossed) for measure in measures}

    def exact(self, market: Market, measures: tuple[Measure, ...], times: Times, number: int) -> Readings:
        """Return the same at one of *times*, as it is read row by row."""
        readings = self._live(int(times.at[number])).readings(market, measures, int(times.at[number]))
        if not times.is_row[number]:
            return readings
        before = int(times.before[number])
        earlier = self._live(before).readings(market, measures, before) if before >= 0 else {}

        def value_before(measure: Measure) -> float:
            is_known = measure in earlier and (times.was_read[number] or _follows_from_rows(measure))
            return earlier[measure].value if is_known else math.nan

        return {measure: replace(reading, before=value_before(measure)) for measure, reading in readings.items()}

    def _live(self, at: int) -> MarketReadings:
        """Return the readings of the rows up to *at* (epoch ms)."""
        live = MarketReadings(self.markets, self, self.floor, self.unmoved_after)
        for market in self.markets:
            rows = self.rows(market)
            newest = int(rows.newest(np.array([at]))[0])
            if newest >= 0:
                live.add(market, rows.rows[newest : newest + 1])
                live.rows[market].run = int(rows.runs[0][newest]), int(rows.runs[1][newest])
        return live

    def _columns(
        self, market: Market, measure: Measure, times: Times, doubt: DoubtColumns, crossed: bool
    ) -> ReadingColumns:
        value, coverage, reason, is_unsure = self._values(market, measure, times.at)
        before = None
        if crossed:
            places = np.flatnonzero((times.before >= 0) & (times.was_read | _follows_from_rows(measure)))
            earlier = self._values(market, measure, times.before[places])
            before, is_unsure = np.where(times.is_row, np.nan, value), is_unsure.copy()
            before[places] = earlier.value
            is_unsure[places] |= earlier.is_unsure
        since = np.zeros_like(times.at)
        if measure.pair is None:
            reason = np.where(doubt.reason != TOLD, doubt.reason, reason)
            since = doubt.since
        if measure.word.always_told:
            reason = np.zeros_like(reason)
        return ReadingColumns(measure, value, before, coverage, reason, since, is_unsure)

    def _values(self, market: Market, measure: Measure, at: Ints) -> _Values:
        told, sure, rows = np.zeros(at.size, np.uint8), np.zeros(at.size, dtype=bool), self.rows(market)
        if measure.pair is not None:
            rate, is_unsure = self.implied(market, measure.pair, at)
            no_pair = np.where(np.isnan(rate), code_of(Reason.NO_PAIR), TOLD).astype(np.uint8)
            return _Values(rate, None, no_pair, is_unsure)
        if measure.span is None:
            return _Values(_of_newest(measure, rows, at), None, told, sure)
        spans = rows.spans(measure.span, at)
        thin = np.where(spans.coverage < self.floor, code_of(Reason.THIN_COVERAGE), TOLD)
        reason = np.where(spans.count == 0, code_of(Reason.NO_PRICE), thin).astype(np.uint8)
        if measure.name == "coverage":
            return _Values(spans.coverage, spans.coverage, told, spans.is_cut)
        if measure.name != "rank":
            return _Values(spans.value(measure.name), spans.coverage, reason, spans.is_cut)
        rank, is_unsure = self.ranks(measure.span, at)[market]
        is_unranked = (reason == TOLD) & np.isnan(rank)
        reason = np.where(is_unranked, code_of(Reason.NOT_RANKED), reason).astype(np.uint8)
        return _Values(rank, spans.coverage, reason, is_unsure | spans.is_cut)


def _of_newest(measure: Measure, rows: PastRows, at: Ints) -> Floats:
    """Return the price of the newest row at each of *at*, or its age."""
    newest, is_age = rows.newest(at), measure.name == "age"
    if not len(rows.rows):
        return np.full(at.size, math.inf if is_age else math.nan)
    if is_age:
        return np.where(newest < 0, math.inf, at - rows.rows.time[newest])
    return np.where(newest < 0, math.nan, rows.rows.price[newest])


def _follows_from_rows(measure: Measure) -> bool:
    """Return whether what *measure* read at an earlier row can be found later, from the rows of its market."""
    return measure.pair is None and measure.name != "rank"
