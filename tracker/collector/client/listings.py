"""Caches which pairs an exchange lists: one pair that it does not know would fail a whole batch."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tracker.collector.client.client import ExchangeClient
from tracker.core.errors import ExchangeError
from tracker.core.exchange_contract import StatesTrading
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.runtime.clock import Clock

log = logging.getLogger(__name__)

REFRESH_EVERY = 3600.0  # seconds
RECHECK = 60.0  # the same while a wanted pair is missing, and until a pair gone from the list counts as delisted
MIN_REFRESH = 10.0  # seconds between two requests for the list, however much fails
STATES_EVERY = 300.0  # seconds between two requests for states; for a list that failed or has a pair not traded too
FIRST_LIST_TIMEOUT = 5.0  # seconds that the first polls wait for the first list


@dataclass(frozen=True, slots=True)
class _Rejection:
    """A pair that makes the exchange refuse every request it is in."""

    message: str  # the exchange's; "" if it gave none
    wait: float  # seconds until the next try, doubling
    retry_at: float  # monotonic seconds


class Listings:
    """
    The pairs of one exchange, shared by its poll groups and backfill.

    A list that is late, fails or is empty blocks nothing: the one before stays valid meanwhile.
    """

    def __init__(self, client: ExchangeClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._pairs: set[Market] | None = None  # None: unknown
        self._missing: set[Market] = set()  # pairs that the last list no longer had
        self._rejected: dict[Market, _Rejection] = {}  # by pair
        self._next_refresh = self._last_refresh = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None
        self._wanted: set[Market] = set()  # pairs that were ever asked for
        self._states: dict[Market, str] = {}  # the exchange's word for why a pair is not traded; "" if it is
        self._next_states = float("-inf")
        self._asking_states: asyncio.Task[None] | None = None

    async def available(self, markets: Iterable[Market]) -> set[Market]:
        """Return those of *markets*, of any exchange, with a listed pair; all while that is unknown."""
        markets = list(markets)
        self._wanted.update(map(self._pair, markets))
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
            # The task is shared: it survives the cancellation of one caller.
            await asyncio.wait({self._refreshing}, timeout=FIRST_LIST_TIMEOUT / self._clock.speed)
        available = {market for market in markets if not self.is_missing(market)}
        if len(available) < len(markets):
            self._next_refresh = min(self._next_refresh, self._last_refresh + RECHECK)
        self._ask_states(now)
        return available

    async def close(self) -> None:
        """Cancel requests for the list that are under way. All users of this object must have ended."""
        tasks = {task for task in (self._refreshing, self._asking_states) if task is not None}
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def wait_for_states(self) -> None:
        """Wait until a request for states that is under way has ended, at most FIRST_LIST_TIMEOUT s."""
        if self._asking_states is not None:
            await asyncio.wait({self._asking_states}, timeout=FIRST_LIST_TIMEOUT / self._clock.speed)

    def _ask_states(self, now: float) -> None:
        """Request the states of wanted pairs if they are due and not in the list; no caller waits for them."""
        pairs = sorted(self._wanted & (self._pairs or set()))
        if pairs and now >= self._next_states and isinstance(self._client.exchange, StatesTrading):
            self._next_states = now + STATES_EVERY
            self._asking_states = asyncio.create_task(self._refresh_states(self._client.exchange, pairs))
            self._asking_states.add_done_callback(self._report)

    def _report(self, task: asyncio.Task[None]) -> None:
        """Log an unexpected exception of *task*, which no caller awaits."""
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "%s: reading its list of pairs failed; the one before stays valid", self._client.name, exc_info=error
            )

    async def _refresh(self) -> None:
        try:
            listed = await self._client.pairs()
        except ExchangeError as error:
            log.debug("%s: no list of pairs: %s", self._client.name, error)
            self._next_refresh = min(self._next_refresh, self._last_refresh + STATES_EVERY)
            return
        if listed is not None and not listed:
            log.warning("%s: ignoring an empty list of pairs", self._client.name)
            return
        # A pair counts as delisted when two lists in a row do not have it.
        offered = set(listed or ())
        missing = (self._pairs or set()) - offered
        self._pairs = None if listed is None else offered | (missing - self._missing)
        self._missing = missing
        if missing:
            self._next_refresh = min(self._next_refresh, self._last_refresh + RECHECK)
        if isinstance(self._client.exchange, StatesTrading):
            return
        self._states = listed or {}
        if any(map(self._states.get, self._wanted)):
            self._next_refresh = min(self._next_refresh, self._last_refresh + STATES_EVERY)

    async def _refresh_states(self, exchange: StatesTrading, pairs: Sequence[Market]) -> None:
        size = self._client.exchange.MAX_BATCH
        try:
            for part in (pairs[first : first + size] for first in range(0, len(pairs), size)):
                response = await self._client.get(exchange.states_path(part), urgent=False)
                words = self._client.parse(response, exchange.pairs)
                self._states.update({pair: words.get(pair, "") for pair in part})
        except ExchangeError as error:
            log.debug("%s: no states of its pairs: %s", self._client.name, error)

    def state(self, market: Market) -> str | None:
        """Return the exchange's word for why the listed pair is not traded now; empty if it is; None if unknown."""
        return self._states.get(self._pair(market))

    def is_missing(self, market: Market) -> bool:
        """Return whether the pair is known not to be listed, or was rejected when last polled."""
        pair = self._pair(market)
        return pair in self._rejected or (self._pairs is not None and pair not in self._pairs)

    def rejects(self, market: Market) -> bool:
        """Return whether the exchange rejected *market* when last polled, though it may list it."""
        return self._pair(market) in self._rejected

    def is_recent_rejection(self, market: Market) -> bool:
        """Return whether *market* has been rejected for a short time only, perhaps by mistake."""
        rejection = self._rejected.get(self._pair(market))
        return rejection is not None and rejection.wait <= 4 * RECHECK

    def reason(self, market: Market) -> Failure:
        """Return why *market* is not polled."""
        if rejection := self._rejected.get(self._pair(market)):
            return Failure("rejected", self._client.name, rejection.message)
        return Failure("not_listed", self._client.name)

    def reject(self, market: Market, message: str | None) -> None:
        """
        Record that the exchange refused *market* with *message* (None: as before).

        It would fail every batch it is in, so it is retried alone, after a wait that doubles each time.
        """
        pair = self._pair(market)
        before = self._rejected.get(pair)
        wait = min(2 * before.wait, REFRESH_EVERY) if before else RECHECK
        message = message or (before.message if before else "")
        self._rejected[pair] = _Rejection(message, wait, self._clock.monotonic() + wait)

    def accept(self, market: Market) -> None:
        """Record that the exchange has a price for *market*."""
        self._rejected.pop(self._pair(market), None)

    def due_for_retry(self, markets: Iterable[Market]) -> Market | None:
        """Return one of *markets* with a rejection due for a retry, and count it as retried."""
        now = self._clock.monotonic()
        for market in markets:
            rejection = self._rejected.get(self._pair(market))
            if rejection is not None and rejection.retry_at <= now:
                self._rejected[self._pair(market)] = replace(rejection, retry_at=now + rejection.wait)
                return market
        return None

    def _pair(self, market: Market) -> Market:
        return market if market.exchange == self._client.name else replace(market, exchange=self._client.name)

    @property
    def pairs(self) -> frozenset[Market]:
        """Pairs known to be listed; empty if unknown."""
        return frozenset(self._pairs or ())

    def refresh_soon(self) -> None:
        """Request the list again soon, after a failure that a delisted pair may have caused."""
        self._next_refresh = min(self._next_refresh, max(self._clock.monotonic(), self._last_refresh + MIN_REFRESH))
