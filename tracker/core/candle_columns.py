"""
The columns first, low and high of rows that are candles: their check, and how they are added to stored rows.

Each is a float64 column with nan in rows that do not have the value, or None where no row has any.
Imports only numpy and plain standard library.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Prices: TypeAlias = NDArray[np.float64]
CandleColumns: TypeAlias = tuple[Prices, Prices, Prices]  # first, low, high
Keys: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64], Prices]  # time, interval, price


def are_possible(price: Prices, columns: CandleColumns) -> NDArray[np.bool_]:
    """
    Return which rows have a possible first, low and high beside their close *price*; nan is possible.

    Those given are finite and above 0, no low lies above the first price or the close, and no high below.
    """
    first, low, high = columns
    is_number = np.ones(price.shape, dtype=bool)
    for column in columns:
        is_number &= np.isnan(column) | ((column > 0) & np.isfinite(column))
    # A comparison with nan is False; fmin and fmax leave nan out.
    is_outside = (low > np.fmin(first, price)) | (high < np.fmax(first, price)) | (low > high)
    return is_number & ~is_outside


def without_impossible(price: Prices, columns: CandleColumns) -> CandleColumns:
    """Return *columns* with nan in all three where a row's values cannot be; the close is not in doubt for that."""
    is_possible = are_possible(price, columns)
    if is_possible.all():
        return columns
    first, low, high = (np.where(is_possible, column, np.nan) for column in columns)
    return first, low, high


def columns_of(
    size: int, columns: Sequence[Sequence[float] | Prices | None]
) -> CandleColumns | tuple[None, None, None]:
    """Return first, low and high as float64 columns of *size* rows; all None where none of them has a value."""
    given = [None if column is None else np.asarray(column, dtype=np.float64) for column in columns]
    if all(column is None or np.isnan(column).all() for column in given):
        return None, None, None
    first, low, high = (np.full(size, np.nan) if column is None else column for column in given)
    return first, low, high


def joined(
    row_keys: Keys, own: CandleColumns, candle_keys: Keys, candles: CandleColumns
) -> tuple[CandleColumns, NDArray[np.bool_]]:
    """
    Add *candles* to the rows with the same keys, and return the columns with those rows that gained a value.

    A value that a row has stays, and none is added that contradicts it; see ``fill``.

    Args:
        row_keys: time, interval and price of each row, in any order.
        own: the columns of these rows; they are not changed.
        candle_keys: time, interval and price of each candle, in any order.
        candles: the columns of the candles.
    """
    useful = np.flatnonzero(~np.isnan(candles).all(axis=0))
    rows = np.flatnonzero(np.isin(row_keys[0], candle_keys[0][useful]))
    numbers = _number_keys(
        [np.concatenate((key[rows], new[useful])) for key, new in zip(row_keys, candle_keys, strict=True)]
    )
    columns = np.stack(own)
    before = np.isnan(columns)
    fill(columns, row_keys[2], (rows, numbers[: rows.size]), numbers[rows.size :], np.stack(candles)[:, useful])
    first, low, high = columns
    gains: NDArray[np.bool_] = np.any(before & ~np.isnan(columns), axis=0)
    return (first, low, high), gains


def fill(
    columns: Prices, price: Prices, rows: tuple[NDArray[np.intp], NDArray[Any]], keys: NDArray[Any], candles: Prices
) -> None:
    """
    Fill what is nan in the *columns* of rows with the values of the candles that have the same key.

    Of several candles for a row the first that has a value, and fits what the row has, counts.

    Args:
        columns: 3 x n, first, low and high; changed in place.
        price: the close of each row.
        rows: the rows that may get values, and their keys, at least 0.
        keys: of the candles, in the order of their arrival.
        candles: 3 x m, first, low and high.
    """
    if not (keys[1:] >= keys[:-1]).all():
        order = np.argsort(keys, kind="stable")
        keys, candles = keys[order], candles[:, order]
    row, wanted = rows
    place = np.searchsorted(keys, wanted)
    keys = np.append(keys, -1)
    while row.size:
        is_same = keys[place] == wanted
        row, wanted, place = row[is_same], wanted[is_same], place[is_same]
        values = np.where(np.isnan(columns[:, row]), candles[:, place], columns[:, row])
        first, low, high = values
        fits = are_possible(price[row], (first, low, high))
        columns[:, row[fits]] = values[:, fits]
        place += 1  # the next candle with the same key


def _number_keys(columns: Sequence[NDArray[Any]]) -> NDArray[np.intp]:
    """Return a number for each row, the same for rows that are equal in all *columns*."""
    order = np.lexsort(columns)
    is_new = np.zeros(order.size, dtype=np.intp)
    for column in columns:
        is_new[1:] |= column[order[1:]] != column[order[:-1]]
    numbers = np.empty_like(is_new)
    numbers[order] = np.cumsum(is_new)
    return numbers


def concat_columns(parts: Sequence[tuple[int, CandleColumns | None]]) -> CandleColumns | tuple[None, None, None]:
    """Return the columns of *parts*, each with its number of rows, one after the other; None stands for unknown."""
    if all(columns is None for _, columns in parts):
        return None, None, None
    whole = [np.full((3, size), np.nan) if columns is None else np.stack(columns) for size, columns in parts]
    first, low, high = np.concatenate(whole, axis=1)
    return first, low, high
