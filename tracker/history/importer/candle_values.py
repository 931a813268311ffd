"""First, low and high of candles in files: read as they stand there, and left out where they cannot be."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tracker.core.candle_columns import CandleColumns, without_impossible
from tracker.core.parsing import LARGEST, SMALLEST, to_number
from tracker.core.ticks import Ticks
from tracker.history.importer.columns import COLUMNS

Values = tuple[float, float, float]  # first, low, high

NO_VALUES = (math.nan, math.nan, math.nan)
_OF_EXPORT = tuple(COLUMNS.index(name) for name in ("first", "low", "high"))
_IMPOSSIBLE = 0.0


def values_in(fields: Sequence[bytes], columns: Sequence[int]) -> Values:
    """Return first, low and high in those *columns* of a line's fields, nan where a field is empty."""
    first, low, high = (_value(fields[column]) for column in columns)
    return first, low, high


def values_of_export(line: bytes) -> Values:
    """Return first, low and high of a line of an export; nan if it is of an older release, without these columns."""
    fields = line.split(b",")
    return values_in(fields, _OF_EXPORT) if len(fields) == len(COLUMNS) else NO_VALUES


def ticks_of_lines(
    times: Sequence[int] | NDArray[np.int64],
    prices: Sequence[float] | NDArray[np.float64],
    values: CandleColumns | Sequence[Values] | None,
) -> Ticks:
    """Return a row of 1 ms for each line; first, low and high by column or by line, None if there are none."""
    return with_values(Ticks.of(times, prices, 1), values)


def with_values(ticks: Ticks, values: CandleColumns | Sequence[Values] | None) -> Ticks:
    """Return *ticks* with the first, low and high of each row, as far as they can be."""
    if values is None or not len(ticks):
        return ticks
    table = np.stack(values) if isinstance(values[0], np.ndarray) else np.array(values).T
    table = np.where((table < SMALLEST) | (table > LARGEST), _IMPOSSIBLE, table)
    first, low, high = without_impossible(ticks.price, (table[0], table[1], table[2]))
    columns = (ticks.time, ticks.price, ticks.interval, ticks.origin, ticks.exchanges())
    return Ticks.of(*columns, first, low, high)


def _value(field: bytes) -> float:
    if not field.strip():
        return math.nan
    try:
        return to_number(field.strip().decode("ascii"))
    except ValueError:
        return _IMPOSSIBLE
