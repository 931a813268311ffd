"""
Figures that need several markets: the variance they share, and cross rates of their currencies.

How much of each market's movement is bitcoin's own, and what one currency costs in another by way of bitcoin.

Imports only numpy and plain standard library.
"""

import itertools
import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from tracker.core.bar_window import AnyWindow
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.market import Market
from tracker.core.measures import resampling

MIN_MARKETS = 3  # of two, each would be half of the mean that it is compared with
MIN_RETURNS = 30  # with fewer, chance dominates
STEPS = (*(MINUTE * length for length in (1, 5, 15, 30)), HOUR, 2 * HOUR, 4 * HOUR, DAY)  # ms, of a return
LONG_STEPS = ((400 * DAY, DAY), (30 * DAY, HOUR))  # ms: in a span longer than the first, a return spans the second
PRICES_PER_RETURN = 5  # with fewer, a late price would look like a movement of its currency
TAIL = 0.1  # share of the time; the longest intervals are ignored up to it


def return_step(windows: Mapping[Market, AnyWindow]) -> int:
    """Return the ms that a return of ``shared_variance`` spans: as for volatility, or longer, by span and prices."""
    if not windows:
        return STEPS[0]
    return _step(min(window.span for window in windows.values()), max(map(_distance, windows.values())))


def sufficient_span(windows: Mapping[Market, AnyWindow], spans: Iterable[int]) -> int | None:
    """
    Return the shortest of *spans* (ms) in which prices as frequent as those of *windows* have MIN_RETURNS returns.

    None if the span of *windows* itself would do once it is full, or if none of *spans* would.
    """
    if not windows:
        return None
    distance = max(map(_distance, windows.values()))

    def suffices(span: int) -> bool:
        return span // _step(span, distance) > MIN_RETURNS  # a return needs two prices

    present = min(window.span for window in windows.values())
    return None if suffices(present) else next((span for span in sorted(spans) if suffices(span)), None)


def _step(span: int, distance: int) -> int:
    """Return the ms of a return in a window of *span* ms, whose prices are at most *distance* ms apart."""
    minimum = max(_least_step(span), PRICES_PER_RETURN * distance)
    return next((step for step in STEPS if step >= minimum), STEPS[-1])


def _least_step(span: int) -> int:
    """Return the shortest ms of a return: as for volatility, but of the prices that bars of a long span end with."""
    return next((step for longer_than, step in LONG_STEPS if span > longer_than), resampling(span))


def aligned_returns(windows: Mapping[Market, AnyWindow]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    Return the log returns over ``return_step`` with a price of every market at both ends.

    Prices are those of ``Window.prices_at``, so no return ends in a gap or after a market's last row.

    Returns:
        The time at the end of each (epoch milliseconds), and one row for each market in the order of *windows*.
    """
    if not windows or not all(window.count for window in windows.values()):
        return np.empty(0, dtype=np.int64), np.empty((len(windows), 0))
    step = return_step(windows)
    start = max(window.first_time for window in windows.values())
    end = min(window.last_time for window in windows.values())
    grid = np.arange(-(-start // step) * step, end + 1, step)
    samples = [window.prices_at(grid) for window in windows.values()]
    returns = np.diff(np.log([price for price, _ in samples]), axis=1)
    has_all = np.logical_and.reduce([is_valid for _, is_valid in samples])
    is_complete = has_all[1:] & has_all[:-1]
    return grid[1:][is_complete], returns[:, is_complete]


def shared_variance(windows: Mapping[Market, AnyWindow]) -> dict[Market, float]:
    """
    Return the share of each market's variance that is common to all, bitcoin's own: Cov(r, m) / Var(r).

    r are the market's log returns over ``return_step``, m is the mean of those of all markets at the same
    time; only times at which every market has a price at both ends count. One minus it is what
    the currency adds: below zero if it moved against bitcoin.

    Args:
        windows: of one span, each with prices over most of it; the currencies that make up the mean.

    Returns:
        nan for each of fewer than MIN_MARKETS markets, for fewer than MIN_RETURNS returns, and for a market
        without movement.
    """
    unknown = dict.fromkeys(windows, math.nan)
    if len(windows) < MIN_MARKETS:
        return unknown
    _, returns = aligned_returns(windows)
    if returns.shape[1] < MIN_RETURNS:
        return unknown
    returns -= returns.mean(axis=1, keepdims=True)
    common_factor = returns.mean(axis=0)
    # A variance below the rounding error is no movement.
    moved = [float(row @ row) > 1e-24 for row in returns]
    return {
        market: float(row @ common_factor) / float(row @ row) if has_moved else math.nan
        for market, row, has_moved in zip(windows, returns, moved, strict=True)
    }


def cross_rates(windows: Mapping[Market, AnyWindow], reference: Market) -> dict[Market, float]:
    """
    Return what one unit of each market's quote currency costs in that of *reference*, by way of bitcoin.

    BTC/USD divided by BTC/EUR is EUR/USD: dollars for one euro. Both prices are those of the earlier
    of the two last rows' times.

    Returns:
        By market, *reference* itself left out; nan where one has no price then (see ``Window.prices_at``),
        or another base.
    """
    if reference not in windows:
        return {}
    return {market: _rate(market, windows, reference) for market in windows if market != reference}


def _rate(market: Market, windows: Mapping[Market, AnyWindow], reference: Market) -> float:
    dividend, divisor = windows[reference], windows[market]
    if market.base != reference.base or not dividend.count or not divisor.count:
        return math.nan
    moment = np.array([min(dividend.last_time, divisor.last_time)])
    [dividend_price], [is_dividend_valid] = dividend.prices_at(moment)
    [divisor_price], [is_divisor_valid] = divisor.prices_at(moment)
    return float(dividend_price / divisor_price) if is_dividend_valid and is_divisor_valid else math.nan


def _distance(window: AnyWindow) -> int:
    """Return the longest distance of prices in ms, leaving out the rarest ones for TAIL of the time."""
    weights = sorted(window.interval_weights.items(), reverse=True)
    total = sum(weight for _, weight in weights)
    longer = itertools.accumulate(weight for _, weight in weights)
    reached = (interval for (interval, _), weight in zip(weights, longer, strict=True) if weight >= TAIL * total)
    return next(reached, 0)
