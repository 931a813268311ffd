"""
Serialises writes, keeps one row per slot, reports store errors and carries on.

Polls and backfill of all exchanges share one SlotWriter, so that no two of them can take the same slot.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

import numpy as np

from tracker.collector.status import StatusBoard
from tracker.core.contracts import Store
from tracker.core.errors import LeaseError, StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.threads import in_thread

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

GAP_SLOTS = 2.5  # a pause of more than this many slots is a gap, as in tracker.core.window


class SlotWriter:
    """
    Writes the collector's rows to the store, under the lease.

    Args:
        may_write: whether the lease is still held; asked before every write.
    """

    def __init__(self, store: Store, board: StatusBoard, may_write: Callable[[], bool]) -> None:
        self._store = store
        self._board = board
        self._may_write = may_write
        self._lock = asyncio.Lock()  # from "is this slot free" to "it is written" nobody else may come between
        self._newest_slots: dict[Market, int] = {}  # start of the newest slot known to be kept
        self._uncertain: set[Market] = set()  # a write of theirs failed, perhaps after the row was there

    def read(self, market: Market, start: int, end: int) -> Ticks:
        """Read from the store; blocks. Raises StoreError."""
        return self._store.read(market, start, end)

    async def write_polled(self, rows: Mapping[Market, Ticks]) -> set[Market]:
        """
        Write polled *rows* whose slot is free.

        Returns:
            The markets that now have a gap before their newest row.

        Raises:
            LeaseError: the lease is gone.
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
                # Nobody knows yet what is behind the first row; rows that were held back may have holes among them.
                if before is None or (np.diff(times) > GAP_SLOTS * int(ticks.interval[0])).any():
                    gaps.add(market)
                # Never lower: after a clock was set back every slot up to here must be looked up.
                self._newest_slots[market] = slot if before is None else max(slot, before)
            return gaps

    async def write_backfill(self, rows: Mapping[Market, Ticks]) -> bool:
        """
        Write candles at times that have no row yet, and return whether that succeeded.

        Raises:
            LeaseError: the lease is gone.
        """

        def write() -> None:
            # An import needs no lease, and may have filled the same past since it was looked at.
            for market, ticks in rows.items():
                if len(ticks):
                    span = int(ticks.time.min()), int(ticks.time.max()) + 1
                    self._store.append_chosen(market, *span, partial(_without_row, ticks))

        async with self._lock:
            return await self._write(rows, write)

    async def purge(self, before: int, markets: Sequence[Market]) -> None:
        """Delete rows older than *before* (epoch ms), whole buckets only. Raises StoreError, LeaseError."""
        if not self._may_write():
            raise LeaseError("the collect lease is gone; another process may collect")
        for market in markets:
            if gone := await _run_to_completion(self._store.purge, market, before):
                log.info("%s: %d rows that are older than retention allows were deleted", market, gone)

    async def _free_slots(self, market: Market, ticks: Ticks) -> Ticks:
        """Those of *ticks* whose slot is free: nobody wrote it, not even before the clock was set back."""
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
            return ticks[:0]  # without the stored rows, a slot might get a second one
        polled = (stored.origin == Origin.LIVE) | (
            (stored.origin != Origin.BACKFILL) & (stored.interval == interval)  # not a sandbox's candle
        )
        _, first = np.unique(ticks.time, return_index=True)  # one for each slot, should there be two
        unique = ticks[np.sort(first)]
        return unique[~np.isin(unique.time, stored.time[polled])]

    async def _write(self, markets: Collection[Market], write: Callable[[], None]) -> bool:
        """A cancelled collector still finishes its write: after its lease the next one may hold the same slots."""
        if not self._may_write():
            raise LeaseError("the collect lease is gone; another process may collect")
        try:
            await _run_to_completion(write)
        except StoreError as error:
            if self._board.status().store_problem != str(error):
                log.error("%s: not kept: %s", next(iter(markets)), error)
            self._board.update(store_problem=str(error))
            self._uncertain.update(markets)
            return False
        if self._board.status().store_problem:
            log.warning("rows are kept again")
        self._board.update(store_problem="")
        return True


def _without_row(ticks: Ticks, stored: Ticks) -> Ticks:
    """Those of *ticks* at whose time none of *there* is."""
    return ticks[~np.isin(ticks.time, stored.time)]


async def _run_to_completion(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run like in_thread, but let a cancelled caller continue only when the call has ended."""
    call = asyncio.ensure_future(in_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(call)
    except asyncio.CancelledError:
        while not call.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([call])
        if not call.cancelled() and (error := call.exception()) is not None:
            log.error("while the collector ended: %s", error)
        raise
