"""Ticks: the prices of one market as columns, with where each came from."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracker.core.candle_columns import CandleColumns, are_possible, columns_of, concat_columns, joined
from tracker.core.exchange_codes import OWN_EXCHANGE, check_names, unify_exchanges


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
        first, low, high: float64, what else is known of a candle whose close is *price*: the first, lowest and
            highest price of its time; nan where it is unknown, as in polled rows. All None where no row has any.

    Raises:
        ValueError: columns differ in length, a price or interval is out of range, a candle is not possible (see
            ``candle_columns.are_possible``), or an exchange has no valid name.
    """

    time: NDArray[np.int64]
    price: NDArray[np.float64]
    interval: NDArray[np.int64]
    origin: NDArray[np.uint8]
    exchange: NDArray[np.uint32]
    exchange_names: tuple[str, ...] = OWN_EXCHANGE
    first: NDArray[np.float64] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        size = self.time.size
        if not size == self.price.size == self.interval.size == self.origin.size == self.exchange.size:
            raise ValueError("ticks: columns differ in length")
        if size and not (np.isfinite(self.price).all() and (self.price > 0).all() and (self.interval > 0).all()):
            raise ValueError("ticks: prices must be finite and above 0, intervals above 0")
        check_names(self.exchange_names)
        if size and int(self.exchange.max()) >= len(self.exchange_names):
            raise ValueError("ticks: an exchange's code has no name")
        if self.first is not None or self.low is not None or self.high is not None:
            if any(column is None or column.size != size for column in (self.first, self.low, self.high)):
                raise ValueError("ticks: columns first, low and high differ in length, or some are missing")
            if not are_possible(self.price, self.candle_columns()).all():
                raise ValueError("ticks: first, low or high cannot be that of a candle with this close")

    def __len__(self) -> int:
        return int(self.time.size)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "Ticks":
        columns = (self.time, self.price, self.interval, self.origin, self.exchange)
        own_columns = (column[rows] for column in columns)
        if self.low is None:
            return self._unchecked(*own_columns, self.exchange_names, None, None, None)
        return self._unchecked(*own_columns, self.exchange_names, *(column[rows] for column in self.candle_columns()))

    def __repr__(self) -> str:
        span = f", {self.time.min()}..{self.time.max()}" if len(self) else ""
        return f"Ticks({len(self)}{span})"

    @classmethod
    def _unchecked(cls, *values: NDArray[Any] | tuple[str, ...] | None) -> "Ticks":
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
        first: Sequence[float] | NDArray[np.float64] | None = None,
        low: Sequence[float] | NDArray[np.float64] | None = None,
        high: Sequence[float] | NDArray[np.float64] | None = None,
    ) -> "Ticks":
        """
        Return ticks made of anything array-like.

        Args:
            time: epoch milliseconds.
            price: quote per base.
            interval: milliseconds; one number holds for all rows.
            origin: see Origin; one holds for all rows.
            exchange: names, ``""`` for the market's own; one holds for all rows.
            first: of candles; nan where it is unknown.
            low: of candles.
            high: of candles.
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
            *columns_of(times.size, (first, low, high)),
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
        names, codes = unify_exchanges([(part.exchange_names, part.exchange) for part in parts])
        return cls._unchecked(
            np.concatenate([part.time for part in parts]),
            np.concatenate([part.price for part in parts]),
            np.concatenate([part.interval for part in parts]),
            np.concatenate([part.origin for part in parts]),
            np.concatenate(codes),
            names,
            *concat_columns([(len(part), None if part.low is None else part.candle_columns()) for part in parts]),
        )

    def in_order(self) -> "Ticks":
        """
        Return the rows by time, each time once.

        Of several rows for one time a live one is kept, then the one with the shortest interval, then the
        first to arrive. It gains the first, low and high that others of the same interval and price have.
        """
        if bool((self.time[1:] > self.time[:-1]).all()):
            return self
        # lexsort is stable and its last key is the first to count.
        order = np.lexsort((self.interval, self.origin != Origin.LIVE, self.time))
        times = self.time[order]
        first = np.ones(times.size, dtype=bool)
        first[1:] = times[1:] != times[:-1]
        kept = self[order[first]]
        return kept if self.low is None else kept.with_candles(self[order[~first]])[0]

    def candle_columns(self) -> CandleColumns:
        """Return first, low and high, all nan where they are None."""
        if self.first is None or self.low is None or self.high is None:
            unknown = np.full(len(self), np.nan)
            return unknown, unknown, unknown
        return self.first, self.low, self.high

    def with_candles(self, candles: "Ticks") -> tuple["Ticks", NDArray[np.bool_]]:
        """
        Return these rows with first, low and high of *candles* added, and which rows gained any.

        Rows of both, each in any order, belong together if time, interval and price are equal. Nothing else
        changes: a value that a row has stays.
        """
        columns, gains = joined(
            (self.time, self.interval, self.price),
            self.candle_columns(),
            (candles.time, candles.interval, candles.price),
            candles.candle_columns(),
        )
        if not gains.any():
            return self, gains
        return self._unchecked(*(getattr(self, name) for name in self.__slots__[:6]), *columns), gains

    def has_candle(self) -> NDArray[np.bool_]:
        """Return which rows have a first, low or high."""
        if self.low is None:
            return np.zeros(len(self), dtype=bool)
        first, low, high = self.candle_columns()
        return ~(np.isnan(first) & np.isnan(low) & np.isnan(high))

    def firsts(self) -> NDArray[np.float64]:
        """Return the first price of each row's time as far as it is known: its own price where it is no candle's."""
        return self.price if self.first is None else np.where(np.isnan(self.first), self.price, self.first)

    def lows(self) -> NDArray[np.float64]:
        """Return the lowest price of each row's time as far as it is known."""
        return self.price if self.low is None else np.fmin(self.low, np.fmin(self.price, self.firsts()))

    def highs(self) -> NDArray[np.float64]:
        """Return the highest price of each row's time as far as it is known."""
        return self.price if self.high is None else np.fmax(self.high, np.fmax(self.price, self.firsts()))

    def from_exchange(self, name: str) -> "Ticks":
        """Return the same rows with *name* as the exchange of all; ``""`` for the market's own."""
        columns = (self.first, self.low, self.high)
        codes = np.full(len(self), int(bool(name)), dtype=np.uint32)
        names = (*OWN_EXCHANGE, name) if name else OWN_EXCHANGE
        return type(self)(self.time, self.price, self.interval, self.origin, codes, names, *columns)

    def exchange_at(self, row: int) -> str:
        """Return the exchange that the price of *row* came from; ``""`` for the market's own."""
        return self.exchange_names[int(self.exchange[row])]

    def exchanges(self, market_exchange: str = "") -> list[str]:
        """Return the exchange of each row; *market_exchange* for the market's own."""
        names = (market_exchange, *self.exchange_names[1:])
        return [names[code] for code in self.exchange.tolist()]
