"""Aggregates of neighbouring rows as columns, and the measures of many spans of them: their array form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from tracker.alerts.readings.aggregate import Aggregate, aggregate_of_rows
from tracker.alerts.readings.column_joins import JOINED, Columns, Floats, Ints, join_runs, with_points
from tracker.core.ticks import Ticks

Bools = NDArray[np.bool_]
_INTS = ("size", "first_time", "opens", "opening_interval", "last_time", "returns")


@dataclass(frozen=True, eq=False)
class AggregateColumns:
    """
    Aggregates of all rows of one market in a time, in order, none of which shares time with another.

    Where rows share time there is one of all of them.

    Attributes:
        points: see ``Aggregate``.
        columns: its other attributes.
    """

    points: int
    columns: Columns

    def __len__(self) -> int:
        return int(self.columns["size"].size)

    @classmethod
    def of_rows(cls, rows: Ticks, points: int) -> Self:
        """Return the aggregates of *rows*, which are in order."""
        opens, none = rows.time - rows.interval, np.zeros(len(rows))
        log = np.where(rows.time % points == 0, np.log(rows.price), np.nan)
        weight = rows.interval.astype(np.float64)
        columns: Columns = {
            "size": np.ones(len(rows), np.int64),
            "first_time": rows.time,
            "first_price": rows.price,
            "opens": opens,
            "opening_interval": rows.interval,
            "last_time": rows.time,
            "last_price": rows.price,
            "low": rows.lows(),
            "high": rows.highs(),
            "lowest": rows.price,
            "highest": rows.price,
            "weight": weight,
            "weight_squared": weight * weight,
            "mean_distance": none,
            "m2": none,
            "drawdown": none,
            "returns": np.zeros(len(rows), np.int64),
            "squared_returns": none,
            "first_log": log,
            "last_log": log,
        }
        first = np.flatnonzero(begins_apart(rows.time, opens))
        columns = {name: column[first] for name, column in columns.items()}
        stop = np.append(first[1:], len(rows))
        for place in np.flatnonzero(stop - first > 1).tolist():
            aggregate = aggregate_of_rows(rows[int(first[place]) : int(stop[place])], points)
            for name, column in columns.items():
                column[place] = getattr(aggregate, name)
        return cls(points, columns)

    @classmethod
    def of_aggregate(cls, aggregate: Aggregate) -> Self:
        """Return *aggregate* alone."""
        names = Aggregate._fields[1:]
        columns = {
            name: np.array([getattr(aggregate, name)], np.int64 if name in _INTS else np.float64) for name in names
        }
        return cls(aggregate.points, columns)

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self | None:
        """Return the aggregates of *parts*, one part after the other; None if some of different parts share time."""
        columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in Aggregate._fields[1:]}
        is_apart = begins_apart(columns["last_time"], columns["opens"]).all()
        return cls(parts[0].points, columns) if is_apart else None


def begins_apart(time: Ints, opens: Ints) -> Bools:
    """Return whether each row, and all after it, share no time with those before; *opens*: where each one's begins."""
    result = np.ones(time.size, dtype=bool)
    result[1:] = np.minimum.accumulate(opens[:0:-1])[::-1] >= time[:-1]
    return result


class Spans:
    """
    The last *span* ms up to each of *at* (epoch ms).

    Args:
        aggregates: of all rows in these spans.
        span: above 0.
        at: in any order.

    Attributes:
        count: number of rows in each.
        coverage: share of its time that they cover.
        is_cut: whether some of its rows share time with rows before or after it. Then nothing is known of it.
    """

    def __init__(self, aggregates: AggregateColumns, span: int, at: Ints) -> None:
        columns, start = aggregates.columns, at - span
        first = np.searchsorted(columns["last_time"], start, side="right")
        stop = np.searchsorted(columns["first_time"], at, side="right")
        self._aggregates, self._size = aggregates, at.size
        self._filled = np.flatnonzero(first < stop)
        self._first, self._stop = first[self._filled], stop[self._filled]
        begin, end = columns["first_time"][self._first], columns["last_time"][self._stop - 1]
        self.is_cut = self._scatter((begin <= start[self._filled]) | (end > at[self._filled]), False)
        self.count = self._scatter(self._between("size"), 0)
        before = np.maximum(start[self._filled] - columns["opens"][self._first], 0)
        self.coverage = self._scatter((self._between("weight") - before) / span, 0.0)

    def value(self, name: str) -> Floats:
        """Return the measure *name*, a key of MEASURES, of each; nan where there is none."""
        if not self._filled.size:
            return np.full(self._size, np.nan)
        columns = self._aggregates.columns
        with np.errstate(invalid="ignore", divide="ignore"):
            if name == "change":
                value = columns["last_price"][self._stop - 1] / columns["first_price"][self._first] - 1
            else:
                value = self._joined(name)
        if name not in ("mean", "minimum", "maximum"):
            value = np.where(self.count[self._filled] >= 2, value, np.nan)
        return self._scatter(value, np.nan)

    def _joined(self, name: str) -> Floats:
        names, join, value = JOINED[name]
        points = self._aggregates.points
        columns = with_points(self._aggregates.columns, points)
        return value(join_runs({each: columns[each] for each in names}, join, self._first, self._stop), points)

    def _between(self, name: str) -> NDArray[Any]:
        """Return the sum of a column of whole numbers over each span that has rows."""
        sums = np.append(0, np.cumsum(self._aggregates.columns[name]))
        return np.asarray(sums[self._stop] - sums[self._first])

    def _scatter(self, values: NDArray[Any], missing: float) -> NDArray[Any]:
        """Return *values* of the spans that have rows, with *missing* for the others."""
        result = np.full(self._size, missing, dtype=values.dtype)
        result[self._filled] = values
        return result
