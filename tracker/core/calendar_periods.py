"""
Days and months of a long period, UTC.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from tracker.core.bars import Bars


@dataclass(frozen=True, slots=True)
class Day:
    """
    One day of a market.

    Attributes:
        start: epoch ms of its beginning.
        change: from its first price to its last, as a share of the first.
    """

    start: int
    change: float


def day_changes(days: Bars, floor: float) -> list[Day]:
    """
    Return the days that have a change and prices for at least *floor* of the time, by their change, the lowest first.

    A day's first price is that of its first candle where it is known. One polled price alone makes no change.

    Args:
        days: bars of a day.
        floor: least coverage, 0 to 1.
    """
    is_known = (days.covered >= floor * days.step) & ((days.count > 1) | (days.candle_count > 0))
    change = days.last_price / days.open - 1
    order = np.flatnonzero(is_known)
    order = order[np.argsort(change[order], kind="stable")]
    return [Day(int(days.start[day]), float(change[day])) for day in order.tolist()]


def months(start: int, end: int) -> list[tuple[int, int]]:
    """Return the parts (from, to] of (*start*, *end*], epoch ms, that lie in one month each, oldest first."""
    parts = []
    while start < end:
        at = datetime.fromtimestamp(start / 1000, UTC)
        following = datetime(at.year + at.month // 12, at.month % 12 + 1, 1, tzinfo=UTC)
        stop = min(end, round(following.timestamp() * 1000))
        parts.append((start, stop))
        start = stop
    return parts
