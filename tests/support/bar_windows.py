"""The same span as rows and as bars, for tests that compare the two."""

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bar_window import BarWindow
from tracker.core.ticks import Ticks
from tracker.core.window import Window


def between(rows: Ticks, start: int, end: int) -> Ticks:
    """Return the rows with start < time <= end."""
    return rows[(rows.time > start) & (rows.time <= end)]


def both_windows(rows: Ticks, start: int, end: int, steps: tuple[int, ...]) -> tuple[Window, BarWindow]:
    """
    Return the rows of (*start*, *end*] as a window of rows, and as one of bars.

    Args:
        rows: in order, of one market.
        start: epoch ms, as *end*.
        end: at least *start*.
        steps: ascending; the bars at the ends have the first, those within have the last that fits, as in a store.
    """
    first = min(-(-start // steps[0]) * steps[0], end)
    stop = max(end // steps[0] * steps[0], first)
    left, right, middle = [], [], (first, stop)
    for finer, step in zip(steps, (*steps[1:], 0), strict=True):
        begin, finish = (-(-middle[0] // step) * step, middle[1] // step * step) if step else (middle[1], middle[1])
        if begin > finish or not step:
            left.append(make_bars(between(rows, *middle), finer))
            break
        left.append(make_bars(between(rows, middle[0], begin), finer))
        right.insert(0, make_bars(between(rows, finish, middle[1]), finer))
        middle = (begin, finish)
    bars = BarWindow.of(
        between(rows, start, first),
        [*left, *right],
        between(rows, stop, end),
        start,
        end,
        lambda since, until: between(rows, since, until),
    )
    return Window(between(rows, start, end), start, end), bars


def points(start: int, end: int, step: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the multiples of *step* from *start* to *end*."""
    return np.arange(-(-start // step) * step, end + 1, step)
