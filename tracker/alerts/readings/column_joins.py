"""
How aggregates in columns join: for each measure the columns that it needs, as ``aggregate.joined`` has it for two.

Runs of neighbours are joined of a table of 1, 2, 4, … of them, so one takes as many joins as its length in binary has
ones.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracker.core.measures import YEAR
from tracker.core.window import GAP_FACTOR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]  # by attributes of Aggregate


class Joined(NamedTuple):
    """
    How a measure of a run follows from the columns of its rows.

    Attributes:
        names: of the columns that are joined.
        join: returns the columns of neighbours, those of its first argument before those of its second.
        value: returns the measure of joined columns; its second argument is ``Aggregate.points``.
    """

    names: tuple[str, ...]
    join: Callable[[Columns, Columns], Columns]
    value: Callable[[Columns, int], Floats]


def join_runs(columns: Columns, join: Callable[[Columns, Columns], Columns], first: Ints, stop: Ints) -> Columns:
    """Return for each of *first* and *stop* what the columns from the one up to the other join to, at least one."""
    left, place = stop - first, first.copy()
    is_begun = np.zeros(first.size, dtype=bool)
    total = {name: np.empty(first.size, column.dtype) for name, column in columns.items()}
    length, longest = 1, int(left.max())
    while True:
        taken = np.flatnonzero(left & length)
        begins, goes_on = taken[~is_begun[taken]], taken[is_begun[taken]]
        for name, column in columns.items():
            total[name][begins] = column[place[begins]]
        before = {name: column[goes_on] for name, column in total.items()}
        for name, column in join(before, {name: column[place[goes_on]] for name, column in columns.items()}).items():
            total[name][goes_on] = column
        is_begun[taken] = True
        place[taken] += length
        if 2 * length > longest:
            return total
        columns = join(
            {name: column[:-length] for name, column in columns.items()},
            {name: column[length:] for name, column in columns.items()},
        )
        length *= 2


def _join_low(one: Columns, other: Columns) -> Columns:
    return {"low": np.minimum(one["low"], other["low"])}


def _join_high(one: Columns, other: Columns) -> Columns:
    return {"high": np.maximum(one["high"], other["high"])}


def _join_fall(one: Columns, other: Columns) -> Columns:
    fall = np.maximum(one["drawdown"], other["drawdown"])
    return {
        "lowest": np.minimum(one["lowest"], other["lowest"]),
        "highest": np.maximum(one["highest"], other["highest"]),
        "drawdown": np.maximum(fall, 1 - other["lowest"] / one["highest"]),
    }


def _join_spread(one: Columns, other: Columns) -> Columns:
    """Return the columns of both by Chan's formula; equal prices are exactly 0 apart."""
    weight = one["weight"] + other["weight"]
    apart = other["first_price"] - one["first_price"] + other["mean_distance"] - one["mean_distance"]
    share = other["weight"] / weight
    return {
        "first_price": one["first_price"],
        "weight": weight,
        "weight_squared": one["weight_squared"] + other["weight_squared"],
        "mean_distance": one["mean_distance"] + apart * share,
        "m2": one["m2"] + other["m2"] + apart * apart * one["weight"] * share,
    }


def _join_returns(one: Columns, other: Columns) -> Columns:
    """
    Return the columns of both, with the log returns onto points between the last row of one and the first of the other.

    A point between them has the price of the former unless there is a gap.
    """
    had, has = (each["first_point"] <= each["last_point"] for each in (one, other))
    between = other["first_point"] - one["last_point"] - 1
    follows, interval = between > 0, other["opening_interval"]
    has_gap = other["opens"] + interval - one["last_time"] > GAP_FACTOR * interval
    log = np.where(has_gap, np.nan, one["after_log"])
    last = np.where(follows, log, one["last_log"])
    onto_between = np.where(follows & had, log - one["last_log"], np.nan)
    onto_other = np.where(has & (had | follows), other["first_log"] - last, np.nan)
    still = np.where(follows & ~has_gap, between - 1, 0)  # returns between points after the same row, which are 0
    squares = np.nan_to_num(onto_between) ** 2 + np.nan_to_num(onto_other) ** 2
    return {
        "first_point": one["first_point"],
        "last_point": other["last_point"],
        "opens": one["opens"],
        "opening_interval": one["opening_interval"],
        "last_time": other["last_time"],
        "after_log": other["after_log"],
        "returns": one["returns"] + other["returns"] + still + ~np.isnan(onto_between) + ~np.isnan(onto_other),
        "squared_returns": one["squared_returns"] + other["squared_returns"] + squares,
        "first_log": np.where(had, one["first_log"], np.where(follows, log, other["first_log"])),
        "last_log": np.where(has, other["last_log"], last),
    }


def with_points(columns: Columns, points: int) -> Columns:
    """Return *columns* with the numbers of their first and last points, and the price at points after them."""
    return columns | {
        "first_point": -(-columns["first_time"] // points),
        "last_point": columns["last_time"] // points,
        "after_log": np.log(columns["last_price"]),
    }


def _mean(total: Columns, points: int) -> Floats:
    return np.asarray(total["first_price"] + total["mean_distance"])


def _deviation(total: Columns, points: int) -> Floats:
    divisor = total["weight"] - total["weight_squared"] / total["weight"]
    return np.where(divisor > 0, np.sqrt(total["m2"] / divisor), np.nan)


def _relative_deviation(total: Columns, points: int) -> Floats:
    return np.asarray(_deviation(total, points) / _mean(total, points))


def _volatility(total: Columns, points: int) -> Floats:
    number = total["returns"]
    return np.where(number > 0, np.sqrt(total["squared_returns"] / number * YEAR * 1000 / points), np.nan)


_FALL = ("lowest", "highest", "drawdown")
_SPREAD = ("first_price", "weight", "weight_squared", "mean_distance", "m2")
_RETURNS = (
    "first_point",
    "last_point",
    "opens",
    "opening_interval",
    "last_time",
    "after_log",
    "returns",
    "squared_returns",
    "first_log",
    "last_log",
)
# By keys of MEASURES, without those that need no more than the first and the last row.
JOINED: dict[str, Joined] = {
    "mean": Joined(_SPREAD, _join_spread, _mean),
    "minimum": Joined(("low",), _join_low, lambda total, points: total["low"]),
    "maximum": Joined(("high",), _join_high, lambda total, points: total["high"]),
    "standard_deviation": Joined(_SPREAD, _join_spread, _deviation),
    "relative_standard_deviation": Joined(_SPREAD, _join_spread, _relative_deviation),
    "realised_volatility": Joined(_RETURNS, _join_returns, _volatility),
    "drawdown": Joined(_FALL, _join_fall, lambda total, points: total["drawdown"]),
}
