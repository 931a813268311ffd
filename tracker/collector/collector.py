"""
Polls exchanges on the slot grid and keeps what they answer. Runs only under the collect lease.

A row carries the start of the slot in which its answer arrived. Markets that one request can ask for
share a group: a poller with retries of its own, so that a batch that fails fails alone. Where a market
names stand-ins, their groups ask for it only while the exchanges named before them have no price.
What is unverified waits for its judge in a line beside, so that nobody else waits for that.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial

from tracker.collector.backfill.backfill import Backfill
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.checks.cross_check import CrossCheck
from tracker.collector.checks.tick_filter import TickFilter
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.http import Response
from tracker.collector.client.listings import Listings
from tracker.collector.maintenance import purge, watch_clock
from tracker.collector.outage_log import cause_text
from tracker.collector.poll_groups import PollGroup, poll_groups
from tracker.collector.schedule import Feed, due
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError, LeaseError
from tracker.core.market import Market
from tracker.core.market_status import Failure, Mode, failure_of
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

STALE_SLOTS = 3  # slots without a price after which the next exchange is asked
SKEW = 3600.0  # seconds that the clock may differ from an exchange's for it to be trusted with deleting
TRUST = 120.0  # seconds for which one exchange's word on that holds

_MODES: dict[Origin | None, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}


class Collector:
    """
    Collects until cancelled; a StoreError or ExchangeError costs slots, never the loop.

    Args:
        clients: by exchange name.
        span: ms of the past that backfill keeps whole; *request* may ask for more.
        retention: ms; what is older is deleted. None: never.
        plausible: share by which a price may jump and be believed at once, see tracker.collector.checks.tick_filter.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        clients: Mapping[str, ExchangeClient],
        writer: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        *,
        span: int = 24 * 3_600_000,
        retention: int | None = None,
        plausible: float = 0.1,
        request: BackfillRequest | None = None,
    ) -> None:
        self._feeds = {feed.market: feed for feed in feeds}
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._board = board
        self._retention = retention
        self._request = request
        self._listings = {name: Listings(client, clock) for name, client in clients.items()}
        tick_filter = TickFilter(plausible)
        self._cross_check = CrossCheck(self._feeds, clients, self._listings, board, tick_filter, clock)
        self._last_price_at: dict[
            tuple[Market, str], float
        ] = {}  # when (monotonic s) an exchange last gave a market's price
        self._started_at = 0.0
        self._clock_confirmed = float("-inf"), 0.0  # when an exchange's clock agreed, and wall - monotonic then
        self._backfill = {}
        for name in sorted({feed.market.exchange for feed in feeds}):
            own = [feed for feed in feeds if feed.market.exchange == name]
            self._backfill[name] = Backfill(
                own,
                clients,
                writer,
                clock,
                board,
                span,
                request,
                self._listings,
                self._cross_check.is_held_back,
                tick_filter.plausible_candles,
            )

    async def run(self) -> None:
        """Collect until cancelled. Raises LeaseError when the lease is gone, else only what is a bug."""
        self._started_at = self._clock.monotonic()
        groups = poll_groups(self._feeds.values(), self._clients, self._listings)
        try:
            await self._cross_check.load_reference(self._writer, self._clock.now())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(watch_clock(self._clock, self._board, self._trigger_backfill))
                if self._retention is not None:
                    tasks.create_task(
                        purge(self._writer, list(self._feeds), self._retention, self._clock, self._trusts_clock)
                    )
                if self._request is not None:
                    tasks.create_task(self._request.watch(self._trigger_backfill))
                for group in groups:
                    tasks.create_task(self._poll(group))
                    tasks.create_task(self._verify_held_back(group))
                for backfill in self._backfill.values():
                    tasks.create_task(backfill.run())
        except* LeaseError as lost:
            raise lost.exceptions[0] from None
        finally:
            for group in groups:
                group.client.rate_limiter.forget(group)  # the limit outlives this term
            await asyncio.gather(*(listings.close() for listings in self._listings.values()))

    async def _poll(self, group: PollGroup) -> None:
        client, is_first = group.client, True
        expect_poll = partial(client.rate_limiter.expect_poll, group)
        async for ready in due(group.feeds, self._clock, group.answered, expect_poll):
            pending = ready
            async for attempt in client.attempts():
                with attempt:
                    pending = group.pending(pending, self._clock.now())
                    wanted = [feed for feed in pending if self._needs(group, feed)]
                    if not wanted:
                        break
                    try:
                        await self._ask(group, wanted)
                    except ExchangeError as error:
                        self._listings[client.name].refresh_soon()  # a pair that is gone would fail the others for ever
                        wait = max(attempt.next_wait * self._clock.speed, client.rate_limiter.paused_for)
                        self._mark_failed(group, wanted, error, wait)
                        raise
                    if is_first:
                        is_first = False
                        self._trigger_backfill({feed.market.exchange for feed in wanted})

    def _needs(self, group: PollGroup, feed: Feed) -> bool:
        """Whether to ask for *feed* now: its own exchange always, another while those before it have no price."""
        if not group.stand_in:
            return True
        before = feed.exchanges[: feed.exchanges.index(group.stand_in)]
        return all(self._is_stale(feed, name) for name in before)

    def _is_stale(self, feed: Feed, name: str) -> bool:
        if self._listings[name].is_missing(feed.market):
            return True
        quiet = self._clock.monotonic() - self._last_price_at.get((feed.market, name), self._started_at)
        return quiet * 1000 >= STALE_SLOTS * feed.interval

    async def _ask(self, group: PollGroup, wanted: Sequence[Feed]) -> None:
        listings = self._listings[group.client.name]

        async def on_quotes(quotes: Quotes) -> None:
            await self._on_quotes(group, quotes)

        offered = await listings.available(group.markets)
        refused = {market for market in group.markets if market not in offered}
        if asked := [feed.market for feed in wanted if feed.market in offered]:
            refused.update(await group.batch.poll(asked, on_quotes))
        if market := listings.due_for_retry(feed.market for feed in wanted):
            await group.batch.retry(market, on_quotes)
        self._mark_refused(group, {market for market in refused if listings.is_missing(market)})

    def _mark_refused(self, group: PollGroup, markets: set[Market]) -> None:
        for market in sorted(markets):
            failure = self._listings[group.client.name].reason(market)
            if group.stand_in:  # that it cannot stand in is no failure of the market's own exchange
                self._board.mark_failed([market], self._clock.now(), failure, None, group.stand_in)
                continue
            if self._board.status().markets[market].failure != failure:
                log.warning("%s: not asked for: %s", market, cause_text(failure, market))
            self._board.mark_refused(market, self._clock.now(), failure)

    async def _on_quotes(self, group: PollGroup, quotes: Quotes) -> None:
        now = self._clock.now()
        if quotes.response.date is not None:
            agrees = abs(now / 1000 - quotes.response.date) < SKEW
            monotonic = self._clock.monotonic()
            self._clock_confirmed = monotonic if agrees else float("-inf"), now / 1000 - monotonic
        asked = [self._feeds[market] for market in (*quotes.prices, *quotes.missing)]
        group.answered.update({feed.market: now // feed.interval for feed in asked})
        self._cross_check.record_quotes(group.client.name, quotes.prices)
        self._mark_missing(group, quotes.missing, now)
        rows = {
            market: _row(self._feeds[market], price, now, quotes.response, group.stand_in)
            for market, price in quotes.prices.items()
        }
        self._board.update(mode=_MODES.get(quotes.response.origin, "live"))
        sure, unverified = self._cross_check.split(group.client.name, rows)
        await self._keep(group, sure, now)
        if unverified:
            group.unverified.put_nowait(unverified)

    async def _verify_held_back(self, group: PollGroup) -> None:
        while True:
            polls = [await group.unverified.get()]
            # All at once: the queue would grow where a query takes longer than a slot.
            while not group.unverified.empty():
                polls.append(group.unverified.get_nowait())
            await self._cross_check.query_others(group.client.name, {market for rows in polls for market in rows})
            for rows in polls:
                await self._keep(group, self._cross_check.decide(group.client.name, rows), self._clock.now())

    async def _keep(self, group: PollGroup, rows: Mapping[Market, Ticks], now: int) -> None:
        known = self._board.status().markets
        if back := [str(market) for market in rows if known[market].state in ("unreachable", "refused")]:
            log.info("%s: prices come again%s", ", ".join(back), f", from {group.stand_in}" if group.stand_in else "")
        if own := [str(market) for market in rows if known[market].stand_in and not group.stand_in]:
            log.info("%s: prices come from %s again", ", ".join(own), group.client.name)
        cleared = {
            market
            for market in rows
            if known[market].held_back_reason is not None and known[market].held_back_from == group.stand_in
        }
        self._last_price_at.update({(market, group.client.name): self._clock.monotonic() for market in rows})
        self._board.mark_live(rows, now, group.stand_in)
        # The history of an exchange that is doubted was left alone.
        if gaps := await self._writer.write_polled(rows) | cleared:
            self._trigger_backfill({market.exchange for market in gaps})

    def _trusts_clock(self) -> bool:
        """Whether an exchange has confirmed the time not long ago, and the clock was not set since."""
        at, offset = self._clock_confirmed
        now = self._clock.monotonic()
        return now - at < TRUST and abs(self._clock.now() / 1000 - now - offset) < SKEW

    def _mark_missing(self, group: PollGroup, reasons: Mapping[Market, Failure], now: int) -> None:
        for market, failure in reasons.items():
            if not (group.stand_in or self._board.status().markets[market].failure):
                log.warning("%s: no tick: %s", market, cause_text(failure, market))
            self._board.mark_failed([market], now, failure, None, group.stand_in)

    def _mark_failed(self, group: PollGroup, feeds: Sequence[Feed], error: ExchangeError, wait: float) -> None:
        now = self._clock.now()
        known = self._board.status().markets
        asked = [feed.market for feed in feeds if not self._listings[group.client.name].is_missing(feed.market)]
        if group.stand_in:
            is_news = any(known[market].stand_in == group.stand_in for market in asked)
        else:
            is_news = any(known[market].failure is None for market in asked)
        if is_news:
            log.warning("%s: no tick: %s", ", ".join(map(str, asked)), error)
        failure = failure_of(error, group.client.name)
        self._board.mark_failed(asked, now, failure, now + round(wait * 1000), group.stand_in)

    def _trigger_backfill(self, exchanges: set[str] | None = None) -> None:
        for name, backfill in self._backfill.items():
            if exchanges is None or name in exchanges:
                backfill.trigger()


def _row(feed: Feed, price: float, now: int, answer: Response, stand_in: str) -> Ticks:
    origin = Origin.LIVE if answer.origin is None else answer.origin
    return Ticks.of([now // feed.interval * feed.interval], [price], feed.interval, origin, stand_in)
