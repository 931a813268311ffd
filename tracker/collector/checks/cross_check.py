"""Accepts plausible prices at once and verifies the others against prices of other exchanges."""

import asyncio
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial

from tracker.collector.checks.tick_filter import TickFilter
from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core import number_text
from tracker.core.durations import MINUTE
from tracker.core.errors import ExchangeError, StoreError
from tracker.core.market import Market
from tracker.core.market_status import HeldBack
from tracker.core.quotes import Candle
from tracker.core.ticks import Ticks
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

log = logging.getLogger(__name__)

QUERY_TIMEOUT = 3.0  # real seconds to wait for prices of other exchanges
QUOTE_AGE = 5.0  # seconds for which such a price is reused, so that not every poll costs a query
CANDLE_TIMEOUT = 10.0  # real seconds to wait for the newest candles; history may wait for the rate limit
CANDLE_AGE = 60.0  # seconds for which a candle's close is reused; few exchanges close one more often
OUTAGE = 10 * MINUTE  # ms since the last accepted price, from which on a doubted one is compared with candles
CANDLES_REACH = 10 * MINUTE  # ms; an older candle says nothing about a price of now


class CrossCheck:
    """
    Verifies prices that TickFilter does not find plausible.

    Args:
        feeds: by market; a price is verified with the other exchanges of its feed.
        clients: by exchange name. They, feeds and listings may change at any time, but none is taken away.
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
        self._batches: dict[ExchangeClient, BatchPoller] = {}
        self._board = board
        self._tick_filter = tick_filter
        self._clock = clock
        self._held_back: dict[tuple[Market, str], bool] = {}  # by market and exchange: whether it was decided already
        self._quotes: dict[tuple[Market, str], tuple[float, float | None]] = {}  # monotonic seconds, and the price
        self._doubted_after_outage: set[tuple[Market, str]] = set()  # their newest price, against an old stored one
        self._candles: dict[tuple[Market, str], Candle] = {}  # the newest of those
        self._ask_again_at: dict[tuple[Market, str], float] = {}  # monotonic seconds, for that candle

    async def load_reference(self, writer: SlotWriter, markets: Iterable[Market], now: int) -> None:
        """Load the newest stored price of each of *markets* (up to *now*, epoch ms), however old, to compare with."""
        for market in markets:
            with suppress(StoreError):  # reported by the next write
                if len(newest := await in_thread(writer.newest, market, now)):
                    self._tick_filter.set_reference(market, newest)

    def record_quotes(self, name: str, prices: Mapping[Market, float | None]) -> None:
        """Record the newest prices of exchange *name*; None: it was queried without success."""
        now = self._clock.monotonic()
        self._quotes.update({(market, name): (now, price) for market, price in prices.items()})

    def is_held_back(self, name: str, market: Market) -> bool | None:
        """Return whether the last price of *market* from *name* is held back; None: not decided yet."""
        is_decided = self._held_back.get((market, name))
        return None if is_decided is False else is_decided is not None

    def split(
        self, name: str, polls: Iterable[Mapping[Market, Ticks]]
    ) -> tuple[dict[Market, Ticks], list[dict[Market, Ticks]]]:
        """Split the rows of *polls* of exchange *name* into all accepted at once, and those to verify of each poll."""
        accepted: dict[Market, list[Ticks]] = {}
        unverified: list[dict[Market, Ticks]] = []
        for rows in polls:
            doubtful = {market: row for market, row in rows.items() if not self._accept(name, market, row)}
            for market, row in rows.items():
                if market not in doubtful:
                    accepted.setdefault(market, []).append(row)
            if doubtful:
                unverified.append(doubtful)
        return {market: Ticks.concat(parts) for market, parts in accepted.items()}, unverified

    def _accept(self, name: str, market: Market, row: Ticks) -> bool:
        """Return whether *row* of exchange *name* is accepted at once; if not, it counts as held back."""
        is_plausible = self._tick_filter.check(market, row)
        if is_plausible or (is_plausible is None and not self._feeds[market].stand_ins):
            self._tick_filter.set_reference(market, row)
            self._held_back.pop((market, name), None)
            return True
        if is_plausible is False and not self._tick_filter.has_recent_reference(market, row, OUTAGE):
            self._doubted_after_outage.add((market, name))
        else:
            self._doubted_after_outage.discard((market, name))
        self._held_back.setdefault((market, name), False)
        return False

    async def query_others(self, name: str, markets: Iterable[Market]) -> None:
        """Query the other exchanges for *markets*, of which *name* reported unverified prices."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUERY_TIMEOUT):
                await self._ask_others(name, sorted(markets))
        undecided = [
            market
            for market in sorted(markets)
            if (market, name) in self._doubted_after_outage and self._other_quote(name, market)[1] is None
        ]
        with suppress(TimeoutError):
            async with asyncio.timeout(CANDLE_TIMEOUT):
                await self._ask_history(name, undecided)

    def decide(self, name: str, rows: Mapping[Market, Ticks]) -> dict[Market, Ticks]:
        """Return those of *rows*, and of rows held back before, that another exchange or repetition confirms."""
        kept: dict[Market, Ticks] = {}
        for market, row in rows.items():
            self._held_back[market, name] = True
            other_exchange, other_price = self._other_quote(name, market)
            close = None if other_price is not None else self._newest_close(name, market)
            if len(confirmed := self._tick_filter.confirm(market, row, other_price, close)):
                kept[market] = confirmed
                del self._held_back[market, name]
                continue
            price, against = float(row.price[0]), "no other exchange confirms it"
            held_back = HeldBack(price, other_exchange, other_price)
            if other_price is not None:
                against = f"{other_exchange} reports {number_text.price(other_price)}"
            elif close is not None and not self._tick_filter.agree(price, close):
                held_back, against = (
                    HeldBack(price, name, close),
                    f"its newest candle closed at {number_text.price(close)}",
                )
            if self._board.market(market).held_back_reason is None:
                log.warning(
                    "%s: price held back as implausible: %s reports %s, %s",
                    market,
                    name,
                    number_text.price(held_back.price),
                    against,
                )
            self._board.mark_held_back(market, held_back, "" if name == market.exchange else name)
        return kept

    async def _ask_others(self, name: str, markets: Sequence[Market]) -> None:
        """Query exchanges other than *name* for those of *markets* without a recent quote from one."""
        quoted = {market for market in markets if self._other_quote(name, market)[0]}
        for other_name, client in list(self._clients.items()):
            if other_name == name or client.rate_limiter.paused_for:
                continue
            batches = self._batches.setdefault(client, BatchPoller(client, self._listings[other_name], urgent=False))
            asked = [market for market in markets if market not in quoted and self._can_query(other_name, market)]
            for first in range(0, len(asked), client.exchange.MAX_BATCH):
                batch = asked[first : first + client.exchange.MAX_BATCH]
                # Recorded in advance, so that a failed or slow query is not repeated at once.
                self.record_quotes(other_name, dict.fromkeys(batch))
                try:
                    await batches.poll(batch, partial(self._on_quotes, other_name))
                except ExchangeError as error:
                    log.debug("%s: no second opinion: %s", other_name, error)
                    break
            quoted |= {market for market in asked if self._other_quote(name, market)[0]}

    async def _ask_history(self, name: str, markets: Sequence[Market]) -> None:
        """Request the newest candles of exchange *name* for those of *markets* without a recent close."""
        client = self._clients[name]
        for market in markets:
            key, started_at = (market, name), self._clock.monotonic()
            if started_at < self._ask_again_at.get(key, started_at) or client.rate_limiter.paused_for:
                continue
            self._ask_again_at[key] = started_at + QUOTE_AGE
            try:
                candle = await newest_candle(client, market, self._clock.now())
            except ExchangeError as error:
                log.debug("%s: no candle of %s to compare with: %s", name, market, error)
            else:
                if candle is not None:
                    self._candles[key], self._ask_again_at[key] = candle, started_at + CANDLE_AGE

    def _newest_close(self, name: str, market: Market) -> float | None:
        candle = self._candles.get((market, name))
        return None if candle is None or self._clock.now() - candle.close_time > CANDLES_REACH else candle.close

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


async def newest_candle(client: ExchangeClient, market: Market, now: int) -> Candle | None:
    """Return the newest candle that closed within CANDLES_REACH before *now* (epoch ms); None without one."""
    pair = Market(client.name, market.base, market.quote)
    requests = client.exchange.history_requests(pair, now - CANDLES_REACH, now, now)
    if not requests:
        return None
    path, seconds = requests[0]
    candles = client.parse(await client.get(path, urgent=False), client.exchange.history, pair, seconds, now)
    recent = [
        candle for candle in candles if 0 < candle.close < math.inf and now - CANDLES_REACH <= candle.close_time <= now
    ]
    return max(recent, key=lambda candle: candle.close_time, default=None)
