"""Split from market."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tracker.core.market import _EXCHANGE

_MOST_SOURCES = 65_535  # a code is two bytes of each row


_numbers = itertools.count(1)


_sources: dict[str, int] = {"": 0}


def exchange_id(exchange: str) -> int:
    """
    The number that stands for a fall-back exchange in ``Ticks.source``; 0 for ``""``, the market's own.

    Given out as names come, so it holds in this process only; files have the name.

    Raises:
        ValueError: not an exchange's name.
    """
    found = _sources.get(exchange)
    if found is None:
        if not _EXCHANGE.fullmatch(exchange) or len(_sources) > _MOST_SOURCES:
            raise ValueError(f"{exchange[:40]!r} is not an exchange's name")
        # Two threads may draw for one name at once: setdefault keeps the first, no number serves twice.
        found = _sources.setdefault(exchange, next(_numbers))
    return found


def exchange_name(code: int) -> str:
    """The exchange that exchange_id gave *code* for; ``""`` for 0."""
    return next(name for name, number in _sources.copy().items() if number == code)


class Origin(IntEnum):
    """Where a tick comes from; kept as one byte in Ticks.origin and by its lower-case name in files."""

    LIVE = 0  # polled by the collector in its own slot
    BACKFILL = 1  # a candle's close, fetched later
    REPLAY = 2  # polled or fetched from a recording
    SIMULATED = 3  # polled or fetched from the simulated market
    IMPORT = 4  # read from files of another program


@dataclass(frozen=True, slots=True, eq=False)
class Ticks:
    """
    Polled or fetched last prices of one market, as columns of equal length.

    A tick is, strictly, one trade or quote change; here it is one polled last price.
    Order is the giver's promise (a store's ``read`` gives time order, ``poll`` order of arrival).

    Attributes:
        time: int64, epoch milliseconds, UTC. A live tick carries the start of its slot,
            a candle its close time.
        price: float64, quote per base, finite and above 0.
        interval: int64, milliseconds up to *time* that this price stands for: the cadence,
            or the candle's length.
        origin: uint8, see Origin.
        source: uint16, the exchange it came from, see exchange_id; 0 is the market's own.

    Raises:
        ValueError: columns differ in length, or a price or interval cannot be.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    origin: NDArray[np.uint8]
    source: NDArray[np.uint16]

    def __post_init__(self) -> None:
        size = self.time.size
        if not size == self.price.size == self.interval.size == self.origin.size == self.source.size:
            raise ValueError("ticks: columns differ in length")
        if size and not (np.isfinite(self.price).all() and (self.price > 0).all() and (self.interval > 0).all()):
            raise ValueError("ticks: prices must be finite and above 0, intervals above 0")

    def __len__(self) -> int:
        return int(self.time.size)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Ticks":
        return Ticks(self.time[rows], self.price[rows], self.interval[rows], self.origin[rows], self.source[rows])

    def __repr__(self) -> str:
        span = f", {self.time.min()}..{self.time.max()}" if len(self) else ""
        return f"Ticks({len(self)}{span})"

    @classmethod
    def of(
        cls,
        time: Sequence[int] | NDArray[np.int64],
        price: Sequence[float] | NDArray[np.float64],
        interval: int | Sequence[int] | NDArray[np.int64],
        origin: int | Sequence[int] | NDArray[np.uint8] = Origin.LIVE,
        source: int | Sequence[int] | NDArray[np.uint16] = 0,
    ) -> "Ticks":
        """Ticks from anything array-like; one *interval*, *origin* or *source* serves for all rows."""
        times = np.asarray(time, dtype=np.int64)
        return cls(
            times,
            np.asarray(price, dtype=np.float64),
            np.broadcast_to(np.asarray(interval, dtype=np.int64), times.shape).copy(),
            np.broadcast_to(np.asarray(origin, dtype=np.uint8), times.shape).copy(),
            np.broadcast_to(np.asarray(source, dtype=np.uint16), times.shape).copy(),
        )

    @classmethod
    def none(cls) -> "Ticks":
        """No rows."""
        return cls.of([], [], 1)

    @classmethod
    def concat(cls, parts: Sequence["Ticks"]) -> "Ticks":
        """All rows of *parts*, one after the other."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.interval for part in parts]),
            np.concatenate([part.origin for part in parts]),
            np.concatenate([part.source for part in parts]),
        )

    def in_order(self) -> "Ticks":
        """
        Sorted by time, each time once. Of several rows for one time a live one is kept,
        then the one that stands for the shortest time, then the first to arrive.
        """
        if bool((self.time[1:] > self.time[:-1]).all()):
            return self
        # lexsort is stable and its last key is the first to count.
        order = np.lexsort((self.interval, self.origin != Origin.LIVE, self.time))
        times = self.time[order]
        first = np.ones(times.size, dtype=bool)
        first[1:] = times[1:] != times[:-1]
        return self[order[first]]
