"""What an exchange offers, asked for seldom: one pair that it does not know would fail a whole batch."""

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import replace

from tracker.clock import Clock
from tracker.errors import ExchangeError
from tracker.market import Market
from tracker.source import Source

log = logging.getLogger(__name__)

AGE = 3600.0  # seconds after which an exchange is asked anew


class Offers:
    """The pairs of one exchange, shared by all that ask it."""

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._one = asyncio.Lock()
        self._pairs: set[Market] | None = None  # None: not known
        self._ask_at = float("-inf")

    async def of(self, markets: Iterable[Market]) -> set[Market]:
        """Those of *markets*, of whatever exchange, whose pair it has; all of them while that is not known."""
        async with self._one:
            if self._clock.monotonic() >= self._ask_at:
                try:
                    self._pairs = await self._source.pairs()
                except ExchangeError as error:
                    log.debug("%s: what it offers is unknown, all markets are asked for: %s", self._source.name, error)
                    self._pairs = None
                self._ask_at = self._clock.monotonic() + AGE
        return {market for market in markets if not self.lacks(market)}

    def lacks(self, market: Market) -> bool:
        """Whether it is known to have no such pair."""
        return self._pairs is not None and replace(market, exchange=self._source.name) not in self._pairs

    @property
    def known(self) -> frozenset[Market]:
        """All pairs that it is known to have."""
        return frozenset(self._pairs or ())

    def doubt(self) -> None:
        """Something failed, perhaps because a pair is gone: ask anew before the next request."""
        self._ask_at = self._clock.monotonic()
