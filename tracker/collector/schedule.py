"""
Schedules polls on a grid of slots, the multiples of a market's cadence since the epoch.

No slot gets a second row, whichever process collects; see tracker.collector.writer.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from tracker.core.market import Market
from tracker.runtime.clock import Clock

LONGEST_SLEEP = 5.0  # seconds; a changed clock is noticed this soon, even with a slow cadence


@dataclass(frozen=True, slots=True)
class Feed:
    """A market, its cadence, and the stand-ins for its own exchange, in order of preference."""

    market: Market
    interval: int  # ms
    stand_ins: tuple[str, ...] = ()

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Names of the exchanges to ask, in this order."""
        return (self.market.exchange, *self.stand_ins)


async def due(
    feeds: Sequence[Feed],
    clock: Clock,
    answered: dict[Market, int],
    on_next_slot: Callable[[float], None] = lambda at: None,
) -> AsyncIterator[list[Feed]]:
    """
    Yield, without end, the feeds that are due together: their present slot was not polled yet.

    All feeds are due at first, as the present slot may still be empty. No slot is queued while the consumer works, so
    a slow response skips slots and delays no later one.

    Args:
        feeds: at least one.
        clock: its time defines the slots.
        answered: number of the last slot polled, by market. The consumer sets it to the slot of the response if that
            comes in a later one.
        on_next_slot: called before each sleep with the monotonic seconds at which the next slot begins.
    """
    while True:
        now = clock.now()
        # "Other than", not "later than": after a clock was set back, its slots are polled again.
        ready = [feed for feed in feeds if answered.get(feed.market) != now // feed.interval]
        if ready:
            answered.update({feed.market: now // feed.interval for feed in ready})
            yield ready
            continue
        next_slot = min((now // feed.interval + 1) * feed.interval for feed in feeds)
        wait = (next_slot - now) / 1000
        on_next_slot(clock.monotonic() + wait)
        await clock.sleep(min(wait, LONGEST_SLEEP))


def requests_a_second(feeds: Sequence[Feed], batch: int) -> float:
    """Return the requests per second that polling *feeds* takes, *batch* markets in a request."""
    total = 0.0
    for first in range(0, len(feeds), batch):
        cadences = sorted({feed.interval for feed in feeds[first : first + batch]})
        # A cadence that is a multiple of a shorter one adds no slots.
        independent = [
            cadence
            for cadence in cadences
            if not any(cadence % shorter == 0 for shorter in cadences if shorter < cadence)
        ]
        total += sum(1000 / cadence for cadence in independent)
    return total
