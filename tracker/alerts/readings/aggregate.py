"""
What measures need of neighbouring rows, as numbers that join with those of the rows after them.

A one-row form of ``core.bars.Bars``: joining two costs microseconds, so that windows can follow each new row.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tracker.core.bar_making import make_one_bar
from tracker.core.bars import FINE, POINTS, Bars
from tracker.core.measures import YEAR
from tracker.core.ticks import Ticks
from tracker.core.window import GAP_FACTOR, Window


class Aggregate(NamedTuple):
    """
    At least one row of one market; the attributes of the same names are those of ``Bars``.

    Attributes:
        size: number of rows; ``Bars.count``.
        points: ms between the multiples since the epoch at which log returns are taken.
        opens: epoch ms from which on the rows cover.
        opening_interval: of the row that begins there.
        first_log, last_log: logarithms of the prices at the first and last point; nan where there is none.
    """

    points: int
    size: int
    first_time: int
    first_price: float
    opens: int
    opening_interval: int
    last_time: int
    last_price: float
    low: float
    high: float
    lowest: float
    highest: float
    weight: float
    weight_squared: float
    mean_distance: float
    m2: float
    drawdown: float
    returns: int
    squared_returns: float
    first_log: float
    last_log: float

    def coverage(self, start: int, end: int) -> float:
        """Return the share of (*start*, *end*], epoch ms, that the rows cover, which are all those inside."""
        return (self.weight - max(0, start - self.opens)) / (end - start)


def aggregate_of_row(points: int, time: int, price: float, interval: int, low: float, high: float) -> Aggregate:
    """Return the aggregate of one row; *low* and *high* are those of ``Ticks.lows`` and ``highs``."""
    log = math.nan if time % points else math.log(price)
    weight = float(interval)
    return Aggregate(
        points, 1, time, price, time - interval, interval, time, price, low, high, price, price,
        weight, weight * weight, 0.0, 0.0, 0.0, 0, 0.0, log, log,
    )  # fmt: skip


def aggregates_of_rows(rows: Ticks, points: int) -> list[Aggregate]:
    """Return the aggregate of each of *rows*."""
    columns = (rows.time, rows.price, rows.interval, rows.lows(), rows.highs())
    return [aggregate_of_row(points, *row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def aggregate_of_bar(bars: Bars) -> Aggregate:
    """Return the aggregate of one bar, with its POINTS."""

    def number(name: str) -> float:
        return float(getattr(bars, name)[0])

    return Aggregate(
        points=POINTS,
        size=int(bars.count[0]),
        first_time=int(bars.first_time[0]),
        first_price=number("first_price"),
        opens=int(bars.opening_time[0] - bars.opening_interval[0]),
        opening_interval=int(bars.opening_interval[0]),
        last_time=int(bars.last_time[0]),
        last_price=number("last_price"),
        low=number("low"),
        high=number("high"),
        lowest=number("lowest"),
        highest=number("highest"),
        weight=number("weight"),
        weight_squared=number("weight_squared"),
        mean_distance=number("mean_distance"),
        m2=number("m2"),
        drawdown=number("drawdown"),
        returns=int(bars.returns[0]),
        squared_returns=number("squared_returns"),
        first_log=math.log(number("first_point")),
        last_log=math.log(number("last_point")),
    )


def aggregate_of_rows(rows: Ticks, points: int) -> Aggregate:
    """Return the aggregate of *rows*, at least one, in order; they may overlap."""
    aggregate = aggregate_of_bar(make_one_bar(rows, FINE))
    if points == POINTS:
        return aggregate
    first, last = aggregate.first_time, aggregate.last_time
    times = np.arange(-(-first // points) * points, last + 1, points)
    price, is_valid = Window(rows, first - 1, last).prices_at(times)
    logs = np.log(np.where(is_valid, price, np.nan))
    returns = np.diff(logs)
    returns = returns[~np.isnan(returns)]
    return aggregate._replace(
        points=points,
        returns=returns.size,
        squared_returns=float(returns @ returns),
        first_log=float(logs[0]) if logs.size else math.nan,
        last_log=float(logs[-1]) if logs.size else math.nan,
    )


def joined(one: Aggregate, other: Aggregate) -> Aggregate | None:
    """
    Return the aggregate of both, *other* of the rows that follow; None if their rows share time.

    Counts, times, prices, weight and drawdown are exactly those of all rows, sums to 1e-9. By Chan's formula, as
    ``bar_merging`` has it.
    """
    if other.opens < one.last_time:
        return None
    weight = one.weight + other.weight
    # From the first price to a mean, so that equal prices are exactly 0 apart.
    apart = other.first_price - one.first_price + other.mean_distance - one.mean_distance
    share = other.weight / weight
    returns, squares, first_log, last_log = _joined_returns(one, other)
    return Aggregate(
        one.points,
        one.size + other.size,
        one.first_time,
        one.first_price,
        one.opens,
        one.opening_interval,
        other.last_time,
        other.last_price,
        one.low if one.low <= other.low else other.low,
        one.high if one.high >= other.high else other.high,
        one.lowest if one.lowest <= other.lowest else other.lowest,
        one.highest if one.highest >= other.highest else other.highest,
        weight,
        one.weight_squared + other.weight_squared,
        one.mean_distance + apart * share,
        one.m2 + other.m2 + apart * apart * one.weight * share,
        max(one.drawdown, other.drawdown, 1 - other.lowest / one.highest),
        returns,
        squares,
        first_log,
        last_log,
    )


def _joined_returns(one: Aggregate, other: Aggregate) -> tuple[int, float, float, float]:
    """
    Return number and squares of the log returns, first and last logarithm of both, see ``bar_merging``.

    Between the last row of one and the first of the other, a point has the price of the former unless there is a gap.
    """
    points = one.points
    returns, squares = one.returns + other.returns, one.squared_returns + other.squared_returns
    end, begin = one.last_time // points, -(-other.first_time // points)
    has_points = -(-one.first_time // points) <= end
    first_log, last_log = one.first_log, one.last_log
    between = begin - end - 1
    if between > 0:
        has_gap = other.opens + other.opening_interval - one.last_time > GAP_FACTOR * other.opening_interval
        log = math.nan if has_gap else math.log(one.last_price)
        if not has_gap:
            returns += between - 1
        if has_points and not math.isnan(log - last_log):
            returns, squares = returns + 1, squares + (log - last_log) ** 2
        first_log = first_log if has_points else log
        has_points, last_log = True, log
    if begin > other.last_time // points:
        return returns, squares, first_log, last_log
    if not has_points:
        return returns, squares, other.first_log, other.last_log
    step = other.first_log - last_log
    if not math.isnan(step):
        returns, squares = returns + 1, squares + step * step
    return returns, squares, first_log, other.last_log


def _mean(aggregate: Aggregate) -> float:
    return aggregate.first_price + aggregate.mean_distance


def _deviation(aggregate: Aggregate) -> float:
    divisor = aggregate.weight - aggregate.weight_squared / aggregate.weight
    return math.sqrt(aggregate.m2 / divisor) if aggregate.size >= 2 and divisor > 0 else math.nan


def _volatility(aggregate: Aggregate) -> float:
    if not aggregate.returns:
        return math.nan
    return math.sqrt(aggregate.squared_returns / aggregate.returns * YEAR * 1000 / aggregate.points)


# As in MEASURES, whose functions take windows.
FUNCTIONS: dict[str, Callable[[Aggregate], float]] = {
    "last_price": lambda aggregate: aggregate.last_price,
    "change": lambda aggregate: aggregate.last_price / aggregate.first_price - 1 if aggregate.size >= 2 else math.nan,
    "mean": _mean,
    "minimum": lambda aggregate: aggregate.low,
    "maximum": lambda aggregate: aggregate.high,
    "standard_deviation": _deviation,
    "relative_standard_deviation": lambda aggregate: _deviation(aggregate) / _mean(aggregate),
    "realised_volatility": _volatility,
    "drawdown": lambda aggregate: aggregate.drawdown if aggregate.size >= 2 else math.nan,
}
