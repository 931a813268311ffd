"""
Collects the prices of a plan, which may change meanwhile. Runs only under the collect lease.

Markets that one request can ask for form a poll group with retries of its own, so a batch that fails delays no other.
When the plan changes, only what differs is made anew; groups that go on are given their markets between two polls.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

from tracker.collector.backfill.backfill import Backfill
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.feeds import Feeds
from tracker.collector.maintenance import PURGE_EVERY, purge, watch_clock, watch_size
from tracker.collector.plan import Plan
from tracker.collector.poll_request import PollRequest
from tracker.collector.polling import Polling
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import LeaseError
from tracker.runtime.clock import Clock

_Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]


class Collector:
    """
    Collects until cancelled. A StoreError or ExchangeError costs slots and never ends the loop.

    Args:
        plan: what to collect, and how.
        writer: takes the rows.
        clock: of slots and waits.
        board: takes the status.
        coordination: has requests for older prices, and to poll now.
    """

    def __init__(
        self,
        plan: Plan,
        writer: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        coordination: Coordination,
    ) -> None:
        self._plan = plan
        self._writer = writer
        self._clock = clock
        self._board = board
        self._request = BackfillRequest(coordination)
        self._poll_request = PollRequest(coordination)
        self._feeds = Feeds(clock, lambda feed: board.change_cadence(feed.market, feed.interval))
        self._polling = Polling(self._feeds, writer, clock, board, self._trigger_backfill)
        self._backfill: dict[str, Backfill] = {}  # by exchange
        self._changed: asyncio.Event | None = None  # set once the plan was changed; None: not running
        self._changed_at = 0  # epoch ms
        self._tasks: dict[str, asyncio.Task[None]] = {}  # those that a change ends, or begins only once, by name

    def change(self, plan: Plan) -> None:
        """
        Collect what *plan* states from now on. To be called in the event loop, at any time.

        Markets that are added begin with their next slot. Those that stay miss none, and a changed cadence holds from
        the next slot of its own grid on.
        """
        self._plan = plan
        if self._changed is None:
            self._board.change_markets({feed.market: feed.interval for feed in plan.feeds})
        else:
            self._changed_at = self._clock.now()
            self._changed.set()

    async def run(self) -> None:
        """
        Collect until cancelled.

        Raises:
            LeaseError: the lease is gone. Anything else raised is a bug.
        """
        changed = self._changed = asyncio.Event()
        try:
            plan = self._plan
            await self._polling.prepare(plan)
            async with asyncio.TaskGroup() as group:
                group.create_task(watch_clock(self._clock, self._board, self._trigger_backfill))
                group.create_task(watch_size(self._writer, self._board, self._clock))
                group.create_task(self._request.watch(self._trigger_backfill))
                group.create_task(self._poll_request.watch(self._poll_early))
                self._apply(group, plan, None, 0)
                while True:
                    await changed.wait()
                    changed.clear()
                    former, plan, since = plan, self._plan, self._changed_at
                    await self._polling.prepare(plan)
                    self._apply(group, plan, former, since)
        except* LeaseError as lost:
            raise lost.exceptions[0] from None
        finally:
            self._changed = None
            await self._polling.close()

    def _apply(self, group: asyncio.TaskGroup, plan: Plan, former: Plan | None, since: int) -> None:
        """Collect as *plan* states instead of *former*, since *since* (epoch ms)."""
        for poll_group in self._polling.apply(plan, since):
            group.create_task(self._polling.keep_polling(poll_group))
        self._board.change_markets({market: feed.interval for market, feed in self._feeds.items()})
        for name in plan.clients:
            if name not in self._tasks:
                self._tasks[name] = group.create_task(self._polling.verify_held_back(name))
        self._change_backfill(group, plan, former)
        if former is None or plan.retention != former.retention:
            # A retention that was changed by mistake deletes nothing at once.
            self._replace(group, "purge", partial(self._purge, plan.retention, 0.0 if former is None else PURGE_EVERY))

    def _change_backfill(self, group: asyncio.TaskGroup, plan: Plan, former: Plan | None) -> None:
        self._request.change(plan.exchanges, plan.retention)
        for name in set(self._backfill) - set(plan.exchanges):
            del self._backfill[name]
            self._replace(group, f"backfill {name}", None)
        for name in plan.exchanges:
            feeds = self._feeds.of_exchange(name)
            backfill = self._backfill.get(name)
            if backfill is None:
                backfill = self._backfill[name] = self._make_backfill(feeds, plan.span)
            elif former is not None and not _is_other_past(plan, former, name):
                continue
            backfill.feeds, backfill.span = feeds, plan.span
            self._replace(group, f"backfill {name}", backfill.run)

    def _make_backfill(self, feeds: list[Feed], span: int) -> Backfill:
        polling = self._polling
        return Backfill(
            feeds,
            polling.clients,
            self._writer,
            self._clock,
            self._board,
            span,
            self._request,
            polling.listings,
            polling.cross_check.is_held_back,
            polling.tick_filter.plausible_candles,
            polling.awaited_times,
        )

    def _replace(self, group: asyncio.TaskGroup, name: str, work: _Work | None) -> None:
        """Cancel the task *name*, and do *work* in its place once it has ended."""
        former = self._tasks.pop(name, None)
        if former is not None:
            former.cancel()
        if work is not None:
            self._tasks[name] = group.create_task(_after(former, work))

    async def _purge(self, retention: int | None, wait: float) -> None:
        await self._clock.sleep(wait)
        if retention is not None:
            is_trusted = self._polling.clock_check.allows_purge
            await purge(self._writer, self._feeds, retention, self._clock, is_trusted)

    def _poll_early(self, stand_ins: bool) -> None:
        self._polling.early.poll(self._polling.groups, stand_ins)

    def _trigger_backfill(self, exchanges: set[str] | None = None) -> None:
        for name in self._backfill if exchanges is None else exchanges & self._backfill.keys():
            self._backfill[name].trigger()


def _is_other_past(plan: Plan, former: Plan, name: str) -> bool:
    """Return whether *plan* has backfill of exchange *name* fetch something else than *former*."""
    # A request is complete once all exchanges have finished, so one that has may have to complete it now.
    if plan.span != former.span or plan.exchanges != former.exchanges or plan.clients != former.clients:
        return True
    return {feed for feed in plan.feeds if feed.market.exchange == name} != {
        feed for feed in former.feeds if feed.market.exchange == name
    }


async def _after(former: asyncio.Task[None] | None, work: _Work) -> None:
    """Do *work* once *former* has ended."""
    if former is not None:
        await asyncio.wait([former])
    await work()
