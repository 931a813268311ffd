"""What an exchange offers, asked for seldom: one pair that it does not know would fail a whole batch."""

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

AGE = 3600.0  # seconds after which an exchange is asked anew
RECHECK = 60.0  # the same while it lacks something that it was asked for, and until a missing pair counts as gone
DOUBT = 10.0  # seconds that must lie between two lists, however much fails
FIRST = 5.0  # seconds that the first requests wait for the first list


@dataclass(frozen=True, slots=True)
class _Rejection:
    """That a market makes the exchange refuse whatever request it is in."""

    words: str  # the exchange's; "" if it gave none
    wait: float  # seconds until it is worth another try, doubling
    at: float  # monotonic seconds of that try


class Listings:
    """
    The pairs of one exchange, shared by all that ask it.

    A list that is late, fails or is empty stops nobody: what was known before holds meanwhile.
    """

    def __init__(self, source: ExchangeClient, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._pairs: set[Market] | None = None  # None: not known
        self._missing: set[Market] = set()  # of those, what the last list was without
        self._rejected: dict[Market, _Rejection] = {}  # refused though listed, or not listed as yet
        self._ask_at = self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    async def of(self, markets: Iterable[Market]) -> set[Market]:
        """Those of *markets*, of whatever exchange, whose pair it has; all of them while that is not known."""
        markets = list(markets)
        now = self._clock.monotonic()
        is_first = self._asked_at == float("-inf")
        if now >= self._ask_at and (self._asking is None or self._asking.done()):
            self._asked_at, self._ask_at = now, now + AGE
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(self._report)
            must_wait = is_first
        else:
            must_wait = self._pairs is None and now - self._asked_at < FIRST
        if must_wait and self._asking is not None:
            # The task is shared: a caller that is cancelled leaves it to the others.
            await asyncio.wait({self._asking}, timeout=FIRST / self._clock.speed)
        offered = {market for market in markets if not self.lacks(market)}
        if len(offered) < len(markets):
            self._ask_at = min(self._ask_at, self._asked_at + RECHECK)
        return offered

    async def close(self) -> None:
        """Cancel a request for the list that is under way. Whoever shares this object must have ended."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    def _report(self, asking: asyncio.Task[None]) -> None:
        """Log what is a bug: no caller awaits the outcome of *asking*."""
        if not asking.cancelled() and (error := asking.exception()) is not None:
            log.error("%s: reading its list of pairs failed; the one before holds", self._source.name, exc_info=error)

    async def _ask(self) -> None:
        try:
            listed = await self._source.pairs()
        except ExchangeError as error:
            log.debug("%s: what it offers could not be had: %s", self._source.name, error)
            return
        if listed is not None and not listed:
            log.warning("%s: lists no pair at all, which cannot be", self._source.name)
            return
        # One list without a pair that was there before may be a slip of the exchange's; two are not.
        trading = {pair for pair, reason in (listed or {}).items() if not reason}
        missing = (self._pairs or set()) - trading
        self._pairs = None if listed is None else trading | (missing - self._missing)
        self._missing = missing
        if missing:
            self._ask_at = min(self._ask_at, self._asked_at + RECHECK)

    def lacks(self, market: Market) -> bool:
        """Whether it is known to have no such pair, or refused it when it was last asked."""
        pair = self._pair(market)
        return pair in self._rejected or (self._pairs is not None and pair not in self._pairs)

    def rejects(self, market: Market) -> bool:
        """Whether it refused *market* when it was last asked, though it may have it."""
        return self._pair(market) in self._rejected

    def may_return(self, market: Market) -> bool:
        """Whether it rejects *market* since a short time only, perhaps by a slip of its own."""
        rejection = self._rejected.get(self._pair(market))
        return rejection is not None and rejection.wait <= 4 * RECHECK

    def reason(self, market: Market) -> Failure:
        """Why *market* is not asked for."""
        if rejection := self._rejected.get(self._pair(market)):
            return Failure("rejected", self._source.name, rejection.words)
        return Failure("not_listed", self._source.name)

    def reject(self, market: Market, words: str | None) -> None:
        """
        It refuses *market* with *words* (None: those of before), which would fail every batch it is in: try it
        seldom, and alone.
        """
        pair = self._pair(market)
        before = self._rejected.get(pair)
        wait = min(2 * before.wait, AGE) if before else RECHECK
        words = words or (before.words if before else "")
        self._rejected[pair] = _Rejection(words, wait, self._clock.monotonic() + wait)

    def accept(self, market: Market) -> None:
        """It has answered for *market*."""
        self._rejected.pop(self._pair(market), None)

    def worth_a_try(self, markets: Iterable[Market]) -> Market | None:
        """One of *markets* that was refused so long ago that it may be asked for again; counted as tried."""
        now = self._clock.monotonic()
        for market in markets:
            rejection = self._rejected.get(self._pair(market))
            if rejection is not None and rejection.at <= now:
                self._rejected[self._pair(market)] = replace(rejection, at=now + rejection.wait)
                return market
        return None

    def _pair(self, market: Market) -> Market:
        return replace(market, exchange=self._source.name)

    @property
    def known(self) -> frozenset[Market]:
        """All pairs that it is known to have."""
        return frozenset(self._pairs or ())

    def doubt(self) -> None:
        """Something failed, perhaps because a pair is gone: ask anew soon."""
        self._ask_at = min(self._ask_at, max(self._clock.monotonic(), self._asked_at + DOUBT))
