"""Ticks: the prices of one market as columns, with where each came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import is_exchange_name

OWN_EXCHANGE = ("",)  # the exchange_names of rows that all come from the market's own exchange


class Origin(IntEnum):
    """Where a tick comes from; kept as one byte in Ticks.origin and by its lower-case name in files."""

    LIVE = 0  # polled by the collector in its own slot
    BACKFILL = 1  # a candle's close, fetched later
    REPLAY = 2  # polled or fetched from a recording
    SIMULATED = 3  # polled or fetched from the simulated market
    IMPORT = 4  # read from files of another program


ORIGIN_WORDS = tuple(origin.name.lower() for origin in Origin)  # by value, as files, exports and data frames have them


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """
    Polled or fetched last prices of one market, as columns of equal length.

    A tick is, strictly, one trade or quote change; here it is one polled last price.
    The order of the rows depends on the method that returns them (a store's ``read``: time; ``poll``: arrival).

    Attributes:
        time: int64, epoch milliseconds, UTC. A live tick carries the start of its slot,
            a candle its close time.
        price: float64, quote per base, finite and above 0.
        interval: int64, milliseconds up to *time* that this price stands for: the cadence,
            or the candle's length.
        origin: uint8, see Origin.
        exchange: uint32, the exchange that the price came from, as an index into *exchange_names*;
            0 is the market's own.
        exchange_names: the names that *exchange* refers to, each once; the first is ``""``. A name
            may be there without any row.

    Raises:
        ValueError: columns differ in length, a price or interval is out of range, or an exchange has no valid name.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    origin: NDArray[np.uint8]
    exchange: NDArray[np.uint32]
    exchange_names: tuple[str, ...] = OWN_EXCHANGE

    def __post_init__(self) -> None:
        size = self.time.size
        if not size == self.price.size == self.interval.size == self.origin.size == self.exchange.size:
            raise ValueError("ticks: columns differ in length")
        if size and not (np.isfinite(self.price).all() and (self.price > 0).all() and (self.interval > 0).all()):
            raise ValueError("ticks: prices must be finite and above 0, intervals above 0")
        _check_names(self.exchange_names)
        if size and int(self.exchange.max()) >= len(self.exchange_names):
            raise ValueError("ticks: an exchange's code has no name")

    def __len__(self) -> int:
        return int(self.time.size)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Ticks":
        columns = (self.time, self.price, self.interval, self.origin, self.exchange)
        return self._unchecked(*(column[rows] for column in columns), self.exchange_names)

    def __repr__(self) -> str:
        span = f", {self.time.min()}..{self.time.max()}" if len(self) else ""
        return f"Ticks({len(self)}{span})"

    @classmethod
    def _unchecked(cls, *values: NDArray[Any] | tuple[str, ...]) -> "Ticks":
        """Return ticks of *values*, one for each attribute: rows of valid ticks need no second check."""
        ticks = object.__new__(cls)
        for name, value in zip(cls.__slots__, values, strict=True):
            object.__setattr__(ticks, name, value)
        return ticks

    @classmethod
    def of(
        cls,
        time: Sequence[int] | NDArray[np.int64],
        price: Sequence[float] | NDArray[np.float64],
        interval: int | Sequence[int] | NDArray[np.int64],
        origin: int | Sequence[int] | NDArray[np.uint8] = Origin.LIVE,
        exchange: str | Sequence[str] = "",
    ) -> "Ticks":
        """
        Return ticks made of anything array-like.

        Args:
            time: epoch milliseconds.
            price: quote per base.
            interval: milliseconds; one number holds for all rows.
            origin: see Origin; one holds for all rows.
            exchange: names, ``""`` for the market's own; one holds for all rows.
        """
        times = np.asarray(time, dtype=np.int64)
        codes = {"": 0}
        exchanges: int | list[int]
        if isinstance(exchange, str):
            exchanges = codes.setdefault(exchange, len(codes))
        else:
            exchanges = [codes.setdefault(name, len(codes)) for name in exchange]
        return cls(
            times,
            np.asarray(price, dtype=np.float64),
            np.broadcast_to(np.asarray(interval, dtype=np.int64), times.shape).copy(),
            np.broadcast_to(np.asarray(origin, dtype=np.uint8), times.shape).copy(),
            np.broadcast_to(np.asarray(exchanges, dtype=np.uint32), times.shape).copy(),
            tuple(codes),
        )

    @classmethod
    def none(cls) -> "Ticks":
        """Return ticks without rows."""
        return cls.of([], [], 1)

    @classmethod
    def concat(cls, parts: Sequence["Ticks"]) -> "Ticks":
        """Return all rows of *parts*, one part after the other."""
        if not parts:
            return cls.none()
        names, codes = unify_exchanges(parts)
        return cls._unchecked(
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.interval for part in parts]),
            np.concatenate([part.origin for part in parts]),
            np.concatenate(codes),
            names,
        )

    def in_order(self) -> "Ticks":
        """
        Return the rows by time, each time once.

        Of several rows for one time a live one is kept, then the one with the shortest interval, then the
        first to arrive.
        """
        if bool((self.time[1:] > self.time[:-1]).all()):
            return self
        # lexsort is stable and its last key is the first to count.
        order = np.lexsort((self.interval, self.origin != Origin.LIVE, self.time))
        times = self.time[order]
        first = np.ones(times.size, dtype=bool)
        first[1:] = times[1:] != times[:-1]
        return self[order[first]]

    def exchange_at(self, row: int) -> str:
        """Return the exchange that the price of *row* came from; ``""`` for the market's own."""
        return self.exchange_names[int(self.exchange[row])]

    def exchanges(self, market_exchange: str = "") -> list[str]:
        """Return the exchange of each row; *market_exchange* for the market's own."""
        names = (market_exchange, *self.exchange_names[1:])
        return [names[code] for code in self.exchange.tolist()]

    def stand_ins(self) -> dict[str, NDArray[np.bool_]]:
        """Return the exchanges other than the market's own that prices came from, by name, and which rows those are."""
        codes = np.unique(self.exchange[self.exchange != 0]).tolist()
        rows = {self.exchange_names[code]: self.exchange == code for code in codes}
        return dict(sorted(rows.items()))


def unify_exchanges(parts: Sequence[Ticks]) -> tuple[tuple[str, ...], list[NDArray[np.uint32]]]:
    """
    Encode the exchanges of several ticks by the same names.

    Returns:
        The names, those of the first part in front; and the ``exchange`` column of each part as indices into them.
        A column that needs no change is not copied.
    """
    codes: dict[str, int] = {}
    columns = []
    for part in parts:
        names = part.exchange_names
        moved = [codes.setdefault(name, len(codes)) for name in names]
        is_same = moved == list(range(len(names)))
        columns.append(part.exchange if is_same else np.array(moved, dtype=np.uint32)[part.exchange])
    return tuple(codes), columns


@lru_cache(maxsize=64)  # slices of ticks have the same names
def _check_names(names: tuple[str, ...]) -> None:
    if names[:1] != OWN_EXCHANGE or len(set(names)) != len(names):
        raise ValueError("ticks: the names of exchanges must begin with an empty one and be unique")
    for name in names[1:]:
        if not is_exchange_name(name):
            raise ValueError(f"{name[:40]!r} is not an exchange's name")
