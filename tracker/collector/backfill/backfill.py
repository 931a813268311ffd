"""
Fetches missing prices from the exchanges' history: at the start, after each gap, and on request.

Pages are stored as they arrive and gaps computed again in each pass, so a crash loses nothing. Rows never change.
"""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from tracker.collector.backfill.gap_planning import GapRetries, PassResult, backfill_result
from tracker.collector.backfill.history import HistoryReader
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.backfill.stored_past import CandleFilter, StoredPast, accept_all
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError, LeaseError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, Failure, failure_of
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

SECOND_PASS = 65.0  # seconds after which the minute that was still open in the first pass has closed
LONGEST_WAIT = 600.0  # seconds between two passes, while some pages cannot be fetched or stored
MIN_PAUSE = 10.0  # seconds between the starts of two triggered passes
UNREADABLE_PASSES = 3  # passes in a row after which a page that cannot be read counts as had, and leaves a gap
RETRY_UNFILLED = 3600.0  # seconds after which an unfilled gap is requested again: exchanges add candles late


class Backfill:
    """
    Fills the gaps of one exchange's markets, in passes that start with each ``trigger()``.

    The first trigger is a poll's response: an exchange that cannot be reached has no history to fetch either.

    Args:
        feeds: the markets, with the stand-ins that are asked for what their own exchange does not have.
        span: ms of the past to fill; *request* may ask for more.
        listings: what each exchange is known to offer, by name.
        is_held_back: whether a price of an exchange is held back now: its history is no better. None while that is
            being verified; the market then waits for the next pass.
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
        request: BackfillRequest | None = None,
        listings: Mapping[str, Listings] | None = None,
        is_held_back: Callable[[str, Market], bool | None] = lambda name, market: False,
        candle_filter: CandleFilter = accept_all,
        awaited_times: Callable[[Market], Sequence[int]] = lambda market: (),
    ) -> None:
        self._feeds = feeds
        self._listings = listings or {}
        self._is_held_back = is_held_back
        self._candle_filter = candle_filter
        self._clients = clients
        self._writer = writer
        self._clock = clock
        self._board = board
        self._span = span
        self._request = request
        self._history = HistoryReader(writer, clock, board, awaited_times)
        self._filled: dict[Market, Counter[str]] = {}  # number of prices by exchange
        self._retries: dict[Market, GapRetries] = {}
        self._unreadable: Counter[Market] = Counter()  # passes in a row with a page that could not be read
        self._older_gaps: dict[Market, list[tuple[int, int]]] = {}  # before the span, as the last request left them
        self._since: dict[Market, int] = {}  # epoch ms from which on gaps were looked for
        self._triggered = asyncio.Event()

    def trigger(self) -> None:
        """Start a pass over the gaps soon, or another one after the pass under way."""
        self._triggered.set()

    async def run(self) -> None:
        """Fill gaps after each trigger, until cancelled."""
        await self._triggered.wait()
        passes, wait = 0, SECOND_PASS
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

    async def _run_pass(self) -> PassResult:
        """Fill gaps of the span, of a request, or of a check that is due."""
        if self._request is None:
            return await self._fill_all(None)
        rechecks, exchange = self._request.rechecks, self._feeds[0].market.exchange
        since = await in_thread(self._request.read)
        due = await in_thread(rechecks.due, exchange, self._clock.now())
        result = await self._fill_all(min((time for time in (since, due) if time is not None), default=None))
        if result.complete and due is not None:
            await in_thread(rechecks.checked, exchange, self._clock.now(), gapless=result.gapless)
        if result.complete and since is not None:
            if not result.gapless and since < self._clock.now() - self._span:
                await in_thread(rechecks.plan, exchange, since, self._clock.now())
            await self._complete(since)
        return result

    async def _seconds_to_recheck(self) -> float:
        """Return the seconds until the next check of old gaps; infinite if none is planned."""
        if self._request is None:
            return math.inf
        at = await in_thread(self._request.rechecks.next_at, self._feeds[0].market.exchange)
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
        if self._request is not None:
            try:
                await in_thread(self._request.complete, since, self._feeds[0].market.exchange, self._clock.now())
            except LeaseError as error:
                log.warning("the request for prices since %d was fulfilled, but is still pending: %s", since, error)

    async def _fill_all(self, since: int | None) -> PassResult:
        result = PassResult()
        for feed in self._feeds:
            market = feed.market
            try:
                result &= await self._fill(feed, since)
            except (ExchangeError, StoreError) as error:
                result = PassResult(complete=False, gapless=False)
                before = self._board.status().markets[market].backfill or BackfillResult()
                self._publish(market, replace(before, failure=failure_of(error)))
            finally:
                self._board.backfill_progress(market)
        return result

    def _publish(self, market: Market, result: BackfillResult) -> None:
        """Publish *result* of a pass, and log the first of several failures in a row."""
        before = self._board.status().markets[market].backfill
        if result.failure is not None and (before is None or before.failure is None):
            log.warning("%s: not backfilled, retried later: %s", market, result.failure.words)
        self._board.backfill_done(market, result)

    async def _fill(self, feed: Feed, since: int | None) -> PassResult:
        """Fill gaps from *feed*'s own exchange, then from its stand-ins."""
        if any(self._is_held_back(name, feed.market) is None for name in feed.exchanges):
            return PassResult(complete=False, gapless=False)
        past = await in_thread(self._load_past, feed.market, since, self._clock.now())
        failure: Failure | None = None
        left_out = 0
        is_skipped = False  # whether an exchange that may have candles later was skipped
        filled = self._filled.setdefault(feed.market, Counter())
        retries, started_at = self._retries.setdefault(feed.market, GapRetries()), self._clock.monotonic()

        def current_gaps() -> dict[Hashable, tuple[int, int]]:
            # A gap at an end of the window keeps its key while that end moves; a request's *since* makes a new key.
            return {
                (since if start <= past.start else start, None if end >= past.end else end): (start, end)
                for start, end in past.gaps
            }

        for name in feed.exchanges:
            gaps = current_gaps()
            due_gaps = [gaps[key] for key in retries.due(gaps, started_at)]
            if not due_gaps:
                break
            if name in self._listings and self._listings[name].is_missing(feed.market):
                is_skipped |= self._listings[name].is_recent_rejection(feed.market)
                continue
            if self._is_held_back(name, feed.market):
                is_skipped = True
                continue
            before = past.count
            result = await self._history.fill(self._clients[name], feed.market, past, due_gaps)
            left_out += result.left_out
            if past.count > before:
                filled[name] += past.count - before
                await in_thread(past.refresh_gaps)
            if not result.is_stored:
                return PassResult(complete=False, gapless=False)
            # A stand-in may have what this exchange could not provide; if not, the first failure is reported.
            if result.failure is not None and failure is None:
                failure = failure_of(result.failure, name)
        if left_out:
            log.warning("%s: candles that could not be read were left out: %d", feed.market, left_out)
        if failure is None or not past.gaps:
            failure, self._unreadable[feed.market] = None, 0
        if since is not None:
            before_span = past.end - self._span
            self._older_gaps[feed.market] = [gap for gap in past.gaps if gap[1] <= before_span]
        older_gaps = self._older_gaps.get(feed.market, []) if since is None else []
        from_time = self._since[feed.market] = min(past.start, self._since.get(feed.market, past.start))
        gaps_left = [*older_gaps, *past.gaps]
        self._publish(feed.market, backfill_result(filled, gaps_left, failure, left_out, from_time))
        is_incomplete = is_skipped or (failure is not None and not self._stays_unreadable(feed.market, failure))
        if not is_incomplete:
            retries.record(current_gaps(), started_at, SECOND_PASS, RETRY_UNFILLED)
        return PassResult(complete=not (is_incomplete and past.gaps), gapless=not past.gaps)

    def _stays_unreadable(self, market: Market, failure: Failure) -> bool:
        """Return whether pages of *market* were unreadable in several passes in a row: they will not soon be others."""
        self._unreadable[market] = self._unreadable[market] + 1 if failure.kind == "unreadable" else 0
        return self._unreadable[market] >= UNREADABLE_PASSES

    def _load_past(self, market: Market, since: int | None, now: int) -> StoredPast:
        span = self._span if since is None else max(self._span, now - since)
        return StoredPast(self._writer.read(market, now - span + 1, now + 1), span, now, self._candle_filter)
