"""A range of a store's time in memory, and what of it has to be read again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracker.core.bars import Bars
from tracker.core.durations import DAY, HOUR
from tracker.core.kept_bars import UNKNOWN
from tracker.core.market import Market
from tracker.core.ticks import Ticks

RENEW_AFTER = 60.0  # real seconds; what is stored is compared then, for edits by hand and imports of other processes
RENEW_LATE_AFTER = 2.0  # real seconds; the same for a range into which late rows came, as a backfill adds many
_NEAR = DAY  # ms; bars so near to each other are read at once
_AT_ONCE = 32 * DAY  # ms of bars that are read again at once, between which something more urgent may be read

_Data = TypeVar("_Data", Ticks, Bars)


@dataclass(frozen=True, slots=True, eq=False)
class RangeStamps:
    """
    What was stored of some hours, see ``KeptBars.stamps``.

    Attributes:
        start: where the first hour begins, epoch ms.
        values: a stamp for each hour.
    """

    start: int
    values: NDArray[np.uint64]

    @classmethod
    def joined(cls, stamps: Sequence["RangeStamps | None"]) -> "RangeStamps | None":
        """Return the stamps of all hours of *stamps*; UNKNOWN where they differ. None if there are none."""
        parts = [part for part in stamps if part is not None]
        if len(parts) < len(stamps):
            return None
        start = min(part.start for part in parts)
        size = max((part.start - start) // HOUR + part.values.size for part in parts)
        values, is_known = np.full(size, UNKNOWN), np.zeros(size, dtype=bool)
        for part in parts:
            place = slice((part.start - start) // HOUR, (part.start - start) // HOUR + part.values.size)
            differs = is_known[place] & (values[place] != part.values)
            values[place] = np.where(differs, UNKNOWN, part.values)
            is_known[place] = True
        return cls(start, values)

    def inside(self, start: int, end: int) -> "RangeStamps":
        """Return those of the hours that hold the rows of bars from *start* to *end*: also the one that begins then."""
        first = max(start // HOUR - self.start // HOUR, 0)
        return RangeStamps(self.start + first * HOUR, self.values[first : end // HOUR - self.start // HOUR + 1].copy())

    def changed(self, now: "RangeStamps") -> NDArray[np.int64]:
        """Return where the hours of *now* begin whose stamps are others, or were not known."""
        hours = now.start + HOUR * np.arange(now.values.size)
        places = (hours - self.start) // HOUR
        is_known = (places >= 0) & (places < self.values.size)
        before = np.where(is_known, self.values[np.where(is_known, places, 0)], UNKNOWN)
        changed: NDArray[np.int64] = hours[(before != now.values) | (before == UNKNOWN)]
        return changed


@dataclass(slots=True, eq=False)
class CachedRange(Generic[_Data]):
    """
    All rows, or whole bars, of *market* with start < time <= end, epoch ms.

    Attributes:
        market: the market.
        data: the rows or bars.
        start: epoch ms, as *end*.
        end: see above.
        read_at: real seconds.
        used_at: real seconds.
        stamps: of the hours that hold these rows, taken before they were read; None: the store has none.
        arrivals: how often rows were added to the store since.
        known_arrivals: how many of these *data* has.
    """

    market: Market
    data: _Data
    start: int
    end: int
    read_at: float
    used_at: float
    stamps: RangeStamps | None
    arrivals: int = 0
    known_arrivals: int = 0

    def is_due(self, now: float) -> bool:
        """Return whether what is stored is to be compared at *now*, real seconds."""
        return now - self.read_at > (RENEW_AFTER if self.arrivals == self.known_arrivals else RENEW_LATE_AFTER)


def has_changed(before: RangeStamps | None, now: RangeStamps | None) -> bool:
    """Return whether what is stored of the hours of *now* may have changed."""
    return before is None or now is None or bool(before.changed(now).size)


def changed_parts(cached: CachedRange[Bars], end: int, stamps: RangeStamps | None) -> list[tuple[int, int]]:
    """
    Return the parts (start, end] whose bars may be others than those of *cached*, in time order, none of them long.

    Args:
        cached: as it was read.
        end: to which it is to be extended: epoch ms, not before its own end.
        stamps: of the hours from its start to *end*, as they are now; None: unknown.
    """
    step, begins, ends = cached.data.step, np.array([cached.start]), np.array([end])
    if stamps is not None and cached.stamps is not None:
        hours = cached.stamps.changed(stamps)
        # The first row of an hour may be the last one of the bar before.
        begins = np.append((hours - 1) // step * step, cached.end).clip(cached.start, end)
        ends = np.append(-(-(hours + HOUR - 1) // step) * step, end).clip(cached.start, end)
    parts: list[tuple[int, int]] = []
    for begin, stop in zip(begins.tolist(), ends.tolist(), strict=True):
        if parts and begin - parts[-1][1] < _NEAR:
            parts[-1] = parts[-1][0], stop
        elif begin < stop:
            parts.append((begin, stop))
    length = max(1, _AT_ONCE // step) * step
    return [(first, min(first + length, stop)) for begin, stop in parts for first in range(begin, stop, length)]


def replaced(bars: Bars, parts: Iterable[tuple[tuple[int, int], Bars]]) -> Bars:
    """Return *bars* with those of the periods in *parts*, which are in time order, in place of their own."""
    kept, place = [], 0
    for (start, end), fresh in parts:
        first, stop = np.searchsorted(bars.start, (start, end)).tolist()
        kept += [bars[place:first], fresh]
        place = stop
    return Bars.concat([*kept, bars[place:]])


def are_equal(one: Ticks | Bars, other: Ticks | Bars) -> bool:
    """Return whether both have the same rows, or bars that state the same."""
    pairs = [(getattr(one, name), getattr(other, name)) for name in type(one).__slots__]
    return all(
        np.array_equal(own, others, equal_nan=True)
        if isinstance(own, np.ndarray) and isinstance(others, np.ndarray)
        else own is others or (type(own) is type(others) and own == others)
        for own, others in pairs
    )
