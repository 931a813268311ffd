"""Pieces of a store in memory: rows and bars of some periods, read once, renewed once a minute and dropped in time."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from tracker.core.bar_making import make_bars
from tracker.core.bars import Bars
from tracker.core.contracts import Store
from tracker.core.durations import HOUR
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.history.compact_bars import CompactBars
from tracker.history.piece import HourStamps, Piece, are_equal, changed_parts, has_changed, replaced

UNUSED = 120.0  # real seconds; a piece that nothing needed for so long is dropped
_MOST_ROWS = 400_000  # in memory, of all markets; those that were needed longest ago are dropped first
MOST_BARS = 70_000  # in memory, of all markets; a year or 30 days of seven. Those not needed just now are dropped first
JUST_NEEDED = 10.0  # real seconds; what was needed so lately is shown, and would be read again at once
_MOST_PIECES = 8  # of one market's bars of one step: a view, what is around it and a record of years have 2 ends each
_LONGER = 3  # times what was asked for; a piece that grew longer, as while a chart is dragged, is cut

RecentRows: TypeAlias = Callable[[Market, int, int], Ticks | None]  # rows with start < time <= end; None: not in memory


class NotReadError(LookupError):
    """A window needs bars that are not in memory."""


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
        self._kept = store.kept_bars()
        self._lock = threading.Lock()  # guards the lists and their pieces; never held while reading
        self._reading, self._next = threading.Lock(), threading.Lock()
        self._compact = CompactBars()
        self._rows: list[Piece[Ticks]] = []
        self._bars: list[Piece[Bars]] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the store for one thread that reads, so that nothing is read twice; then for the one that waits."""
        with self._next:  # whoever has read waits here, if another thread was waiting before
            self._reading.acquire()
        try:
            yield
        finally:
            self._reading.release()

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
        now, stamps = self._monotonic(), self._stamps(market, start + 1, end + 1)
        data = self._store.read(market, max(0, start + 1), end + 1)
        with self._lock:
            kept = [each for each in self._rows if each.market != market or each.start < start or end < each.end]
            kept.append(Piece(market, data, start, end, now, now, stamps))
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
        with self._lock:
            alike = [each for each in self._bars if (each.market, each.data.step) == (market, step)]
            touching = next((each for each in alike if each.start <= end and first <= each.end), None)
            piece = (
                Piece(market, Bars.none(step), first, end, now, now, None) if touching is None else replace(touching)
            )
        begin, stop = min(first, piece.start), max(end, piece.end)
        if touching is None:
            piece.data, piece.stamps = self._read_bars(market, begin, stop, step)
        else:
            before, stamps_before = self._read_bars(market, begin, piece.start, step)
            after, stamps_after = self._read_bars(market, piece.end, stop, step)
            piece.data = Bars.concat([before, piece.data, after])
            piece.stamps = HourStamps.joined([stamps_before, piece.stamps, stamps_after])
        if stop - begin > _LONGER * (end - first):
            begin, stop = max(begin, first - (end - first)), min(stop, end + (end - first))
            piece.data = piece.data.inside(begin, stop)
            piece.stamps = piece.stamps and piece.stamps.inside(begin, stop)
        result = piece.data.inside(start, end)
        with self._lock:
            piece.data, piece.start, piece.end, piece.used_at = self._compact(piece.data), begin, stop, now
            if touching is not None:
                piece.arrivals = touching.arrivals  # also those while it was read
            alike = [each for each in self._bars if (each.market, each.data.step) == (market, step)]
            others = [each for each in self._bars if each not in alike]
            alike = sorted((each for each in alike if each is not touching), key=lambda each: -each.used_at)
            self._bars = [*others, piece, *alike[: _MOST_PIECES - 1]]
        return result

    def add_late(self, market: Market, first: int, last: int) -> None:
        """Take note that rows from *first* to *last* (epoch ms) were added to the store."""
        with self._lock:
            pieces: list[Piece[Ticks] | Piece[Bars]] = [*self._rows, *self._bars]
            for piece in pieces:
                if piece.market == market and piece.start < last and first <= piece.end:
                    piece.arrivals += 1

    def drop_unneeded(self) -> bool:
        """Drop what nothing needs; return whether there was anything."""
        real = self._monotonic()
        with self._lock:
            before = len(self._rows) + len(self._bars)
            self._rows = [each for each in self._rows if real - each.used_at <= UNUSED]
            self._bars = _needed(self._bars, real)
            return len(self._rows) + len(self._bars) < before

    def renew(self, now: int) -> Iterator[bool]:
        """
        Read again what may have changed, by the stamps of the hours if the store has any; yield whether it has. Reads.

        Other threads read in between. *now*: epoch ms, up to which bars that touch the recent rows are extended.
        """
        real = self._monotonic()
        with self._lock:
            rows = [piece for piece in self._rows if piece.is_due(real)]
            bars = [piece for piece in self._bars if piece.is_due(real)]
        for piece in rows:
            with self.turn():
                yield from self._renew_rows(piece, real)
        for each in bars:
            yield from self._renew_bars(each, real, now)

    def _renew_rows(self, piece: Piece[Ticks], real: float) -> Iterator[bool]:
        arrivals, stamps = piece.arrivals, self._stamps(piece.market, piece.start + 1, piece.end + 1)
        before, data = piece.data, piece.data
        if has_changed(piece.stamps, stamps):
            data = self._store.read(piece.market, max(0, piece.start + 1), piece.end + 1)
        with self._lock:
            piece.data, piece.stamps, piece.read_at, piece.known_arrivals = data, stamps, real, arrivals
        if data is not before:
            yield not are_equal(data, before)

    def _renew_bars(self, piece: Piece[Bars], real: float, now: int) -> Iterator[bool]:
        with self._lock:
            old = replace(piece)
        market, step = old.market, old.data.step
        end = now // step * step
        if end <= old.end or self._recent(market, old.end, end) is None:
            end = old.end
        with self.turn():
            stamps = self._stamps(market, old.start, end + 1)
        fresh = []
        for start, stop in changed_parts(old, end, stamps):
            with self.turn():
                fresh.append(((start, stop), self._store.bars(market, start, stop, step)))
        data = replaced(old.data, fresh) if fresh else old.data
        with self.turn(), self._lock:  # not while another thread adds to what it has read of the piece
            if fresh:
                piece.data, piece.end = self._compact(data), end
            piece.stamps, piece.read_at, piece.known_arrivals = stamps, real, old.arrivals
        if fresh:
            yield not are_equal(data, old.data)

    def _stamps(self, market: Market, start: int, end: int) -> HourStamps | None:
        if self._kept is None:
            return None
        return HourStamps(start // HOUR * HOUR, self._kept.stamps(market, start, end))

    def _read_bars(self, market: Market, start: int, end: int, step: int) -> tuple[Bars, HourStamps | None]:
        if self._kept is None:
            return self._store.bars(market, start, end, step), None
        bars, stamps = self._kept.stamped_bars(market, start, end, step)
        return bars, HourStamps(start // HOUR * HOUR, stamps)

    def _rows_of(self, market: Market) -> list[Piece[Ticks]]:
        with self._lock:
            return [each for each in self._rows if each.market == market]

    def _bars_of(self, market: Market, step: int | None = None) -> list[Piece[Bars]]:
        with self._lock:
            return [each for each in self._bars if each.market == market and step in (None, each.data.step)]


def _needed(pieces: list[Piece[Bars]], now: float) -> list[Piece[Bars]]:
    """Return *pieces* without those that nothing needs, and without those that are too many and not needed *now*."""
    kept, count = [], 0
    for piece in sorted(pieces, key=lambda piece: -piece.used_at):
        count += len(piece.data)
        unused = now - piece.used_at
        if unused <= (UNUSED if count <= MOST_BARS else JUST_NEEDED):
            kept.append(piece)
    return kept
