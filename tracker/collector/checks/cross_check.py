"""Accepts plausible prices at once and verifies the others against prices of other exchanges."""

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

QUERY_TIMEOUT = 3.0  # real seconds to wait for prices of other exchanges
QUOTE_AGE = 5.0  # seconds for which such a price is reused, so that not every poll costs a query


class CrossCheck:
    """
    Verifies prices that TickFilter does not find plausible.

    Args:
        feeds: by market; a price is verified with the other exchanges of its feed.
        clients: by exchange name.
        listings: by exchange name.
        board: takes the held-back prices.
        tick_filter: decides what is plausible.
        clock: of the age of quotes.
    """

    def __init__(
        self,
        feeds: Mapping[Market, Feed],
        clients: Mapping[str, ExchangeClient],
        listings: Mapping[str, Listings],
        board: StatusBoard,
        tick_filter: TickFilter,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._clients = clients
        self._listings = listings
        self._batches = {name: BatchPoller(client, listings[name], urgent=False) for name, client in clients.items()}
        self._board = board
        self._tick_filter = tick_filter
        self._clock = clock
        self._held_back: dict[tuple[Market, str], bool] = {}  # by market and exchange: whether it was decided already
        self._quotes: dict[tuple[Market, str], tuple[float, float | None]] = {}  # monotonic seconds, and the price

    async def load_reference(self, writer: SlotWriter, now: int) -> None:
        """Load the newest stored prices (up to *now*, epoch ms) as those to compare with."""
        for market, feed in self._feeds.items():
            age = max(REFERENCE_AGE, 3 * feed.interval)
            with suppress(StoreError):  # reported by the next write
                if len(ticks := await in_thread(writer.read, market, now - age, now + 1)):
                    self._tick_filter.set_reference(market, ticks[-1:])

    def record_quotes(self, name: str, prices: Mapping[Market, float | None]) -> None:
        """Record the newest prices of exchange *name*; None: it was queried without success."""
        now = self._clock.monotonic()
        self._quotes.update({(market, name): (now, price) for market, price in prices.items()})

    def is_held_back(self, name: str, market: Market) -> bool | None:
        """Return whether the last price of *market* from *name* is held back; None: not decided yet."""
        is_decided = self._held_back.get((market, name))
        return None if is_decided is False else is_decided is not None

    def split(self, name: str, rows: Mapping[Market, Ticks]) -> tuple[dict[Market, Ticks], dict[Market, Ticks]]:
        """Split *rows* of exchange *name* into those accepted at once and those to verify."""
        accepted: dict[Market, Ticks] = {}
        unverified: dict[Market, Ticks] = {}
        for market, row in rows.items():
            is_plausible = self._tick_filter.check(market, row)
            if is_plausible or (is_plausible is None and not self._feeds[market].stand_ins):
                self._tick_filter.set_reference(market, row)
                self._held_back.pop((market, name), None)
                accepted[market] = row
            else:
                self._held_back.setdefault((market, name), False)
                unverified[market] = row
        return accepted, unverified

    async def query_others(self, name: str, markets: Iterable[Market]) -> None:
        """Query the other exchanges for *markets*, of which *name* reported unverified prices."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUERY_TIMEOUT):
                await self._ask_others(name, sorted(markets))

    def decide(self, name: str, rows: Mapping[Market, Ticks]) -> dict[Market, Ticks]:
        """Return those of *rows*, and of rows held back before, that another exchange or repetition confirms."""
        kept: dict[Market, Ticks] = {}
        for market, row in rows.items():
            self._held_back[market, name] = True
            other_exchange, other_price = self._other_quote(name, market)
            if len(confirmed := self._tick_filter.confirm(market, row, other_price)):
                kept[market] = confirmed
                del self._held_back[market, name]
                continue
            held_back = HeldBack(float(row.price[0]), other_exchange, other_price)
            if self._board.status().markets[market].held_back_reason is None:
                against = (
                    f"{other_exchange} reports {other_price:g}"
                    if other_price is not None
                    else "no other exchange confirms it"
                )
                log.warning(
                    "%s: price held back as implausible: %s reports %g, %s", market, name, held_back.price, against
                )
            self._board.mark_held_back(market, held_back, "" if name == market.exchange else name)
        return kept

    async def _ask_others(self, name: str, markets: Sequence[Market]) -> None:
        """Query exchanges other than *name* for those of *markets* without a recent quote from one."""
        quoted = {market for market in markets if self._other_quote(name, market)[0]}
        for other_name, client in self._clients.items():
            if other_name == name or client.rate_limiter.paused_for:
                continue
            asked = [market for market in markets if market not in quoted and self._can_query(other_name, market)]
            for first in range(0, len(asked), client.exchange.MAX_BATCH):
                batch = asked[first : first + client.exchange.MAX_BATCH]
                # Recorded in advance, so that a failed or slow query is not repeated at once.
                self.record_quotes(other_name, dict.fromkeys(batch))
                try:
                    await self._batches[other_name].poll(batch, partial(self._on_quotes, other_name))
                except ExchangeError as error:
                    log.debug("%s: no second opinion: %s", other_name, error)
                    break
            quoted |= {market for market in asked if self._other_quote(name, market)[0]}

    async def _on_quotes(self, name: str, quotes: Quotes) -> None:
        self.record_quotes(name, quotes.prices)

    def _can_query(self, name: str, market: Market) -> bool:
        is_named = name in self._feeds[market].exchanges
        return is_named and not self._listings[name].is_missing(market) and not self._is_fresh(market, name)

    def _is_fresh(self, market: Market, name: str) -> bool:
        recorded_at, _ = self._quotes.get((market, name), (float("-inf"), None))
        return self._clock.monotonic() - recorded_at < QUOTE_AGE

    def _other_quote(self, name: str, market: Market) -> tuple[str, float | None]:
        """Return a recent quote of *market* from an exchange other than *name*: (exchange, price) or ("", None)."""
        for other_name in self._feeds[market].exchanges:
            if other_name != name and self._is_fresh(market, other_name):
                _, price = self._quotes[market, other_name]
                if price is not None:
                    return other_name, price
        return "", None
