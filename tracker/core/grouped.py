"""
Columns in groups of neighbouring rows: sums, extremes and running maxima of each group.

Imports only numpy and plain standard library.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]
_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Groups:
    """
    Rows whose *key* is the same, as neighbours.

    Attributes:
        key: of each row, ascending; at least one.
    """

    key: _Ints

    @cached_property
    def first(self) -> NDArray[np.intp]:
        """The first row of each group."""
        return np.flatnonzero(np.concatenate(([True], self.key[1:] != self.key[:-1])))

    @cached_property
    def last(self) -> NDArray[np.intp]:
        """The last row of each group."""
        return np.append(self.first[1:], self.key.size) - 1

    @cached_property
    def size(self) -> _Ints:
        """The number of rows of each group."""
        return (self.last - self.first + 1).astype(np.int64)

    @cached_property
    def of(self) -> NDArray[np.intp]:
        """The group of each row, from 0."""
        return np.repeat(np.arange(self.first.size), self.size)

    def total(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of each group, of a column or of a matrix by column."""
        return np.add.reduceat(values, self.first, axis=0)

    def total_at(self, rows_group: NDArray[np.intp], values: _Floats) -> _Floats:
        """Return the sum of *values* for each group, where *rows_group* names the group of each value."""
        sums: _Floats = np.bincount(rows_group, weights=values, minlength=self.first.size).astype(np.float64)
        return sums

    def by_code(self, values: _Ints, codes: NDArray[Any], width: int) -> _Ints:
        """Return the sums of each group by code, groups x *width*; of whole numbers that sum below 2**53."""
        if width == 1:
            return self.total(values)[:, None]
        cells = self.of * width + codes
        sums = np.bincount(cells, weights=values, minlength=self.first.size * width)
        return sums.astype(np.int64).reshape(-1, width)

    def lowest(self, values: _Floats) -> tuple[_Floats, NDArray[np.intp]]:
        """Return the lowest value of each group, and the first row with it."""
        low: _Floats = np.minimum.reduceat(values, self.first)
        rows = np.flatnonzero(values == low[self.of])
        return low, rows[np.searchsorted(rows, self.first)]

    def highest(self, values: _Floats) -> tuple[_Floats, NDArray[np.intp]]:
        """Return the highest value of each group, and the first row with it."""
        high, rows = self.lowest(-values)
        return -high, rows

    def last_where(self, condition: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Return the last row of each group for which *condition* holds, else its first."""
        rows = np.flatnonzero(np.concatenate((condition, [True])))  # the one at the end is never the last up to a row
        before = np.searchsorted(rows, self.last, side="right") - 1
        return np.where(before >= 0, np.maximum(rows[before], self.first), self.first)

    def running_maximum(self, values: _Floats) -> _Floats:
        """Return for each row the highest value of its group up to it."""
        if self.first.size == 1:
            return np.maximum.accumulate(values)
        place = np.arange(self.key.size) - self.first[self.of]
        result = values.copy()
        distance = 1
        while distance < self.size.max():  # each pass doubles how many rows are looked back
            late = result[distance:]
            np.maximum(late, result[:-distance], out=late, where=place[distance:] >= distance)
            distance *= 2
        return result
