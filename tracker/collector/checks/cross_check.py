"""Decides about polled prices: those that are plausible go on at once, for the others it asks another exchange."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from tracker.collector.checks.tick_filter import REFERENCE_AGE, TickFilter
from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import ExchangeError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import HeldBack
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

SECOND_OPINION = 3.0  # real seconds to wait for other exchanges' word on doubtful prices
OPINION_AGE = 5.0  # seconds for which such a word holds, so that nobody is asked at every poll


class CrossCheck:
    """
    Asks, where Guard doubts.

    Args:
        feeds, sources, offers: whom it may ask for which market.
    """

    def __init__(
        self,
        feeds: Mapping[Market, Feed],
        sources: Mapping[str, ExchangeClient],
        offers: Mapping[str, Listings],
        board: StatusBoard,
        guard: TickFilter,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._sources = sources
        self._offers = offers
        self._batches = {name: BatchPoller(source, offers[name], urgent=False) for name, source in sources.items()}
        self._board = board
        self._guard = guard
        self._clock = clock
        self._doubted: dict[tuple[Market, str], bool] = {}  # by who gave the price: whether it was judged already
        self._words: dict[tuple[Market, str], tuple[float, float | None]] = {}  # when (monotonic s), and which price

    async def remember(self, keeper: SlotWriter, now: int) -> None:
        """Begin with the newest stored prices (of *now*, epoch ms, and shortly before) as those to compare with."""
        for market, feed in self._feeds.items():
            age = max(REFERENCE_AGE, 3 * feed.interval)
            with suppress(StoreError):  # told when it is written to
                if len(ticks := await in_thread(keeper.read, market, now - age, now + 1)):
                    self._guard.accept(market, ticks[-1:])

    def hears(self, name: str, prices: Mapping[Market, float | None]) -> None:
        """What exchange *name* has just said, or failed to say, whoever asked it."""
        now = self._clock.monotonic()
        self._words.update({(market, name): (now, price) for market, price in prices.items()})

    def doubts(self, name: str, market: Market) -> bool | None:
        """Whether the last price that *name* gave of *market* is held back; None if it is not judged yet."""
        judged = self._doubted.get((market, name))
        return None if judged is False else bool(judged)

    def sorted(self, name: str, rows: Mapping[Market, Ticks]) -> tuple[dict[Market, Ticks], dict[Market, Ticks]]:
        """*rows* of exchange *name* to keep at once, and those that need somebody's word."""
        sure: dict[Market, Ticks] = {}
        doubtful: dict[Market, Ticks] = {}
        for market, row in rows.items():
            believed = self._guard.believes(market, row)
            if believed or (believed is None and not self._feeds[market].stand_ins):
                self._guard.accept(market, row)
                self._doubted.pop((market, name), None)
                sure[market] = row
            else:
                self._doubted.setdefault((market, name), False)
                doubtful[market] = row
        return sure, doubtful

    async def ask(self, name: str, markets: Iterable[Market]) -> None:
        """Have the others say what *markets* cost, of which *name* has given doubtful prices."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SECOND_OPINION):
                await self._ask_others(name, sorted(markets))

    def judged(self, name: str, rows: Mapping[Market, Ticks]) -> dict[Market, Ticks]:
        """Of doubtful *rows*, and of those held back before, what another exchange or repetition confirms."""
        kept: dict[Market, Ticks] = {}
        for market, row in rows.items():
            self._doubted[market, name] = True
            who, other = self._second_opinion(name, market)
            if len(found := self._guard.judge(market, row, other)):
                kept[market] = found
                del self._doubted[market, name]
                continue
            held_back = HeldBack(float(row.price[0]), who, other)
            if self._board.status().markets[market].held_back_reason is None:
                against = f"{who} says {other:g}" if other is not None else "no other exchange has confirmed it"
                log.warning(
                    "%s: price held back as implausible: %s says %g, %s", market, name, held_back.price, against
                )
            self._board.mark_held_back(market, held_back, "" if name == market.exchange else name)
        return kept

    async def _ask_others(self, name: str, markets: Sequence[Market]) -> None:
        """Hear what the others say of *markets*, which *name* has given a doubtful price of."""
        known = {market for market in markets if self._second_opinion(name, market)[0]}
        for other, source in self._sources.items():
            if other == name or source.limit.paused_for:
                continue
            asked = [market for market in markets if market not in known and self._may_ask(other, market)]
            for first in range(0, len(asked), source.exchange.MAX_BATCH):
                batch = asked[first : first + source.exchange.MAX_BATCH]
                # Whatever comes of it, and even if that is nothing in time, it is not asked again at once.
                self.hears(other, dict.fromkeys(batch))
                try:
                    await self._batches[other].ask(batch, partial(self._hear, other))
                except ExchangeError as error:
                    log.debug("%s: no second opinion: %s", other, error)
                    break
            known |= {market for market in asked if self._second_opinion(name, market)[0]}

    async def _hear(self, name: str, quotes: Quotes) -> None:
        self.hears(name, quotes.prices)

    def _may_ask(self, name: str, market: Market) -> bool:
        is_named = name in self._feeds[market].sources
        return is_named and not self._offers[name].lacks(market) and not self._is_fresh(market, name)

    def _is_fresh(self, market: Market, name: str) -> bool:
        at, _ = self._words.get((market, name), (float("-inf"), None))
        return self._clock.monotonic() - at < OPINION_AGE

    def _second_opinion(self, name: str, market: Market) -> tuple[str, float | None]:
        """Who but *name* has said a price not long ago, and which."""
        for other in self._feeds[market].sources:
            if other != name and self._is_fresh(market, other):
                _, price = self._words[market, other]
                if price is not None:
                    return other, price
        return "", None
