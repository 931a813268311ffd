"""A store that keeps its rows in memory, for tests."""

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tracker.core.bars import Bars
from tracker.core.contracts import Problem
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.stored_bars import bars_of_rows, part_with_rows
from tracker.core.ticks import Origin, Ticks

HOUR = 3_600_000  # ms


class MemoryStore:
    """The store contract in memory; its buckets are hours. ``broken`` is the error of every write, if set."""

    visible_after = 0.0
    can_purge = True
    place = "memory"

    def __init__(self) -> None:
        self.rows: list[tuple[Market, Ticks]] = []  # in order of arrival; only ever grows, so a cursor is a length
        self.broken = ""
        self._writing = threading.RLock()

    def append(self, batch: Mapping[Market, Ticks]) -> None:
        if self.broken:
            raise StoreError(self.broken)
        with self._writing:
            self.rows.extend(batch.items())

    def append_chosen(self, market: Market, start: int, end: int, choose: Callable[[Ticks], Ticks]) -> Ticks:
        with self._writing:
            chosen = choose(self.read(market, start, end))
            if len(chosen):
                self.append({market: chosen})
        return chosen

    def add_candles(self, market: Market, ticks: Ticks) -> int:
        with self._writing:
            stored, gains = self._of(market).with_candles(ticks)
            if gains.any():
                self.append({market: stored[gains]})
        return int(gains.sum())

    def read(self, market: Market, start: int, end: int) -> Ticks:
        ticks = self._of(market)
        return ticks[(ticks.time >= start) & (ticks.time < end)]

    def bars(self, market: Market, start: int, end: int, step: int) -> Bars:
        span = part_with_rows(partial(self.extent, market), start, end, step)
        return bars_of_rows(partial(self.read, market), *span, step)

    def kept_bars(self) -> None:
        return None

    def extent(self, market: Market, start: int | None = None, end: int | None = None) -> tuple[int, int] | None:
        times = self._of(market).time
        inside = times[(times >= (-(2**62) if start is None else start)) & (times < (2**62 if end is None else end))]
        return (int(inside[0]), int(inside[-1])) if len(inside) else None

    def size(self, start: int | None = None, end: int | None = None) -> int:
        first, last = -(2**62) if start is None else start, 2**62 if end is None else end
        return sum(32 * len(self.read(market, first, last)) for market in self.markets())

    def poll(self, cursor: Any) -> tuple[Mapping[Market, Ticks], Any]:
        fresh: dict[Market, Ticks] = {}
        rows = list(self.rows)
        for market, ticks in rows[len(rows) if cursor is None else cursor :]:
            fresh[market] = Ticks.concat([fresh.get(market, Ticks.none()), ticks])
        return {market: ticks for market, ticks in fresh.items() if len(ticks)}, len(rows)

    def markets(self) -> list[Market]:
        return sorted({market for market, ticks in list(self.rows) if len(ticks)})

    def problems(self) -> tuple[Problem, ...]:
        return ()

    def purge(self, market: Market, before: int, *, dry_run: bool = False) -> int:
        limit, removed = before // HOUR * HOUR, 0
        with self._writing:
            for index, (owner, ticks) in enumerate(self.rows):
                old = ticks.time < limit
                if owner == market and old.any():
                    removed += int(old.sum())
                    if not dry_run:
                        self.rows[index] = (owner, ticks[~old])
        return removed

    def close(self) -> None:
        pass

    def _of(self, market: Market) -> Ticks:
        return Ticks.concat([ticks for owner, ticks in list(self.rows) if owner == market]).in_order()

    def live(self, market: Market) -> list[tuple[float, float]]:
        """Return (time in s, price) of the polled rows, in the order they were written."""
        return [
            (int(ticks.time[row]) / 1000, float(ticks.price[row]))
            for owner, ticks in self.rows
            for row in range(len(ticks))
            if owner == market and ticks.origin[row] != Origin.BACKFILL
        ]
