"""
Which markets of a comparison consist mostly of candles much longer than the others' prices.

Where an exchange has nothing finer, backfill stores candles of hours. What a price did within them is not known, so
such a market's figures are of another kind than those of minutes, and whoever ranks both has to say so.
Imports only plain standard library.
"""

from collections.abc import Mapping
from typing import NamedTuple

from tracker.core.bar_window import AnyWindow
from tracker.core.market import Market

MUCH_LONGER = 10  # times the usual interval of the market with the shortest one


class LongIntervals(NamedTuple):
    """The long intervals of one market."""

    shortest: int  # ms
    interval: int  # ms; the usual one among them
    longest: int  # ms
    share: float  # of the time that its prices stand for, above 0.5
    others: int  # ms; the usual interval of the market with the shortest one


def median_interval(weights: Mapping[int, float]) -> int:
    """
    Return the interval (ms) that half of the time is up to: the median of *weights*, ms of time by interval.

    Raises:
        ValueError: there is no weight.
    """
    half, below = sum(weights.values()) / 2, 0.0
    for interval in sorted(weights):
        below += weights[interval]
        if below >= half > 0:
            return interval
    raise ValueError("median interval: no price stands for any time")


def long_intervals(windows: Mapping[Market, AnyWindow]) -> dict[Market, LongIntervals]:
    """
    Return the markets of *windows* that are mostly of intervals at least MUCH_LONGER times another market's.

    "Mostly" is by the time that prices stand for, "another's" the usual interval of the market with the shortest.
    Markets without prices are left out; of markets alike, or of one alone, none is returned.
    """
    weights = {market: window.interval_weights for market, window in windows.items() if window.count}
    usual = {market: median_interval(of_market) for market, of_market in weights.items() if sum(of_market.values()) > 0}
    others = min(usual.values(), default=0)
    result = {}
    for market in usual:
        of_market = weights[market]
        long = {interval: weight for interval, weight in of_market.items() if interval >= MUCH_LONGER * others}
        share = sum(long.values()) / sum(of_market.values())
        if share > 0.5:
            result[market] = LongIntervals(min(long), median_interval(long), max(long), share, others)
    return result
