"""At which past times a rule is evaluated in a market: at its rows, or by the clock."""

from typing import NamedTuple

import numpy as np

from tracker.alerts.clock_rules import CLOCK
from tracker.alerts.column_joins import Ints
from tracker.alerts.past_rows import PastRows
from tracker.alerts.summary_columns import Bools


class Times(NamedTuple):
    """
    When a rule is evaluated in a market, epoch ms.

    Attributes:
        at: ascending.
        interval: ms until the next time is due.
        before: when the row before the newest was read, else its time; -1 where there is no such row.
        was_read: whether anything was read at *before*.
    """

    at: Ints
    interval: Ints
    before: Ints
    was_read: Bools


def times_of_rows(rows: PastRows, begin: int, started: int) -> Times:
    """Return the times of *rows* after *begin* for a rule that was made at *started*, both epoch ms."""
    time, interval = rows.rows.time, rows.rows.interval
    first = int(np.searchsorted(time, begin, side="right"))
    before = np.append(-1, time)[first:-1]
    return Times(time[first:], interval[first:], before, before > started)


def times_of_clock(rows: PastRows, begin: int, end: int, started: int) -> Times:
    """Return the same of the clock, after *begin* up to *end* (epoch ms), from the first of *rows* on."""
    at = np.arange((begin // CLOCK + 1) * CLOCK, end + 1, CLOCK)
    newest = rows.newest(at)
    at, newest = at[newest >= 0], newest[newest >= 0]
    if not at.size:
        return Times(at, at, at, np.zeros(0, dtype=bool))
    time, interval = rows.rows.time, rows.rows.interval
    earlier = time[newest - 1]  # where there is none, see below
    read = np.maximum(-(-earlier // CLOCK), started // CLOCK + 1) * CLOCK  # first when it was the newest
    was_read = (read < time[newest]) & (read - earlier < interval[newest - 1]) & (newest > 0)
    before = np.where(newest > 0, np.where(was_read, read, earlier), -1)
    return Times(at, np.full(at.size, CLOCK), before, was_read)
