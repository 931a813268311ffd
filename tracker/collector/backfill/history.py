"""Fetches one exchange's history page by page, and writes the candles that cover gaps as they arrive."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tracker.collector.backfill.gap_planning import align_to, merge_near
from tracker.collector.backfill.page_queue import PageQueue, PageRequest
from tracker.collector.backfill.pieces import LOGGED_BY_PAGE
from tracker.collector.backfill.stored_past import StoredPast
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.rate_limit import LONG_PAUSE
from tracker.collector.writer import SlotWriter
from tracker.core.candle_columns import without_impossible
from tracker.core.errors import ExchangeError, UnreadableAnswer
from tracker.core.market import Market
from tracker.core.quotes import Candle
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

TRIES = 5  # for one page, or 1 if the page before it failed; polling continues meanwhile
MAX_FAILED_PAGES = 10  # pages refused in a row, after which the exchange is not asked until the next pass


class FillResult(NamedTuple):
    """How the attempt to fill gaps from one exchange ended."""

    is_stored: bool  # the store took every row
    failure: ExchangeError | None  # the first one of a page
    left_out: int  # candles that could not be read
    has_candles: bool = True  # a page had some of the time asked for, or not every page was answered


class HistoryReader:
    """
    Fills gaps of a market from one exchange's history at a time.

    *awaited_times* returns the times (epoch ms) at which a market may still get a polled row; no candle is written
    there.
    """

    def __init__(self, writer: SlotWriter, clock: Clock, awaited_times: Callable[[Market], Sequence[int]]) -> None:
        self._writer = writer
        self._clock = clock
        self._awaited_times = awaited_times

    async def fill(
        self,
        client: ExchangeClient,
        market: Market,
        past: StoredPast,
        gaps: Sequence[tuple[int, int]],
        on_page: Callable[[int, int], None],
        *,
        is_probe: bool = False,
    ) -> FillResult:
        """
        Fill *gaps* of *past* from *client*.

        Args:
            client: of the exchange that is asked.
            market: whose gaps they are.
            past: its rows.
            gaps: some of the gaps of *past*, or stretches whose candles' lows and highs are wanted.
            on_page: called before each page with how many were asked for, and how many there are.
            is_probe: whether to ask for the newest and the oldest page only, as the exchange had nothing later.
        """
        exchange, asked_market = client.exchange, Market(client.name, market.base, market.quote)
        now = self._clock.now()
        parts = []
        for start, end in merge_near(gaps):
            requests = exchange.history_requests(asked_market, start, end, now)
            requests = [requests[0], requests[-1]] if is_probe and len(requests) > 2 else requests
            parts.append(PageQueue(requests, has_older_row=start > past.start))
        page = left_out = 0
        has_candles = not any(part.count for part in parts)  # an exchange that cannot be asked has not said anything
        failure: ExchangeError | None = None
        failed = refused = 0  # consecutive pages up to here
        for queue in parts:
            finest = float("inf")  # seconds of a candle, over the pages of this part that failed
            while (request := queue.pop()) is not None:
                if client.rate_limiter.paused_for > LONG_PAUSE:
                    return FillResult(True, failure or client.pause_error(), left_out)
                on_page(page, sum(part.count for part in parts))
                page += 1
                if request.seconds > finest:
                    continue  # coarser candles would fill gaps that the failed page may fill later
                try:
                    candles, unread = await self._fetch_page(client, asked_market, request, 1 if failed else TRIES)
                except ExchangeError as error:
                    failure, finest, failed = failure or error, min(finest, request.seconds), failed + 1
                    refused = 0 if isinstance(error, UnreadableAnswer) else refused + 1  # the next page may be readable
                    if refused == MAX_FAILED_PAGES:
                        return FillResult(True, failure, left_out)
                    continue
                failed = refused = 0
                left_out += unread
                has_candles |= bool(unread) or bool(((candles.time > past.start) & (candles.time <= past.end)).any())
                queue.answered(request, is_empty=not (len(candles) or unread))
                if request.coarser is not None:
                    candles = align_to(candles, request.coarser)
                if not await self._write_missing(client.name, market, past, candles):
                    return FillResult(False, None, left_out)
        return FillResult(True, failure, left_out, has_candles or failure is not None)

    async def _write_missing(self, exchange: str, market: Market, past: StoredPast, candles: Ticks) -> bool:
        """
        Write those of *candles* that *past* misses, and add first, low and high of others to its rows.

        Returns:
            Whether the store accepted them.
        """
        stand_in = "" if exchange == market.exchange else exchange
        rows = await in_thread(past.missing, candles)
        rows = rows[~np.isin(rows.time, self._awaited_times(market))]
        if len(rows):
            rows = rows.from_exchange(stand_in)
            if not await self._writer.write_backfill({market: rows}):
                return False
            count, seconds = f"{len(rows)} candle{'' if len(rows) == 1 else 's'}", rows.interval[0] / 1000
            is_recent = self._clock.now() - int(rows.time[-1]) < LOGGED_BY_PAGE
            level = logging.INFO if is_recent else logging.DEBUG
            log.log(level, "%s: %s of %g s backfilled from %s", market, count, seconds, exchange)
            await in_thread(past.add, rows)
        gaining = await in_thread(past.complete, candles, stand_in)
        if len(gaining):
            if not await self._writer.add_candles(market, gaining):
                return False
            past.completed += len(gaining)
            log.info("%s: lows and highs of %d rows added from %s", market, len(gaining), exchange)
        return True

    async def _fetch_page(
        self, client: ExchangeClient, market: Market, request: PageRequest, tries: int
    ) -> tuple[Ticks, int]:
        """Return the closed candles of one page, in order, and how many it has that are unreadable or impossible."""
        async for attempt in client.attempts(tries):
            with attempt:
                response = await client.get(request.path, urgent=False)
                now = self._clock.now()
                if response.date is not None:  # if this clock is ahead, the open candle must not count as closed
                    now = min(now, round(response.date * 1000) + 999)
                page = client.parse(response, client.exchange.history, market, request.seconds, now)
                origin = Origin.BACKFILL if response.origin is None else response.origin
                possible = [candle for candle in page if 0 < candle.close < float("inf") and candle.close_time > 0]
                closed = [candle for candle in possible if candle.close_time <= now]
                ticks = ticks_of_candles(closed, round(request.seconds * 1000), origin).in_order()
                return ticks, page.left_out + len(page) - len(possible)
        raise AssertionError("the last failed attempt raises")


def ticks_of_candles(candles: Sequence[Candle], interval: int, origin: int) -> Ticks:
    """Return a row of *interval* ms for each of *candles*; a first, low or high that cannot be is left out."""
    # A column of None becomes one of nan.
    columns = np.array([candle[1:] for candle in candles], dtype=np.float64).reshape(-1, 4).T
    price, first, low, high = columns[0], *without_impossible(columns[0], (columns[1], columns[2], columns[3]))
    times = [candle.close_time for candle in candles]
    return Ticks.of(times, price, interval, origin, first=first, low=low, high=high)
