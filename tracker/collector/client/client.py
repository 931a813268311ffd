"""
A client of one exchange: its adapter, its address, its rate limits, its retries.

An exception that an adapter does not handle becomes an UnreadableAnswer here, once for all adapters.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar
from urllib.parse import urlsplit

import stamina

from tracker.collector.client.http import HttpGet
from tracker.collector.client.pause_file import PauseFile
from tracker.collector.client.rate_limit import RateLimiter
from tracker.collector.client.response import Response, quoted
from tracker.core.address_mask import mask_addresses
from tracker.core.ban_words import ban_end, readable_ban
from tracker.core.durations import utc_text
from tracker.core.errors import ExchangeError, RateLimited, UnreadableAnswer
from tracker.core.exchange_contract import Exchange, ListsPairs
from tracker.core.market import Market
from tracker.core.market_status import Failure, failure_of
from tracker.core.parsing import price, printable
from tracker.core.quotes import Quote
from tracker.runtime.clock import Clock
from tracker.runtime.threads import in_thread

T = TypeVar("T")

# The collector logs a failure once, with its cause; stamina would add a line for every attempt.
stamina.instrumentation.set_on_retry_hooks(())

FIRST_WAIT, LONGEST_WAIT, JITTER = 1.0, 30.0, 1.0  # seconds between attempts
SHORTEST_KEPT = 10.0  # seconds; a shorter pause has ended when another process has started
_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Quotes:
    """The prices in one response: each market asked for is in *prices* or in *missing*."""

    prices: Mapping[Market, float]  # finite, above 0
    missing: Mapping[Market, Failure]  # why there is no price
    response: Response
    traded_at: Mapping[Market, int] = field(default_factory=dict)  # epoch ms of the last trade, where it is stated


class ExchangeClient:
    """
    Sends requests to one exchange, within its LIMITS, and parses the responses.

    Args:
        name: of the exchange, as in ``tracker/exchanges/<name>.py``.
        exchange: its adapter.
        url: its address; the adapter's BASE_URL, or a sandbox or mirror that speaks its dialect.
        http_get: sends a request.
        clock: of the rate limits and waits.
        headers: further headers that the exchange requires, e.g. its API key.
        pause_file: keeps a pause that the exchange demands for the next process. None: it ends with this one.
        rate_limiter: that of another client of the same exchange and address. None: a new one.
    """

    def __init__(
        self,
        name: str,
        exchange: Exchange,
        url: str,
        http_get: HttpGet,
        clock: Clock,
        headers: Mapping[str, str] | None = None,
        pause_file: PauseFile | None = None,
        rate_limiter: RateLimiter | None = None,
    ) -> None:
        self.name = name
        self.exchange = exchange
        self.rate_limiter = rate_limiter or RateLimiter(exchange.LIMITS, clock)
        self._url = url.rstrip("/")
        self._host = urlsplit(url).hostname or ""
        self._http_get = http_get
        self._clock = clock
        self._pause_file = pause_file
        self._writes: set[asyncio.Future[None]] = set()  # of the pause file, under way
        self._secrets = [value for value in (headers or {}).values() if value]
        self._headers = {"User-Agent": "btc-price-tracker", "Accept": "application/json", **(headers or {})}

    async def restore_pause(self) -> None:
        """Keep the pause that the exchange demanded of an earlier process, if it has not ended."""
        if self._pause_file is not None:
            self.rate_limiter.pause(await in_thread(self._pause_file.read, self._clock.now()) / 1000)

    async def settle(self) -> None:
        """Wait until a pause is kept for the next process."""
        await asyncio.gather(*self._writes)

    async def get(self, path: str, *, urgent: bool = True) -> Response:
        """Return the response to one request; if it is not *urgent*, polls go first. Raises ExchangeError."""
        if not await self.rate_limiter.acquire(urgent=urgent):
            raise self.pause_error()
        sent_at = self._clock.monotonic()
        with self._rate_limits_observed():
            response = await self._http_get(self._url + path, self._headers)
        return replace(response, seconds=self._clock.monotonic() - sent_at)

    def parse(self, response: Response, function: Callable[..., T], *arguments: object) -> T:
        """
        Return ``function(response.body, *arguments)``.

        Raises:
            UnreadableAnswer: the function failed; the message quotes the response.
            ExchangeError: the body holds an error of the exchange.
        """
        try:
            with self._rate_limits_observed(response):
                parsed = function(response.body, *arguments)
        except _UNREADABLE as error:
            raise UnreadableAnswer(
                self._masked(f"{self.name} gave an unexpected answer ({_reason(error)}): {quoted(response)}")
            ) from error
        self.rate_limiter.reset()
        return parsed

    async def last_prices(self, markets: Sequence[Market], *, urgent: bool = True) -> Quotes:
        """
        Return the prices of one batch, which may be markets of exchanges that this one stands in for.

        A broken entry affects its own market only. Raises ExchangeError if no part of the response is readable.
        """
        own_pairs = {market: replace(market, exchange=self.name) for market in markets}
        asked = list(dict.fromkeys(own_pairs.values()))  # two exchanges' markets may be one pair here
        response = await self.get(self.exchange.ticker_path(asked), urgent=urgent)
        quotes, missing = self.parse_quotes(response, asked)
        return Quotes(
            {market: quotes[pair].price for market, pair in own_pairs.items() if pair in quotes},
            {market: missing[pair] for market, pair in own_pairs.items() if pair in missing},
            response,
            {market: time for market, pair in own_pairs.items() if pair in quotes and (time := quotes[pair].traded_at)},
        )

    def parse_quotes(
        self, response: Response, markets: Sequence[Market]
    ) -> tuple[dict[Market, Quote], dict[Market, Failure]]:
        """Return the last trade of each of this exchange's *markets* in *response*, and why others have none."""
        reader = self.exchange.last_prices
        missing: dict[Market, Failure] = {}
        try:
            quotes = dict(self.parse(response, reader, markets))
        except UnreadableAnswer:
            if len(markets) < 2:
                raise
            quotes = {}
            for market in markets:
                try:
                    quotes.update(self.parse(response, reader, [market]))
                except ExchangeError as error:
                    missing[market] = failure_of(error, self.name)
            if not quotes:
                raise
        valid: dict[Market, Quote] = {}
        for market in markets:
            if market in missing:
                continue
            if market not in quotes:
                missing[market] = Failure("no_price", self.name)
            else:
                try:
                    valid[market] = quotes[market]._replace(price=price(quotes[market].price))
                except _UNREADABLE as error:
                    unreadable = UnreadableAnswer(self._masked(f"the answer has {error}"))
                    missing[market] = failure_of(unreadable, self.name)
        return valid, missing

    async def pairs(self) -> dict[Market, str] | None:
        """Return the listed pairs, each with why it does not trade ("" if it does); None without a list."""
        if not isinstance(self.exchange, ListsPairs):
            return None
        return self.parse(await self.get(self.exchange.pairs_path()), self.exchange.pairs)

    def attempts(self, limit: int | None = None, first_wait: float = FIRST_WAIT) -> AsyncIterator[stamina.Attempt]:
        """
        Return attempts, for ``async for … with``.

        After an ExchangeError the next attempt waits, *first_wait* and then longer each time and with jitter, in the
        clock's seconds. They end when one succeeds or *limit* have failed; None: never.
        """
        return aiter(
            stamina.retry_context(
                on=ExchangeError,
                attempts=limit,
                timeout=None,
                wait_initial=min(first_wait, LONGEST_WAIT) / self._clock.speed,
                wait_max=LONGEST_WAIT / self._clock.speed,
                wait_jitter=JITTER / self._clock.speed,
            )
        )

    def pause_error(self) -> RateLimited:
        """Return the error of a request that is not sent because the exchange demands a pause."""
        pause = self.rate_limiter.paused_for
        until = utc_text(self._clock.now() + round(pause * 1000))
        return RateLimited(f"{self.name} reports too many requests and accepts none before {until}", pause)

    @contextmanager
    def _rate_limits_observed(self, response: Response | None = None) -> Iterator[None]:
        """
        Back off when the exchange reports too many requests; mask secrets and addresses in errors.

        The words of *response*, which has no error status, may state how long a ban lasts.
        """
        try:
            yield
        except ExchangeError as error:
            shown = self._masked(str(error))
            if isinstance(error, RateLimited):
                pause = error.retry_after if response is None else self._pause_in_words(error, response)
                self.rate_limiter.back_off(pause)
                self._keep_pause()
                raise RateLimited(readable_ban(shown), pause) from None
            if shown != str(error):
                raise error.reworded(shown) from None
            raise

    def _keep_pause(self) -> None:
        pause = self.rate_limiter.paused_for
        if self._pause_file is not None and pause >= SHORTEST_KEPT:
            now = self._clock.now()
            write = asyncio.ensure_future(in_thread(self._pause_file.write, now, now + round(pause * 1000)))
            self._writes.add(write)
            write.add_done_callback(self._writes.discard)

    def _pause_in_words(self, error: RateLimited, response: Response) -> float:
        """Return the seconds until the end that the words of *error* state; else those that the adapter chose."""
        now = self._clock.now() / 1000 if response.date is None else response.date
        end = ban_end(str(error))
        return error.retry_after if end is None or end / 1000 <= now else end / 1000 - now

    def _masked(self, text: str) -> str:
        """Return *text* without the key and addresses that an exchange echoes, whole or cut off by a quotation."""
        for secret in self._secrets:
            for length in range(len(secret), min(6, len(secret)) - 1, -1):
                text = text.replace(secret[:length], "…")
        return mask_addresses(text, keep=self._host)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {printable(str(error), 80)}"
