"""The price axis: what range it shows, and its round prices."""

import numpy as np
from numpy.typing import NDArray

from tracker.render.axes.chart_frame import ChartFrame
from tracker.render.format import numbers

_LABEL_MARGIN = 0.08  # of the plot's height, where a tick's label would be cut off


def price_range(price: NDArray[np.float64], look: ChartFrame) -> tuple[float, float]:
    """What the y axis shows: all prices, and ``look.free`` of their range on both sides; 0 to 1 without any."""
    if not price.size:
        return 0.0, 1.0
    low, high = look.y(price.min()), look.y(price.max())
    room = look.free * (high - low) or abs(high) * 1e-3
    return low - room, high + room


def price_axis(low: float, high: float, look: ChartFrame) -> list[tuple[float, str]]:
    """Round prices between the ends of the scale: where each is on it, and how it is written."""
    room = _LABEL_MARGIN * (high - low)
    bottom, top = look.price(low + room), look.price(high - room)
    marks = numbers.round_ticks(bottom, top, 5 if look.tall else 2)
    step = marks[1] - marks[0] if len(marks) > 1 else 10.0 ** float(np.floor(np.log10((top - bottom) / 4)))
    return [(look.y(mark), numbers.tick_text(mark, step)) for mark in marks]
