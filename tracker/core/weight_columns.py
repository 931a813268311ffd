"""
The columns of weights by interval or by exchange, which bars have.

Imports only numpy and plain standard library.
"""

from collections.abc import Hashable, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

MOST_INTERVALS = 64  # kept apart; rows whose every interval differs, as trades', would else take a column each

_Key = TypeVar("_Key", bound=Hashable)
_Ints = NDArray[np.int64]


def interval_columns(interval: _Ints) -> tuple[tuple[int, ...], NDArray[np.intp]]:
    """
    Return the intervals that get a column, ascending, and the column of each row.

    More than MOST_INTERVALS are rounded down to powers of two.
    """
    distinct = _distinct(interval)
    if distinct.size > MOST_INTERVALS:
        interval = _rounded(interval)
        distinct = _distinct(interval)
    return tuple(distinct.tolist()), np.searchsorted(distinct, interval)


def join_intervals(parts: Sequence[tuple[tuple[int, ...], _Ints]]) -> tuple[tuple[int, ...], _Ints]:
    """Return the intervals of all parts, and their weights, one part after the other; see interval_columns."""
    intervals = {interval for keys, _ in parts for interval in keys}
    if len(intervals) > MOST_INTERVALS:
        parts = [(tuple(_rounded(np.array(keys, np.int64)).tolist()), weights) for keys, weights in parts]
        intervals = {interval for keys, _ in parts for interval in keys}
    return join_columns(parts, tuple(sorted(intervals)))


def join_columns(
    parts: Sequence[tuple[tuple[_Key, ...], _Ints]], keys: tuple[_Key, ...]
) -> tuple[tuple[_Key, ...], _Ints]:
    """Return *keys*, and the weights by them of one part after the other; columns of one key are added."""
    return keys, np.concatenate([_by_keys(weights, own, keys) for own, weights in parts])


def _by_keys(weights: _Ints, own: tuple[Any, ...], keys: tuple[Any, ...]) -> _Ints:
    if own == keys:
        return weights
    result = np.zeros((len(weights), len(keys)), np.int64)
    for column, key in enumerate(own):
        result[:, keys.index(key)] += weights[:, column]
    return result


def _distinct(values: _Ints) -> _Ints:
    """Return what ``np.unique`` does, which imports numpy.ma."""
    ordered = np.sort(values)
    is_new = np.ones(ordered.size, dtype=bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_new]


def _rounded(intervals: _Ints) -> _Ints:
    """Return the highest power of two up to each of *intervals*, which are above 0."""
    exponent = np.frexp(intervals.astype(np.float64))[1] - 1
    return np.left_shift(np.int64(1), exponent.astype(np.int64))
