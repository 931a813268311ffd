"""Lets a few requests begin at each turn of the event loop, so that a flood of them delays nothing else for long."""

import asyncio
from collections import deque


class RequestScheduler:
    """
    Lets *per_turn* waiting requests begin at each turn of the running event loop, in order of arrival.

    For one event loop; not safe from other threads.
    """

    def __init__(self, per_turn: int) -> None:
        self._per_turn = per_turn
        self._left = per_turn  # in this turn of the loop
        self._is_scheduled = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Return when the caller may begin: at once if none waits and this turn has room."""
        self._schedule()
        if self._left and not self._waiting:
            self._left -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await turn

    def _schedule(self) -> None:
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._begin_turn)

    def _begin_turn(self) -> None:
        self._is_scheduled = False
        self._left = self._per_turn
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else its connection has ended
                turn.set_result(None)
                self._left -= 1
        if self._waiting or self._left < self._per_turn:
            self._schedule()
