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
    until: int | None = None  # epoch ms from which on another cadence holds; None: none is known

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Names of the exchanges to ask, in this order."""
        return (self.market.exchange, *self.stand_ins)

    def slot(self, now: int) -> int:
        """Return the start of the slot at *now*; both are epoch ms."""
        return now // self.interval * self.interval

    def next_slot(self, now: int) -> int:
        """Return the start of the next slot after *now*, perhaps the first one of another cadence."""
        following = self.slot(now) + self.interval
        return following if self.until is None else min(following, max(self.until, now + 1))


async def due(
    feeds: Callable[[], Sequence[Feed]],
    clock: Clock,
    answered: dict[Market, int],
    on_next_slot: Callable[[float], None] = lambda at: None,
) -> AsyncIterator[list[Feed]]:
    """
    Yield the feeds that are due together: their present slot was not polled yet. End when there are no feeds left.

    All feeds are due at first, as the present slot may still be empty. No slot is queued while the consumer works, so
    a slow response skips slots and delays no later one.

    Args:
        feeds: returns the feeds; called before each slot, as they may change.
        clock: its time defines the slots.
        answered: start of the last slot polled, by market. The consumer sets it to the slot of the response if that
            comes in a later one.
        on_next_slot: called before each sleep with the monotonic seconds at which the next slot begins.
    """
    while current := feeds():
        now = clock.now()
        # "Other than", not "later than": after a clock was set back, its slots are polled again.
        ready = [feed for feed in current if answered.get(feed.market) != feed.slot(now)]
        if ready:
            answered.update({feed.market: feed.slot(now) for feed in ready})
            yield ready
            continue
        wait = (min(feed.next_slot(now) for feed in current) - now) / 1000
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
