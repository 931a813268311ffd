"""A preheated kernel is handed to a viewer only after it has run the notebook, and never one that failed."""

import asyncio
from types import SimpleNamespace

from tracker.dashboard.server.preheated import PreheatedKernels

NOTEBOOK = "dashboard.ipynb"


def with_pool(work):
    """Run *work* with a kernel manager that has an empty pool, and its preheated kernels."""
    filled, lines = [], []

    async def run():
        manager = SimpleNamespace(
            log=SimpleNamespace(info=lambda text, *arguments: lines.append(text % arguments)),
            _pools={NOTEBOOK: []},
            fill_if_needed=lambda **arguments: filled.append(arguments),
            filled=filled,
            lines=lines,
            done=[],
        )
        await work(manager, PreheatedKernels(manager))

    asyncio.run(run())


async def run_callbacks():
    for _ in range(5):
        await asyncio.sleep(0)


def future(result=None, error=None):
    """A future that is done."""
    made = asyncio.get_running_loop().create_future()
    if error is not None:
        made.set_exception(error)
    else:
        made.set_result(result)
    return made


def started(kernel, notebook):
    """Voila's task of a *kernel* that has started; *notebook* is done when it has run the notebook."""
    return future({"kernel_id": kernel, "task": notebook})


def test_before_voila_adds_its_pools_there_are_no_preheated_kernels():
    pool = PreheatedKernels(SimpleNamespace())
    assert (pool.ids, pool.ready_count(NOTEBOOK)) == (set(), 0)


def test_kernels_that_have_run_the_notebook_are_counted_and_come_first():
    async def work(manager, kernels):
        pool = manager._pools[NOTEBOOK]
        loop = asyncio.get_running_loop()
        starting, running = loop.create_future(), started("running", loop.create_future())
        ready = started("ready", future())
        pool[:] = [starting, running, ready]
        assert kernels.ids == {"running", "ready"}
        assert kernels.ready_count(NOTEBOOK) == 1
        assert pool[0] is ready
        assert kernels.ready_count("another.ipynb") == 0

    with_pool(work)


def test_a_kernel_that_could_not_start_or_not_show_the_page_is_removed_and_replaced():
    async def work(manager, kernels):
        pool = manager._pools[NOTEBOOK]
        pool[:] = [future(error=OSError("no start")), started("no page", future(error=RuntimeError("no page")))]
        assert kernels.ready_count(NOTEBOOK) == 0
        assert kernels.ids == set()
        kernels.refill()
        assert manager.filled == []
        kernels.forget_failed()
        assert pool == []
        kernels.refill()
        assert manager.filled == [{"delay": 0, "notebook_name": NOTEBOOK}]

    with_pool(work)


def test_a_kernel_is_logged_as_ready_after_it_has_run_the_notebook_and_not_before():
    async def work(manager, kernels):
        pool = manager._pools[NOTEBOOK]
        notebook = asyncio.get_running_loop().create_future()

        async def preheat():
            kernels.when_ready("a", manager.done.append)
            return {"kernel_id": "a", "task": notebook}

        pool.append(asyncio.create_task(preheat()))
        await pool[0]
        await run_callbacks()
        assert kernels.ready_count(NOTEBOOK) == 0
        assert (manager.lines, manager.done) == ([], [])
        notebook.set_result(None)
        await run_callbacks()
        assert kernels.ready_count(NOTEBOOK) == 1
        assert manager.lines == ["Kernel a is ready for the next viewer"]
        assert manager.done == ["a"]

    with_pool(work)


def test_a_kernel_whose_start_or_notebook_failed_is_never_logged_as_ready():
    async def work(manager, kernels):
        pool = manager._pools[NOTEBOOK]

        async def preheat(notebook):
            kernels.when_ready("a", manager.done.append)
            if notebook is None:
                raise OSError("no start")
            return {"kernel_id": "a", "task": notebook}

        pool += [asyncio.create_task(preheat(notebook)) for notebook in (None, future(error=RuntimeError("no page")))]
        await asyncio.gather(*pool, return_exceptions=True)
        await run_callbacks()
        kernels.forget_failed()
        assert pool == []
        assert manager.lines == []
        assert manager.done == ["a", "a"], "neither keeps another kernel from starting"

    with_pool(work)


def test_the_wait_for_a_ready_kernel_ends_when_the_first_one_has_run_the_notebook():
    async def work(manager, kernels):
        pool = manager._pools[NOTEBOOK]
        await kernels.wait_until_one_is_ready()  # none is starting
        loop = asyncio.get_running_loop()
        start, notebook = loop.create_future(), loop.create_future()
        pool.append(start)
        waiting = asyncio.create_task(kernels.wait_until_one_is_ready())
        await asyncio.sleep(0)
        start.set_result({"kernel_id": "a", "task": notebook})
        await run_callbacks()
        assert not waiting.done()
        notebook.set_result(None)
        await asyncio.wait_for(waiting, 30)

    with_pool(work)
