"""
Makes bars of a store's rows, for stores that keep none.

Imports only numpy and plain standard library.
"""

from collections.abc import Callable

from tracker.core.bar_making import make_bars
from tracker.core.bars import Bars
from tracker.core.durations import DAY, YEAR
from tracker.core.ticks import Ticks

_AT_ONCE = 32 * DAY  # ms of rows that are in memory together
_LONG = 20 * YEAR  # ms


def part_with_rows(
    extent: Callable[[int, int], tuple[int, int] | None], start: int, end: int, step: int
) -> tuple[int, int]:
    """
    Return the part of *start* to *end* whose bars may have rows, so that one without bounds costs no more.

    Args:
        extent: returns the first and the last time of rows with first argument <= time < second argument.
        start: epoch ms, as *end*.
        end: see ``Store.bars``.
        step: ms, above 0.
    """
    if end - start <= _LONG:
        return start, end
    first, last = extent(start + 1, end + 1) or (1, 0)
    return max(start, (first - 1) // step * step), min(end, -(-last // step) * step)


def bars_of_rows(read: Callable[[int, int], Ticks], start: int, end: int, step: int) -> Bars:
    """
    Return the bars that ``Store.bars`` is to return, made of the rows of one market, about a month of them at a time.

    Args:
        read: returns the rows with first argument <= time < second argument, as ``Store.read``.
        start: epoch ms, as *end*.
        end: see ``Store.bars``.
        step: ms, above 0.
    """
    first, stop = -(-start // step) * step, end // step * step
    length = max(1, _AT_ONCE // step) * step
    parts = [make_bars(read(begin + 1, min(begin + length, stop) + 1), step) for begin in range(first, stop, length)]
    return Bars.concat(parts) if parts else Bars.none(step)
