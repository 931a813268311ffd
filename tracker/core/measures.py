"""
Measures: one number per window.

A measure is a function of a window of rows or of bars. It returns nan when it cannot be computed, and shares
as pure numbers: 0.012 is 1.2 %. Spread measures weigh each price by the time it stands for,
so that 12 h of candles count as much as 12 h of ticks.

Imports only numpy and plain standard library.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tracker.core.bar_window import AnyWindow, BarWindow
from tracker.core.bars import POINTS
from tracker.core.durations import HOUR, MINUTE

YEAR = 365 * 24 * 3600.0  # seconds; bitcoin trades every day, so not 252 days


@dataclass(frozen=True, slots=True)
class Measure:
    """
    One number about a window, and how to show it.

    Attributes:
        name: its key in MEASURES.
        label: for a table's header.
        unit: ``quote`` (the market's quote currency); ``%`` or ``% a year``, for which
            a value of 0.012 is shown as 1.2; or empty.
        function: see above.
        ranked: whether markets can be ranked by it: it measures how much the price moved,
            in no currency.
        help: one sentence for people.
    """

    name: str
    label: str
    unit: str
    function: Callable[[AnyWindow], float]
    ranked: bool
    help: str


def last_price(window: AnyWindow) -> float:
    """Return the newest price, in quote currency."""
    return window.last_price


def mean(window: AnyWindow) -> float:
    """Return the mean price over time, in quote currency: each price weighs the time it stands for."""
    if not window.count:
        return math.nan
    if isinstance(window, BarWindow):
        return float(window.total.first_price[0] + window.total.mean_distance[0])
    return float(np.average(window.ticks.price, weights=window.weight))


def minimum(window: AnyWindow) -> float:
    """Return the lowest price, in quote currency; by the lows of candles where rows have them, see ``Window.low``."""
    return window.low


def maximum(window: AnyWindow) -> float:
    """Return the highest price, in quote currency; by the highs of candles where rows have them."""
    return window.high


def change(window: AnyWindow) -> float:
    """Return the change from the first price to the last, as a share of the first; nan for fewer than two."""
    return window.last_price / window.first_price - 1 if window.count >= 2 else math.nan


def standard_deviation(window: AnyWindow) -> float:
    """
    Return the spread of the prices around their mean, in quote currency.

    var = sum w (x - m)^2 / (W - sum w^2 / W), with w the time each price stands for, W their
    sum, m the weighted mean. With equal weights this is the ordinary sample variance (n - 1).

    Returns:
        nan for fewer than two prices.

    The correction is that for reliability weights:
    https://en.wikipedia.org/wiki/Weighted_arithmetic_mean#Reliability_weights
    """
    if window.count < 2:
        return math.nan
    if isinstance(window, BarWindow):
        bar = window.total
        return math.sqrt(bar.m2[0] / (bar.weight[0] - bar.weight_squared[0] / bar.weight[0]))
    weight = window.weight
    # Shifted by a price, so that equal prices give exactly 0 and nearly equal ones keep their digits.
    price = window.ticks.price - window.ticks.price[0]
    total = weight.sum()
    deviation = price - weight @ price / total
    return math.sqrt(weight @ deviation**2 / (total - weight @ weight / total))


def relative_standard_deviation(window: AnyWindow) -> float:
    """Return standard deviation / mean (coefficient of variation): without a unit, so currencies can be compared."""
    return standard_deviation(window) / mean(window)


def resampling(span: int) -> int:
    """
    Return the milliseconds between the prices that realised volatility samples, for a window of *span* ms.

    Five minutes from 6 h on, one minute below. At a few seconds, repeats of a polled price
    and the bid-ask bounce would dominate.
    """
    return 5 * MINUTE if span >= 6 * HOUR else MINUTE


def realised_volatility(window: AnyWindow) -> float:
    """
    Return the annualised root mean square of the log returns; 0.5 means 50 % a year.

    Prices are taken at the multiples of ``resampling(window.span)`` since the epoch: there the last row
    counts, see ``Window.prices_at``. A point in a gap or after the last row has no price. A return joins
    two neighbouring points that both have one, so time without prices is neither calm nor a movement.

    Returns:
        nan without such a return, so always for fewer than two rows.

    The mean return is taken as 0, as Coin Metrics does over 24 hours:
    https://docs.coinmetrics.io/asset-metrics/market/realized-volatility-rolling-24-hours-usd
    """
    if window.count < 2:
        return math.nan
    if isinstance(window, BarWindow):
        step, number, squares = POINTS, int(window.total.returns[0]), float(window.total.squared_returns[0])
    else:
        step = resampling(window.span)
        times = np.arange(-(-window.first_time // step) * step, window.last_time + 1, step)
        price, is_valid = window.prices_at(times)
        returns = np.diff(np.log(price))[is_valid[1:] & is_valid[:-1]]
        number, squares = returns.size, float(returns @ returns)
    return math.sqrt(squares / number * YEAR * 1000 / step) if number else math.nan


def drawdown(window: AnyWindow) -> float:
    """
    Return the largest fall from a high to a later price, as a share of that high: 0.05 means it fell 5 %.

    Returns:
        nan for fewer than two prices: one has no later price.
    """
    if window.count < 2:
        return math.nan
    if isinstance(window, BarWindow):
        return float(window.total.drawdown[0])
    price = window.ticks.price
    return float((1 - price / np.maximum.accumulate(price)).max())


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("last_price", "Last price", "quote", last_price, False, "The newest price."),
        Measure("change", "Change", "%", change, False, "From the first price in the window to the last."),
        Measure("mean", "Mean", "quote", mean, False, "Mean price over time."),
        Measure(
            "minimum",
            "Low",
            "quote",
            minimum,
            False,
            "The lowest price; where candles were fetched, the lowest in them.",
        ),
        Measure(
            "maximum",
            "High",
            "quote",
            maximum,
            False,
            "The highest price; where candles were fetched, the highest in them.",
        ),
        Measure(
            "standard_deviation",
            "Standard deviation",
            "quote",
            standard_deviation,
            False,
            "Spread of the prices in the quote currency (sample, n - 1), each weighed by the time it stands for.",
        ),
        Measure(
            "relative_standard_deviation",
            "Relative standard deviation",
            "%",
            relative_standard_deviation,
            True,
            "Standard deviation / mean; it has no unit, so currencies can be compared.",
        ),
        Measure(
            "realised_volatility",
            "Realised volatility",
            "% a year",
            realised_volatility,
            True,
            "Root mean square log return for a year of 365 days; returns over 5 min, below 6 h over 1 min.",
        ),
        Measure("drawdown", "Drawdown", "%", drawdown, True, "The largest fall from a high to a later price."),
    )
}

# The names by which rules and --rank-by also take a measure; rules are written with the first of each.
SHORT_FORMS: dict[str, str] = {
    "price": "last_price",
    "low": "minimum",
    "min": "minimum",
    "high": "maximum",
    "max": "maximum",
    "std": "standard_deviation",
    "relative_std": "relative_standard_deviation",
    "volatility": "realised_volatility",
}
