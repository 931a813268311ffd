"""
The page's kernels: at most so many, and none that nobody looks at, but for those that wait for the next viewer.

Voila starts a kernel for each view of the page and forgets it; its own culler takes a page that updates
itself for a busy one. Here it counts whether a browser is connected, and nothing else.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from tornado.web import HTTPError
from traitlets import Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler

from tracker.config import find_base, read_settings
from tracker.errors import ConfigError

_COMING = 10.0  # seconds for a kernel to start, and the same for its notebook to run


class WatchedKernels(AsyncMappingKernelManager):
    """Voila adds to it a pool of kernels that have run the notebook already, ``_pools``: a task for each."""

    most = Integer(40, config=True, help="Kernels at most; who comes when there are as many is told to wait.")
    grace = Float(45.0, config=True, help="Seconds that a kernel may be without a browser before it is ended.")
    look = Float(5.0, config=True, help="Seconds between two looks at who is connected.")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)  # type: ignore[no-untyped-call]
        self._place = Path(self.parent.root_dir)  # type: ignore[union-attr]  # Voila is its parent
        self._starting = 0
        self._ending: set[str] = set()
        self._closing = False
        self._alone = Alone(time.monotonic)
        self._settings = self._changed()
        self._looking = PeriodicCallback(self._look, 1_000 * self.look)
        self._looking.start()

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]
        """
        Start a kernel.

        Raises:
            HTTPError: 503, there are as many as there may be.
        """
        # Those that are starting count, too: viewers come at the same moment.
        if self._closing or len(self) + self._starting >= self.most:
            self.log.warning("%d kernels are running, and no more may", len(self))
            asyncio.get_running_loop().call_soon(self._forget_failed)
            raise HTTPError(503, "busy")
        self._starting += 1
        try:
            return str(await super().start_kernel(**arguments))
        finally:
            self._starting -= 1

    async def shutdown_kernel(self, kernel_id: str, *arguments: Any, **more: Any) -> None:  # type: ignore[override]
        """End a kernel, once: a page that goes says so twice."""
        if kernel_id in self._ending:
            return
        self._ending.add(kernel_id)
        try:
            await self._until_another_is_ready(kernel_id)
            await super().shutdown_kernel(kernel_id, *arguments, **more)  # type: ignore[no-untyped-call]
        finally:
            self._ending.discard(kernel_id)
            # What is kept of it would stay as long as the server; Voila's has the viewer's address, and that a token.
            for kept in (self._kernel_connections, self._kernel_ports, RequestInfoSocketHandler._cache):
                kept.pop(kernel_id, None)

    async def _until_another_is_ready(self, kernel_id: str) -> None:
        """It may be the one that collects: who could go on is on its way, and this one stays for so long."""
        if self._closing or await self._is_dead(kernel_id):
            return
        starting = [task for pool in self._tasks.values() for task in pool]
        if any(_runs(task) for task in starting) or not starting:
            return
        await asyncio.wait(starting, timeout=_COMING, return_when=asyncio.FIRST_COMPLETED)
        running = [task.result()["task"] for task in starting if task.done() and not _failed(task)]
        if running:
            await asyncio.wait(running, timeout=_COMING, return_when=asyncio.FIRST_COMPLETED)

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """About a kernel. Who asks for it is there: a page that is still loading has no connection yet."""
        model: dict[str, Any] = super().kernel_model(kernel_id)  # type: ignore[no-untyped-call]
        self._alone.forget(kernel_id)
        return model

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        """Keep a kernel's messages for a browser that may come back; not those of one that is just ended."""
        if kernel_id in self._ending or kernel_id not in self:
            for channel in channels.values():  # else they would stay open for ever
                channel.close()
            return
        super().start_buffering(kernel_id, session_key, channels)  # type: ignore[no-untyped-call]

    async def shutdown_all(self, *arguments: Any, **more: Any) -> None:  # type: ignore[override]
        """End them all, and start no other."""
        self._closing = True
        self._looking.stop()
        self._forget_failed()
        await super().shutdown_all(*arguments, **more)

    @property
    def _tasks(self) -> dict[str, "list[asyncio.Task[Any]]"]:
        pools: dict[str, list[asyncio.Task[Any]]] = getattr(self, "_pools", {})
        return pools

    def _waiting(self) -> set[str]:
        """The kernels of the pool, for the next viewer."""
        done = [task for pool in self._tasks.values() for task in pool if task.done() and not _failed(task)]
        return {task.result()["kernel_id"] for task in done}

    def _forget_failed(self) -> None:
        """Of what failed Voila would make the next viewer's page."""
        for pool in self._tasks.values():
            pool[:] = [task for task in pool if not _failed(task)]

    def _fill(self) -> None:
        if self._closing or len(self) + self._starting >= self.most:
            return
        for notebook, pool in self._tasks.items():
            if not pool:
                self.fill_if_needed(delay=0, notebook_name=notebook)  # type: ignore[attr-defined]  # Voila's

    async def _look(self) -> None:
        self._forget_failed()
        self._renew()
        dead = [kernel for kernel in self.list_kernel_ids() if await self._is_dead(kernel)]
        connected = {kernel for kernel, count in self._kernel_connections.items() if count > 0}
        left = self._alone.longer_than(self.grace, set(self.list_kernel_ids()) - connected - self._waiting())
        for kernel in left:
            self.log.info("Kernel %s has no browser any more", kernel)
        await asyncio.gather(*(self._end(kernel) for kernel in {*dead, *left}))
        self._fill()

    def _changed(self) -> float | None:
        """When tracker.toml was changed last, epoch seconds; None without one."""
        with suppress(ConfigError, OSError):
            file = find_base(self._place)[1]
            return file.stat().st_mtime if file is not None else None
        return None

    def _renew(self) -> None:
        """A waiting kernel read the settings when it was started: after a change it would show the old ones."""
        changed = self._changed()
        if changed == self._settings or not self._waiting():
            return
        self._settings = changed
        try:
            read_settings(self._place).check_cadences()
        except ConfigError as error:
            # With these no kernel could collect; the one that waits goes on with those before.
            self.log.error("%s", error)
            return
        for pool in self._tasks.values():
            pool[:] = [task for task in pool if not task.done()]  # goes as one without a browser, and hands over

    async def _is_dead(self, kernel: str) -> bool:
        try:
            return not await ensure_async(self.get_kernel(kernel).is_alive())
        except KeyError:
            return False  # it was ended meanwhile

    async def _end(self, kernel: str) -> None:
        try:
            await self.shutdown_kernel(kernel)
        except KeyError:
            self.log.debug("Kernel %s was ended by its page", kernel)
        except Exception:  # what failed here is tried again at the next look
            self.log.warning("Kernel %s could not be ended", kernel, exc_info=True)


class Alone:
    """Since when each is alone; *clock* in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._since: dict[str, float] = {}

    def longer_than(self, grace: float, alone: Iterable[str]) -> list[str]:
        """Of those that are *alone* now, those that have been so for longer than *grace* seconds without a break."""
        now = self._clock()
        self._since = {each: self._since.get(each, now) for each in alone}
        return [each for each, since in self._since.items() if now - since > grace]

    def forget(self, each: str) -> None:
        """It was not alone just now."""
        self._since.pop(each, None)


def _runs(task: "asyncio.Task[Any]") -> bool:
    """Whether a kernel of the pool has run the notebook, and so follows the store and would collect."""
    return task.done() and not _failed(task) and bool(task.result()["task"].done())


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
