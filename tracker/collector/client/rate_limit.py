"""
Limits the requests to one exchange: its own limits as token buckets, and the pauses it demands.

Polls go first. A request of backfill waits until it delays no poll that is due soon, but only for a limited time:
gaps must be filled also where polls use all that an exchange allows.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

from pyrate_limiter import Rate, RateItem, StateBucket, TokenBucket

from tracker.runtime.clock import Clock

BURST = 5  # a fifth of the limit may be a burst, the rest comes steadily: no window holds more than allowed
STARVATION = 15.0  # seconds after which a backfill request goes even if that costs a poll its slot
TOLERANCE = 0.7  # share of a token's refill time; a backfill request may take a token that long before a poll
CHECK_EVERY = 0.1  # seconds between two checks whether a backfill request may go
LONG_PAUSE = 60.0  # seconds; no request waits for the end of a longer pause
LONGEST_PAUSE = 86_400.0  # seconds; one bad header must not stop collecting for good
FIRST_PAUSE, LAST_PAUSE = 2.0, 120.0  # seconds, doubling, where a 429 has no Retry-After


class RateLimiter:
    """
    Schedules all requests to one exchange at one address.

    Args:
        rates: (requests, seconds) as in ``Exchange.LIMITS``; all of them apply.
        clock: all seconds are its.
    """

    def __init__(self, rates: Sequence[tuple[int, float]], clock: Clock) -> None:
        self._clock = clock
        self._bucket = StateBucket([_rate(count, seconds) for count, seconds in rates], TokenBucket())
        self._regain = max(1 / sustained_rate([rate]) for rate in rates)  # seconds until a token taken is refilled
        self._queues = {True: asyncio.Lock(), False: asyncio.Lock()}  # urgent or not: one queue each
        self._urgent = 0  # urgent requests waiting
        self._starving = False  # a backfill request has waited so long that it goes first, once
        self._next_polls: dict[object, float] = {}  # monotonic seconds, by poller
        self._paused_until = float("-inf")
        self._refusals = 0  # in a row

    async def acquire(self, *, urgent: bool = True) -> bool:
        """
        Wait until one more request may be sent, and return True.

        Returns False without waiting on when a pause of more than LONG_PAUSE begins, or is under way: the caller
        has something to report.
        """
        self._urgent += urgent
        try:
            async with self._queues[urgent]:
                starving_from = self._clock.monotonic() + STARVATION
                while (wait := self._wait(urgent, starving_from)) > 0:
                    if self.paused_for > LONG_PAUSE:
                        return False
                    await self._clock.sleep(max(wait, 0.001))  # the bucket counts in whole ms
                return True
        finally:
            self._urgent -= urgent
            self._starving &= urgent

    def expect_poll(self, poller: object, at: float) -> None:
        """Expect *poller* to send a request at *at* (monotonic seconds), until ``forget``."""
        self._next_polls[poller] = at

    def forget(self, poller: object) -> None:
        """Expect no further request of *poller*."""
        self._next_polls.pop(poller, None)

    def back_off(self, retry_after: float) -> None:
        """Pause all requests for *retry_after* s (0: unknown), as the exchange reported too many."""
        self._refusals += 1
        backoff = min(FIRST_PAUSE * 2 ** min(self._refusals - 1, 16), LAST_PAUSE)
        self.pause(max(retry_after, 0.0 if retry_after else backoff))

    def pause(self, seconds: float) -> None:
        """Pause all requests for *seconds*, at most LONGEST_PAUSE, or longer if a pause under way is."""
        self._paused_until = max(self._paused_until, self._clock.monotonic() + min(seconds, LONGEST_PAUSE))

    def reset(self) -> None:
        """Reset the growing pause after a successful response."""
        self._refusals = 0

    @property
    def paused_for(self) -> float:
        """Seconds until requests may be sent again."""
        return max(0.0, self._paused_until - self._clock.monotonic())

    def _wait(self, urgent: bool, starving_from: float) -> float:
        """Return the seconds until the next check; 0 when a token was taken."""
        now = self._clock.monotonic()
        if (left := self._paused_until - now) > 0:
            return left
        if not urgent:
            self._starving = now >= starving_from
            if not self._starving and (self._urgent or self._is_poll_near(now)):
                return CHECK_EVERY
        elif self._starving:
            return CHECK_EVERY
        item = RateItem("", round(now * 1000))
        if self._bucket.put(item):
            return 0.0
        waiting = cast(int, self._bucket.waiting(item))  # a bucket in memory answers at once
        return waiting / 1000 or 0.001

    def _is_poll_near(self, now: float) -> bool:
        # An overdue poll waits for its response or its next attempt: it needs no token now.
        return any(0 <= at - now < TOLERANCE * self._regain for at in self._next_polls.values())


def _rate(count: int, seconds: float) -> Rate:
    burst = max(1, count // BURST)
    return Rate(max(1, count - burst), round(seconds * 1000), burst=burst)


def sustained_rate(rates: Sequence[tuple[int, float]]) -> float:
    """Return the requests per second that *rates* allow indefinitely."""
    return min(max(1, count - max(1, count // BURST)) / seconds for count, seconds in rates)
