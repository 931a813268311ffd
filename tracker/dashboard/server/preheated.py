"""Voila's pools of preheated kernels, each of which has run the notebook and waits for the next viewer."""

import asyncio
from collections.abc import Callable
from typing import Any

_READY_TIMEOUT = 10.0  # seconds for a kernel to start, and the same for its notebook to run


class PreheatedKernels:
    """The preheated kernels of *manager*, in whose ``_pools`` Voila keeps a task for each one."""

    def __init__(self, manager: Any) -> None:
        self._manager = manager

    @property
    def _pools(self) -> dict[str, "list[asyncio.Task[Any]]"]:
        """The tasks by notebook; empty until Voila has added them."""
        pools: dict[str, list[asyncio.Task[Any]]] = getattr(self._manager, "_pools", {})
        return pools

    @property
    def ids(self) -> set[str]:
        """The ids of the kernels that wait for a viewer, including those that still run the notebook."""
        tasks = [task for pool in self._pools.values() for task in pool]
        return {task.result()["kernel_id"] for task in tasks if task.done() and not _has_failed(task)}

    def ready_count(self, notebook: str) -> int:
        """Return how many kernels have run *notebook*, and put these first, as Voila takes the first one."""
        pool = self._pools.get(notebook, [])
        pool.sort(key=lambda task: not _is_ready(task))
        return sum(map(_is_ready, pool))

    def when_ready(self, kernel: str, done: Callable[[str], None]) -> None:
        """Log when *kernel*, which the current task preheats, has run the notebook; call *done* then or if it fails."""

        def after_notebook(task: "asyncio.Task[Any]") -> None:
            if not _has_raised(task):
                self._manager.log.info("Kernel %s is ready for the next viewer", kernel)
            done(kernel)

        def after_start(task: "asyncio.Task[Any]") -> None:
            if _has_raised(task):
                done(kernel)
            else:
                task.result()["task"].add_done_callback(after_notebook)

        task = asyncio.current_task()
        if task is not None:
            task.add_done_callback(after_start)

    async def wait_until_one_is_ready(self) -> None:
        """Wait until a preheated kernel can take over collecting, if one is starting."""
        starting = [task for pool in self._pools.values() for task in pool]
        if any(_is_ready(task) for task in starting) or not starting:
            return
        await asyncio.wait(starting, timeout=_READY_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        running = [task.result()["task"] for task in starting if task.done() and not _has_failed(task)]
        if running:
            await asyncio.wait(running, timeout=_READY_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)

    def forget_started(self) -> None:
        """Remove the kernels that have started from the pools; they end as idle kernels."""
        for pool in self._pools.values():
            pool[:] = [task for task in pool if not task.done()]

    def forget_failed(self) -> None:
        """Remove failed tasks from the pools; Voila would use them for the next viewer's page."""
        for pool in self._pools.values():
            pool[:] = [task for task in pool if not _has_failed(task)]

    def refill(self) -> None:
        """Start preheating a kernel wherever a pool is empty."""
        for notebook, pool in self._pools.items():
            if not pool:
                self._manager.fill_if_needed(delay=0, notebook_name=notebook)


def _is_ready(task: "asyncio.Task[Any]") -> bool:
    """Return whether a preheated kernel has run the notebook, so that it can show the page and collect."""
    return task.done() and not _has_failed(task) and bool(task.result()["task"].done())


def _has_failed(task: "asyncio.Task[Any]") -> bool:
    """Return whether a kernel could not be started, or the page could not be made with it."""
    return _has_raised(task) or (task.done() and _has_raised(task.result()["task"]))


def _has_raised(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
