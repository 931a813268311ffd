"""Pieces of a store in memory: rows and bars of some periods, read once, renewed once a minute and dropped in time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bars import COLUMNS, Bars
from tracker.core.contracts import Store
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.memory import give_back

RENEW_AFTER = 60.0  # real seconds; what is stored is compared then, for edits by hand and imports of other processes
RENEW_LATE_AFTER = 2.0  # real seconds; the same for a piece into which late rows came, as a backfill adds many
UNUSED = 120.0  # real seconds; a piece that nothing needed for so long is dropped
_MOST_ROWS = 400_000  # in memory, of all markets; those that were needed longest ago are dropped first
MOST_BARS = 70_000  # in memory, of all markets; a year or 30 days of seven. Those not needed just now are dropped first
JUST_NEEDED = 10.0  # real seconds; what was needed so lately is shown, and would be read again at once
_MOST_PIECES = 8  # of one market's bars of one step: a view, what is around it and a record of years have 2 ends each
_LONGER = 3  # times what was asked for; a piece that grew longer, as while a chart is dragged, is cut

# Columns of bars that are equal where nothing but polled prices without gaps is stored.
_OFTEN_EQUAL = (("opening_time", "first_time"), ("open", "first_price"), ("lowest", "low"), ("highest", "high"))

_Data = TypeVar("_Data", Ticks, Bars)
RecentRows = Callable[[Market, int, int], Ticks | None]  # rows with start < time <= end; None: not in memory


class NotReadError(LookupError):
    """A window needs bars that are not in memory."""


@dataclass(slots=True, eq=False)
class _Piece(Generic[_Data]):
    """All rows, or whole bars, of *market* with start < time <= end, epoch ms; the other times are real seconds."""

    market: Market
    data: _Data
    start: int
    end: int
    read_at: float
    used_at: float
    is_late: bool = False  # rows were added since it was read


class SpanPieces:
    """
    What a page needs of *store* beside its recent rows.

    Safe from several threads; a method blocks only where it says that it reads, and may then raise StoreError.

    Args:
        store: holds the prices.
        recent: returns recent rows that are in memory elsewhere.
        monotonic: a clock in seconds.
    """

    def __init__(self, store: Store, recent: RecentRows, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store, self._recent, self._monotonic = store, recent, monotonic
        self._lock = threading.Lock()  # guards the lists, not what their pieces hold; never held while reading
        self._rows: list[_Piece[Ticks]] = []
        self._bars: list[_Piece[Bars]] = []

    def rows(self, market: Market, start: int, end: int) -> Ticks | None:
        """Return the rows with start < time <= end; None if they are not in memory."""
        if end <= start:
            return Ticks.none()
        recent = self._recent(market, start, end)
        if recent is not None:
            return recent
        piece = next((each for each in self._rows_of(market) if each.start <= start and end <= each.end), None)
        if piece is None:
            return None
        piece.used_at = self._monotonic()
        return piece.data[slice(*piece.data.time.searchsorted((start, end), side="right").tolist())]

    def read_rows(self, market: Market, start: int, end: int) -> Ticks:
        """Return the same from the store, and keep it. Reads."""
        now = self._monotonic()
        data = self._store.read(market, max(0, start + 1), end + 1)
        with self._lock:
            kept = [each for each in self._rows if each.market != market or each.start < start or end < each.end]
            kept.append(_Piece(market, data, start, end, now, now))
            kept.sort(key=lambda each: -each.used_at)
            sizes = np.cumsum([len(each.data) for each in kept]).tolist()
            self._rows = [
                each
                for each, size in zip(kept, sizes, strict=True)
                if size <= _MOST_ROWS or now - each.used_at < JUST_NEEDED
            ]
        return data

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return the bars of *step* ms between two multiples of it. Raises NotReadError if they are not in memory."""
        for piece in self._bars_of(market, step):
            with self._lock:  # both as they are now, or as they are after a renewal
                data, stop = piece.data, piece.end
            if not piece.start <= start < stop:
                continue
            piece.used_at = self._monotonic()
            if end <= stop:
                return data.inside(start, end)
            recent = self._recent(market, stop, end)
            if recent is not None:
                return Bars.concat([data.inside(start, stop), make_bars(recent, step)])
        raise NotReadError(f"{market}: bars of {step} ms from {start} to {end}")

    def has_bars(self, market: Market, start: int, end: int, step: int) -> bool:
        """Return whether ``bars`` returns them; they count as needed."""
        for piece in self._bars_of(market, step):
            if piece.start <= start < piece.end:
                piece.used_at = self._monotonic()
                if end <= piece.end or self._recent(market, piece.end, end) is not None:
                    return True
        return False

    def read_bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return the same from the store, and keep them; of a piece that they touch, only what is new. Reads."""
        now, first = self._monotonic(), start - step  # one more, as charts may be drawn of a moment earlier
        touching = [each for each in self._bars_of(market, step) if each.start <= end and first <= each.end][:1]
        parts, begin, stop, read_at = [], first, end, now
        for piece in touching:
            begin, stop, read_at = min(first, piece.start), max(end, piece.end), piece.read_at
            parts = [
                self._store.bars(market, begin, piece.start, step),
                piece.data,
                self._store.bars(market, piece.end, stop, step),
            ]
        data = Bars.concat(parts or [self._store.bars(market, first, end, step)])
        if stop - begin > _LONGER * (end - first):
            begin, stop = max(begin, first - (end - first)), min(stop, end + (end - first))
            data = Bars.concat([data.inside(begin, stop)])  # a copy, which does not keep the rest in memory
        with self._lock:
            alike = [each for each in self._bars if (each.market, each.data.step) == (market, step)]
            others = [each for each in self._bars if each not in alike]
            alike = sorted((each for each in alike if each not in touching), key=lambda each: -each.used_at)
            piece = _Piece(market, _compact(data), begin, stop, read_at, now)
            self._bars = [*others, piece, *alike[: _MOST_PIECES - 1]]
        return data.inside(start, end)

    def add_late(self, market: Market, first: int, last: int) -> None:
        """Take note that rows from *first* to *last* (epoch ms) were added to the store."""
        rows: list[_Piece[Ticks] | _Piece[Bars]] = [*self._rows_of(market)]
        for piece in [*rows, *self._bars_of(market)]:
            if piece.start < last and first <= piece.end:
                piece.is_late = True

    def drop_unneeded(self) -> bool:
        """Drop what nothing needs; return whether there was anything."""
        real = self._monotonic()
        with self._lock:
            before = len(self._rows) + len(self._bars)
            self._rows = [each for each in self._rows if real - each.used_at <= UNUSED]
            self._bars = _needed(self._bars, real)
            return len(self._rows) + len(self._bars) < before

    def renew(self, now: int) -> bool:
        """
        Read again what may have changed; return whether anything has. Reads.

        *now*: epoch ms, up to which bars that touch the recent rows are extended.
        """
        real = self._monotonic()
        with self._lock:
            rows, bars = list(self._rows), list(self._bars)
        has_changed = False
        for piece in filter(lambda each: _is_due(each, real), rows):
            with _reading(piece, real):
                read = self._store.read(piece.market, max(0, piece.start + 1), piece.end + 1)
            has_changed |= not _are_equal(read, piece.data, ("time", "price", "interval", "origin"))
            has_changed |= not np.array_equal(read.lows(), piece.data.lows())
            has_changed |= not np.array_equal(read.highs(), piece.data.highs())
            piece.data = read
        due = [each for each in bars if _is_due(each, real)]
        for each in due:
            step, stop = each.data.step, now // each.data.step * each.data.step
            if stop <= each.end or self._recent(each.market, each.end, stop) is None:
                stop = each.end
            with _reading(each, real):
                made = self._store.bars(each.market, each.start, stop, step)
            has_changed |= not _are_equal(made, each.data, tuple(COLUMNS))
            made = _compact(made)
            with self._lock:
                each.data, each.end = made, stop
        if due:
            give_back()
        return has_changed

    def _rows_of(self, market: Market) -> list[_Piece[Ticks]]:
        with self._lock:
            return [each for each in self._rows if each.market == market]

    def _bars_of(self, market: Market, step: int | None = None) -> list[_Piece[Bars]]:
        with self._lock:
            return [each for each in self._bars if each.market == market and step in (None, each.data.step)]


def _needed(pieces: list[_Piece[Bars]], now: float) -> list[_Piece[Bars]]:
    """Return *pieces* without those that nothing needs, and without those that are too many and not needed *now*."""
    kept, count = [], 0
    for piece in sorted(pieces, key=lambda piece: -piece.used_at):
        count += len(piece.data)
        unused = now - piece.used_at
        if unused <= (UNUSED if count <= MOST_BARS else JUST_NEEDED):
            kept.append(piece)
    return kept


@contextmanager
def _reading(piece: _Piece[Ticks] | _Piece[Bars], now: float) -> Iterator[None]:
    """Note that *piece* is read at *now*; if that fails, or rows come meanwhile, it is read again soon."""
    was_late, piece.is_late = piece.is_late, False
    try:
        yield
    except BaseException:
        piece.is_late |= was_late
        raise
    piece.read_at = now


def _compact(bars: Bars) -> Bars:
    """Return *bars* with columns that are equal kept once, and those of one value without a copy for each bar."""
    columns: dict[str, Any] = {name: getattr(bars, name) for name in COLUMNS}
    for name, alike in _OFTEN_EQUAL:
        if np.array_equal(columns[name], columns[alike]):
            columns[name] = columns[alike]
    for name, column in columns.items():
        if len(bars) and bool((column == column[0]).all()):
            columns[name] = np.broadcast_to(column[0].copy(), column.shape)
    return replace(bars, **columns)


def _is_due(piece: _Piece[Ticks] | _Piece[Bars], now: float) -> bool:
    return now - piece.read_at > (RENEW_LATE_AFTER if piece.is_late else RENEW_AFTER)


def _are_equal(one: Ticks | Bars, other: Ticks | Bars, columns: tuple[str, ...]) -> bool:
    if len(one) != len(other):
        return False
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in columns)
