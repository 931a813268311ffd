"""What an exchange listings, asked for seldom: one pair that it does not know would fail a whole batch."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tracker.collector.client.client import ExchangeClient
from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

REFRESH_EVERY = 3600.0  # seconds after which an exchange is asked anew
RECHECK = 60.0  # the same while it lacks something that it was asked for, and until a missing pair counts as gone
MIN_REFRESH = 10.0  # seconds that must lie between two lists, however much fails
FIRST_LIST_TIMEOUT = 5.0  # seconds that the first requests wait for the first list


@dataclass(frozen=True, slots=True)
class _Rejection:
    """That a market makes the exchange refuse whatever request it is in."""

    message: str  # the exchange's; "" if it gave none
    wait: float  # seconds until it is worth another try, doubling
    retry_at: float  # monotonic seconds of that try


class Listings:
    """
    The pairs of one exchange, shared by all that ask it.

    A list that is late, fails or is empty stops nobody: what was known before holds meanwhile.
    """

    def __init__(self, client: ExchangeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._pairs: set[Market] | None = None  # None: not known
        self._missing: set[Market] = set()  # of those, what the last list was without
        self._rejected: dict[Market, _Rejection] = {}  # refused though listed, or not listed as yet
        self._next_refresh = self._last_refresh = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    async def available(self, markets: Iterable[Market]) -> set[Market]:
        """Those of *markets*, of whatever exchange, whose pair it has; all of them while that is not known."""
        markets = list(markets)
        now = self._clock.monotonic()
        is_first = self._last_refresh == float("-inf")
        if now >= self._next_refresh and (self._refreshing is None or self._refreshing.done()):
            self._last_refresh, self._next_refresh = now, now + REFRESH_EVERY
            self._refreshing = asyncio.create_task(self._refresh())
            self._refreshing.add_done_callback(self._report)
            must_wait = is_first
        else:
            must_wait = self._pairs is None and now - self._last_refresh < FIRST_LIST_TIMEOUT
        if must_wait and self._refreshing is not None:
            # The task is shared: a caller that is cancelled leaves it to the others.
            await asyncio.wait({self._refreshing}, timeout=FIRST_LIST_TIMEOUT / self._clock.speed)
        available = {market for market in markets if not self.is_missing(market)}
        if len(available) < len(markets):
            self._next_refresh = min(self._next_refresh, self._last_refresh + RECHECK)
        return available

    async def close(self) -> None:
        """Cancel a request for the list that is under way. Whoever shares this object must have ended."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait({self._refreshing})

    def _report(self, task: asyncio.Task[None]) -> None:
        """Log what is a bug: no caller awaits the outcome of *task*."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: reading its list of pairs failed; the one before holds", self._client.name, exc_info=error)

    async def _refresh(self) -> None:
        try:
            listed = await self._client.pairs()
        except ExchangeError as error:
            log.debug("%s: what it listings could not be had: %s", self._client.name, error)
            return
        if listed is not None and not listed:
            log.warning("%s: lists no pair at all, which cannot be", self._client.name)
            return
        # One list without a pair that was there before may be a slip of the exchange's; two are not.
        trading = {pair for pair, reason in (listed or {}).items() if not reason}
        missing = (self._pairs or set()) - trading
        self._pairs = None if listed is None else trading | (missing - self._missing)
        self._missing = missing
        if missing:
            self._next_refresh = min(self._next_refresh, self._last_refresh + RECHECK)

    def is_missing(self, market: Market) -> bool:
        """Whether it is known to have no such pair, or refused it when it was last asked."""
        pair = self._pair(market)
        return pair in self._rejected or (self._pairs is not None and pair not in self._pairs)

    def rejects(self, market: Market) -> bool:
        """Whether it refused *market* when it was last asked, though it may have it."""
        return self._pair(market) in self._rejected

    def is_recent_rejection(self, market: Market) -> bool:
        """Whether it rejects *market* since a short time only, perhaps by a slip of its own."""
        rejection = self._rejected.get(self._pair(market))
        return rejection is not None and rejection.wait <= 4 * RECHECK

    def reason(self, market: Market) -> Failure:
        """Why *market* is not asked for."""
        if rejection := self._rejected.get(self._pair(market)):
            return Failure("rejected", self._client.name, rejection.message)
        return Failure("not_listed", self._client.name)

    def reject(self, market: Market, message: str | None) -> None:
        """
        It refuses *market* with *message* (None: those of before), which would fail every batch it is in: try it
        seldom, and alone.
        """
        pair = self._pair(market)
        before = self._rejected.get(pair)
        wait = min(2 * before.wait, REFRESH_EVERY) if before else RECHECK
        message = message or (before.message if before else "")
        self._rejected[pair] = _Rejection(message, wait, self._clock.monotonic() + wait)

    def accept(self, market: Market) -> None:
        """It has answered for *market*."""
        self._rejected.pop(self._pair(market), None)

    def due_for_retry(self, markets: Iterable[Market]) -> Market | None:
        """One of *markets* that was refused so long ago that it may be asked for again; counted as tried."""
        now = self._clock.monotonic()
        for market in markets:
            rejection = self._rejected.get(self._pair(market))
            if rejection is not None and rejection.retry_at <= now:
                self._rejected[self._pair(market)] = replace(rejection, retry_at=now + rejection.wait)
                return market
        return None

    def _pair(self, market: Market) -> Market:
        return replace(market, exchange=self._client.name)

    @property
    def pairs(self) -> frozenset[Market]:
        """All pairs that it is known to have."""
        return frozenset(self._pairs or ())

    def refresh_soon(self) -> None:
        """Something failed, perhaps because a pair is gone: ask anew soon."""
        self._next_refresh = min(self._next_refresh, max(self._clock.monotonic(), self._last_refresh + MIN_REFRESH))
