"""What goes on beside polling, as long as a collector's term lasts: looking at the clock, deleting what is too old."""

import logging
from collections.abc import Callable, Sequence

from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.market_status import Note
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

JUMP = 2.0  # seconds that wall and monotonic clock may drift apart between two looks
PURGE_EVERY = 3600.0  # seconds between two looks for what is older than retention allows
CHECK_EVERY = 1.0  # seconds


async def watch_clock(clock: Clock, board: StatusBoard, jumped: Callable[[], None]) -> None:
    """When wall and monotonic clock part (clock set, laptop asleep), say so and tell *jumped*; until cancelled."""
    offset = clock.now() / 1000 - clock.monotonic()
    while True:
        await clock.sleep(CHECK_EVERY)
        before, offset = offset, clock.now() / 1000 - clock.monotonic()
        jump = offset - before
        if abs(jump) > JUMP * clock.speed:
            way = "ahead" if jump > 0 else "back"
            log.warning("the clock went %s by %.0f s (set, or the computer slept); slots restart", way, abs(jump))
            board.add_note(Note("clock_jumped", clock.now(), round(jump)))
            jumped()


async def purge(
    writer: SlotWriter, markets: Sequence[Market], retention: int, clock: Clock, confirmed: Callable[[], bool]
) -> None:
    """
    Delete what is older than *retention* (ms), again and again until cancelled.

    Args:
        confirmed: whether an exchange's clock has agreed with this one; one that was set ahead would
            make everything too old.
    """
    while True:
        while not confirmed():
            await clock.sleep(CHECK_EVERY)
        try:
            await writer.purge(clock.now() - retention, markets)
        except StoreError as error:
            log.warning("what is older than retention was not deleted: %s", error)
        await clock.sleep(PURGE_EVERY)
