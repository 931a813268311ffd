"""Limits how many kernels start at a time: each takes a core for seconds, from everyone who has a page already."""

import asyncio


class StartQueue:
    """
    Lets at most *limit* kernels start at a time: preheated ones first, viewers' in order of arrival.

    A kernel starts until ``finish()``, and for at most *timeout* seconds, so that one that hangs keeps no other from
    starting. For one event loop, in which each method is a single step.
    """

    def __init__(self, limit: int, timeout: float) -> None:
        self._limit, self._timeout = limit, timeout
        self._starting: dict[str, asyncio.TimerHandle] = {}
        self._preheated: dict[str, asyncio.Future[bool]] = {}  # both in order of arrival
        self._viewers: dict[str, asyncio.Future[bool]] = {}
        self._closed = False

    async def wait(self, kernel: str, *, preheated: bool) -> bool:
        """Wait until *kernel* may start; return False if it shall not, since it was withdrawn or the server ends."""
        if self._closed:
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        (self._preheated if preheated else self._viewers)[kernel] = turn
        self._admit()
        try:
            return await turn
        except asyncio.CancelledError:
            self.finish(kernel)  # its turn may have come at the same time
            raise

    def is_starting(self, kernel: str) -> bool:
        """Return whether *kernel* was let in and has not finished."""
        return kernel in self._starting

    def finish(self, kernel: str) -> None:
        """Let the next one start in place of *kernel*; nothing happens if that does not start."""
        timer = self._starting.pop(kernel, None)
        if timer is not None:
            timer.cancel()
        self._admit()

    def withdraw(self, kernel: str) -> bool:
        """Let *kernel* wait no longer; return whether it did."""
        turn = self._preheated.pop(kernel, None) or self._viewers.pop(kernel, None)
        if turn is None or turn.done():
            return False
        turn.set_result(False)
        return True

    def close(self) -> None:
        """Let no kernel start any more."""
        self._closed = True
        for kernel in [*self._preheated, *self._viewers]:
            self.withdraw(kernel)
        for timer in self._starting.values():
            timer.cancel()

    def _admit(self) -> None:
        while len(self._starting) < self._limit and (waiting := self._preheated or self._viewers):
            kernel = next(iter(waiting))
            turn = waiting.pop(kernel)
            if not turn.done():  # else it was cancelled
                loop = asyncio.get_running_loop()
                self._starting[kernel] = loop.call_later(self._timeout, self.finish, kernel)
                turn.set_result(True)
