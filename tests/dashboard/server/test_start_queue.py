"""At most two kernels start at a time, preheated ones first, viewers in order of arrival; no place is ever lost."""

import asyncio

import pytest

from tests.support.fakes import run
from tracker.dashboard.server.start_queue import StartQueue

TIMEOUT = 30.0  # s


class Starts:
    """A queue for two at a time, and the kernels that wait in it."""

    def __init__(self):
        self.queue = StartQueue(2, TIMEOUT)
        self.tasks = {}
        self.begun = []  # in the order in which they were let in

    async def ask(self, *kernels, preheated=False):
        for kernel in kernels:
            self.tasks[kernel] = asyncio.create_task(self._wait(kernel, preheated))
            await settle()

    async def finish(self, kernel):
        self.queue.finish(kernel)
        await settle()

    async def _wait(self, kernel, preheated):
        if await self.queue.wait(kernel, preheated=preheated):
            self.begun.append(kernel)
            return True
        return False


async def settle():
    for _ in range(5):
        await asyncio.sleep(0)


def with_starts(work):
    async def do():
        await work(Starts())

    run(do())


def test_two_start_at_a_time_in_order_of_arrival():
    async def work(starts):
        await starts.ask(*"abcde")
        assert starts.begun == ["a", "b"]
        await starts.finish("b")
        assert starts.begun == ["a", "b", "c"]
        await starts.finish("a")
        await starts.finish("c")
        assert starts.begun == ["a", "b", "c", "d", "e"]

    with_starts(work)


def test_a_preheated_one_starts_before_the_viewers_who_wait():
    async def work(starts):
        await starts.ask(*"abc")
        await starts.ask("preheated", preheated=True)
        await starts.finish("a")
        await starts.finish("b")
        assert starts.begun == ["a", "b", "preheated", "c"]

    with_starts(work)


def test_one_that_is_withdrawn_does_not_start_and_keeps_no_other_waiting():
    async def work(starts):
        await starts.ask(*"abcd")
        assert starts.queue.withdraw("c")
        assert await starts.tasks["c"] is False
        assert not starts.queue.withdraw("a"), "it does not wait any more"
        assert starts.queue.is_starting("a")
        await starts.finish("a")
        assert starts.begun == ["a", "b", "d"]

    with_starts(work)


@pytest.mark.parametrize("order", ["cancelled, then its turn", "its turn, then cancelled", "cancelled long before"])
def test_one_that_is_cancelled_takes_no_place(order):
    async def work(starts):
        await starts.ask(*"abcd")
        if order.startswith("its turn"):
            starts.queue.finish("a")  # its task has not run since
        starts.tasks["c"].cancel()
        if order.endswith("before"):
            await settle()
            assert not starts.queue.withdraw("c")
        await starts.finish("a")
        assert starts.tasks["c"].cancelled()
        assert starts.begun == ["a", "b", "d"]
        assert not starts.queue.is_starting("c")

    with_starts(work)


def test_one_that_hangs_keeps_its_place_for_the_time_limit_only():
    async def work(starts):
        await starts.ask(*"abc")
        await asyncio.sleep(TIMEOUT - 1)
        assert starts.begun == ["a", "b"]
        await starts.finish("b")
        await starts.ask("d")
        await asyncio.sleep(2)
        assert starts.begun == ["a", "b", "c", "d"]
        await starts.ask("e")
        await starts.finish("a")  # too late: another one has its place
        assert starts.begun == ["a", "b", "c", "d"]

    with_starts(work)


def test_when_the_server_ends_nobody_waits_and_none_starts():
    async def work(starts):
        await starts.ask(*"abc")
        await starts.ask("preheated", preheated=True)
        starts.queue.close()
        assert [await starts.tasks[kernel] for kernel in ("c", "preheated")] == [False, False]
        await starts.finish("a")
        await starts.ask("d")
        assert starts.begun == ["a", "b"]

    with_starts(work)
