"""Awaits changes of one document of the coordination, in the event loop."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError
from tracker.runtime.threads import in_thread


def read_document(coordination: Coordination, name: str) -> bytes | None:
    """Return the document *name*; None if there is none, or it cannot be read. Blocking."""
    with suppress(LeaseError):
        return coordination.read(name)
    return None


async def watch_document(
    coordination: Coordination, name: str, on_document: Callable[[bytes | None], None], *, from_now: bool = False
) -> None:
    """
    Call *on_document* with the document *name* whenever it differs from before, until cancelled.

    Args:
        coordination: holds the document.
        name: of the document.
        on_document: takes its content; None once it is removed or cannot be read.
        from_now: whether the document that is there at first counts as seen.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()
    end = coordination.watch(name, lambda: _set_soon(loop, changed))
    try:
        before = await in_thread(read_document, coordination, name) if from_now else None
        while True:
            changed.clear()
            now = await in_thread(read_document, coordination, name)
            if now != before:
                on_document(now)
            before = now
            await changed.wait()
    finally:
        end()


def _set_soon(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop has closed
        loop.call_soon_threadsafe(event.set)
