"""A viewer who waits for a kernel counts as one until leaving; for one who left, nothing is started or reported."""

import asyncio
import threading

import pytest
from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import Finish, HTTPError
from traitlets import Unicode
from traitlets.config import Configurable
from voila.utils import ENV_VARIABLE

from tracker.dashboard.server.kernels import WatchedKernels
from tracker.dashboard.server.page_handler import PageHandler


class Server(Configurable):
    """The part of Voila's server that the kernel manager needs."""

    root_dir = Unicode()


class Page(PageHandler):
    """A page that loads until its viewer leaves."""

    is_loading = True

    def __init__(self):
        pass

    def leave(self, manager):
        self.is_loading = False
        if self.kernel is not None:
            manager.end_soon(self.kernel)


class Launches:
    """Stands for Jupyter's kernels, which it starts once they are released."""

    def __init__(self, monkeypatch):
        self.begun, self.ended = [], []
        self.failure = None
        self.released = asyncio.Event()
        self.released.set()
        launches = self

        async def start_kernel(manager, **arguments):
            launches.begun.append(arguments["kernel_id"])
            await launches.released.wait()
            if launches.failure is not None:
                raise launches.failure
            manager._kernels[arguments["kernel_id"]] = object()
            return arguments["kernel_id"]

        async def shutdown_kernel(manager, kernel_id, *, now=False):
            launches.ended.append((kernel_id, now))
            del manager._kernels[kernel_id]

        monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start_kernel)
        monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shutdown_kernel)


@pytest.fixture
def with_manager(tmp_path, monkeypatch):
    """Run a test's coroutine with a kernel manager for three viewers, and Jupyter's kernels."""

    def with_manager(work):
        async def run():
            manager = WatchedKernels(parent=Server(root_dir=str(tmp_path)), max_viewers=3)
            try:
                await work(manager, Launches(monkeypatch))
            finally:
                manager._timer.stop()

        asyncio.run(run())

    return with_manager


async def ask(manager, page=None):
    """Start a kernel for *page*, or a preheated one, until nothing more happens; return the task."""

    async def start():
        CallContext.set(CallContext.JUPYTER_HANDLER, page)
        return await manager.start_kernel(env={ENV_VARIABLE.VOILA_PREHEAT: str(page is None)})

    task = asyncio.create_task(start())
    await settle()
    return task


async def settle():
    """Wait until no task can go on; settings are read in threads."""
    for _ in range(5):
        for thread in threading.enumerate():
            if thread.name == "tracker-call":
                await asyncio.to_thread(thread.join)
        for _ in range(3):
            await asyncio.sleep(0)


def test_two_kernels_start_at_a_time_until_their_pages_are_complete(with_manager):
    async def work(manager, launches):
        pages = [Page() for _ in range(3)]
        tasks = [await ask(manager, page) for page in pages]
        assert launches.begun == [pages[0].kernel, pages[1].kernel]
        assert tasks[0].done()  # its process runs, but not yet its notebook
        manager.has_started(pages[0].kernel)
        await settle()
        assert launches.begun == [page.kernel for page in pages]

    with_manager(work)


def test_who_waits_counts_as_a_viewer_until_leaving_and_then_gets_no_kernel(with_manager):
    async def work(manager, launches):
        pages = [Page() for _ in range(3)]
        tasks = [await ask(manager, page) for page in pages]
        assert not manager.has_room
        with pytest.raises(HTTPError, match="busy"):
            await manager.start_kernel(env={})
        pages[2].leave(manager)
        assert manager.has_room, "its place is free at once"
        with pytest.raises(Finish):
            await tasks[2]
        manager.has_started(pages[0].kernel)
        await settle()
        assert pages[2].kernel not in launches.begun

    with_manager(work)


def test_who_left_before_the_server_got_to_it_waits_for_no_kernel(with_manager):
    async def work(manager, launches):
        for _ in range(2):
            await ask(manager, Page())
        page = Page()
        page.leave(manager)
        with pytest.raises(Finish):
            await asyncio.wait_for(await ask(manager, page), 10)
        assert manager.has_room

    with_manager(work)


def test_who_left_at_the_last_moment_gets_no_kernel(with_manager):
    async def work(manager, launches):
        page = Page()

        def is_valid():
            page.is_loading = False
            return True

        manager._settings.is_valid = is_valid
        with pytest.raises(Finish):
            await (await ask(manager, page))
        assert launches.begun == []
        assert manager._viewer_count() == 0

    with_manager(work)


def test_a_kernel_that_is_for_no_page_lets_the_next_one_start_when_its_process_runs(with_manager):
    async def work(manager, launches):
        for count in range(1, 4):
            await asyncio.wait_for(manager.start_kernel(env={}), 10)
            assert len(launches.begun) == count

    with_manager(work)


def test_a_kernel_whose_viewer_leaves_while_it_is_launched_is_killed_and_the_next_one_starts(with_manager):
    async def work(manager, launches):
        pages = [Page() for _ in range(3)]
        launches.released.clear()
        tasks = [await ask(manager, page) for page in pages]
        pages[0].leave(manager)
        await settle()
        assert not tasks[0].done()
        launches.released.set()
        with pytest.raises(Finish):
            await tasks[0]
        await settle()
        assert launches.ended == [(pages[0].kernel, True)]
        assert launches.begun == [page.kernel for page in pages]
        assert manager._viewer_count() == 2

    with_manager(work)


def test_a_start_that_fails_or_is_cancelled_lets_the_next_one_start(with_manager):
    async def work(manager, launches):
        for _ in range(3):
            launches.failure = OSError("no process")
            with pytest.raises(OSError, match="no process"):
                await (await ask(manager, Page()))
            launches.failure = None
            launches.released.clear()
            cancelled = await ask(manager, Page())
            cancelled.cancel()
            await settle()
            launches.released.set()
        assert manager._viewer_count() == 0
        tasks = [await ask(manager, Page()) for _ in range(2)]
        assert all(task.done() for task in tasks)

    with_manager(work)


def test_a_preheated_kernel_starts_before_the_viewers_who_wait_and_does_not_count(with_manager):
    async def work(manager, launches):
        pages = [Page() for _ in range(3)]
        for page in pages:
            await ask(manager, page)
        await ask(manager)
        assert manager._viewer_count() == 3
        manager.has_started(pages[0].kernel)
        await settle()
        assert launches.begun[2] not in [page.kernel for page in pages]

    with_manager(work)


def test_when_the_server_ends_those_who_wait_are_refused(with_manager):
    async def work(manager, launches):
        tasks = [await ask(manager, Page()) for _ in range(3)]
        preheating = await ask(manager)
        manager._kernels.clear()  # what Jupyter ends
        await manager.shutdown_all()
        for task in (tasks[2], preheating):
            with pytest.raises(HTTPError, match="the server ends"):
                await asyncio.wait_for(task, 10)
        assert len(launches.begun) == 2

    with_manager(work)
