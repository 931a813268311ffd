"""The kernel manager reads settings in threads, never on the server's loop, and ends only kernels that are idle."""

import asyncio
import threading

import pytest
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Unicode
from traitlets.config import Configurable

from tracker.dashboard.server import settings_check
from tracker.dashboard.server.idle_timer import IdleTimer
from tracker.dashboard.server.kernels import WatchedKernels


class Server(Configurable):
    """The part of Voila's server that the kernel manager needs."""

    root_dir = Unicode()


class AliveKernel:
    """A kernel whose process runs."""

    async def is_alive(self):
        return True


@pytest.fixture
def reading_threads(monkeypatch):
    """The threads in which settings were read, and in which tracker.toml was looked for."""
    threads = {"read_settings": [], "find_base": []}

    def record(name):
        real = getattr(settings_check, name)

        def recorded(folder):
            threads[name].append(threading.get_ident())
            return real(folder)

        monkeypatch.setattr(settings_check, name, recorded)

    for name in threads:
        record(name)
    return threads


def with_kernel_manager(folder, work):
    async def run():
        manager = WatchedKernels(parent=Server(root_dir=str(folder)))
        try:
            await work(manager)
        finally:
            manager._timer.stop()

    asyncio.run(run())


def test_settings_are_not_read_on_the_loop_when_a_kernel_starts_or_ends(tmp_path, monkeypatch, reading_threads):
    async def start_kernel(manager, **arguments):
        return arguments["kernel_id"]

    async def shutdown_kernel(manager, kernel_id, *arguments, **more):
        return None

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start_kernel)
    monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shutdown_kernel)
    monkeypatch.setattr(WatchedKernels, "__contains__", lambda manager, kernel: True)

    async def work(manager):
        (tmp_path / "tracker.toml").write_text('span = "1h"\n')
        kernel = await manager.start_kernel(env={})
        (tmp_path / "tracker.toml").unlink()
        await manager.shutdown_kernel(kernel)

    with_kernel_manager(tmp_path, work)
    assert len(reading_threads["read_settings"]) == 2
    assert threading.get_ident() not in reading_threads["read_settings"]


def test_the_check_for_changed_settings_touches_no_file_on_the_loop(tmp_path, reading_threads):
    async def work(manager):
        preheated = asyncio.get_running_loop().create_future()
        preheated.set_result({"kernel_id": "preheated", "task": preheated})
        manager._pools = {"dashboard.ipynb": [preheated]}
        manager.fill_if_needed = lambda **arguments: None
        for looked_up in reading_threads.values():
            looked_up.clear()
        (tmp_path / "tracker.toml").write_text('span = "6h"\n')
        await manager._check()
        assert manager._pools == {"dashboard.ipynb": []}, "the preheated kernel has the settings before"

    with_kernel_manager(tmp_path, work)
    assert reading_threads["read_settings"]
    assert reading_threads["find_base"]
    assert threading.get_ident() not in {*reading_threads["read_settings"], *reading_threads["find_base"]}


def test_a_page_that_asks_for_its_kernel_while_it_loads_keeps_it(tmp_path, monkeypatch):
    """The page asks every two seconds until it is connected; a slow line takes longer than the grace."""
    ended = []

    async def shutdown_kernel(manager, kernel_id, *arguments, **more):
        ended.append(kernel_id)

    monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shutdown_kernel)
    monkeypatch.setattr(AsyncMappingKernelManager, "kernel_model", lambda manager, kernel_id: {"id": kernel_id})

    async def work(manager):
        clock = [0.0]
        manager._idle = IdleTimer(lambda: clock[0])
        manager._kernels["taken"] = AliveKernel()
        for _ in range(3):
            await manager._check()
            clock[0] += manager.grace - 1
            assert manager.kernel_model("taken") == {"id": "taken"}
        assert ended == []
        await manager._check()
        clock[0] += manager.grace + 1
        await manager._check()
        assert ended == ["taken"]

    with_kernel_manager(tmp_path, work)


def test_a_kernel_that_is_still_starting_is_not_ended_as_idle(tmp_path, monkeypatch):
    """Jupyter lists a kernel before its start is complete, so before the page that waits for it is known."""
    listed, release = asyncio.Event(), asyncio.Event()
    ended = []

    async def start_kernel(manager, **arguments):
        manager._kernels[arguments["kernel_id"]] = AliveKernel()
        listed.set()
        await release.wait()
        return arguments["kernel_id"]

    async def shutdown_kernel(manager, kernel_id, *arguments, **more):
        ended.append(kernel_id)
        del manager._kernels[kernel_id]

    monkeypatch.setattr(AsyncMappingKernelManager, "start_kernel", start_kernel)
    monkeypatch.setattr(AsyncMappingKernelManager, "shutdown_kernel", shutdown_kernel)

    async def work(manager):
        clock = [0.0]
        manager._idle = IdleTimer(lambda: clock[0])

        async def check_twice():
            for _ in range(2):
                await manager._check()
                clock[0] += manager.grace + 1

        starting = asyncio.create_task(manager.start_kernel(env={}))
        await listed.wait()
        await check_twice()
        assert not ended
        release.set()
        kernel = await starting
        await manager._check()
        assert not ended, "it is idle only from now on"
        clock[0] += manager.grace + 1
        await manager._check()
        assert ended == [kernel]

    with_kernel_manager(tmp_path, work)
