"""
Fetches missing prices from the exchanges' history: at the start, after each gap, and on request.

The past is looked at in pieces, the newest first, so years of it are never in memory and the near past is there early.
Pages are stored as they arrive and gaps computed again in each pass, so a crash loses nothing. Rows never change.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from tracker.collector.backfill.gap_planning import GapsLeft, PassResult, backfill_result
from tracker.collector.backfill.history import HistoryReader
from tracker.collector.backfill.market_pass import MarketPass
from tracker.collector.backfill.piece_filling import PROBE_PAGES, RETRY_UNFILLED, SECOND_PASS, PieceFiller
from tracker.collector.backfill.pieces import Piece
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.backfill.stored_past import CandleFilter
from tracker.collector.backfill.workload import Workload, pages_of_piece
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.client.rate_limit import sustained_rate
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError, LeaseError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, failure_of
from tracker.core.parsing import GENESIS
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

LONGEST_WAIT = 600.0  # seconds between two passes, while some pages cannot be fetched or stored
MIN_PAUSE = 10.0  # seconds between the starts of two triggered passes


class Backfill:
    """
    Fills the gaps of one exchange's markets, in passes that start with each ``trigger()``.

    The first trigger is a poll's response: an exchange that cannot be reached has no history to fetch either.

    Args:
        feeds: the markets, with the stand-ins that are asked for what their own exchange does not have. An attribute.
        span: ms of the past to fill; *request* may ask for more. An attribute; both may be changed.
        request: for older prices; has which were asked for before.
        listings: what each exchange is known to offer, by name.
        is_held_back: whether a price of an exchange is held back now, so its history is no better. None: not decided.
        candle_filter: which candles are plausible.
        awaited_times: the times (epoch ms) at which a market may still get a polled row, so that no candle takes them.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        clients: Mapping[str, ExchangeClient],
        writer: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        span: int,
        request: BackfillRequest,
        listings: Mapping[str, Listings],
        is_held_back: Callable[[str, Market], bool | None],
        candle_filter: CandleFilter,
        awaited_times: Callable[[Market], Sequence[int]],
    ) -> None:
        self.feeds = feeds
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._board = board
        self.span = span
        self._request = request
        self._asked = request.asked
        history = HistoryReader(writer, clock, awaited_times)
        self._filler = PieceFiller(clients, writer, clock, history, listings, is_held_back, candle_filter, self._asked)
        self._older: dict[Market, GapsLeft] = {}  # gaps before the span, as the last request left them
        self._none_before: dict[Market, int] = {}  # epoch ms, see BackfillResult
        self._since: dict[Market, int] = {}  # epoch ms from which on gaps were looked for
        self._triggered = asyncio.Event()

    def trigger(self) -> None:
        """Start a pass over the gaps soon, or another one after the pass under way."""
        self._triggered.set()

    async def run(self) -> None:
        """Fill gaps after each trigger, until cancelled."""
        await self._triggered.wait()
        passes, wait = 0, SECOND_PASS
        try:
            while True:
                started_at = self._clock.monotonic()
                self._triggered.clear()
                is_complete, is_gapless = await self._run_pass()
                passes += 1
                if passes < 2 or not is_complete:
                    await self._pause(wait)
                    wait = min(2 * wait, LONGEST_WAIT)
                else:
                    recheck_in = await self._seconds_to_recheck()
                    await self._pause(recheck_in if is_gapless else min(RETRY_UNFILLED, recheck_in))
                if self._triggered.is_set():
                    passes, wait = 0, SECOND_PASS
                    await self._clock.sleep(started_at + MIN_PAUSE - self._clock.monotonic())
        finally:
            self._triggered.set()  # if this is run again, all is tried anew
            self._filler.forget()

    async def _run_pass(self) -> PassResult:
        """Fill gaps of the span, of a request, or of a check that is due."""
        rechecks, exchange = self._request.rechecks, self.feeds[0].market.exchange
        since = await in_thread(self._request.read)
        due = await in_thread(rechecks.due, exchange, self._clock.now())
        purpose = "request" if since is not None else "check" if due is not None else "span"
        result = await self._fill_all(min((time for time in (since, due) if time is not None), default=None), purpose)
        if result.complete and due is not None:
            await in_thread(rechecks.checked, exchange, self._clock.now(), gapless=result.gapless)
        if result.complete and since is not None:
            if not result.gapless and since < self._clock.now() - self.span:
                await in_thread(rechecks.plan, exchange, since, self._clock.now())
            await self._complete(since)
        return result

    async def _seconds_to_recheck(self) -> float:
        """Return the seconds until the next check of old gaps; infinite if none is planned."""
        at = await in_thread(self._request.rechecks.next_at, self.feeds[0].market.exchange)
        return math.inf if at is None else max(0.0, (at - self._clock.now()) / 1000)

    async def _pause(self, seconds: float) -> None:
        """Sleep for *seconds*, which may be infinite, or until the next trigger."""
        if seconds == math.inf:
            await self._triggered.wait()
            return
        waiting = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._triggered.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()

    async def _complete(self, since: int) -> None:
        try:
            await in_thread(self._request.complete, since, self.feeds[0].market.exchange, self._clock.now())
        except LeaseError as error:
            log.warning("the request for prices since %d was fulfilled, but is still pending: %s", since, error)

    async def _fill_all(self, since: int | None, purpose: str) -> PassResult:
        """Fill the pieces of all markets back to the span, or to *since*, the newest pieces of all markets first."""
        now = self._clock.now()
        if since is not None and since < GENESIS < now:
            since = GENESIS  # no exchange is asked for prices before there was a bitcoin
        passes = [MarketPass(feed, since, self.span, now) for feed in self.feeds]
        own_exchange = self._clients[self.feeds[0].market.exchange].exchange
        work = Workload(self._board, self._clock, 1 / sustained_rate(own_exchange.LIMITS))
        is_retriggered, newest_at = False, self._clock.monotonic()
        try:
            await in_thread(self._plan, passes, purpose, work, now)
            for each in passes:
                await self._fill_piece(each, each.newest, since, purpose, work)
            for piece, of_market in sorted(
                ((piece, each) for each in passes for piece in each.older), key=lambda pair: -pair[0].end
            ):
                # A gap that has just ended does not wait for the end of a long pass.
                if self._triggered.is_set() and self._clock.monotonic() - newest_at >= MIN_PAUSE:
                    self._triggered.clear()
                    is_retriggered, newest_at = True, self._clock.monotonic()
                    for each in passes:
                        newest = each.newest._replace(end=max(each.newest.end, self._clock.now()))
                        await self._fill_piece(each, newest, since, purpose, work)
                if not of_market.is_stopped:
                    await self._fill_piece(of_market, piece, since, purpose, work)
        finally:
            for each in passes:
                self._board.backfill_progress(each.feed.market)
            if is_retriggered:
                self._triggered.set()
        if complete := all(each.complete for each in passes):
            self._filler.forget_older()
        return PassResult(complete, complete and not any(each.gaps.count for each in passes))

    def _plan(self, passes: Sequence[MarketPass], purpose: str, work: Workload, now: int) -> None:
        """Leave out what was asked for already, and count the pages of the rest. Blocks."""
        for each in passes:
            market = each.feed.market
            done = [piece for piece in each.older if self._asked.is_done(purpose, market, piece, now)]
            each.skip(done, self._asked.gaps(purpose, market))
            for piece in (each.newest, *each.older) if each.older else ():
                with suppress(StoreError):  # it is met again, and reported, where the piece is filled
                    work.plan(market, piece, pages_of_piece(each.feed, piece, self._clients, self._writer, now))

    async def _fill_piece(
        self, market_pass: MarketPass, piece: Piece, since: int | None, purpose: str, work: Workload
    ) -> None:
        """Fill *piece* of the market of *market_pass*, and publish what is left of all pieces so far."""
        feed, market = market_pass.feed, market_pass.feed.market
        try:
            on_page = partial(work.page, market, piece)
            result = await self._filler.fill(feed, piece, since, on_page, purpose)
        except (ExchangeError, StoreError) as error:
            market_pass.fail(piece)
            before = self._board.market(market).backfill or BackfillResult()
            self._publish(market, replace(before, failure=failure_of(error)))
            work.finish(market, piece, is_last=True)
            return
        market_pass.record(piece, result)
        is_last = piece.start == (market_pass.older or [market_pass.newest])[-1].start
        work.finish(market, piece, is_last=is_last or market_pass.is_stopped)
        if result.is_empty:
            work.expect_at_most(market, (older for older in market_pass.older if older.end <= piece.start), PROBE_PAGES)
        if result.complete and not piece.is_newest and purpose != "check":
            gaps, now = GapsLeft.of(result.gaps), self._clock.now()
            await in_thread(self._asked.mark_done, purpose, market, piece, gaps, now)
            self._filler.forget_older(market, piece)
        if since is not None:
            self._older[market] = market_pass.gaps_before_span
        self._publish(market, self._result(market_pass, since))

    def _result(self, market_pass: MarketPass, since: int | None) -> BackfillResult:
        """Return what *market_pass* found and left so far."""
        market, gaps = market_pass.feed.market, market_pass.gaps
        if since is None and market in self._older:
            gaps = self._older[market] + gaps
        reached = self._since[market] = min(market_pass.reached, self._since.get(market, market_pass.reached))
        if market_pass.none_before is not None:
            self._none_before[market] = market_pass.none_before
        prices: Mapping[str, int] = self._filler.filled.get(market, {})
        result = backfill_result(prices, gaps, market_pass.failure, market_pass.left_out, reached)
        return replace(result, none_before=self._none_before.get(market), completed=self._filler.completed[market])

    def _publish(self, market: Market, result: BackfillResult) -> None:
        """Publish *result* of a pass, and log the first of several failures in a row."""
        before = self._board.market(market).backfill
        if result.failure is not None and (before is None or before.failure is None):
            log.warning("%s: not backfilled, retried later: %s", market, result.failure.words)
        self._board.backfill_done(market, result)
