"""
Serialises writes, keeps one row per slot, reports store errors and carries on.

Polls and backfill of all exchanges share one SlotWriter, so that no two of them can take the same slot.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

import numpy as np

from tracker.collector.status import StatusBoard
from tracker.core.contracts import Store
from tracker.core.errors import LeaseError, StoreError
from tracker.core.market import Market
from tracker.core.stored_size import StoredSize, measure
from tracker.core.ticks import Origin, Ticks
from tracker.core.window import GAP_FACTOR
from tracker.runtime.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)


class SlotWriter:
    """
    Writes the collector's rows to the store, under the lease.

    Args:
        store: keeps the rows.
        board: gets store errors.
        may_write: returns whether the lease is still held; called before every write.
    """

    def __init__(self, store: Store, board: StatusBoard, may_write: Callable[[], bool]) -> None:
        self._store = store
        self._board = board
        self._may_write = may_write
        self._lock = asyncio.Lock()  # held from checking that a slot is free until its row is written
        self._newest_slots: dict[Market, int] = {}  # epoch ms at which the newest stored slot begins
        self._uncertain: set[Market] = set()  # markets with a failed write, perhaps after the row was stored

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """Read rows from *start* up to, but not including, *end* (epoch ms). Blocks. Raises StoreError."""
        return self._store.read(market, start, end)

    def extent(self, market: Market, start: int, end: int) -> tuple[int, int] | None:
        """Return the times of the first and the last row from *start* to *end*. Blocks. Raises StoreError."""
        return self._store.extent(market, start, end)

    def newest(self, market: Market, now: int) -> Ticks:
        """Return the last row up to *now* (epoch ms), however old, or none. Blocks. Raises StoreError."""
        extent = self._store.extent(market, None, now + 1)
        return Ticks.none() if extent is None else self._store.read(market, extent[1], extent[1] + 1)

    def measure(self, now: int) -> StoredSize | None:
        """Return how much is stored at *now* (epoch ms). Blocks. Raises StoreError."""
        return measure(self._store, now)

    async def write_polled(self, rows: Mapping[Market, Ticks]) -> set[Market]:
        """
        Write those of the polled *rows* that have a free slot.

        Returns:
            The markets that now have a gap before their newest row.

        Raises:
            LeaseError: the lease is lost.
        """
        async with self._lock:
            free = {
                market: ticks
                for market, all_rows in rows.items()
                if len(ticks := await self._free_slots(market, all_rows))
            }
            if not free or not await self._write(free, lambda: self._store.append(free)):
                return set()
            self._uncertain.difference_update(free)
            gaps = set()
            for market, ticks in free.items():
                slot = int(ticks.time.max())
                before = self._newest_slots.get(market)
                times = np.sort(ticks.time)
                if before is not None and before < times[0]:
                    times = np.append(before, times)
                # The past before a first row is unknown; held-back rows may have gaps between them.
                if before is None or (np.diff(times) > GAP_FACTOR * int(ticks.interval[0])).any():
                    gaps.add(market)
                # Never decreases: after a clock was set back, every slot up to here must be looked up.
                self._newest_slots[market] = slot if before is None else max(slot, before)
            return gaps

    async def write_backfill(self, rows: Mapping[Market, Ticks]) -> bool:
        """
        Write candles at times without a row, and return whether that succeeded.

        Raises:
            LeaseError: the lease is lost.
        """

        def write() -> None:
            # An import needs no lease, and may have filled the same gaps since they were computed.
            for market, ticks in rows.items():
                if len(ticks):
                    span = int(ticks.time.min()), int(ticks.time.max()) + 1
                    self._store.append_chosen(market, *span, partial(_without_row, ticks))

        async with self._lock:
            return await self._write(rows, write)

    async def add_candles(self, market: Market, candles: Ticks) -> bool:
        """
        Add first, low and high of *candles* to equal stored rows, and return whether that succeeded.

        Raises:
            LeaseError: the lease is lost.
        """
        async with self._lock:
            return await self._write([market], partial(self._store.add_candles, market, candles))

    async def purge(self, before: int, markets: Collection[Market]) -> None:
        """Delete rows older than *before* (epoch ms), whole buckets only. Raises StoreError, LeaseError."""
        if not self._may_write():
            raise LeaseError("the collect lease is gone; another process may collect")
        for market in markets:
            if gone := await _run_to_completion(self._store.purge, market, before):
                log.info("%s: deleted %d rows older than the retention", market, gone)

    async def _free_slots(self, market: Market, ticks: Ticks) -> Ticks:
        """Return those of *ticks* that have a free slot, also where the clock was set back."""
        last = self._newest_slots.get(market)
        if len(ticks) == 1 and last is not None and market not in self._uncertain:
            slot = int(ticks.time[0])
            if slot > last:
                return ticks
            if slot == last:
                return ticks[:0]
        interval = int(ticks.interval[0])
        try:
            stored = await in_thread(self._store.read, market, int(ticks.time.min()), int(ticks.time.max()) + interval)
        except StoreError as error:
            self._board.update(store_problem=str(error))
            return ticks[:0]  # without the stored rows, a slot could get a second row
        polled = (stored.origin == Origin.LIVE) | (
            (stored.origin != Origin.BACKFILL) & (stored.interval == interval)  # excludes candles of a sandbox
        )
        _, first = np.unique(ticks.time, return_index=True)  # one row for each slot
        unique = ticks[np.sort(first)]
        return unique[~np.isin(unique.time, stored.time[polled])]

    async def _write(self, markets: Collection[Market], write: Callable[[], object]) -> bool:
        """
        Run *write* and return whether it succeeded; reports a StoreError, raises LeaseError.

        A cancelled collector completes its write first, while its lease keeps other processes from the same slots.
        """
        if not self._may_write():
            raise LeaseError("the collect lease is gone; another process may collect")
        try:
            await _run_to_completion(write)
        except StoreError as error:
            if self._board.status().store_problem != str(error):
                log.error("%s: rows not stored: %s", next(iter(markets)), error)
            self._board.update(store_problem=str(error))
            self._uncertain.update(markets)
            return False
        except asyncio.CancelledError:
            self._uncertain.update(markets)  # it was completed, but who asked for it does not go on
            raise
        if self._board.status().store_problem:
            log.warning("rows are stored again")
        self._board.update(store_problem="")
        return True


def _without_row(ticks: Ticks, stored: Ticks) -> Ticks:
    """Return those of *ticks* at times without a row in *stored*."""
    return ticks[~np.isin(ticks.time, stored.time)]


async def _run_to_completion(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run like in_thread, but delay a cancellation of the caller until the call has ended."""
    call = asyncio.ensure_future(in_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        while not call.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([call])
        if not call.cancelled() and (error := call.exception()) is not None:
            log.error("a store operation failed while the collector was stopping: %s", error)
        raise
