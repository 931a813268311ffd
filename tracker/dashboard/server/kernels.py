"""
The page's kernels: at most so many, and none that nobody looks at, but for those that wait for the next viewer.

Voila starts a kernel for each view of the page and forgets it; its own culler takes a page that updates
itself for a busy one. Here it counts whether a browser is connected, and nothing else.
"""

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from jupyter_core.utils import ensure_async
from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import PeriodicCallback
from tornado.web import HTTPError
from traitlets import Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler
from voila.utils import ENV_VARIABLE

from tracker.dashboard.server.idle import IdleTimer
from tracker.dashboard.server.page_handler import Page
from tracker.dashboard.server.settings_file import SettingsFile

_ADDRESSES = (ENV_VARIABLE.VOILA_REQUEST_URL, ENV_VARIABLE.QUERY_STRING)
_COMING = 10.0  # seconds for a kernel to start, and the same for its notebook to run


class WatchedKernels(AsyncMappingKernelManager):
    """Voila adds to it a pool of kernels that have run the notebook already, ``_pools``: a task for each."""

    most = Integer(40, config=True, help="Viewers at most; who comes when there are as many is told to wait.")
    grace = Float(45.0, config=True, help="Seconds that a kernel may be without a browser before it is ended.")
    look = Float(5.0, config=True, help="Seconds between two looks at who is connected.")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)  # type: ignore[no-untyped-call]
        self._starting: dict[str, bool] = {}  # kernel -> whether it will wait
        self._ending: set[str] = set()
        self._pages: WeakSet[Page] = WeakSet()  # on their way, each with a kernel of its own
        self._leaving: set[asyncio.Task[None]] = set()
        self._closing = False
        self._able: set[str] = set()  # kernels whose settings were right when they were started
        self.get_pool_size = self._offered  # Voila's own would give away one that has not run the notebook yet
        self._alone = IdleTimer(time.monotonic)
        self._settings = SettingsFile(Path(self.parent.root_dir))  # type: ignore[union-attr]  # Voila is its parent
        self._seen = self._settings.changed()
        self._looking = PeriodicCallback(self._look, 1_000 * self.look)
        self._looking.start()

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]
        """
        Start a kernel.

        Raises:
            HTTPError: 503, there are as many as there may be.
        """
        environment = arguments.get("env") or {}
        # One may always wait beside them: it goes on collecting when all viewers leave at once.
        waits = environment.get(ENV_VARIABLE.VOILA_PREHEAT) == "True"
        if self._closing or not (waits or self.has_room):
            self.log.warning("%d viewers are here, and no more may", self._viewers())
            asyncio.get_running_loop().call_soon(self._forget_failed)
            raise HTTPError(503, "busy")
        # A viewer's address, in which a token may be: of the one before, where this one waits for the next.
        dropped = {*_ADDRESSES, *self._settings.foreign_variables}
        kept = {name: value for name, value in environment.items() if name not in dropped}
        able = self._settings.is_right()
        kernel = str(uuid4())
        self._starting[kernel] = waits
        page = CallContext.get(CallContext.JUPYTER_HANDLER)
        try:
            await super().start_kernel(**{**arguments, "env": kept, "kernel_id": kernel})
        finally:
            del self._starting[kernel]
        if able:
            self._able.add(kernel)
        if isinstance(page, Page) and not waits:
            page.kernel = kernel
            self._pages.add(page)
            if not page.is_awaited:
                self.end_soon(kernel)
        return kernel

    @property
    def has_room(self) -> bool:
        """Whether who comes now may have a kernel."""
        return not self._closing and self._viewers() < self.most

    def _viewers(self) -> int:
        """Those that are starting count, too: viewers come at the same moment."""
        heated = {kernel for kernel, waits in self._starting.items() if waits}
        return len({*self.list_kernel_ids(), *self._starting} - self._waiting() - heated)

    def _offered(self, notebook: str) -> int:
        """How many kernels the next viewer may have at once; without any his page begins before its kernel is there."""
        pool = self._tasks.get(notebook, [])
        # Voila takes the first.
        pool.sort(key=lambda task: not _runs(task))
        return sum(map(_runs, pool)) if self.has_room else 0

    async def shutdown_kernel(self, kernel_id: str, *arguments: Any, **more: Any) -> None:  # type: ignore[override]
        """End a kernel, once: a page that goes says so twice."""
        if kernel_id in self._ending or self._must_stay(kernel_id):
            return
        if kernel_id not in self:
            raise HTTPError(404, "no such kernel")
        self._ending.add(kernel_id)
        try:
            await self._until_another_is_ready(kernel_id)
            await super().shutdown_kernel(kernel_id, *arguments, **more)  # type: ignore[no-untyped-call]
        finally:
            self._ending.discard(kernel_id)
            # What is kept of it would stay as long as the server; Voila's has the viewer's address, and that a token.
            for kept in (self._kernel_connections, self._kernel_ports, RequestInfoSocketHandler._cache):
                kept.pop(kernel_id, None)
            self._able.discard(kernel_id)

    def _must_stay(self, kernel_id: str) -> bool:
        """
        Whether it is the last one that could collect: with settings that have become wrong no other could.

        It goes when a look finds that they were mended.
        """
        if self._closing or kernel_id not in self._able or self._settings.is_right():
            return False
        alive = set(self.list_kernel_ids()) - self._ending
        return not (self._able & alive) - {kernel_id}

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
        if self._closing:
            return
        for notebook, pool in self._tasks.items():
            if not pool:
                self.fill_if_needed(delay=0, notebook_name=notebook)  # type: ignore[attr-defined]  # Voila's

    async def _look(self) -> None:
        self._forget_failed()
        self._renew()
        dead = [kernel for kernel in self.list_kernel_ids() if await self._is_dead(kernel)]
        self._able -= set(dead)
        connected = {kernel for kernel, count in self._kernel_connections.items() if count > 0}
        awaited = {page.kernel for page in self._pages if page.is_awaited}
        left = self._alone.longer_than(self.grace, set(self.list_kernel_ids()) - connected - awaited - self._waiting())
        for kernel in left:
            self.log.info("Kernel %s has no browser any more", kernel)
        await asyncio.gather(*(self._end(kernel) for kernel in {*dead, *left}))
        self._fill()

    def _renew(self) -> None:
        """A waiting kernel read the settings when it was started: after a change it would show the old ones."""
        changed = self._settings.changed()
        if changed == self._seen or not self._waiting():
            return
        self._seen = changed
        if not self._settings.is_right():
            return  # with these no kernel could collect; the one that waits goes on with those before
        for pool in self._tasks.values():
            pool[:] = [task for task in pool if not task.done()]  # goes as one without a browser, and hands over

    async def _is_dead(self, kernel: str) -> bool:
        try:
            return not await ensure_async(self.get_kernel(kernel).is_alive())
        except KeyError:
            return False  # it was ended meanwhile

    def end_soon(self, kernel: str) -> None:
        """End it while others go on: who it was started for has gone."""
        task = asyncio.get_running_loop().create_task(self._end(kernel))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _end(self, kernel: str) -> None:
        try:
            if kernel in self:
                await self.shutdown_kernel(kernel)
        except KeyError:
            self.log.debug("Kernel %s was ended by its page", kernel)
        except Exception:  # what failed here is tried again at the next look
            self.log.warning("Kernel %s could not be ended", kernel, exc_info=True)


def _runs(task: "asyncio.Task[Any]") -> bool:
    """Whether a kernel of the pool has run the notebook, and so follows the store and would collect."""
    return task.done() and not _failed(task) and bool(task.result()["task"].done())


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
