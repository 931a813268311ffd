"""
The grid of slots on which markets are polled. A slot is a multiple of a market's cadence since the epoch.

No slot gets a second row, whichever process collects: see tracker.collector.writer.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass

from tracker.core.market import Market
from tracker.runtime.clock import Clock

LONGEST_SLEEP = 5.0  # seconds; so that a changed clock is noticed soon even with a slow cadence


@dataclass(frozen=True, slots=True)
class Feed:
    """A market, its cadence, and the exchanges that stand in for its own."""

    market: Market
    interval: int  # ms
    stand_ins: tuple[str, ...] = ()

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Exchanges to poll, in this order."""
        return (self.market.exchange, *self.stand_ins)


async def due(
    feeds: Sequence[Feed],
    clock: Clock,
    answered: dict[Market, int],
    on_next_slot: Callable[[float], None] = lambda at: None,
) -> AsyncIterator[list[Feed]]:
    """
    The feeds whose slot has come and was not yet asked for, again and again, together.

    The first ones at once: the running slot may still be empty. While the consumer waits
    slots go by unasked, so a slow answer skips slots instead of pushing later ones back; it
    notes in *answered* the number of the slot in which it had its answer. *on_next_slot* is told
    when (monotonic seconds) the next slot comes.
    """
    while True:
        now = clock.now()
        # Not "later than": a clock that was set back starts the grid anew.
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
    """Return the requests per second that *feeds* cost, polled *batch* markets at a time."""
    total = 0.0
    for first in range(0, len(feeds), batch):
        cadences = sorted({feed.interval for feed in feeds[first : first + batch]})
        # The slots of a multiple of a shorter cadence are among that one's.
        independent = [one for one in cadences if not any(one % other == 0 for other in cadences if other < one)]
        total += sum(1000 / one for one in independent)
    return total
