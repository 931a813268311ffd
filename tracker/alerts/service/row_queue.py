"""Rows that have arrived, in the order in which they are evaluated: slot by slot."""

import heapq

import numpy as np

from tracker.core.market import Market
from tracker.core.ticks import Ticks


class RowQueue:
    """
    Rows that were not evaluated yet.

    Attributes:
        late: rows that are not evaluated, as newer ones were, or they are too old; they change measures alone.
    """

    def __init__(self) -> None:
        self.late: list[tuple[Market, Ticks]] = []
        self._slots: dict[int, list[tuple[Market, Ticks]]] = {}
        self._times: list[int] = []  # a heap of the keys of _slots

    def add(self, market: Market, ticks: Ticks, after: int) -> None:
        """Add rows of *market* in any order, of which those *after* an epoch ms are to be evaluated."""
        is_late = ticks.time <= after
        if is_late.any():
            self.late.append((market, ticks[is_late]))
            ticks = ticks[np.flatnonzero(~is_late)]
        rows = ticks.in_order()
        for row, time in enumerate(rows.time.tolist()):
            if time not in self._slots:
                self._slots[time] = []
                heapq.heappush(self._times, time)
            self._slots[time].append((market, rows[row : row + 1]))

    def first(self) -> int | None:
        """Return the epoch ms of the first slot; None if there is none."""
        return self._times[0] if self._times else None

    def rows(self) -> list[tuple[Market, Ticks]]:
        """Return the rows of the first slot, which stays until it is removed."""
        return self._slots[self._times[0]]

    def remove_first(self) -> None:
        """Remove the first slot."""
        del self._slots[heapq.heappop(self._times)]
