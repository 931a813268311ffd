"""
What is read from a window at one time: a price, the bar that it stands in, where the last one came from.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars


@dataclass(frozen=True, slots=True)
class BarReading:
    """
    One bar: times in epoch ms, prices in quote currency.

    Attributes:
        start: the bar begins after it; earlier if its first row is a candle longer than the bar, as low and high are
            of all that time.
        end: the last time that the bar can hold.
        last: the last price.
        low: the lowest price, see ``Bars.low``.
        high: the highest price.
        is_polled: whether low and high are of polled prices alone, so there may have been lower and higher ones.
    """

    start: int
    end: int
    last: float
    low: float
    high: float
    is_polled: bool


def last_exchange(window: AnyWindow) -> str:
    """Return the exchange that the last price of *window* came from, of a bar that of most; ``""`` for its own."""
    last = next(part for part in reversed(parts_of(window)) if len(part))
    if isinstance(last, Bars):
        return last.exchange_names[int(last.exchange_weight[-1].argmax())]
    return last.exchange_at(-1)


def price_at(window: AnyWindow, time: int) -> float | None:
    """Return the price at *time* (epoch ms), inside of a bar its last; None in a gap and before the first price."""
    if any(start < time <= end for start, end in window.gaps):
        return None
    bar = bar_at(window, time)
    if bar is not None:
        return bar.last
    price = None
    for part in parts_of(window):
        times, prices = (part.last_time, part.last_price) if isinstance(part, Bars) else (part.time, part.price)
        row = int(np.searchsorted(times, time, side="right")) - 1
        if row >= 0:
            price = float(prices[row])
    return price


def bar_at(window: AnyWindow, time: int) -> BarReading | None:
    """Return the bar of *window* that *time* (epoch ms) lies in; None where it has rows, or no prices."""
    for part in parts_of(window):
        if not isinstance(part, Bars) or not len(part):
            continue
        bar = int(np.searchsorted(part.start, time)) - 1
        if bar >= 0 and time <= part.end[bar]:
            first = part.first_time[bar] - part.first_interval[bar]
            return BarReading(
                int(first if part.first_interval[bar] > part.step else part.start[bar]),
                int(part.end[bar]),
                float(part.last_price[bar]),
                float(part.low[bar]),
                float(part.high[bar]),
                not part.candle_count[bar],
            )
    return None
