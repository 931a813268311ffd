"""Watches the clock and the size of the store, and deletes rows older than retention allows, during a term."""

import logging
from collections.abc import Callable, Collection
from contextlib import suppress

from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.market_status import Note
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

JUMP = 2.0  # seconds by which wall and monotonic clock may drift apart between two checks
PURGE_EVERY = 3600.0  # seconds between two purges
MEASURE_AFTER = 5.0  # seconds before the first measurement of the store; a page that opens needs the processor itself
MEASURE_SOON, MEASURE_EVERY = 15.0, 600.0  # seconds between two measurements of the store, first and later
CHECK_EVERY = 1.0  # seconds


async def watch_clock(clock: Clock, board: StatusBoard, jumped: Callable[[], None]) -> None:
    """Note each jump of the wall clock (set, or the computer slept) and call *jumped*, until cancelled."""
    offset = clock.now() / 1000 - clock.monotonic()
    while True:
        await clock.sleep(CHECK_EVERY)
        before, offset = offset, clock.now() / 1000 - clock.monotonic()
        jump = offset - before
        if abs(jump) > JUMP * clock.speed:
            direction = "ahead" if jump > 0 else "back"
            log.warning(
                "the clock jumped %s by %.0f s (set, or the computer slept); slots restart", direction, abs(jump)
            )
            board.add_note(Note("clock_jumped", clock.now(), round(jump)))
            jumped()


async def purge(
    writer: SlotWriter, markets: Collection[Market], retention: int, clock: Clock, is_trusted: Callable[[], bool]
) -> None:
    """
    Delete rows older than *retention* (ms) every PURGE_EVERY seconds, until cancelled.

    Args:
        writer: deletes them.
        markets: the markets to delete rows of; they may change.
        retention: ms.
        clock: decides what is old.
        is_trusted: whether *clock* agrees with the exchanges' clocks; nothing is deleted before.
    """
    while True:
        while not is_trusted():
            await clock.sleep(CHECK_EVERY)
        try:
            await writer.purge(clock.now() - retention, markets)
        except StoreError as error:
            log.warning("rows older than retention were not deleted: %s", error)
        await clock.sleep(PURGE_EVERY)


async def watch_size(writer: SlotWriter, board: StatusBoard, clock: Clock) -> None:
    """Publish how much is stored, soon and then every MEASURE_EVERY seconds, until cancelled."""
    pause = MEASURE_SOON
    await clock.sleep(MEASURE_AFTER)
    while True:
        # A store that cannot be read is reported by those who need its prices.
        with suppress(StoreError):
            board.update(stored=await in_thread(writer.measure, clock.now()))
        await clock.sleep(pause)
        pause = min(2 * pause, MEASURE_EVERY)  # of an empty store little is known, and a large one takes seconds
