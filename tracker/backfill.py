"""Fetches, from an exchange's history, what the last span lacks: at the start and after each gap."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

import numpy as np

from tracker.clock import Clock
from tracker.errors import ExchangeError, StoreError
from tracker.market import Market, Origin, Ticks
from tracker.source import Source
from tracker.status import Board
from tracker.threads import in_thread
from tracker.window import Window

log = logging.getLogger(__name__)

SECOND_LOOK = 65.0  # seconds until the minute that was still open at the first look has closed
LONGEST_WAIT = 600.0  # seconds between two looks, while some pages cannot be had or kept
TRIES = 5  # for one page; polling goes on meanwhile


def lacking(candles: Ticks, window: Window) -> Ticks:
    """
    Those of *candles* that cover some of the window's gaps and whose time has no row yet.

    A live row is never touched: a candle at the very time of a row is left out.
    """
    wanted = np.zeros(len(candles), dtype=bool)
    for start, end in window.gaps:
        wanted |= (candles.time > start) & (candles.time - candles.interval < end)
    wanted &= ~np.isin(candles.time, window.ticks.time)
    wanted &= (candles.time > window.start) & (candles.time <= window.end)
    return candles[wanted]


def from_border(candles: Ticks, coarser: float) -> Ticks:
    """
    *candles* (in order, ms) without those before the first full *coarser* candle (seconds).

    Else the coarse candle across the border would close at the time of a fine row, could not be
    kept, and up to one coarse candle would be missing between the two.
    """
    if not len(candles):
        return candles
    length = round(coarser * 1000)
    first = int(candles.time[0] - candles.interval[0])
    return candles[candles.time - candles.interval >= -(-first // length) * length]


class Backfill:
    """
    Fills the gaps of one exchange's markets whenever ``wanted`` is set: first when the exchange
    has answered a poll, for one that is away need not be asked for history too.

    Args:
        keep: writes rows, tells whether that worked.
        read: the store's.
        span: ms of the past to fill.
    """

    def __init__(
        self,
        source: Source,
        keep: Callable[[Mapping[Market, Ticks]], Awaitable[bool]],
        read: Callable[[Market, int, int], Ticks],
        clock: Clock,
        board: Board,
        span: int,
    ) -> None:
        self._source = source
        self._keep = keep
        self._read = read
        self._clock = clock
        self._board = board
        self._span = span
        self._told: set[Market] = set()  # whose failure the log has already
        self.wanted = asyncio.Event()

    async def run(self, markets: Sequence[Market]) -> None:
        """Fill whenever it is wanted, until cancelled."""
        while True:
            await self.wanted.wait()
            looks, complete, wait = 0, False, SECOND_LOOK
            while looks < 2 or not complete:
                self.wanted.clear()
                complete = await self._fill_all(markets)
                looks += 1
                await self._rest(wait)
                wait = min(2 * wait, LONGEST_WAIT)
                if self.wanted.is_set():
                    looks, wait = 0, SECOND_LOOK

    async def _rest(self, seconds: float) -> None:
        """Sleep, but only until a new gap is told of."""
        waiting = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self.wanted.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def _fill_all(self, markets: Sequence[Market]) -> bool:
        """Whether every page there is was had and kept."""
        complete = True
        for market in markets:
            try:
                complete &= await self._fill(market)
                self._told.discard(market)
            except (ExchangeError, StoreError) as error:
                complete = False
                if market not in self._told:
                    log.warning("%s: not backfilled, tried again later: %s", market, error)
                self._told.add(market)
            finally:
                self._board.fills(market, "")
        return complete

    async def _fill(self, market: Market) -> bool:
        now = self._clock.now()
        stored = await in_thread(self._read, market, now - self._span + 1, now + 1)
        window = Window.of(stored, self._span, now)
        if not window.gaps or self._board.status().markets[market].state == "refused":
            return True
        exchange = self._source.exchange
        requests = exchange.history_requests(market, window.gaps[0][0], window.gaps[-1][1], now)
        for page, (path, seconds) in enumerate(requests):
            self._board.fills(market, f"{page} of {len(requests)} pages")
            candles = await self._candles(market, path, seconds)
            if page + 1 < len(requests):
                candles = from_border(candles, requests[page + 1][1])
            rows = lacking(candles, window)
            if len(rows):
                if not await self._keep({market: rows}):
                    return False
                log.info("%s: %d candles of %g s backfilled", market, len(rows), seconds)
                window = Window.of(Ticks.concat([window.ticks, rows]), self._span, now)
        return True

    async def _candles(self, market: Market, path: str, seconds: float) -> Ticks:
        async for attempt in self._source.tries(TRIES):
            with attempt:
                answer = await self._source.ask(path)
                now = self._clock.now()
                closes = self._source.read(answer, self._source.exchange.history, market, seconds, now)
                origin = Origin.BACKFILL if answer.origin is None else answer.origin
                sane = [(t, price) for t, price in closes if 0 < price < float("inf") and 0 < t * 1000 <= now]
                times, prices = [round(t * 1000) for t, _ in sane], [price for _, price in sane]
                return Ticks.of(times, prices, round(seconds * 1000), origin).in_order()
        raise AssertionError("a last failed try raises")
