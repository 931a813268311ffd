"""
Polls the markets of poll groups, checks their prices, and stores them.

A row carries the start of the slot in which its response arrived. Doubtful prices are queued and verified separately,
so polling never waits.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tracker.collector.checks.clock_check import ClockCheck
from tracker.collector.checks.cross_check import CrossCheck
from tracker.collector.checks.tick_filter import TickFilter
from tracker.collector.checks.trading import stated_stops
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.early_polls import EarlyPolls
from tracker.collector.feeds import Feeds
from tracker.collector.plan import Plan
from tracker.collector.poll_groups import PollGroup, poll_groups
from tracker.collector.poll_status import PollStatus
from tracker.collector.schedule import Feed, due
from tracker.collector.stand_ins import StandIns
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock


class Polling:
    """
    What the polls of all groups share. Each group is polled by a task, and prices of each exchange verified by one.

    Args:
        feeds: that are collected.
        writer: takes the rows.
        clock: of slots and waits.
        board: takes the status.
        trigger_backfill: starts the backfill of these exchanges.

    Attributes:
        groups: all that are polled.
        clients: by exchange name; none is removed, as answers under way need theirs.
        listings: likewise.
        early: begins polls early.
        clock_check: whether the clock may stamp rows.
        tick_filter: what is plausible.
        cross_check: verifies what is not.
    """

    def __init__(
        self,
        feeds: Feeds,
        writer: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        trigger_backfill: Callable[[set[str]], None],
    ) -> None:
        self._feeds = feeds
        self._writer = writer
        self._clock = clock
        self._board = board
        self._trigger_backfill = trigger_backfill
        self._unmoved_after = 0
        self._status = PollStatus(board, clock)
        self._unverified: dict[str, asyncio.Queue[tuple[PollGroup, Mapping[Market, Ticks]]]] = {}  # by exchange
        self.groups: list[PollGroup] = []
        self.clients: dict[str, ExchangeClient] = {}
        self.listings: dict[str, Listings] = {}
        self._all_listings: list[Listings] = []  # with those of former clients
        self.early = EarlyPolls(clock, board)
        self._stand_ins = StandIns(clock, self.early, self.listings)
        self.clock_check: ClockCheck[PollGroup] = ClockCheck(clock, board)
        self.tick_filter = TickFilter(0.0)
        self.cross_check = CrossCheck(feeds, self.clients, self.listings, board, self.tick_filter, clock)

    async def prepare(self, plan: Plan) -> None:
        """Read what is to be known before *plan* is applied: pauses of exchanges, and the last prices of markets."""
        clients = [client for name, client in plan.clients.items() if self.clients.get(name) is not client]
        await asyncio.gather(*(client.restore_pause() for client in clients))
        added = [feed.market for feed in plan.feeds if feed.market not in self._feeds]
        await self.cross_check.load_reference(self._writer, added, self._clock.now())

    def apply(self, plan: Plan, begins_after: int) -> list[PollGroup]:
        """
        Poll as *plan* states from now on; return the groups that are new.

        Markets that are added begin with the first slot after *begins_after* (epoch ms).
        """
        for name, client in plan.clients.items():
            if self.clients.get(name) is not client:
                self.clients[name], self.listings[name] = client, Listings(client, self._clock)
                self._all_listings.append(self.listings[name])
        self._unmoved_after = plan.unmoved_after
        self.tick_filter.max_change = plan.plausible
        self.clock_check.exchanges = len(plan.clients)
        added = self._feeds.change(plan.feeds)
        self._stand_ins.begin(self._feeds, added)
        self._status.end_stand_ins(self._feeds.values())
        former = self.groups
        clients = {name: self.clients[name] for name in plan.clients}
        self.groups = poll_groups(self._feeds, clients, self.listings, former)
        for group in self.groups:
            new = added.intersection(group.markets)
            group.answered.update({market: self._feeds[market].slot(begins_after) for market in new})
        for group in former:
            if not self.early.is_requesting(group):
                self._release_moved(group)
            self.early.restart(group)
        known = set(former)
        return [group for group in self.groups if group not in known]

    async def close(self) -> None:
        """Cancel requests for lists of pairs. All polls must have ended."""
        await asyncio.gather(*(listings.close() for listings in self._all_listings))
        await asyncio.gather(*(client.settle() for client in self.clients.values()))

    async def keep_polling(self, group: PollGroup) -> None:
        """Poll *group* until it ends, or this is cancelled."""
        try:
            await self.early.keep_polling(group, self._poll)
        finally:
            group.client.rate_limiter.forget(group)  # a rate limiter outlives this term

    async def _wait_for_pause(self, group: PollGroup) -> None:
        """Wait until a pause has ended that the exchange demands, perhaps of another group or an earlier process."""
        if pause := group.client.rate_limiter.paused_for:
            asked = [market for market in group.markets if not self.listings[group.client.name].is_missing(market)]
            self._status.mark_paused(group, asked, pause)
            await self._clock.sleep(pause)

    async def _poll(self, group: PollGroup) -> None:
        is_first = True
        expect_poll = partial(group.client.rate_limiter.expect_poll, group)
        async for ready in due(group.feeds, self._clock, group.answered, expect_poll):
            group.waiting = ready
            try:
                async for attempt in group.client.attempts(first_wait=self.early.first_wait(group)):
                    with attempt:
                        await self._wait_for_pause(group)
                        group.waiting = group.pending(self._clock.now())
                        feeds = [feed for feed in group.waiting if self._stand_ins.needs(group, feed)]
                        if not feeds:
                            self.early.forget_wait(group)
                            break
                        await self._try(group, feeds, attempt.next_wait)
                        if is_first:
                            is_first = False
                            self._trigger_backfill({feed.market.exchange for feed in feeds})
                group.waiting = ()
            finally:
                self._release(group, group.waiting)  # this was interrupted
                group.waiting = ()

    async def _try(self, group: PollGroup, feeds: Sequence[Feed], next_wait: float) -> None:
        """Request the prices of *feeds*; mark them if that fails. The next attempt is in *next_wait* real seconds."""
        client = group.client
        try:
            with self.early.request(group):
                await self._request_prices(group, feeds)
        except ExchangeError as error:
            self.listings[client.name].refresh_soon()  # a pair that is gone would fail every batch
            backoff = next_wait * self._clock.speed
            self.early.remember_wait(group, backoff)
            wait = max(backoff, client.rate_limiter.paused_for)
            asked = [feed.market for feed in feeds if not self.listings[client.name].is_missing(feed.market)]
            self._status.mark_failed(group, asked, error, wait)
            self._release_moved(group)
            raise

    def _release(self, group: PollGroup, feeds: Sequence[Feed]) -> None:
        """Let *feeds*, which *group* asked for without getting a price, be due, perhaps in another group by now."""
        markets = {feed.market for feed in feeds}
        group.release(markets)
        for other in self.groups if markets else ():
            # Not groups of other exchanges: they, too, release what they wait for, and each would restart the other.
            if other is not group and other.answered is group.answered and markets.intersection(other.markets):
                self.early.restart(other)

    def _release_moved(self, group: PollGroup) -> None:
        """Release what waits for a price in *group* and belongs to another group by now, or to none."""
        members, waiting = set(group.markets), group.waiting
        group.waiting = [feed for feed in waiting if feed.market in members]
        self._release(group, [feed for feed in waiting if feed.market not in members])

    async def _request_prices(self, group: PollGroup, feeds: Sequence[Feed]) -> None:
        listings = self.listings[group.client.name]

        async def on_quotes(quotes: Quotes) -> None:
            await self._on_quotes(group, quotes)

        offered = await listings.available(group.markets)
        refused = {market for market in group.markets if market not in offered}
        if asked := [feed.market for feed in feeds if feed.market in offered]:
            refused.update(await group.batch.poll(asked, on_quotes))
        if market := listings.due_for_retry(feed.market for feed in feeds):
            await group.batch.retry(market, on_quotes)
        still_missing = {market for market in refused if listings.is_missing(market)}
        self._status.mark_refused(group, {market: listings.reason(market) for market in still_missing})

    async def _on_quotes(self, group: PollGroup, quotes: Quotes) -> None:
        now = self._clock.now()
        self.clock_check.compare(group.client.name, quotes.response)
        asked = [self._feeds[market] for market in (*quotes.prices, *quotes.missing) if market in self._feeds]
        group.answered.update({feed.market: feed.slot(now) for feed in asked})
        prices = {market: price for market, price in quotes.prices.items() if market in self._feeds}
        self.cross_check.record_quotes(group.client.name, prices)
        self._status.mark_missing(group, quotes.missing)
        if not group.stand_in and self.clock_check.is_right():
            listings, statuses = self.listings[group.client.name], self._board.status().markets
            self._status.mark_stops(stated_stops(asked, quotes, listings, statuses, now, self._unmoved_after))
        rows = group.rows(prices, now, quotes.response.origin)
        self._status.mark_mode(quotes.response.origin)
        for polled, polls in self.clock_check.storable(group, rows):
            accepted, unverified = self.cross_check.split(polled.client.name, polls)
            for doubtful in unverified:
                self._queue(polled.client.name).put_nowait((polled, doubtful))
            await self._store(polled, accepted)

    def _queue(self, name: str) -> asyncio.Queue[tuple[PollGroup, Mapping[Market, Ticks]]]:
        return self._unverified.setdefault(name, asyncio.Queue())

    async def verify_held_back(self, name: str) -> None:
        """Verify the doubtful prices of exchange *name*, until cancelled."""
        queue = self._queue(name)
        while True:
            polls = [await queue.get()]
            # All at once: the queue would grow where a query takes longer than a slot.
            while not queue.empty():
                polls.append(queue.get_nowait())
            await self.cross_check.query_others(name, {market for _, rows in polls for market in rows})
            for group, rows in polls:
                await self._store(group, self.cross_check.decide(name, rows))

    async def _store(self, group: PollGroup, rows: Mapping[Market, Ticks]) -> None:
        self._stand_ins.record(group.client.name, rows)
        cleared = self._status.mark_live(group, rows)
        # While an exchange's price is held back, its history is not fetched.
        if gaps := await self._writer.write_polled(rows) | cleared:
            self._trigger_backfill({market.exchange for market in gaps})

    def awaited_times(self, market: Market) -> list[int]:
        """Return the times (epoch ms) at which *market* may still get a polled row."""
        slot = self._feeds[market].slot(self._clock.now())
        return [slot, *self.clock_check.withheld_times(market)]
