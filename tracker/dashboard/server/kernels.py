"""
Limits the number of kernels, and ends those without a browser, except preheated ones.

Voila starts a kernel for each view of the page and never ends it; its culler takes a page that updates itself for a
busy one. Here a kernel is idle if no browser is connected.
"""

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4
from weakref import WeakSet

from jupyter_core.utils import ensure_async
from jupyter_server import CallContext
from tornado.ioloop import PeriodicCallback
from tornado.web import Finish, HTTPError
from traitlets import Float, Integer
from voila.request_info_handler import RequestInfoSocketHandler

from tracker.dashboard.server.idle_timer import IdleTimer
from tracker.dashboard.server.kernel_arguments import is_preheated, kernel_arguments
from tracker.dashboard.server.kernel_sockets import use_sockets
from tracker.dashboard.server.page_handler import PageHandler
from tracker.dashboard.server.preheated import PreheatedKernels
from tracker.dashboard.server.settings_check import SettingsCheck
from tracker.dashboard.server.start_queue import StartQueue
from tracker.dashboard.server.viewer_log import LoggedKernels
from tracker.dashboard.server.websocket import close_websockets
from tracker.runtime.threads import in_thread


class WatchedKernels(LoggedKernels):
    """The kernel manager; Voila adds to it the preheating of kernels."""

    max_viewers = Integer(
        40, config=True, help="Maximum number of viewers; further viewers see a page that waits for a free place."
    )
    max_starting = Integer(
        2, min=1, config=True, help="Maximum number of kernels that start at a time; further ones wait for their turn."
    )
    start_timeout = Float(
        30.0, config=True, help="Seconds after which a kernel that has not run the notebook lets the next one start."
    )
    grace = Float(45.0, config=True, help="Seconds after which a kernel without a browser is ended.")
    check_interval = Float(5.0, config=True, help="Seconds between two checks for idle kernels.")

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        use_sockets(self)
        self._preheated = PreheatedKernels(self)
        self._starting: dict[str, bool] = {}  # kernel id -> whether it is preheated; includes those that wait
        self._starts = StartQueue(self.max_starting, self.start_timeout)
        self._ending: set[str] = set()
        self._pages: WeakSet[PageHandler] = WeakSet()  # loading, each with a kernel of its own
        self._end_tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._with_valid_settings: set[str] = set()  # at the time they were started
        self.get_pool_size = self._ready_count  # Voila's own counts kernels that have not run the notebook yet
        self._idle = IdleTimer(time.monotonic)
        self._settings = SettingsCheck(Path(self.parent.root_dir))  # type: ignore[union-attr]  # the parent is Voila
        self._timer = PeriodicCallback(self._check, 1_000 * self.check_interval)
        self._timer.start()

    async def start_kernel(self, **arguments: Any) -> str:  # type: ignore[override]
        """
        Start a kernel when its turn comes. A kernel whose viewer has left by then is not started.

        Raises:
            Finish: the viewer has left.
            HTTPError: 503, the maximum number of viewers is reached, or the server ends.
        """
        # A preheated kernel is always allowed: it continues to collect if all viewers leave at once.
        preheated = is_preheated(arguments)
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        page = handler if isinstance(handler, PageHandler) and not preheated else None
        if page is not None and not page.is_loading:
            raise Finish
        if self._closing or not preheated:
            self.check_room()
        kernel = str(uuid4())
        if page is not None:
            page.kernel = kernel
            self._pages.add(page)
        self._starting[kernel] = preheated
        try:
            await self._start_in_turn(page, kernel_arguments(arguments, kernel, self._settings.foreign_variables))
        except BaseException:
            self._starts.finish(kernel)
            raise
        finally:
            self._starting.pop(kernel, None)
        if preheated:
            self._preheated.when_ready(kernel, self.has_started)
        elif page is None:
            self.has_started(kernel)
        elif not page.is_loading:
            self.end_soon(kernel)
            raise Finish
        return kernel

    async def _start_in_turn(self, page: PageHandler | None, arguments: dict[str, Any]) -> None:
        """Start a kernel, for *page* if it is a viewer's, when its turn has come; see ``start_kernel`` for errors."""
        kernel: str = arguments["kernel_id"]
        if not await self._starts.wait(kernel, preheated=self._starting[kernel]):
            raise HTTPError(503, "the server ends") if self._closing else Finish
        valid = await in_thread(self._settings.is_valid)
        if self._closing:
            raise HTTPError(503, "the server ends")
        if page is not None and not page.is_loading:
            raise Finish
        if self._starting[kernel] and not valid:  # it would fail at its first cell, and the next ones after it
            raise HTTPError(503, "the settings cannot be used")
        await super().start_kernel(**arguments)
        if valid:
            self._with_valid_settings.add(kernel)

    def has_started(self, kernel: str) -> None:
        """Let the next kernel start, as *kernel* has run the notebook or never will."""
        self._starts.finish(kernel)

    def check_room(self) -> None:
        """Raise HTTPError (503) if there is no room for another viewer, or the server ends."""
        if self.has_room:
            return
        self.log.warning("no kernel for another viewer: %d of %d are here", self._viewer_count(), self.max_viewers)
        asyncio.get_running_loop().call_soon(self._preheated.forget_failed)
        raise HTTPError(503, "busy")

    async def settings_problem(self, notebook: str) -> str:
        """Return why no kernel can show *notebook*: what is wrong in the settings; "" if one is ready."""
        return "" if self._ready_count(notebook) else await in_thread(self._settings.problem)

    @property
    def has_room(self) -> bool:
        """Whether another viewer can have a kernel."""
        return not self._closing and self._viewer_count() < self.max_viewers

    def _viewer_count(self) -> int:
        """Return the number of kernels with a viewer, including those that are starting."""
        preheating = {kernel for kernel, preheated in self._starting.items() if preheated}
        return len({*self.list_kernel_ids(), *self._starting} - self._preheated.ids - preheating)

    def _ready_count(self, notebook: str) -> int:
        """Return how many preheated kernels are ready; if there are none, the page starts a kernel of its own."""
        return self._preheated.ready_count(notebook) if self.has_room else 0

    async def shutdown_kernel(self, kernel_id: str, *arguments: Any, **more: Any) -> None:  # type: ignore[override]
        """End a kernel; a second request for the same one is ignored, as a page that closes sends two."""
        valid = self._closing or await in_thread(self._settings.is_valid)
        if kernel_id in self._ending or (not valid and self._is_last_collector(kernel_id)):
            return
        if kernel_id not in self:
            raise HTTPError(404, "no such kernel")
        self._ending.add(kernel_id)
        try:
            # One that starts does not collect yet, and may keep the preheated one from starting.
            if not (self._closing or self._starts.is_starting(kernel_id) or await self._is_dead(kernel_id)):
                await self._preheated.wait_until_one_is_ready()  # it takes over collecting
            await super().shutdown_kernel(kernel_id, *arguments, **more)  # type: ignore[no-untyped-call]
        finally:
            self._ending.discard(kernel_id)
            self._starts.finish(kernel_id)
            # Otherwise kept as long as the server runs; Voila's cache has the viewer's address with its token.
            for records in (self._kernel_connections, self._kernel_ports, RequestInfoSocketHandler._cache):
                records.pop(kernel_id, None)
            self._with_valid_settings.discard(kernel_id)
            close_websockets(kernel_id)

    def _is_last_collector(self, kernel_id: str) -> bool:
        """
        Return whether no other kernel could collect, as tracker.toml has become invalid.

        The kernel ends at the first check after the file is valid again.
        """
        if self._closing or kernel_id not in self._with_valid_settings:
            return False
        return not (self._with_valid_settings & set(self.list_kernel_ids())) - {*self._ending, kernel_id}

    def kernel_model(self, kernel_id: str) -> dict[str, Any]:
        """Describe a kernel; also marks it as active, as a page that is loading asks for it before it connects."""
        model: dict[str, Any] = super().kernel_model(kernel_id)  # type: ignore[no-untyped-call]
        self._idle.reset(kernel_id)
        return model

    def start_buffering(self, kernel_id: str, session_key: str, channels: dict[str, Any]) -> None:
        """Keep a kernel's messages for a browser that may come back, unless the kernel is ending."""
        if kernel_id in self._ending or kernel_id not in self:
            for channel in channels.values():  # otherwise they stay open
                channel.close()
            return
        super().start_buffering(kernel_id, session_key, channels)

    async def shutdown_all(self, *arguments: Any, **more: Any) -> None:  # type: ignore[override]
        """End all kernels, and start no more."""
        self._closing = True
        self._timer.stop()
        self._starts.close()
        self._preheated.forget_failed()
        await super().shutdown_all(*arguments, **more)

    async def _check(self) -> None:
        """End dead and idle kernels, and replace preheated ones after a change of the settings."""
        self._preheated.forget_failed()
        await self._replace_outdated()
        dead = [kernel for kernel in self.list_kernel_ids() if await self._is_dead(kernel)]
        self._with_valid_settings -= set(dead)
        connected = {kernel for kernel, count in self._kernel_connections.items() if count > 0}
        loading = {page.kernel for page in self._pages if page.is_loading}
        in_use = {*connected, *loading, *self._starting, *self._preheated.ids}  # a kernel that starts is listed already
        idle = self._idle.longer_than(self.grace, set(self.list_kernel_ids()) - in_use)
        for kernel in idle:
            self.log.info("Kernel %s has no browser any more", kernel)
        await asyncio.gather(*(self._end(kernel) for kernel in {*dead, *idle}))
        if not self._closing and await in_thread(self._settings.is_valid):
            self._preheated.refill()

    async def _replace_outdated(self) -> None:
        """Replace preheated kernels, which read the settings when they started, after a change of tracker.toml."""
        is_outdated = bool(self._preheated.ids) and await in_thread(self._settings.has_changed)
        if is_outdated and await in_thread(self._settings.is_valid):  # else it continues with the settings before
            self._preheated.forget_started()

    async def _is_dead(self, kernel: str) -> bool:
        try:
            return not await ensure_async(self.get_kernel(kernel).is_alive())
        except KeyError:
            return False  # it has ended

    def end_soon(self, kernel: str) -> None:
        """Start ending *kernel*, whose viewer has left; one that is not there yet does not start, or ends later."""
        if self._starts.withdraw(kernel):
            del self._starting[kernel]  # its place is free at once
        elif kernel in self._starting:
            return
        task = asyncio.get_running_loop().create_task(self._end(kernel))
        self._end_tasks.add(task)
        task.add_done_callback(self._end_tasks.discard)

    async def _end(self, kernel: str) -> None:
        """End *kernel* if it still runs; a failure is logged, and the next check tries again."""
        try:
            if kernel in self:
                await self.shutdown_kernel(kernel, now=self._starts.is_starting(kernel))  # nothing to wait for
        except (KeyError, HTTPError):
            self.log.debug("Kernel %s has ended meanwhile", kernel)
        except Exception:
            self.log.warning("cannot end kernel %s", kernel, exc_info=True)
