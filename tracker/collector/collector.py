"""
Polls exchanges on the slot grid and stores their prices. Runs only under the collect lease.

A row carries the start of the slot in which its response arrived. Markets that one request can ask for form a
poll group with retries of its own, so a batch that fails delays no other. A stand-in is polled only while the
exchanges named before it have no price. Doubtful prices are queued and verified separately, so polling never waits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

from tracker.collector.backfill.backfill import Backfill
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.checks.clock_check import ClockCheck
from tracker.collector.checks.cross_check import CrossCheck
from tracker.collector.checks.tick_filter import TickFilter
from tracker.collector.checks.trading import stated_stops
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.early_polls import EarlyPolls
from tracker.collector.maintenance import purge, watch_clock, watch_size
from tracker.collector.poll_groups import PollGroup, poll_groups
from tracker.collector.poll_request import PollRequest
from tracker.collector.poll_status import PollStatus
from tracker.collector.schedule import Feed, due
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.durations import HOUR
from tracker.core.errors import ExchangeError, LeaseError
from tracker.core.market import Market
from tracker.core.standstill import UNMOVED_AFTER
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock

STALE_SLOTS = 3  # slots without a price after which the next exchange is asked


class Collector:
    """
    Collects until cancelled. A StoreError or ExchangeError costs slots and never ends the loop.

    Args:
        feeds: the markets to collect.
        clients: by exchange name.
        writer: takes the rows.
        clock: of slots and waits.
        board: takes the status.
        span: ms of the past that backfill keeps without gaps; *request* may ask for more.
        retention: ms; older rows are deleted. None: never.
        plausible: share by which a price may jump and be accepted at once, see TickFilter.
        unmoved_after: ms since the last trade after which a market counts as not traded.
        request: the pending request for older prices.
        poll_request: viewers' requests to poll now.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        clients: Mapping[str, ExchangeClient],
        writer: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        *,
        span: int = 24 * HOUR,
        retention: int | None = None,
        plausible: float = 0.1,
        unmoved_after: int = UNMOVED_AFTER,
        request: BackfillRequest | None = None,
        poll_request: PollRequest | None = None,
    ) -> None:
        self._feeds = {feed.market: feed for feed in feeds}
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._board = board
        self._retention = retention
        self._unmoved_after = unmoved_after
        self._request = request
        self._poll_request = poll_request
        self._early = EarlyPolls(clock, board)
        self._listings = {name: Listings(client, clock) for name, client in clients.items()}
        tick_filter = TickFilter(plausible)
        self._cross_check = CrossCheck(self._feeds, clients, self._listings, board, tick_filter, clock)
        self._status = PollStatus(board, clock)
        self._last_price_at: dict[tuple[Market, str], float] = {}  # monotonic seconds, by market and exchange
        self._started_at = 0.0
        self._clock_check: ClockCheck[PollGroup] = ClockCheck(clock, board, len(clients))
        self._backfill = {}
        for name in sorted({feed.market.exchange for feed in feeds}):
            self._backfill[name] = Backfill(
                [feed for feed in feeds if feed.market.exchange == name],
                clients,
                writer,
                clock,
                board,
                span,
                request,
                self._listings,
                self._cross_check.is_held_back,
                tick_filter.plausible_candles,
                self._awaited_times,
            )

    async def run(self) -> None:
        """
        Collect until cancelled.

        Raises:
            LeaseError: the lease is gone. Anything else raised is a bug.
        """
        self._started_at = self._clock.monotonic()
        groups = poll_groups(self._feeds.values(), self._clients, self._listings)
        try:
            await asyncio.gather(*(client.restore_pause() for client in self._clients.values()))
            await self._cross_check.load_reference(self._writer, self._clock.now())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch_clock(self._clock, self._board, self._trigger_backfill))
                tasks.create_task(watch_size(self._writer, self._board, self._clock))
                if self._retention is not None:
                    may_purge = self._clock_check.allows_purge
                    tasks.create_task(purge(self._writer, list(self._feeds), self._retention, self._clock, may_purge))
                if self._request is not None:
                    tasks.create_task(self._request.watch(self._trigger_backfill))
                if self._poll_request is not None:
                    tasks.create_task(self._poll_request.watch(partial(self._early.poll, groups)))
                for group in groups:
                    tasks.create_task(self._early.keep_polling(group, self._poll))
                    tasks.create_task(self._verify_held_back(group))
                for backfill in self._backfill.values():
                    tasks.create_task(backfill.run())
        except* LeaseError as lost:
            raise lost.exceptions[0] from None
        finally:
            for group in groups:
                group.client.rate_limiter.forget(group)  # a rate limiter outlives this term
            await asyncio.gather(*(listings.close() for listings in self._listings.values()))
            await asyncio.gather(*(client.settle() for client in self._clients.values()))

    async def _wait_for_pause(self, group: PollGroup) -> None:
        """Wait until a pause has ended that the exchange demands, perhaps of another group or an earlier process."""
        if pause := group.client.rate_limiter.paused_for:
            asked = [market for market in group.markets if not self._is_missing(group.client.name, market)]
            self._status.mark_paused(group, asked, pause)
            await self._clock.sleep(pause)

    async def _poll(self, group: PollGroup) -> None:
        client, is_first = group.client, True
        expect_poll = partial(client.rate_limiter.expect_poll, group)
        async for ready in due(group.feeds, self._clock, group.answered, expect_poll):
            pending = ready
            async for attempt in client.attempts(first_wait=self._early.first_wait(group)):
                with attempt:
                    await self._wait_for_pause(group)
                    pending = group.pending(pending, self._clock.now())
                    feeds = [feed for feed in pending if self._needs(group, feed)]
                    if not feeds:
                        self._early.forget_wait(group)
                        break
                    try:
                        with self._early.request(group):
                            await self._request_prices(group, feeds)
                    except ExchangeError as error:
                        self._listings[client.name].refresh_soon()  # a pair that is gone would fail every batch
                        backoff = attempt.next_wait * self._clock.speed
                        self._early.remember_wait(group, backoff)
                        wait = max(backoff, client.rate_limiter.paused_for)
                        asked = [feed.market for feed in feeds if not self._is_missing(client.name, feed.market)]
                        self._status.mark_failed(group, asked, error, wait)
                        raise
                    if is_first:
                        is_first = False
                        self._trigger_backfill({feed.market.exchange for feed in feeds})

    def _needs(self, group: PollGroup, feed: Feed) -> bool:
        """Return whether to poll *feed* now: a stand-in only while the exchanges before it have no price."""
        if not group.stand_in:
            return True
        preferred = feed.exchanges[: feed.exchanges.index(group.stand_in)]
        return all(self._is_stale(feed, name) for name in preferred)

    def _is_stale(self, feed: Feed, name: str) -> bool:
        if self._is_missing(name, feed.market):
            return True
        last = self._last_price_at.get((feed.market, name), self._started_at)
        is_early = name == feed.market.exchange and last <= self._early.stand_ins_from
        return is_early or (self._clock.monotonic() - last) * 1000 >= STALE_SLOTS * feed.interval

    def _is_missing(self, name: str, market: Market) -> bool:
        return self._listings[name].is_missing(market)

    async def _request_prices(self, group: PollGroup, feeds: Sequence[Feed]) -> None:
        listings = self._listings[group.client.name]

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
        self._clock_check.compare(group.client.name, quotes.response)
        asked = [self._feeds[market] for market in (*quotes.prices, *quotes.missing)]
        group.answered.update({feed.market: now // feed.interval for feed in asked})
        self._cross_check.record_quotes(group.client.name, quotes.prices)
        self._status.mark_missing(group, quotes.missing)
        if not group.stand_in and self._clock_check.is_right():
            listings, statuses = self._listings[group.client.name], self._board.status().markets
            self._status.mark_stops(stated_stops(asked, quotes, listings, statuses, now, self._unmoved_after))
        rows = group.rows(quotes.prices, now, quotes.response.origin)
        self._status.mark_mode(quotes.response.origin)
        for polled, polls in self._clock_check.storable(group, rows):
            accepted, unverified = self._cross_check.split(polled.client.name, polls)
            for doubtful in unverified:
                polled.unverified.put_nowait(doubtful)
            await self._store(polled, accepted)

    async def _verify_held_back(self, group: PollGroup) -> None:
        while True:
            polls = [await group.unverified.get()]
            # All at once: the queue would grow where a query takes longer than a slot.
            while not group.unverified.empty():
                polls.append(group.unverified.get_nowait())
            await self._cross_check.query_others(group.client.name, {market for rows in polls for market in rows})
            for rows in polls:
                await self._store(group, self._cross_check.decide(group.client.name, rows))

    async def _store(self, group: PollGroup, rows: Mapping[Market, Ticks]) -> None:
        self._last_price_at.update({(market, group.client.name): self._clock.monotonic() for market in rows})
        cleared = self._status.mark_live(group, rows)
        # While an exchange's price is held back, its history is not fetched.
        if gaps := await self._writer.write_polled(rows) | cleared:
            self._trigger_backfill({market.exchange for market in gaps})

    def _awaited_times(self, market: Market) -> list[int]:
        """Return the times (epoch ms) at which *market* may still get a polled row."""
        interval = self._feeds[market].interval
        return [self._clock.now() // interval * interval, *self._clock_check.withheld_times(market)]

    def _trigger_backfill(self, exchanges: set[str] | None = None) -> None:
        for name in self._backfill if exchanges is None else exchanges:
            self._backfill[name].trigger()
