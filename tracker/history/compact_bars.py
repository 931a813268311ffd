"""Holds bars in less memory: equal columns, also of different markets, are one, and so are all values of a column."""

from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import COLUMNS, MATRICES, Bars
from tracker.runtime.memory import own_pages


class CompactBars:
    """Makes copies of bars that share columns, as long as these are in memory. One thread at a time."""

    def __init__(self) -> None:
        self._columns: WeakValueDictionary[int, NDArray[Any]] = WeakValueDictionary()  # by their hash

    def __call__(self, bars: Bars) -> Bars:
        """Return the same bars, without anything else that they keep in memory."""
        if not len(bars):
            return Bars.none(bars.step)
        columns: dict[str, Any] = {name: self._column(getattr(bars, name)) for name in COLUMNS}
        columns |= {name: self._matrix(getattr(bars, name)) for name in MATRICES}
        return replace(bars, gap_start=bars.gap_start.copy(), gap_end=bars.gap_end.copy(), **columns)

    def _column(self, values: NDArray[Any]) -> NDArray[Any]:
        if bool((values == values[0]).all()):
            return np.broadcast_to(values[0].copy(), values.shape)
        key = hash((values.dtype.str, values.tobytes()))
        known = self._columns.get(key)
        if known is None or not np.array_equal(known, values, equal_nan=True) or known.dtype != values.dtype:
            known = self._columns[key] = own_pages(values.shape, values.dtype)
            known[:] = values
        return known

    def _matrix(self, values: NDArray[Any]) -> NDArray[Any]:
        if bool((values == values[0]).all()):
            return np.broadcast_to(values[0].copy(), values.shape)
        if values.shape[1] == 1:
            return self._column(values[:, 0])[:, np.newaxis]
        columns = own_pages(values.shape[::-1], values.dtype)
        for column in np.flatnonzero(values.any(axis=0)):  # most origins have no price
            columns[column] = values[:, column]
        return columns.T
