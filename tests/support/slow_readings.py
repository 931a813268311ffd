"""A plain slow evaluator: every measure of a rule from a window of all rows, at each row anew."""

import math
from collections.abc import Mapping

from tracker.alerts.readings.unreliable_prices import UnreliablePrices
from tracker.alerts.readings.verdict import CannotTell, Reading, Readings, Reason
from tracker.alerts.rules.expression import Measure
from tracker.core.cross_market import cross_rates
from tracker.core.durations import DAY
from tracker.core.market import Market
from tracker.core.market_status import Stop
from tracker.core.measures import MEASURES
from tracker.core.ranking import ranking
from tracker.core.standstill import unmoved_since
from tracker.core.ticks import Ticks
from tracker.core.window import Window

Rows = Mapping[Market, Ticks]  # all rows so far, in order


def slow_readings(
    rows: Rows, market: Market, measures: tuple[Measure, ...], now: int, unreliable: UnreliablePrices | None = None
) -> Readings:
    """Return what *measures* read in *market* at *now*, with the floor and times of the settings' defaults."""
    unreliable = unreliable or UnreliablePrices()
    doubt = _doubt(rows, market, now, unreliable)
    previous = int(rows[market].time[-2]) if len(rows[market]) > 1 else None
    return {
        measure: Reading(
            _value(rows, market, measure, now, unreliable),
            math.nan if previous is None else _value(rows, market, measure, previous, unreliable),
            None if measure.span is None else Window.of(rows[market], measure.span, now).coverage,
            None if measure.name in ("age", "coverage") else _problem(rows, market, measure, now, unreliable, doubt),
        )
        for measure in measures
    }


def _value(rows: Rows, market: Market, measure: Measure, now: int, unreliable: UnreliablePrices) -> float:
    if measure.name == "age":
        return float(now - rows[market].time[rows[market].time <= now][-1]) if len(rows[market]) else math.inf
    if measure.pair is not None:
        dividend, divisor = _quoted(rows, market, measure.pair[1]), _quoted(rows, market, measure.pair[0])
        if (
            dividend is None
            or divisor is None
            or any(_doubt(rows, each, now, unreliable) for each in (dividend, divisor))
        ):
            return math.nan
        windows = {each: Window.of(rows[each], DAY, now) for each in (dividend, divisor)}
        return cross_rates(windows, dividend)[divisor]
    if measure.name == "rank":
        return _ranks(rows, measure.span, now, unreliable).get(market) or math.nan
    window = Window.of(rows[market], measure.span or DAY, now)
    return window.coverage if measure.name == "coverage" else MEASURES[measure.name].function(window)


def _problem(
    rows: Rows,
    market: Market,
    measure: Measure,
    now: int,
    unreliable: UnreliablePrices,
    doubt: tuple[Reason, int | None] | None,
) -> CannotTell | None:
    if measure.pair is not None:
        is_told = not math.isnan(_value(rows, market, measure, now, unreliable))
        return None if is_told else CannotTell(Reason.NO_PAIR, measure)
    if doubt is not None:
        return CannotTell(doubt[0], measure, since=doubt[1])
    if measure.span is None:
        return None
    window = Window.of(rows[market], measure.span, now)
    if not window.count:
        return CannotTell(Reason.NO_PRICE, measure)
    if window.coverage < 0.8:
        return CannotTell(Reason.THIN_COVERAGE, measure, window.coverage)
    if measure.name == "rank" and math.isnan(_value(rows, market, measure, now, unreliable)):
        return CannotTell(Reason.NOT_RANKED, measure)
    return None


def _doubt(rows: Rows, market: Market, now: int, unreliable: UnreliablePrices) -> tuple[Reason, int | None] | None:
    window = Window.of(rows[market], DAY, now)
    if not len(rows[market]):
        return Reason.NO_PRICE, None
    if market in unreliable.held_back:
        return Reason.HELD_BACK, unreliable.held_back[market]
    still = {**_unmoved(rows, now), **unreliable.stopped}
    if market in still:
        return Reason.STANDING_STILL, still[market]
    is_old = bool(window.gaps) and window.gaps[-1][1] == now
    return (Reason.OLD_PRICE, int(rows[market].time[-1])) if is_old else None


def _unmoved(rows: Rows, now: int) -> dict[Market, int]:
    return unmoved_since({each: Window.of(ticks, DAY, now) for each, ticks in rows.items()})


def _ranks(rows: Rows, span: int, now: int, unreliable: UnreliablePrices) -> dict[Market, int | None]:
    stops = {each: Stop(since) for each, since in unreliable.stopped.items()}
    windows = {each: Window.of(ticks, span, now) for each, ticks in rows.items()}
    return {row.market: row.rank for row in ranking(windows, unmoved=_unmoved(rows, now), stops=stops)}


def _quoted(rows: Rows, market: Market, quote: str) -> Market | None:
    markets = [each for each in rows if (each.base, each.quote) == (market.base, quote)]
    own = [each for each in markets if each.exchange == market.exchange]
    return next(iter(own or markets), None)
