"""
Polls exchanges on the slot grid and keeps what they answer. Runs only under the collect lease.

A slot is a multiple of a market's cadence since the epoch; a row carries the start of the slot
in which its answer arrived, and no slot gets a second one.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from tracker.adapters import Store
from tracker.backfill import Backfill
from tracker.clock import Clock
from tracker.errors import ExchangeError, LeaseError, StoreError
from tracker.fetch import Answer
from tracker.market import Market, Origin, Ticks
from tracker.source import Source
from tracker.status import Board, Mode
from tracker.threads import in_thread

log = logging.getLogger(__name__)

GAP_SLOTS = 2.5  # a pause of more than this many slots is a gap, as in tracker.window
JUMP = 2.0  # seconds that wall and monotonic clock may drift apart between two looks
PAIRS_AGE = 3600.0  # seconds after which an exchange is asked anew what it offers
LONGEST_SLEEP = 5.0  # seconds; so that a changed clock is noticed soon even with a slow cadence

_MODES: dict[Origin | None, Mode] = {Origin.SIMULATED: "simulated", Origin.REPLAY: "replay"}


@dataclass(frozen=True, slots=True)
class Feed:
    """A market and how often it is asked for."""

    market: Market
    interval: int  # ms


async def due(feeds: Sequence[Feed], clock: Clock, answered: dict[Market, int]) -> AsyncIterator[list[Feed]]:
    """
    The feeds whose slot has come and was not yet asked for, again and again, together.

    The first ones at once: the running slot may still be empty. While the consumer waits
    slots go by unasked, so a slow answer skips slots instead of pushing later ones back; it
    notes in *answered* the number of the slot in which it had its answer.
    """
    while True:
        now = clock.now()
        # Not "later than": a clock that was set back starts the grid anew.
        ready = [feed for feed in feeds if answered.get(feed.market) != now // feed.interval]
        if ready:
            answered.update({feed.market: now // feed.interval for feed in ready})
            yield ready
            continue
        next_slot = min((now // feed.interval + 1) * feed.interval for feed in feeds)
        await clock.sleep(min((next_slot - now) / 1000, LONGEST_SLEEP))


class Collector:
    """
    Collects until cancelled; a StoreError or ExchangeError costs slots, never the loop.

    Args:
        sources: by exchange name.
        may_write: whether the lease is still held; asked before every write.
        span: ms of the past that backfill keeps whole.
    """

    def __init__(
        self,
        feeds: Sequence[Feed],
        sources: Mapping[str, Source],
        store: Store,
        clock: Clock,
        board: Board,
        *,
        may_write: Callable[[], bool] = lambda: True,
        span: int = 24 * 3_600_000,
    ) -> None:
        self._feeds = feeds
        self._sources = sources
        self._store = store
        self._clock = clock
        self._board = board
        self._may_write = may_write
        self._answered: dict[Market, int] = {}  # number of the slot that was last asked for and answered
        self._last: dict[Market, int] = {}  # start of the newest slot known to be kept
        self._in_doubt: set[Market] = set()  # a write of theirs failed, perhaps after the row was there
        self._backfill = {
            name: Backfill(source, self._kept, store.read, clock, board, span) for name, source in sources.items()
        }

    async def run(self) -> None:
        """Collect until cancelled. Raises LeaseError when the lease is gone, else only what is a bug."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._watch_clock())
                for name, source in self._sources.items():
                    feeds = [feed for feed in self._feeds if feed.market.exchange == name]
                    group.create_task(self._poll(source, feeds))
                    group.create_task(self._backfill[name].run([feed.market for feed in feeds]))
        except* LeaseError as lost:
            raise lost.exceptions[0] from None

    async def _poll(self, source: Source, feeds: Sequence[Feed]) -> None:
        everything = [feed.market for feed in feeds]
        offered, ask_pairs_at, first = set(everything), self._clock.monotonic(), True
        async for ready in due(feeds, self._clock, self._answered):
            async for attempt in source.tries():
                with attempt:
                    try:
                        if self._clock.monotonic() >= ask_pairs_at:
                            offered = await self._offered(source, everything)
                            ask_pairs_at = self._clock.monotonic() + PAIRS_AGE
                        await self._ask([feed for feed in ready if feed.market in offered], source)
                    except ExchangeError as error:
                        ask_pairs_at = self._clock.monotonic()  # a pair that is gone would fail the others for ever
                        self._failed(everything, error, attempt.next_wait)
                        raise
            if first:
                first = False
                self._backfill[source.name].wanted.set()

    async def _offered(self, source: Source, markets: Sequence[Market]) -> set[Market]:
        """Those of *markets* that the exchange has: one unknown pair would fail the whole batch."""
        try:
            pairs = await source.pairs()
        except ExchangeError as error:
            log.debug("%s: what it offers is unknown, all markets are asked for: %s", source.name, error)
            return set(markets)
        offered = set(markets) if pairs is None else pairs.intersection(markets)
        for market in sorted(set(markets) - offered):
            if self._board.status().markets[market].state != "refused":
                log.warning("%s: not offered by %s; it is not collected", market, source.name)
            self._board.refuses(market, self._clock.now(), f"{source.name} does not offer {market.base}/{market.quote}")
        return offered

    async def _ask(self, feeds: Sequence[Feed], source: Source) -> None:
        size = source.exchange.MAX_BATCH
        for first in range(0, len(feeds), size):
            batch = feeds[first : first + size]
            prices, answer = await source.last_prices([feed.market for feed in batch])
            await self._keep(batch, prices, answer)

    async def _keep(self, feeds: Sequence[Feed], prices: Mapping[Market, float], answer: Answer) -> None:
        now = self._clock.now()
        origin = Origin.LIVE if answer.origin is None else answer.origin
        rows: dict[Market, Ticks] = {}
        lacking: dict[Market, str] = {}
        known = self._board.status().markets
        for feed in feeds:
            self._answered[feed.market] = now // feed.interval
            price = prices.get(feed.market)
            if price is None:
                lacking[feed.market] = "the answer has no price for it"
            elif not (isinstance(price, float) and math.isfinite(price) and price > 0):
                lacking[feed.market] = f"the answer has {str(price)[:20]!r} for a price"
            elif await self._is_free(feed, slot := now // feed.interval * feed.interval):
                rows[feed.market] = Ticks.of([slot], [price], feed.interval, origin)
        for market, cause in lacking.items():
            if known[market].state != "unreachable":
                log.warning("%s: no tick: %s", market, cause)
            self._board.fails([market], now, cause, None)
        self._board.say(mode=_MODES.get(answer.origin, "live"))
        well = [feed.market for feed in feeds if feed.market not in lacking]
        if back := [str(market) for market in well if known[market].state == "unreachable"]:
            log.info("%s: prices come again", ", ".join(back))
        self._board.works(well, now)
        if rows and await self._kept(rows):
            self._note_gaps(feeds, rows)

    async def _is_free(self, feed: Feed, slot: int) -> bool:
        """Whether nobody wrote *slot* yet: not this collector, nor one before it, nor one before the clock was set."""
        if feed.market not in self._in_doubt:
            if slot > self._last.get(feed.market, slot):
                return True
            if slot == self._last.get(feed.market):
                return False
        try:
            there = await in_thread(self._store.read, feed.market, slot, slot + feed.interval)
        except StoreError as error:
            self._board.say(store_problem=str(error))
            return False  # not knowing is no reason to write a second row
        polled = (there.origin == Origin.LIVE) | (
            (there.origin != Origin.BACKFILL) & (there.interval == feed.interval)  # not a sandbox's candle
        )
        return not bool((polled & (there.time == slot)).any())

    async def _kept(self, rows: Mapping[Market, Ticks]) -> bool:
        """Write *rows*; whether it worked. A cancelled collector still finishes its write."""
        if not self._may_write():
            raise LeaseError("the collect lease is gone; another process may collect")
        try:
            await asyncio.shield(writing := asyncio.ensure_future(in_thread(self._store.append, rows)))
        except asyncio.CancelledError:
            await asyncio.wait([writing], timeout=2)
            raise
        except StoreError as error:
            if self._board.status().store_problem != str(error):
                log.error("%s: not kept: %s", next(iter(rows)), error)
            self._board.say(store_problem=str(error))
            self._in_doubt.update(rows)
            return False
        self._in_doubt.difference_update(rows)
        if self._board.status().store_problem:
            log.warning("rows are kept again")
        self._board.say(store_problem="")
        return True

    def _note_gaps(self, feeds: Sequence[Feed], rows: Mapping[Market, Ticks]) -> None:
        for feed in feeds:
            if feed.market in rows:
                slot = int(rows[feed.market].time[0])
                if slot - self._last.get(feed.market, slot) > GAP_SLOTS * feed.interval:
                    self._backfill[feed.market.exchange].wanted.set()
                self._last[feed.market] = slot

    def _failed(self, markets: Sequence[Market], error: ExchangeError, wait: float) -> None:
        now = self._clock.now()
        known = self._board.status().markets
        asked = [market for market in markets if known[market].state != "refused"]
        if any(known[market].state != "unreachable" for market in asked):
            log.warning("%s: no tick: %s", ", ".join(map(str, asked)), error)
        self._board.fails(asked, now, str(error), now + round(wait * self._clock.speed * 1000))

    async def _watch_clock(self) -> None:
        """When wall and monotonic clock part (clock set, laptop asleep), say so and fill what was missed."""
        offset = self._clock.now() / 1000 - self._clock.monotonic()
        while True:
            await self._clock.sleep(1.0)
            before, offset = offset, self._clock.now() / 1000 - self._clock.monotonic()
            jump = offset - before
            if abs(jump) > JUMP * self._clock.speed:
                way = "ahead" if jump > 0 else "back"
                log.warning(
                    "the clock went %s by %.0f s (set, or the computer slept); slots start anew", way, abs(jump)
                )
                self._board.say(note=f"the clock went {way} by {abs(jump):.0f} s; slots started anew")
                for backfill in self._backfill.values():
                    backfill.wanted.set()
