"""
What is read from a window at one time: a price, the bar that it stands in, where the last one came from.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass

import numpy as np

from tracker.core.bar_window import AnyWindow, parts_of
from tracker.core.bars import Bars
from tracker.core.ticks import Ticks


@dataclass(frozen=True, slots=True)
class BarReading:
    """
    One bar: times in epoch ms, prices in quote currency.

    Attributes:
        start: the bar begins after it; earlier if it holds a candle longer than the bar, as low and high are of all
            that time.
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
    if _is_in_gap(window, time):
        return None
    held = _bar_of_grid(window, time)
    if held is not None:
        return float(held.last_price[0])
    price = None
    for part in parts_of(window):
        times, prices = (part.last_time, part.last_price) if isinstance(part, Bars) else (part.time, part.price)
        row = int(np.searchsorted(times, time, side="right")) - 1
        if row >= 0:
            price = float(prices[row])
    return price


def bar_at(window: AnyWindow, time: int) -> BarReading | None:
    """
    Return the bar of *window* that *time* (epoch ms) lies in; None where it has rows, or no prices.

    Where there is none, a candle longer than the bar in which it ends is read at all times that it covers.
    """
    if _is_in_gap(window, time):
        return None
    bar: Bars | Ticks | None = _bar_of_grid(window, time) or first_covering(window, time)
    if not isinstance(bar, Bars):
        return None
    is_longer = bar.opening_interval[0] > bar.step
    return BarReading(
        int(bar.opening_time[0] - bar.opening_interval[0] if is_longer else bar.start[0]),
        int(bar.end[0]),
        float(bar.last_price[0]),
        float(bar.low[0]),
        float(bar.high[0]),
        not bar.candle_count[0],
    )


def first_covering(window: AnyWindow, time: int) -> Ticks | Bars | None:
    """Return the first row or bar from *time* (epoch ms) on whose rows cover it, alone; None if there is none."""
    for part in parts_of(window):
        if isinstance(part, Bars):
            covers = (part.first_time >= time) & (part.opening_time - part.opening_interval < time)
        else:
            covers = (part.time >= time) & (part.time - part.interval < time)
        if covers.any():
            place = int(covers.argmax())
            return part[place : place + 1]
    return None


def _is_in_gap(window: AnyWindow, time: int) -> bool:
    return any(start < time <= end for start, end in window.gaps)


def _bar_of_grid(window: AnyWindow, time: int) -> Bars | None:
    """Return the bar of *window* with start < *time* <= end, alone; None if there is none."""
    for part in parts_of(window):
        if isinstance(part, Bars):
            place = int(np.searchsorted(part.start, time)) - 1
            if place >= 0 and time <= part.end[place]:
                return part[place : place + 1]
    return None
