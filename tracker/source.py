"""
One exchange as the collector uses it: its adapter, its address, its pace, its retries.

What an adapter leaves to raise becomes an ExchangeError here, once for all of them.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import stamina

from tracker.adapters import Exchange
from tracker.clock import Clock
from tracker.errors import ExchangeError
from tracker.fetch import Answer, Fetch
from tracker.market import Market

T = TypeVar("T")

# The collector tells a failure once, with its cause; stamina would add a line for every try.
stamina.instrumentation.set_on_retry_hooks(())

FIRST_WAIT, LONGEST_WAIT, JITTER = 1.0, 30.0, 1.0  # seconds between tries


class Source:
    """
    Asks one exchange, within its LIMITS, and reads its answers.

    Args:
        name: of the exchange, as in ``tracker/exchanges/<name>.py``.
        url: where it is; the adapter's BASE_URL, or a sandbox or mirror that speaks its dialect.
    """

    def __init__(self, name: str, exchange: Exchange, url: str, fetch: Fetch, clock: Clock) -> None:
        self.name = name
        self.exchange = exchange
        self._url = url.rstrip("/")
        self._fetch = fetch
        self._clock = clock
        self._turn = asyncio.Lock()
        self._free_at = float("-inf")

    async def ask(self, path: str) -> Answer:
        """The parsed answer to one request. Raises ExchangeError."""
        async with self._turn:
            await self._clock.sleep(self._free_at - self._clock.monotonic())
            self._free_at = self._clock.monotonic() + max(seconds / count for count, seconds in self.exchange.LIMITS)
        return await self._fetch(self._url + path, {"User-Agent": "btc-price-tracker", "Accept": "application/json"})

    def read(self, answer: Answer, function: Callable[..., T], *arguments: object) -> T:
        """``function(answer.body, *arguments)``; an answer it cannot read is an ExchangeError that quotes it."""
        try:
            return function(answer.body, *arguments)
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            start = json.dumps(answer.body)[:80]
            reason = f"{type(error).__name__}: {error}"
            raise ExchangeError(f"{self.name} answers something unknown ({reason}): {start}") from error

    async def last_prices(self, markets: Sequence[Market]) -> tuple[dict[Market, float], Answer]:
        """Prices of one batch; a market that the answer lacks is absent."""
        answer = await self.ask(self.exchange.ticker_path(markets))
        return self.read(answer, self.exchange.last_prices, markets), answer

    async def pairs(self) -> set[Market] | None:
        """What the exchange offers; None if its adapter cannot tell."""
        path: Callable[[], str] | None = getattr(self.exchange, "pairs_path", None)
        if path is None:
            return None
        read: Callable[[Any], set[Market]] = self.exchange.pairs  # type: ignore[attr-defined]
        return self.read(await self.ask(path()), read)

    def tries(self, most: int | None = None) -> AsyncIterator[stamina.Attempt]:
        """
        Attempts, for ``async for … with``: an ExchangeError inside waits, longer each time and
        with jitter, for the next one; without end, or until *most* failed. Waits are the clock's seconds.
        """
        return aiter(
            stamina.retry_context(
                on=ExchangeError,
                attempts=most,
                timeout=None,
                wait_initial=FIRST_WAIT / self._clock.speed,
                wait_max=LONGEST_WAIT / self._clock.speed,
                wait_jitter=JITTER / self._clock.speed,
            )
        )
