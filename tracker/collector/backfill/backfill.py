"""
Fetches missing prices from the exchanges' history: at the start, after each gap, and on request.

Pages are stored as they arrive and gaps computed again each time, so a crash costs nothing. Rows never change.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

from tracker.collector.backfill.gap_planning import GapRetries, PassResult, align_to, merge_near
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.backfill.stored_past import Fitting, StoredPast, every
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError, LeaseError, RateLimited, StoreError, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult, Failure, failure_of
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

SECOND_LOOK = 65.0  # seconds until the minute that was still open at the first look has closed
LONGEST_WAIT = 600.0  # seconds between two looks, while some pages cannot be had or kept
TRIES = 5  # for one page, or 1 for one after a page that failed; polling goes on meanwhile
GIVE_UP = 10  # pages refused in a row, after which the exchange is left alone until the next look
LONG_PAUSE = 60.0  # seconds; an exchange that wants no request for longer is not waited for
APART = 10.0  # seconds between two looks, however often one is wanted
AGAIN = 3600.0  # seconds after which what nobody could fill is asked for once more: exchanges add candles late


class Backfill:
    """
    Fills the gaps of the markets of one exchange whenever ``wanted`` is set: first when a poll was
    answered, for an exchange that is away need not be asked for history too.

    Args:
        feeds: the markets, and who stands in for their exchange; those are asked for what it lacks.
        span: ms of the past to fill; *request* may ask for more.
        offers: what the exchanges are known to offer, by name.
        doubts: whether a price of an exchange is held back right now: its history is no better. None: it is
            being judged, so who is to be asked for history shows soon.
        fitting: which candles are plausible.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        sources: Mapping[str, ExchangeClient],
        keeper: SlotWriter,
        clock: Clock,
        board: StatusBoard,
        span: int,
        request: BackfillRequest | None = None,
        offers: Mapping[str, Listings] | None = None,
        doubts: Callable[[str, Market], bool | None] = lambda name, market: False,
        fitting: Fitting = every,
    ) -> None:
        self._feeds = feeds
        self._offers = offers or {}
        self._doubts = doubts
        self._fitting = fitting
        self._sources = sources
        self._keeper = keeper
        self._clock = clock
        self._board = board
        self._span = span
        self._request = request
        self._got: dict[Market, Counter[str]] = {}  # how many prices each exchange has given so far
        self._vain: dict[Market, GapRetries] = {}
        self.wanted = asyncio.Event()

    async def run(self) -> None:
        """Fill whenever it is wanted, until cancelled."""
        await self.wanted.wait()
        looks, wait = 0, SECOND_LOOK
        while True:
            began = self._clock.monotonic()
            self.wanted.clear()
            since = None if self._request is None else await in_thread(self._request.read)
            look = await self._fill_all(since)
            if look.complete and since is not None:
                await self._complete(since)
            looks += 1
            if looks < 2 or not look.complete:
                await self._rest(wait)
                wait = min(2 * wait, LONGEST_WAIT)
            elif look.whole:
                await self.wanted.wait()
            else:
                await self._rest(AGAIN)
            if self.wanted.is_set():
                looks, wait = 0, SECOND_LOOK
                await self._clock.sleep(began + APART - self._clock.monotonic())

    async def _rest(self, seconds: float) -> None:
        """Sleep, but only until a new gap is told of."""
        waiting = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self.wanted.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _complete(self, since: int) -> None:
        if self._request is not None:
            try:
                await in_thread(self._request.complete, since, self._feeds[0].market.exchange)
            except LeaseError as error:
                log.warning("the request for prices since %d was fulfilled, but stays: %s", since, error)

    async def _fill_all(self, since: int | None) -> PassResult:
        looked = PassResult()
        for feed in self._feeds:
            market = feed.market
            try:
                looked &= await self._fill(feed, since)
            except (ExchangeError, StoreError) as error:
                looked = PassResult(complete=False, whole=False)
                before = self._board.status().markets[market].backfill or BackfillResult()
                self._end(market, replace(before, failure=failure_of(error)))
            finally:
                self._board.backfill_progress(market)
        return looked

    def _end(self, market: Market, result: BackfillResult) -> None:
        """Publish *result* of a pass; of failures in a row the first is logged."""
        before = self._board.status().markets[market].backfill
        if result.failure is not None and (before is None or before.failure is None):
            log.warning("%s: not backfilled, retried later: %s", market, result.failure.words)
        self._board.backfill_done(market, result)

    async def _fill(self, feed: Feed, since: int | None) -> PassResult:
        """Ask *feed*'s own exchange, then those that stand in, for what still lacks."""
        if any(self._doubts(name, feed.market) is None for name in feed.sources):
            return PassResult(complete=False, whole=False)
        past = await in_thread(self._past, feed.market, since, self._clock.now())
        failure: Failure | None = None
        is_skipped = False  # one that may have more later
        got = self._got.setdefault(feed.market, Counter())
        vain, began = self._vain.setdefault(feed.market, GapRetries()), self._clock.monotonic()

        def still() -> dict[Hashable, tuple[int, int]]:
            # The window's ends move, but what lies there is one gap; a request makes another one of it.
            return {
                (since if start <= past.start else start, None if end >= past.end else end): (start, end)
                for start, end in past.gaps
            }

        for name in feed.sources:
            gaps = still()
            worth = [gaps[each] for each in vain.worth(gaps, began)]
            if not worth:
                break
            if name in self._offers and self._offers[name].lacks(feed.market):
                is_skipped |= self._offers[name].may_return(feed.market)
                continue
            if self._doubts(name, feed.market):
                is_skipped = True
                continue
            before = past.count
            kept, error = await self._fill_from(self._sources[name], feed.market, past, worth)
            if past.count > before:
                got[name] += past.count - before
                await in_thread(past.look)
            if not kept:
                return PassResult(complete=False, whole=False)
            # The next one may have what this one could not give; if not, the first reason is told.
            if error is not None and failure is None:
                failure = failure_of(error, name)
        seconds = sum(end - start for start, end in past.gaps) / 1000
        result = BackfillResult(dict(got), len(past.gaps), seconds, failure if past.gaps else None)
        self._end(feed.market, result)
        is_incomplete = is_skipped or result.failure is not None
        if not is_incomplete:
            vain.note(still(), began, SECOND_LOOK, AGAIN)
        return PassResult(complete=not (is_incomplete and past.gaps), whole=not past.gaps)

    def _past(self, market: Market, since: int | None, now: int) -> StoredPast:
        span = self._span if since is None else max(self._span, now - since)
        return StoredPast(self._keeper.read(market, now - span + 1, now + 1), span, now, self._fitting)

    async def _fill_from(
        self, source: ExchangeClient, market: Market, past: StoredPast, gaps: Sequence[tuple[int, int]]
    ) -> tuple[bool, ExchangeError | None]:
        """Add what *source* has for *gaps* to *past*; whether it could be kept, and why a page failed first."""
        exchange, own = source.exchange, Market(source.name, market.base, market.quote)
        now = self._clock.now()
        parts = [exchange.history_requests(own, start, end, now) for start, end in merge_near(gaps)]
        pages, page = sum(map(len, parts)), 0
        failure: ExchangeError | None = None
        failed = refused = 0  # pages in a row up to here
        for requests in parts:
            finest = float("inf")  # of the pages of this part that failed
            for number, (path, seconds) in enumerate(requests):
                if source.limit.paused_for > LONG_PAUSE:
                    return True, failure or _paused(source)
                self._board.backfill_progress(market, page, pages)
                page += 1
                if seconds > finest:
                    continue  # its candles may cover what that page will have when it can be had
                try:
                    candles = await self._candles(source, own, path, seconds, 1 if failed else TRIES)
                except ExchangeError as error:
                    failure, finest, failed = failure or error, min(finest, seconds), failed + 1
                    refused = 0 if isinstance(error, UnreadableAnswer) else refused + 1  # the next may be readable
                    if refused == GIVE_UP:
                        return True, failure
                    continue
                failed = refused = 0
                if number + 1 < len(requests) and requests[number + 1][1] > seconds:
                    candles = align_to(candles, requests[number + 1][1])
                rows = await in_thread(past.lacking, candles)
                if len(rows):
                    via = "" if source.name == market.exchange else source.name
                    rows = Ticks.of(rows.time, rows.price, rows.interval, rows.origin, via)
                    if not await self._keeper.fetched({market: rows}):
                        return False, None
                    log.info("%s: %d candles of %g s backfilled from %s", market, len(rows), seconds, source.name)
                    await in_thread(past.add, rows)
        return True, failure

    async def _candles(self, source: ExchangeClient, market: Market, path: str, seconds: float, tries: int) -> Ticks:
        async for attempt in source.tries(tries):
            with attempt:
                if source.limit.paused_for > LONG_PAUSE:
                    raise _paused(source)
                answer = await source.ask(path, urgent=False)
                now = self._clock.now()
                if answer.date is not None:  # a clock that is ahead must not take the running candle for closed
                    now = min(now, round(answer.date * 1000) + 999)
                candles = source.read(answer, source.exchange.history, market, seconds, now)
                origin = Origin.BACKFILL if answer.origin is None else answer.origin
                sane = [each for each in candles if 0 < each.close < float("inf") and 0 < each.close_time <= now]
                times, prices = [each.close_time for each in sane], [each.close for each in sane]
                return Ticks.of(times, prices, round(seconds * 1000), origin).in_order()
        raise AssertionError("a last failed try raises")


def _paused(source: ExchangeClient) -> RateLimited:
    minutes = f"{source.limit.paused_for / 60:,.0f} min"
    return RateLimited(f"{source.name} wants no request for another {minutes}", source.limit.paused_for)
