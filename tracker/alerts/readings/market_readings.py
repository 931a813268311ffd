"""What the measures of rules read at a row, from stored prices; the live service and the rehearsal use the same."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tracker.alerts.readings.followed_markets import Doubt, FollowedMarkets
from tracker.alerts.readings.followed_span import value_of
from tracker.alerts.readings.verdict import CannotTell, Reading, Readings, Reason
from tracker.alerts.rules.expression import Measure
from tracker.core.market import Market
from tracker.core.ranking import COVERAGE_FLOOR
from tracker.core.standstill import UNMOVED_AFTER
from tracker.history.bar_reader import PriceSource


class _Value(NamedTuple):
    """A measure's number, and of its span the coverage and why it is not relied on."""

    value: float
    coverage: float | None = None
    reason: Reason | None = None


class _AtRow(NamedTuple):
    """The number of a measure at a row, and at the row before."""

    time: int
    value: float
    before: float


class MarketReadings(FollowedMarkets):
    """
    Reads measures of markets whose rows are added as they are stored.

    Each span of a market is computed once a row, for all measures of all rules, and only if a measure names it.
    Rows should be added slot by slot, those of all markets before any is read, as ranks compare all markets. Not
    thread-safe. ``readings`` may raise StoreError; the next call works again once the cause is gone.

    Args:
        markets: all that are ranked and compared, in the settings' order.
        source: the past; holds the rows that are added.
        floor: least coverage with which a measure of a span is relied on, 0 to 1.
        unmoved_after: ms for which a price that stands still while others move is relied on.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        source: PriceSource,
        floor: float = COVERAGE_FLOOR,
        unmoved_after: int = UNMOVED_AFTER,
    ) -> None:
        super().__init__(markets, source, floor, unmoved_after)
        self._last: dict[tuple[Market, Measure], _AtRow] = {}

    def readings(self, market: Market, measures: Iterable[Measure], now: int) -> Readings:
        """Return what *measures* read in *market* at *now* (epoch ms), by the rows added, none of them newer."""
        doubt = self.doubt(market, now)
        return {measure: self._reading(market, measure, now, doubt) for measure in measures}

    def _reading(self, market: Market, measure: Measure, now: int, doubt: Doubt | None) -> Reading:
        value, coverage, reason = self._value(market, measure, now)
        since = None
        if doubt is not None and measure.pair is None:
            reason, since = doubt
        problem = None
        if reason is not None and not measure.word.always_told:
            problem = CannotTell(reason, measure, coverage if reason is Reason.THIN_COVERAGE else None, since)
        return Reading(value, self._before(market, measure, value, now), coverage, problem)

    def _value(self, market: Market, measure: Measure, now: int) -> _Value:
        """Return what *measure* reads, whether the market's newest price counts or not."""
        rows, span = self.rows[market], measure.span
        if measure.pair is not None:
            rate = self.implied(market, measure.pair, now)
            return _Value(rate, None, Reason.NO_PAIR if math.isnan(rate) else None)
        if measure.name == "age":
            return _Value(math.inf if rows.newest is None else float(now - rows.newest))
        if span is None:
            return _Value(rows.price)
        followed = self.span(market, span)
        figures, coverage = followed.figures(now), followed.coverage(now)
        reason = Reason.NO_PRICE if not followed.count(now) else Reason.THIN_COVERAGE if coverage < self.floor else None
        if measure.name == "coverage":
            return _Value(coverage, coverage)
        if measure.name == "rank":
            rank = self.ranks(span, now).get(market)
            return _Value(rank or math.nan, coverage, reason if rank else reason or Reason.NOT_RANKED)
        return _Value(value_of(measure.name, figures), coverage, reason)

    def _before(self, market: Market, measure: Measure, value: float, now: int) -> float:
        """Return what *measure*, which is *value*, read at the row before; nan if that is not known."""
        rows, key = self.rows[market], (market, measure)
        if now != rows.newest:  # no row came, so nothing was crossed
            return value
        last = self._last.get(key)
        if last is not None and last.time == rows.newest:
            return last.before
        before = last.value if last is not None and last.time == rows.previous else None
        before = self._value_before(market, measure) if before is None else before
        self._last[key] = _AtRow(now, value, before)
        return before

    def _value_before(self, market: Market, measure: Measure) -> float:
        """Return what *measure* read at the row before the newest, by a window of its own; nan if it takes others."""
        rows = self.rows[market]
        if rows.previous is None:
            return math.nan
        if measure.name == "last_price":
            return float(rows.between(rows.previous - 1, rows.previous).price[0])
        if measure.span is None or measure.name == "rank":
            return math.nan
        window = rows.window(rows.previous, measure.span)
        return window.coverage if measure.name == "coverage" else value_of(measure.name, window)
