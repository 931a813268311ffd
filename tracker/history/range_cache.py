"""Ranges of a store in memory: rows and bars of some periods, read once, renewed once a minute and dropped in time."""

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
from tracker.history.cached_range import CachedRange, RangeStamps, are_equal, changed_parts, has_changed, replaced
from tracker.history.compact_bars import CompactBars

UNUSED = 120.0  # real seconds; a range that nothing needed for so long is dropped
_MOST_ROWS = 400_000  # in memory, of all markets; those that were needed longest ago are dropped first
MOST_BARS = 70_000  # in memory, of all markets; a year or 30 days of seven. Those not needed just now are dropped first
JUST_NEEDED = 10.0  # real seconds; what was needed so lately is shown, and would be read again at once
_MOST_RANGES = 8  # of one market's bars of one step: a view, what is around it and a record of years have 2 ends each
_LONGER = 3  # times what was asked for; a range that grew longer, as while a chart is dragged, is cut

RecentRows: TypeAlias = Callable[[Market, int, int], Ticks | None]  # rows with start < time <= end; None: not in memory


class NotReadError(LookupError):
    """A window needs bars that are not in memory."""


class RangeCache:
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
        self._lock = threading.Lock()  # guards the lists and their ranges; never held while reading
        self._reading, self._next = threading.Lock(), threading.Lock()
        self._compact = CompactBars()
        self._rows: list[CachedRange[Ticks]] = []
        self._bars: list[CachedRange[Bars]] = []

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
        cached = next((each for each in self._rows_of(market) if each.start <= start and end <= each.end), None)
        if cached is None:
            return None
        cached.used_at = self._monotonic()
        return cached.data[slice(*cached.data.time.searchsorted((start, end), side="right").tolist())]

    def read_rows(self, market: Market, start: int, end: int) -> Ticks:
        """Return the same from the store, and keep it. Reads."""
        now, stamps = self._monotonic(), self._stamps(market, start + 1, end + 1)
        data = self._store.read(market, max(0, start + 1), end + 1)
        with self._lock:
            kept = [each for each in self._rows if each.market != market or each.start < start or end < each.end]
            kept.append(CachedRange(market, data, start, end, now, now, stamps))
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
        for cached in self._bars_of(market, step):
            with self._lock:  # both as they are now, or as they are after a renewal
                data, stop = cached.data, cached.end
            if not cached.start <= start < stop:
                continue
            cached.used_at = self._monotonic()
            if end <= stop:
                return data.inside(start, end)
            recent = self._recent(market, stop, end)
            if recent is not None:
                return Bars.concat([data.inside(start, stop), make_bars(recent, step)])
        raise NotReadError(f"{market}: bars of {step} ms from {start} to {end}")

    def has_bars(self, market: Market, start: int, end: int, step: int) -> bool:
        """Return whether ``bars`` returns them; they count as needed."""
        for cached in self._bars_of(market, step):
            if cached.start <= start < cached.end:
                cached.used_at = self._monotonic()
                if end <= cached.end or self._recent(market, cached.end, end) is not None:
                    return True
        return False

    def read_bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        """Return the same from the store, and keep them; of a range that they touch, only what is new. Reads."""
        now, first = self._monotonic(), start - step  # one more, as charts may be drawn of a moment earlier
        with self._lock:
            alike = [each for each in self._bars if (each.market, each.data.step) == (market, step)]
            touching = next((each for each in alike if each.start <= end and first <= each.end), None)
            new = CachedRange(market, Bars.none(step), first, end, now, now, None)
            cached = new if touching is None else replace(touching)
        begin, stop = min(first, cached.start), max(end, cached.end)
        if touching is None:
            cached.data, cached.stamps = self._read_bars(market, begin, stop, step)
        else:
            before, stamps_before = self._read_bars(market, begin, cached.start, step)
            after, stamps_after = self._read_bars(market, cached.end, stop, step)
            cached.data = Bars.concat([before, cached.data, after])
            cached.stamps = RangeStamps.joined([stamps_before, cached.stamps, stamps_after])
        if stop - begin > _LONGER * (end - first):
            begin, stop = max(begin, first - (end - first)), min(stop, end + (end - first))
            cached.data = cached.data.inside(begin, stop)
            cached.stamps = cached.stamps and cached.stamps.inside(begin, stop)
        result = cached.data.inside(start, end)
        with self._lock:
            cached.data, cached.start, cached.end, cached.used_at = self._compact(cached.data), begin, stop, now
            if touching is not None:
                cached.arrivals = touching.arrivals  # also those while it was read
            alike = [each for each in self._bars if (each.market, each.data.step) == (market, step)]
            others = [each for each in self._bars if each not in alike]
            alike = sorted((each for each in alike if each is not touching), key=lambda each: -each.used_at)
            self._bars = [*others, cached, *alike[: _MOST_RANGES - 1]]
        return result

    def add_late(self, market: Market, first: int, last: int) -> None:
        """Take note that rows from *first* to *last* (epoch ms) were added to the store."""
        with self._lock:
            ranges: list[CachedRange[Ticks] | CachedRange[Bars]] = [*self._rows, *self._bars]
            for cached in ranges:
                if cached.market == market and cached.start < last and first <= cached.end:
                    cached.arrivals += 1

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
            rows = [cached for cached in self._rows if cached.is_due(real)]
            bars = [cached for cached in self._bars if cached.is_due(real)]
        for cached in rows:
            with self.turn():
                yield from self._renew_rows(cached, real)
        for each in bars:
            yield from self._renew_bars(each, real, now)

    def _renew_rows(self, cached: CachedRange[Ticks], real: float) -> Iterator[bool]:
        arrivals, stamps = cached.arrivals, self._stamps(cached.market, cached.start + 1, cached.end + 1)
        before, data = cached.data, cached.data
        if has_changed(cached.stamps, stamps):
            data = self._store.read(cached.market, max(0, cached.start + 1), cached.end + 1)
        with self._lock:
            cached.data, cached.stamps, cached.read_at, cached.known_arrivals = data, stamps, real, arrivals
        if data is not before:
            yield not are_equal(data, before)

    def _renew_bars(self, cached: CachedRange[Bars], real: float, now: int) -> Iterator[bool]:
        with self._lock:
            old = replace(cached)
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
        with self.turn(), self._lock:  # not while another thread adds to what it has read of it
            if fresh:
                cached.data, cached.end = self._compact(data), end
            cached.stamps, cached.read_at, cached.known_arrivals = stamps, real, old.arrivals
        if fresh:
            yield not are_equal(data, old.data)

    def _stamps(self, market: Market, start: int, end: int) -> RangeStamps | None:
        if self._kept is None:
            return None
        return RangeStamps(start // HOUR * HOUR, self._kept.stamps(market, start, end))

    def _read_bars(self, market: Market, start: int, end: int, step: int) -> tuple[Bars, RangeStamps | None]:
        if self._kept is None:
            return self._store.bars(market, start, end, step), None
        bars, stamps = self._kept.stamped_bars(market, start, end, step)
        return bars, RangeStamps(start // HOUR * HOUR, stamps)

    def _rows_of(self, market: Market) -> list[CachedRange[Ticks]]:
        with self._lock:
            return [each for each in self._rows if each.market == market]

    def _bars_of(self, market: Market, step: int | None = None) -> list[CachedRange[Bars]]:
        with self._lock:
            return [each for each in self._bars if each.market == market and step in (None, each.data.step)]


def _needed(ranges: list[CachedRange[Bars]], now: float) -> list[CachedRange[Bars]]:
    """Return *ranges* without those that nothing needs, and without those that are too many and not needed *now*."""
    kept, count = [], 0
    for cached in sorted(ranges, key=lambda cached: -cached.used_at):
        count += len(cached.data)
        unused = now - cached.used_at
        if unused <= (UNUSED if count <= MOST_BARS else JUST_NEEDED):
            kept.append(cached)
    return kept
