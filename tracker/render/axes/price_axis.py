"""The price axis: its range and its round prices."""

import math

import numpy as np

from tracker.core.bar_window import AnyWindow
from tracker.core.candles import Candles
from tracker.core.line_points import ChartPoints
from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import numbers

_LABEL_MARGIN = 0.08  # of the plot's height, where a label would be cut off


def price_range(lowest: float, highest: float, frame: ChartFrame) -> tuple[float, float]:
    """Return the ends of the price scale: both prices and a margin on both sides; 0 to 1 if they are nan."""
    if math.isnan(lowest):
        return 0.0, 1.0
    low, high = frame.y(lowest), frame.y(highest)
    margin = frame.margin * (high - low) or abs(high) * 1e-3 or 1e-3  # a constant price; the logarithm of 1 is 0
    return low - margin, high + margin


def drawn_range(window: AnyWindow, drawn: ChartPoints | Candles, frame: ChartFrame) -> tuple[float, float]:
    """Return the ends of the price scale of what is *drawn*; a candle at an end of *window* may reach over it."""
    if not isinstance(drawn, Candles):
        return price_range(window.low, window.high, frame)
    lowest, highest = float(drawn.prices.min()), float(drawn.prices.max())
    return price_range(min(window.low, lowest), max(window.high, highest), frame)


def price_axis(low: float, high: float, frame: ChartFrame) -> list[tuple[float, str]]:
    """Return round prices between the ends of the scale, each as (coordinate, label)."""
    margin = _LABEL_MARGIN * (high - low)
    bottom, top = frame.price(low + margin), frame.price(high - margin)
    prices = numbers.round_ticks(bottom, top, frame.price_ticks)
    step = prices[1] - prices[0] if len(prices) > 1 else 10.0 ** float(np.floor(np.log10((top - bottom) / 4)))
    return [(frame.y(price), numbers.tick_text(price, step)) for price in prices]
