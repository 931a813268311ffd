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
        self.wanted = asyncio.Event()

    async def run(self, markets: Sequence[Market]) -> None:
        """Fill whenever it is wanted, until cancelled."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            await self._fill_all(markets)
            if not self.wanted.is_set():
                await self._clock.sleep(SECOND_LOOK)
                await self._fill_all(markets)

    async def _fill_all(self, markets: Sequence[Market]) -> None:
        for market in markets:
            try:
                await self._fill(market)
            except (ExchangeError, StoreError) as error:
                log.warning("%s: not backfilled: %s", market, error)  # the next gap tries again
            finally:
                self._board.fills(market, "")

    async def _fill(self, market: Market) -> None:
        now = self._clock.now()
        stored = await in_thread(self._read, market, now - self._span + 1, now + 1)
        window = Window.of(stored, self._span, now)
        if not window.gaps or self._board.status().markets[market].state == "refused":
            return
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
                    return
                log.info("%s: %d candles of %g s backfilled", market, len(rows), seconds)
                window = Window.of(Ticks.concat([window.ticks, rows]), self._span, now)

    async def _candles(self, market: Market, path: str, seconds: float) -> Ticks:
        async for attempt in self._source.tries(TRIES):
            with attempt:
                answer = await self._source.ask(path)
                now = self._clock.now()
                pairs = self._source.read(answer, self._source.exchange.history, market, seconds, now)
                origin = Origin.BACKFILL if answer.origin is None else answer.origin
                sane = [(round(t * 1000), price) for t, price in pairs if 0 < price < float("inf") and t * 1000 <= now]
                times, prices = [t for t, _ in sane], [price for _, price in sane]
                return Ticks.of(times, prices, round(seconds * 1000), origin).in_order()
        raise AssertionError("a last failed try raises")
