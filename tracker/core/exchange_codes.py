"""The exchanges of rows as codes: indices into the names that are kept beside them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import is_exchange_name

OWN_EXCHANGE = ("",)  # the names of rows that all come from the market's own exchange

Codes: TypeAlias = NDArray[np.uint32]


def unify_exchanges(parts: Sequence[tuple[tuple[str, ...], Codes]]) -> tuple[tuple[str, ...], list[Codes]]:
    """
    Encode the exchanges of several ticks, each given as its names and codes, by the same names.

    Returns:
        The names, those of the first part in front; and the codes of each part as indices into them.
        A column that needs no change is not copied.
    """
    numbers: dict[str, int] = {}
    columns = []
    for names, codes in parts:
        moved = [numbers.setdefault(name, len(numbers)) for name in names]
        is_same = moved == list(range(len(names)))
        columns.append(codes if is_same else np.array(moved, dtype=np.uint32)[codes])
    return tuple(numbers), columns


@lru_cache(maxsize=64)  # slices of ticks have the same names
def check_names(names: tuple[str, ...]) -> None:
    """Raise ValueError unless *names* begin with an empty one, are unique, and the others are those of exchanges."""
    if names[:1] != OWN_EXCHANGE or len(set(names)) != len(names):
        raise ValueError("ticks: the names of exchanges must begin with an empty one and be unique")
    for name in names[1:]:
        if not is_exchange_name(name):
            raise ValueError(f"{name[:40]!r} is not an exchange's name")
