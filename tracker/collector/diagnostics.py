"""Checks once everything that collecting depends on: settings, store, cadences, exchanges, clock."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Literal, NamedTuple

from tracker.collector.checks.trading import stated_stops
from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.http import RequestsHttp
from tracker.collector.client.listings import Listings
from tracker.collector.client.rate_limit import sustained_rate
from tracker.collector.client.response import Response
from tracker.collector.factory import cadences, configured_feeds, exchange_clients, make_coordination
from tracker.collector.schedule import Feed, requests_a_second
from tracker.collector.service import JOB
from tracker.core.adapters import load_exchange
from tracker.core.cause_text import SET_CLOCK, cause_text
from tracker.core.contracts import Coordination, Store
from tracker.core.durations import utc_text
from tracker.core.errors import ConfigError, ExchangeError, TrackerError, did_you_mean
from tracker.core.market import Market
from tracker.core.market_status import Failure, MarketStatus
from tracker.runtime.clock import Clock
from tracker.runtime.settings import Settings
from tracker.runtime.store_url import open_configured_store, store_folder
from tracker.runtime.sync_copies import original_stem

SKEW = 2.0  # seconds by which two clocks may differ; the Date header has whole seconds
NEARLY_FULL = 0.9  # share of an exchange's limit; above it little is left for backfill


class Check(NamedTuple):
    """The result of one check: ``✓`` works, ``!`` works with limitations, ``✗`` does not work."""

    mark: Literal["✓", "!", "✗"]
    text: str


async def run_checks(settings: Settings) -> AsyncIterator[Check]:
    """
    Yield each check as soon as it is done; polls every configured exchange, within its limits.

    Closing the generator early cancels and awaits all requests.
    """
    yield Check("✓", f"settings: {settings.file or 'no tracker.toml, so the defaults'}")
    for check in _check_store(settings):
        yield check
    for check in _check_cadences(settings):
        yield check
    http = RequestsHttp()
    running: list[asyncio.Task[list[Check]]] = []
    try:
        clock = settings.make_clock()
        for name, client in exchange_clients(settings, http, clock).items():
            feeds = [feed for feed in configured_feeds(settings) if name in feed.exchanges]
            checks = _check_exchange(client, feeds, Listings(client, clock), clock, settings.unmoved_after)
            running.append(asyncio.create_task(checks))
        for task in running:  # all run at once, so an exchange that hangs delays no other request
            for check in await task:
                yield check
    finally:
        for task in running:
            task.cancel()
        # Retrieve every exception; asyncio would log those of tasks not awaited above.
        await asyncio.gather(*running, return_exceptions=True)
        http.close()


def _check_store(settings: Settings) -> list[Check]:
    try:
        store: Store = open_configured_store(settings)
        markets = store.markets()
    except TrackerError as error:
        return [Check("✗", f"store: {error}")]
    folder = store_folder(settings.store, base=settings.base)
    content = f"prices of {len(markets)} market{'' if len(markets) == 1 else 's'}" if markets else "no prices yet"
    if folder is not None and (fault := _write_fault(folder)):
        checks = [Check("✗", f"store: {fault}")]
    else:
        checks = [Check("✓", f"store: {store.place}, {content}")]
    checks += (
        [] if folder is None else [*_check_old_folders(folder, settings.market_list()), *_check_sync_copies(folder)]
    )
    return [*checks, _check_lease(make_coordination(settings, "check"))]


def _check_lease(coordination: Coordination) -> Check:
    """Name the collecting process, and those that its lock does not exclude."""
    if rivals := coordination.rivals(JOB):
        first, *others = rivals
        stepped_down = f"; stepped down: {', '.join(others)}" if others else ""
        text = f"collector: {first} collects, but its lock excludes nobody, as on some network folders{stepped_down}"
        return Check("✗", f"{text}; keep the folder on a disk of this computer, or collect on one computer only")
    holder = coordination.holder(JOB)
    return Check("✓", f"collector: {holder}") if holder else Check("!", "collector: none; type: tracker collect")


def _check_old_folders(folder: Path, known: Sequence[Market]) -> list[Check]:
    """Name folders such as ``kraken/xbteur``: earlier releases kept a market under its old code too."""
    checks = []
    for path in sorted(folder.glob("*/*/")):
        with suppress(ConfigError):
            market = Market.from_slug(path.parent.name, path.name, known)
            if market.slug != path.name:
                text = f"store: {path} is not read: {market} is kept in {market.slug}; type: tracker import {path}"
                checks.append(Check("!", f"{text}; delete the folder once that is done"))
    return checks


def _check_sync_copies(folder: Path) -> list[Check]:
    """Name the first copy that a sync program made of a file of an hour, and how to import all of them."""
    copies = [path for path in sorted(folder.glob("*/*/*.csv")) if original_stem(path.stem) != path.stem]
    if not copies:
        return []
    others = f" and {len(copies) - 1:,} more" if len(copies) > 1 else ""
    text = f"store: {copies[0]}{others}: a sync program made a copy, which is not read; type: tracker import {folder}"
    return [Check("!", f"{text}; delete the copies once that is done")]


def _write_fault(folder: Path) -> str:
    """Return why *folder* cannot be written, and what to type; empty if it can be."""
    # The first append creates missing folders, so check the nearest existing one.
    existing = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if not existing.is_dir():
        return f"{existing} is a file; expected a folder. Set another store in tracker.toml"
    if not os.access(existing, os.W_OK | os.X_OK):
        return f'{existing} cannot be written; type: sudo chown "$(id -un)" {existing}'
    return ""


def _check_cadences(settings: Settings) -> list[Check]:
    checks = []
    feeds = configured_feeds(settings)
    for name, (needed, allowed) in cadences(settings).items():
        text = f"cadence: {name} gets {needed:.2f} requests a second of {allowed:.2f} allowed"
        if needed > allowed * 1.001:
            checks.append(Check("✗", f"{text}; nothing will be collected. Ask less often: every = …"))
        elif needed > NEARLY_FULL * allowed:
            checks.append(Check("!", f"{text}; little is left for backfill, so gaps fill slowly"))
        else:
            checks.append(Check("✓", text))
    for name in dict.fromkeys(name for feed in feeds for name in feed.stand_ins):
        exchange = load_exchange(name)
        own_feeds = [feed for feed in feeds if feed.market.exchange == name]
        stood_in_for = [feed for feed in feeds if name in feed.stand_ins]  # requested separately from its own markets
        needed = sum(requests_a_second(part, exchange.MAX_BATCH) for part in (own_feeds, stood_in_for))
        allowed = sustained_rate(exchange.LIMITS)
        text = f"cadence: {name}, standing in for every market that names it, gets {needed:.2f} requests a second"
        text += f" of {allowed:.2f} allowed"
        checks.append(Check("✓", text) if needed <= allowed else Check("!", f"{text}; slots will be missed then"))
    return checks


async def _check_exchange(
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
        clock_checks.extend(_compare_clock(client.name, quotes.response, clock.now() / 1000, clock.speed))
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


def _compare_clock(name: str, response: Response, now: float, speed: float) -> list[Check]:
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
