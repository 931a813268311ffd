"""Polls an exchange once, within its limits: its markets, what it states about them, and its clock."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from tracker.collector.checks.trading import stated_stops
from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.listings import Listings
from tracker.collector.client.response import Response
from tracker.collector.diagnostics.check import Check
from tracker.collector.schedule import Feed
from tracker.core.cause_text import SET_CLOCK, cause_text
from tracker.core.durations import utc_text
from tracker.core.errors import ExchangeError, did_you_mean
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus
from tracker.runtime.clock import Clock

SKEW = 2.0  # seconds by which two clocks may differ; the Date header has whole seconds


async def check_exchange(
    client: ExchangeClient, feeds: Sequence[Feed], listings: Listings, clock: Clock, unmoved_after: int
) -> list[Check]:
    try:
        return await _check_markets(client, feeds, listings, clock, unmoved_after)
    finally:
        await listings.close()
        await client.settle()


async def _check_markets(
    client: ExchangeClient, feeds: Sequence[Feed], listings: Listings, clock: Clock, unmoved_after: int
) -> list[Check]:
    markets = [feed.market for feed in feeds]
    await client.restore_pause()
    if client.rate_limiter.paused_for:
        return [Check("✗", f"{client.pause_error()}; not asked for {', '.join(map(str, markets))}")]
    offered = await listings.available(markets)
    asked = [market for market in markets if market in offered]
    size, poller = client.exchange.MAX_BATCH, BatchPoller(client, listings)
    answers: list[Quotes] = []
    priced: set[Market] = set()
    missing: dict[Market, Failure] = {}
    clock_checks: list[Check] = []

    async def on_quotes(quotes: Quotes) -> None:
        clock_checks.extend(compare_clock(client.name, quotes.response, clock.now() / 1000, clock.speed))
        answers.append(quotes)
        priced.update(quotes.prices)
        missing.update(quotes.missing)

    failed: dict[str, list[Market]] = {}

    async def poll(part: Sequence[Market]) -> None:
        try:
            await poller.poll(part, on_quotes)
        except ExchangeError as error:
            failed.setdefault(str(error), []).extend(market for market in part if market not in priced | missing.keys())

    # Concurrent, so that timeouts run in parallel.
    await asyncio.gather(*(poll(asked[first : first + size]) for first in range(0, len(asked), size)))
    checks = []
    for market in markets:
        if listings.is_missing(market):
            near = "" if listings.rejects(market) else _near(market, listings)
            checks.append(Check("✗", f"{market}: {cause_text(listings.reason(market), market)}{near}"))
        elif market in missing and market not in priced:
            checks.append(Check("✗", f"{market}: no price from {client.name}: {cause_text(missing[market], market)}"))
    for reason, unpriced in failed.items():
        checks.append(Check("✗", f"{client.name}: {reason}; asked for {', '.join(map(str, unpriced))}"))
    await listings.wait_for_states()
    for quotes in answers:
        checks += _check_trading(client.name, feeds, quotes, listings, clock, unmoved_after)
    if priced:
        checks.append(Check("✓", f"{client.name}: has a price for {len(priced)} of {len(markets)} markets"))
    return [*checks, *clock_checks[:1]]


def _check_trading(
    name: str, feeds: Sequence[Feed], quotes: Quotes, listings: Listings, clock: Clock, unmoved_after: int
) -> list[Check]:
    """Name the markets that the exchange *name* states not to be traded, although it answers their price."""
    statuses = {feed.market: MarketStatus(feed.interval) for feed in feeds}
    now = clock.now() if quotes.response.date is None else round(quotes.response.date * 1000)
    checks = []
    for market, stop in stated_stops(feeds, quotes, listings, statuses, now, unmoved_after).items():
        if stop is not None:
            since = f"not traded since {utc_text(stop.since)}" if market in quotes.traded_at else ""
            effect = "it is polled and stored, but not ranked" if market.exchange == name else "its price is old"
            checks.append(
                Check("!", f"{market}: {name} states {', '.join(filter(None, [since, stop.words]))}; {effect}")
            )
    return checks


def compare_clock(name: str, response: Response, now: float, speed: float) -> list[Check]:
    """Compare a clock that showed *now* (epoch s) when *response* of the exchange *name* arrived with its Date."""
    if response.date is None:
        return []
    ahead = now - response.seconds / 2 - response.date - 0.5  # the header's second began up to one second ago
    if ahead < 0:  # some caches give a Date of their own beside the Age
        ahead = min(0.0, ahead + response.age)
    if abs(ahead) <= SKEW * speed:
        return [Check("✓", f"clock: within {SKEW * speed:.0f} s of that of {name}")]
    direction = "ahead of" if ahead > 0 else "behind"
    remedy = SET_CLOCK if response.origin is None else "it is a sandbox: set the variables that it prints"
    return [Check("✗", f"clock: {abs(ahead):.0f} s {direction} that of {name}; {remedy}")]


def _near(market: Market, listings: Listings) -> str:
    pairs = [str(replace(pair, exchange=market.exchange)) for pair in listings.pairs]
    hint = did_you_mean(str(market), pairs, most=3)
    return f"; {hint}" if hint else ""
