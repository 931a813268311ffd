"""
A request for older prices, published by ``tracker backfill --since`` as a document of the coordination.

The collecting process fulfils it: one process asks the exchange and writes, and what was begun goes on after a
crash. When all there is has been fetched, a second document says so and the request is removed: a request that is
gone without it was not fulfilled.
"""

import asyncio
import json
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

from tracker.core.contracts import Coordination
from tracker.core.errors import LeaseError
from tracker.runtime.threads import in_thread

REQUEST = "backfill-request"
DONE = "backfill-done"
FORMAT = 1


class BackfillRequest:
    """
    The pending request of *coordination*, if there is one. Methods block; those that write may raise LeaseError.

    Args:
        exchanges: whose history it takes to fulfil it.
    """

    def __init__(self, coordination: Coordination, exchanges: Iterable[str] = ()) -> None:
        self._coordination = coordination
        self._exchanges = set(exchanges)
        self._completed: dict[str, int] = {}  # since when each exchange has given all it has
        self._done_before: bytes | None = None

    def read(self) -> int | None:
        """From when on (epoch ms) prices are requested; None without a request, or if it cannot be read."""
        with suppress(LeaseError):
            return _since(self._coordination.read(REQUEST))
        return None

    def state(self) -> Literal["pending", "none", "unknown"]:
        """Whether there is a request; unknown of one that cannot be read or understood."""
        try:
            data = self._coordination.read(REQUEST)
        except LeaseError:
            return "unknown"
        if data is None:
            return "none"
        return "unknown" if _since(data) is None else "pending"

    def submit(self, since: int) -> int:
        """Request prices from *since* on, or from the earlier time that is requested already; return which it is."""
        before = self.read()
        earliest = since if before is None else min(since, before)
        self._done_before = self._coordination.read(DONE)
        self._coordination.publish(REQUEST, _document(earliest))
        return earliest

    def is_complete(self, since: int) -> bool:
        """Whether all there is since *since* was fetched after this object submitted its request."""
        try:
            done = self._coordination.read(DONE)
        except LeaseError:
            return False
        until = _since(done)
        return done != self._done_before and until is not None and until <= since

    def complete(self, since: int, exchange: str) -> None:
        """*exchange* has given all it has since *since*; when all have, the request is fulfilled and removed."""
        # A pass for an earlier request may end after one for more.
        self._completed[exchange] = min(since, self._completed.get(exchange, since))
        requested = self.read()
        if requested is None or any(self._completed.get(name, requested + 1) > requested for name in self._exchanges):
            return
        self._coordination.publish(DONE, _document(requested))
        self._completed.clear()
        self._coordination.remove(REQUEST)

    async def watch(self, wanted: Callable[[], None]) -> None:
        """Call *wanted* whenever a new request is submitted, until cancelled."""
        loop, changed, before = asyncio.get_running_loop(), asyncio.Event(), None
        end = self._coordination.watch(REQUEST, lambda: _set_soon(loop, changed))
        try:
            while True:
                changed.clear()
                now = await in_thread(self.read)
                if now is not None and now != before:
                    wanted()
                before = now
                await changed.wait()
        finally:
            end()


def _set_soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(event.set)


def _document(since: int) -> bytes:
    """*since* as JSON that begins with its format's number; the id tells two of the same time apart."""
    return json.dumps({"format": FORMAT, "since": since, "id": uuid.uuid4().hex}).encode()


def _since(data: bytes | None) -> int | None:
    """The time in a document, None if it has none that can be one."""
    try:
        document = json.loads(data or b"")
        since = document["since"] if document["format"] == FORMAT else None
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    return since if isinstance(since, int) and not isinstance(since, bool) and since >= 0 else None
