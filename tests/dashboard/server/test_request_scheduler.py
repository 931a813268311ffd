"""Few requests begin at each turn of the event loop, in the order in which they came."""

import asyncio
import itertools

from tracker.dashboard.server.request_scheduler import RequestScheduler


async def begin(scheduler, order, number):
    await scheduler.wait()
    order.append(number)


def test_each_turn_of_the_loop_begins_so_many_in_their_order():
    async def run():
        scheduler, order, lengths = RequestScheduler(3), [], []
        tasks = [asyncio.create_task(begin(scheduler, order, number)) for number in range(20)]
        while len(order) < 20:
            await asyncio.sleep(0)
            lengths.append(len(order))
        await asyncio.gather(*tasks)
        return order, [later - earlier for earlier, later in itertools.pairwise(lengths)]

    order, begun = asyncio.run(run())
    assert order == list(range(20))
    assert max(begun) <= 3


def test_one_alone_begins_at_once():
    async def run():
        scheduler, order = RequestScheduler(3), []
        for number in range(3):
            waiting = begin(scheduler, order, number)
            try:
                waiting.send(None)
            except StopIteration:
                continue
        return order

    assert asyncio.run(run()) == [0, 1, 2]


def test_who_has_given_up_takes_nobodys_turn():
    async def run():
        scheduler, order = RequestScheduler(1), []
        tasks = [asyncio.create_task(begin(scheduler, order, number)) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return order

    assert asyncio.run(run()) == [0, 2, 3]
