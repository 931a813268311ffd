"""At which past times a rule is evaluated in a market: at its rows, and by the clock too."""

from typing import NamedTuple

import numpy as np

from tracker.alerts.readings.aggregate_columns import Bools
from tracker.alerts.readings.column_joins import Ints
from tracker.alerts.readings.past_rows import PastRows
from tracker.alerts.rules.clock_rules import CLOCK


class Times(NamedTuple):
    """
    When a rule is evaluated in a market, epoch ms.

    Attributes:
        at: ascending.
        interval: ms until the next time is due.
        lasts: ms for which what cannot be told then is counted.
        is_row: whether a row came, and not the clock alone.
        before: time of the row before that one; -1 where there is none.
        was_read: whether anything was read at *before*.
    """

    at: Ints
    interval: Ints
    lasts: Ints
    is_row: Bools
    before: Ints
    was_read: Bools


def times_of_rows(rows: PastRows, begin: int, started: int) -> Times:
    """Return the times of *rows* after *begin* for a rule that was made at *started*, both epoch ms."""
    time, interval = rows.rows.time, rows.rows.interval
    first = int(np.searchsorted(time, begin, side="right"))
    before, interval = np.append(-1, time)[first:-1], interval[first:]
    return Times(time[first:], interval, interval, np.ones(interval.size, dtype=bool), before, before > started)


def times_of_rows_and_clock(rows: PastRows, begin: int, end: int, started: int) -> Times:
    """Return the same with those of the clock up to *end* (epoch ms), from the first of *rows* on."""
    of_rows, ticks = times_of_rows(rows, begin, started), np.arange((begin // CLOCK + 1) * CLOCK, end + 1, CLOCK)
    at = np.union1d(ticks[rows.newest(ticks) >= 0], of_rows.at)
    places, is_row, before = np.searchsorted(at, of_rows.at), np.zeros(at.size, dtype=bool), np.full(at.size, -1)
    is_row[places], before[places] = True, of_rows.before
    lasts = np.where(at % CLOCK == 0, CLOCK, 0)
    return Times(at, np.full(at.size, CLOCK), lasts, is_row, before, before > started)
