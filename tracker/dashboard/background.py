"""Runs a page's background tasks, so that none is lost and none fails unseen."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from tracker.render.format import plain_text

log = logging.getLogger(__name__)


def failure_text(error: BaseException) -> str:
    """Return *error* as text for viewers, without paths of this machine."""
    return plain_text.hide_folders(f"{type(error).__name__}: {error}")


class BackgroundTasks:
    """
    Tasks that nothing awaits. Needs a running event loop.

    Args:
        report: is called with the text of an exception that ended a task, without paths of this machine.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run *work* in a task, which is kept until it ends; an exception is logged and reported."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def cancel(self) -> None:
        """Cancel every task that still runs."""
        for task in self._tasks:
            task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the page's background work ended", exc_info=error)
            self._report(failure_text(error))
