"""
Lets poll groups poll before their time, when a viewer asks for it or the settings change.

However many viewers ask, a group polls at most once more every MIN_PAUSE seconds, and not during a pause that its
exchange demands. If an early poll fails, the next one waits as long as after any other failure.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from tracker.collector.client.client import FIRST_WAIT
from tracker.collector.poll_groups import PollGroup
from tracker.collector.status import StatusBoard
from tracker.runtime.clock import Clock

MIN_PAUSE = 10.0  # seconds from one early poll to the next; within the waits after failures, which grow to 30 s


class EarlyPolls:
    """
    Ends the waits of poll groups.

    Attributes:
        stand_ins_from: monotonic seconds; of markets without a price since then, the first stand-in is polled.
    """

    def __init__(self, clock: Clock, board: StatusBoard) -> None:
        self._clock = clock
        self._board = board
        self._waits: dict[PollGroup, asyncio.Timeout] = {}
        self._requesting: set[PollGroup] = set()
        self._first_waits: dict[PollGroup, float] = {}
        self._allowed_from: dict[PollGroup, float] = {}
        self.stand_ins_from = float("-inf")

    async def keep_polling(self, group: PollGroup, poll: Callable[[PollGroup], Awaitable[None]]) -> None:
        """Run *poll*, which ends with the group only, and begin it anew for each early poll, until cancelled."""
        try:
            while group.markets:
                try:
                    async with asyncio.timeout(None) as wait:
                        self._waits[group] = wait
                        await poll(group)
                except TimeoutError:
                    if not wait.expired():
                        raise
        finally:
            for memory in (self._waits, self._first_waits, self._allowed_from):
                memory.pop(group, None)

    def is_requesting(self, group: PollGroup) -> bool:
        """Return whether a request of *group* is under way."""
        return group in self._requesting

    def restart(self, group: PollGroup) -> None:
        """
        Have *group* look again at what is due now.

        A request under way is completed first, and the wait after a failure goes on.
        """
        is_failing = group in self._first_waits and not group.client.rate_limiter.paused_for
        if group not in self._requesting and not is_failing:
            self._interrupt(group)

    def _interrupt(self, group: PollGroup) -> None:
        if (wait := self._waits.get(group)) is not None:  # else its task has not begun, or has ended
            with suppress(RuntimeError):  # it is being interrupted already
                wait.reschedule(asyncio.get_running_loop().time())

    def first_wait(self, group: PollGroup) -> float:
        """Return the seconds from a failed poll of *group* to the next: those of the failures before go on."""
        return self._first_waits.get(group, FIRST_WAIT)

    def remember_wait(self, group: PollGroup, wait: float) -> None:
        """Remember that *wait* seconds follow a failed poll of *group*; after a failed early poll they are more."""
        self._first_waits[group] = 2 * wait

    def forget_wait(self, group: PollGroup) -> None:
        """Begin with the shortest wait again, as a poll of *group* succeeded."""
        self._first_waits.pop(group, None)

    @contextmanager
    def request(self, group: PollGroup) -> Iterator[None]:
        """Protect what is done inside, a request of *group* and what follows it, from an early poll."""
        self._requesting.add(group)
        if (wait := self._waits.get(group)) is not None:
            wait.reschedule(None)  # an interruption of the wait that has just ended by itself
        try:
            yield
            self.forget_wait(group)
        finally:
            self._requesting.discard(group)

    def poll(self, groups: Iterable[PollGroup], stand_ins: bool) -> None:
        """
        Begin a poll of those of *groups* with a market that is unreachable, unless they had an early poll just now.

        Args:
            groups: all that are polled.
            stand_ins: whether stand-ins are polled too, although the wait for their exchange is not over.
        """
        now = self._clock.monotonic()
        if stand_ins:
            self.stand_ins_from = now
        statuses = self._board.status().markets
        unreachable = {market for market, status in statuses.items() if status.state == "unreachable"}
        for group in groups:
            if (group.stand_in and not stand_ins) or now < self._allowed_from.get(group, now):
                continue
            if group not in self._requesting and unreachable.intersection(group.markets):
                self._allowed_from[group] = now + MIN_PAUSE
                group.release(group.markets)
                self._interrupt(group)
