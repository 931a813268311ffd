"""
Polls exchanges on the slot grid and keeps what they answer. Runs only under the collect lease.

A row carries the start of the slot in which its answer arrived. Markets that one request can ask for
share a lane: a poller with retries of its own, so that a batch that fails fails alone. Where a market
names stand-ins, their lanes ask for it only while the exchanges named before them have no price.
What is doubtful waits for its judge in a line beside, so that nobody else waits for that.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence

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
        sources: by exchange name.
        span: ms of the past that backfill keeps whole; *request* may ask for more.
        retention: ms; what is older is deleted. None: never.
        plausible: share by which a price may jump and be believed at once, see tracker.collector.checks.tick_filter.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        sources: Mapping[str, ExchangeClient],
        keeper: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        *,
        span: int = 24 * 3_600_000,
        retention: int | None = None,
        plausible: float = 0.1,
        request: BackfillRequest | None = None,
    ) -> None:
        self._feeds = {feed.market: feed for feed in feeds}
        self._sources = sources
        self._keeper = keeper
        self._clock = clock
        self._board = board
        self._retention = retention
        self._request = request
        self._offers = {name: Listings(source, clock) for name, source in sources.items()}
        guard = TickFilter(plausible)
        self._referee = CrossCheck(self._feeds, sources, self._offers, board, guard, clock)
        self._seen: dict[tuple[Market, str], float] = {}  # when (monotonic s) an exchange last gave a market's price
        self._began = 0.0
        self._confirmed = float("-inf"), 0.0  # when an exchange's clock agreed, and wall - monotonic then
        self._backfill = {}
        for name in sorted({feed.market.exchange for feed in feeds}):
            own = [feed for feed in feeds if feed.market.exchange == name]
            self._backfill[name] = Backfill(
                own, sources, keeper, clock, board, span, request, self._offers, self._referee.doubts, guard.fitting
            )

    async def run(self) -> None:
        """Collect until cancelled. Raises LeaseError when the lease is gone, else only what is a bug."""
        self._began = self._clock.monotonic()
        own_lanes = poll_groups(self._feeds.values(), self._sources, self._offers)
        try:
            await self._referee.remember(self._keeper, self._clock.now())
            async with asyncio.TaskGroup() as group:
                group.create_task(watch_clock(self._clock, self._board, self._want_backfill))
                if self._retention is not None:
                    group.create_task(
                        purge(self._keeper, list(self._feeds), self._retention, self._clock, self._trusts_clock)
                    )
                if self._request is not None:
                    group.create_task(self._request.watch(self._want_backfill))
                for lane in own_lanes:
                    group.create_task(self._poll(lane))
                    group.create_task(self._judge(lane))
                for backfill in self._backfill.values():
                    group.create_task(backfill.run())
        except* LeaseError as lost:
            raise lost.exceptions[0] from None
        finally:
            for lane in own_lanes:
                lane.source.limit.forget(lane)  # the limit outlives this term
            await asyncio.gather(*(offers.close() for offers in self._offers.values()))

    async def _poll(self, lane: PollGroup) -> None:
        source, first = lane.source, True
        async for ready in due(lane.feeds, self._clock, lane.answered, lambda at: source.limit.expect(lane, at)):
            late = ready
            async for attempt in source.tries():
                with attempt:
                    late = lane.late(late, self._clock.now())
                    wanted = [feed for feed in late if self._needs(lane, feed)]
                    if not wanted:
                        break
                    try:
                        await self._ask(lane, wanted)
                    except ExchangeError as error:
                        self._offers[source.name].doubt()  # a pair that is gone would fail the others for ever
                        wait = max(attempt.next_wait * self._clock.speed, source.limit.paused_for)
                        self._failed(lane, wanted, error, wait)
                        raise
                    if first:
                        first = False
                        self._want_backfill({feed.market.exchange for feed in wanted})

    def _needs(self, lane: PollGroup, feed: Feed) -> bool:
        """Whether to ask for *feed* now: its own exchange always, another while those before it have no price."""
        if not lane.via:
            return True
        before = feed.sources[: feed.sources.index(lane.via)]
        return all(self._is_stale(feed, name) for name in before)

    def _is_stale(self, feed: Feed, name: str) -> bool:
        if self._offers[name].lacks(feed.market):
            return True
        quiet = self._clock.monotonic() - self._seen.get((feed.market, name), self._began)
        return quiet * 1000 >= STALE_SLOTS * feed.interval

    async def _ask(self, lane: PollGroup, wanted: Sequence[Feed]) -> None:
        offers = self._offers[lane.source.name]

        async def heard(quotes: Quotes) -> None:
            await self._hear(lane, quotes)

        offered = await offers.of(lane.markets)
        refused = {market for market in lane.markets if market not in offered}
        if asked := [feed.market for feed in wanted if feed.market in offered]:
            refused.update(await lane.batch.ask(asked, heard))
        if market := offers.worth_a_try(feed.market for feed in wanted):
            await lane.batch.retry(market, heard)
        self._refuse(lane, {market for market in refused if offers.lacks(market)})

    def _refuse(self, lane: PollGroup, markets: set[Market]) -> None:
        for market in sorted(markets):
            failure = self._offers[lane.source.name].reason(market)
            if lane.via:  # that it cannot stand in is no failure of the market's own exchange
                self._board.mark_failed([market], self._clock.now(), failure, None, lane.via)
                continue
            if self._board.status().markets[market].failure != failure:
                log.warning("%s: not asked for: %s", market, cause_text(failure, market))
            self._board.mark_refused(market, self._clock.now(), failure)

    async def _hear(self, lane: PollGroup, quotes: Quotes) -> None:
        now = self._clock.now()
        if quotes.answer.date is not None:
            agrees = abs(now / 1000 - quotes.answer.date) < SKEW
            monotonic = self._clock.monotonic()
            self._confirmed = monotonic if agrees else float("-inf"), now / 1000 - monotonic
        asked = [self._feeds[market] for market in (*quotes.prices, *quotes.lacking)]
        lane.answered.update({feed.market: now // feed.interval for feed in asked})
        self._referee.hears(lane.source.name, quotes.prices)
        self._lacking(lane, quotes.lacking, now)
        rows = {
            market: _row(self._feeds[market], price, now, quotes.answer, lane.via)
            for market, price in quotes.prices.items()
        }
        self._board.update(mode=_MODES.get(quotes.answer.origin, "live"))
        sure, doubtful = self._referee.sorted(lane.source.name, rows)
        await self._keep(lane, sure, now)
        if doubtful:
            lane.doubtful.put_nowait(doubtful)

    async def _judge(self, lane: PollGroup) -> None:
        while True:
            polls = [await lane.doubtful.get()]
            while not lane.doubtful.empty():  # together, or the line would grow where asking takes longer than a slot
                polls.append(lane.doubtful.get_nowait())
            await self._referee.ask(lane.source.name, {market for rows in polls for market in rows})
            for rows in polls:
                await self._keep(lane, self._referee.judged(lane.source.name, rows), self._clock.now())

    async def _keep(self, lane: PollGroup, rows: Mapping[Market, Ticks], now: int) -> None:
        known = self._board.status().markets
        if back := [str(market) for market in rows if known[market].state in ("unreachable", "refused")]:
            log.info("%s: prices come again%s", ", ".join(back), f", from {lane.via}" if lane.via else "")
        if own := [str(market) for market in rows if known[market].stand_in and not lane.via]:
            log.info("%s: prices come from %s again", ", ".join(own), lane.source.name)
        cleared = {
            market
            for market in rows
            if known[market].held_back_reason is not None and known[market].held_back_from == lane.via
        }
        self._seen.update({(market, lane.source.name): self._clock.monotonic() for market in rows})
        self._board.mark_live(rows, now, lane.via)
        # The history of an exchange that is doubted was left alone.
        if gaps := await self._keeper.polled(rows) | cleared:
            self._want_backfill({market.exchange for market in gaps})

    def _trusts_clock(self) -> bool:
        """Whether an exchange has confirmed the time not long ago, and the clock was not set since."""
        at, offset = self._confirmed
        now = self._clock.monotonic()
        return now - at < TRUST and abs(self._clock.now() / 1000 - now - offset) < SKEW

    def _lacking(self, lane: PollGroup, reasons: Mapping[Market, Failure], now: int) -> None:
        for market, failure in reasons.items():
            if not (lane.via or self._board.status().markets[market].failure):
                log.warning("%s: no tick: %s", market, cause_text(failure, market))
            self._board.mark_failed([market], now, failure, None, lane.via)

    def _failed(self, lane: PollGroup, feeds: Sequence[Feed], error: ExchangeError, wait: float) -> None:
        now = self._clock.now()
        known = self._board.status().markets
        asked = [feed.market for feed in feeds if not self._offers[lane.source.name].lacks(feed.market)]
        if any(known[market].stand_in == lane.via if lane.via else not known[market].failure for market in asked):
            log.warning("%s: no tick: %s", ", ".join(map(str, asked)), error)
        failure = failure_of(error, lane.source.name)
        self._board.mark_failed(asked, now, failure, now + round(wait * 1000), lane.via)

    def _want_backfill(self, exchanges: set[str] | None = None) -> None:
        for name, backfill in self._backfill.items():
            if exchanges is None or name in exchanges:
                backfill.wanted.set()


def _row(feed: Feed, price: float, now: int, answer: Response, via: str) -> Ticks:
    origin = Origin.LIVE if answer.origin is None else answer.origin
    return Ticks.of([now // feed.interval * feed.interval], [price], feed.interval, origin, via)
