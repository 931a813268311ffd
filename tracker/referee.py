"""Decides about polled prices: those that are plausible go on at once, for the others it asks another exchange."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

from tracker.errors import ExchangeError, StoreError
from tracker.guard import REFERENCE_AGE, Guard
from tracker.keeper import Keeper
from tracker.market import Market, Ticks
from tracker.offers import Offers
from tracker.slots import Feed
from tracker.source import Source
from tracker.status import Board
from tracker.threads import in_thread

log = logging.getLogger(__name__)

SECOND_OPINION = 3.0  # real seconds to wait for another exchange's word on a doubtful price


class Referee:
    """
    Asks, where Guard doubts.

    Args:
        feeds, sources, offers: whom it may ask for which market.
    """

    def __init__(
        self,
        feeds: Mapping[Market, Feed],
        sources: Mapping[str, Source],
        offers: Mapping[str, Offers],
        board: Board,
        guard: Guard,
    ) -> None:
        self._feeds = feeds
        self._sources = sources
        self._offers = offers
        self._board = board
        self._guard = guard

    async def remember(self, keeper: Keeper, now: int) -> None:
        """Begin with the newest stored prices (of *now*, epoch ms, and shortly before) as those to compare with."""
        for market, feed in self._feeds.items():
            age = max(REFERENCE_AGE, 3 * feed.interval)
            with suppress(StoreError):  # told when it is written to
                if len(ticks := await in_thread(keeper.read, market, now - age, now + 1)):
                    self._guard.accept(market, ticks[-1:])

    def sorted(self, rows: Mapping[Market, Ticks]) -> tuple[dict[Market, Ticks], dict[Market, Ticks]]:
        """*rows* to keep at once, and those that need somebody's word."""
        sure: dict[Market, Ticks] = {}
        doubtful: dict[Market, Ticks] = {}
        for market, row in rows.items():
            believed = self._guard.believes(market, row)
            if believed or (believed is None and not self._feeds[market].stand_ins):
                self._guard.accept(market, row)
                sure[market] = row
            else:
                doubtful[market] = row
        return sure, doubtful

    async def judged(self, name: str, rows: Mapping[Market, Ticks]) -> dict[Market, Ticks]:
        """Of doubtful *rows*, and of those held back before, what another exchange or repetition confirms."""
        words = await self._second_opinions(name, list(rows))
        kept: dict[Market, Ticks] = {}
        for market, row in rows.items():
            who, other = words.get(market, ("", None))
            if len(found := self._guard.judge(market, row, other)):
                kept[market] = found
                continue
            says = f"{who} says {other:g}" if other is not None else "no other exchange confirms it yet"
            why = f"{name} says {float(row.price[0]):g}, {says}"
            if not self._board.status().markets[market].doubt:
                log.warning("%s: price held back as implausible: %s", market, why)
            self._board.doubts(market, why, "" if name == market.exchange else name)
        return kept

    async def _second_opinions(self, of: str, markets: Sequence[Market]) -> dict[Market, tuple[str, float]]:
        found: dict[Market, tuple[str, float]] = {}
        for name, source in self._sources.items():
            if name == of or source.limit.paused_for:
                continue
            asked = [
                market
                for market in markets
                if name in self._feeds[market].sources and market not in found and not self._offers[name].lacks(market)
            ]
            for first in range(0, len(asked), source.exchange.MAX_BATCH):
                try:
                    async with asyncio.timeout(SECOND_OPINION):
                        quotes = await source.last_prices(asked[first : first + source.exchange.MAX_BATCH])
                except (ExchangeError, TimeoutError) as error:
                    log.debug("%s: no second opinion: %s", name, error)
                    break
                found.update({market: (name, price) for market, price in quotes.prices.items()})
        return found
