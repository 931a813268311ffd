"""
What the markets of one moment say together, and none alone: how much of each currency's movement is
bitcoin's, and what one currency costs in another by way of bitcoin.

Imports only numpy and plain standard library.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import Market
from tracker.core.measures import resampling
from tracker.core.window import GAP_FACTOR, Window

LEAST = 3  # currencies; of two each would be half of the other's crowd
RETURNS = 30  # fewer tell more about chance than about currencies
STEPS = (60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 86_400_000)  # ms, of a return
FINER = 5  # so many prices to a return: one that is late by half of it would look like a currency of its own
TAIL = 0.1  # of the time; what stands for less of it does not decide how far apart prices are


def return_step(windows: Mapping[Market, Window]) -> int:
    """Milliseconds that a return of ``shared_variance`` spans: as for volatility, or longer where prices are rare."""
    if not windows:
        return STEPS[0]
    least = max(resampling(min(window.span for window in windows.values())), FINER * max(map(_apart, windows.values())))
    return next((step for step in STEPS if step >= least), STEPS[-1])


def aligned_returns(windows: Mapping[Market, Window]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    The log returns over ``return_step`` at whose both ends every market has a price, so that none reaches over a gap.

    Returns:
        The time at the end of each (epoch milliseconds), and one row for each market in the order of *windows*.
    """
    if not windows or not all(window.count for window in windows.values()):
        return np.empty(0, dtype=np.int64), np.empty((len(windows), 0))
    step = return_step(windows)
    start = max(int(window.ticks.time[0]) for window in windows.values())
    end = min(window.end for window in windows.values())
    grid = np.arange(-(-start // step) * step, end + 1, step)
    found = [_at(window, grid) for window in windows.values()]
    returns = np.diff(np.log([price for price, _ in found]), axis=1)
    there = np.logical_and.reduce([stands for _, stands in found])
    whole = there[1:] & there[:-1]
    return grid[1:][whole], returns[:, whole]


def shared_variance(windows: Mapping[Market, Window]) -> dict[Market, float]:
    """
    The share of each market's variance that all share, which is bitcoin's own: Cov(r, m) / Var(r).

    r are the market's log returns over ``return_step``, m is the mean of those of all markets at the same
    time; only times at which every market has a price at both ends count. The rest, one minus it, is what
    the currency adds; below zero, if it moved against bitcoin and damped it.

    Args:
        windows: of one span, each with prices over most of it; the currencies that make up the mean.

    Returns:
        nan for each of fewer than LEAST markets, for fewer than RETURNS returns, and for a market that did not move.
    """
    nothing = dict.fromkeys(windows, math.nan)
    if len(windows) < LEAST:
        return nothing
    _, returns = aligned_returns(windows)
    if returns.shape[1] < RETURNS:
        return nothing
    returns -= returns.mean(axis=1, keepdims=True)
    crowd = returns.mean(axis=0)
    # Less than rounding is no movement.
    moved = [float(each @ each) > 1e-24 for each in returns]
    return {
        market: float(each @ crowd) / float(each @ each) if has_moved else math.nan
        for market, each, has_moved in zip(windows, returns, moved, strict=True)
    }


def cross_rates(windows: Mapping[Market, Window], reference: Market) -> dict[Market, float]:
    """
    What one unit of each market's quote currency costs in that of *reference*, by way of bitcoin.

    BTC/USD divided by BTC/EUR is EUR/USD: dollars for one euro. Both prices are the newest of a moment
    at which both stand, each for GAP_FACTOR of its intervals.

    Returns:
        By market, *reference* itself left out; nan where the two have no price of one moment, or another base.
    """
    if reference not in windows:
        return {}
    return {market: _rate(market, windows, reference) for market in windows if market != reference}


def _rate(market: Market, windows: Mapping[Market, Window], reference: Market) -> float:
    one, other = windows[reference], windows[market]
    if market.base != reference.base or not one.count or not other.count:
        return math.nan
    moment = np.array([min(int(one.ticks.time[-1]), int(other.ticks.time[-1]))])
    (first, stands), (second, also) = _at(one, moment), _at(other, moment)
    return float(first[0] / second[0]) if stands[0] and also[0] else math.nan


def _apart(window: Window) -> int:
    """How far apart its prices are, in ms, where they are rarest, but for RARE of the time."""
    if not window.count:
        return 0
    order = np.argsort(-window.ticks.interval, kind="stable")
    weight = np.cumsum(window.weight[order])
    return int(window.ticks.interval[order][np.searchsorted(weight, TAIL * weight[-1])])


def _at(window: Window, times: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The last price up to each of *times*, and whether it still stood then."""
    ticks = window.ticks
    row = np.searchsorted(ticks.time, times, side="right") - 1
    stands = (row >= 0) & (times - ticks.time[row] <= GAP_FACTOR * ticks.interval[row])
    return ticks.price[row], stands
