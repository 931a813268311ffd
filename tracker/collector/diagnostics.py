"""Looks at everything that collecting needs, once, and says of each whether it works and what to do if not."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.client import ExchangeClient, Quotes
from tracker.collector.client.http import RequestsHttp
from tracker.collector.client.listings import Listings
from tracker.collector.client.rate_limit import sustained_rate
from tracker.collector.factory import cadences, configured_feeds, exchange_clients, make_coordination
from tracker.collector.outage_log import cause_text
from tracker.collector.schedule import requests_a_second
from tracker.collector.service import JOB
from tracker.core.adapters import load
from tracker.core.contracts import Store
from tracker.core.errors import ExchangeError, TrackerError, did_you_mean
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder
from tracker.runtime.store_url import open_configured_store

SKEW = 2.0  # seconds that two clocks may differ; the Date header counts whole ones
FULL = 0.9  # share of what an exchange allows above which little is left for history


class Check(NamedTuple):
    """One thing that was looked at: ``✓`` works, ``!`` works but, ``✗`` does not."""

    mark: Literal["✓", "!", "✗"]
    text: str


async def run_checks(settings: Settings) -> AsyncIterator[Check]:
    """Each finding as soon as it is there. Asks every exchange that is configured, within its limits."""
    yield Check("✓", f"settings: {settings.file or 'no tracker.toml, so the defaults'}")
    for finding in _stored(settings):
        yield finding
    for finding in _cadences(settings):
        yield finding
    fetch = RequestsHttp()
    asked: list[asyncio.Future[list[Check]]] = []
    try:
        clock = settings.make_clock()
        for name, source in exchange_clients(settings, fetch, clock).items():
            markets = [feed.market for feed in configured_feeds(settings) if name in feed.sources]
            asked.append(asyncio.ensure_future(_exchange(source, markets, Listings(source, clock))))
        for each in asked:  # at once: one that hangs holds up no other
            for finding in await each:
                yield finding
    finally:
        for each in asked:
            each.cancel()
        fetch.close()


def _stored(settings: Settings) -> list[Check]:
    try:
        store: Store = open_configured_store(settings)
        markets = store.markets()
    except TrackerError as error:
        return [Check("✗", f"store: {error}")]
    folder = data_folder(settings)
    found = []
    # The first append makes whatever is missing of it.
    place = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    if not place.is_dir():
        found.append(Check("✗", f"store: {place} is a file; expected a folder. Set another store in tracker.toml"))
    elif os.access(place, os.W_OK | os.X_OK):
        what = f"prices of {len(markets)} markets" if markets else "no prices yet"
        found.append(Check("✓", f"store: {folder}, {what}"))
    else:
        found.append(Check("✗", f'store: {place} cannot be written; type: sudo chown "$(id -un)" {place}'))
    holder = make_coordination(settings, "check").holder(JOB)
    found.append(Check("✓", f"collector: {holder}") if holder else Check("!", "collector: none; type: tracker collect"))
    return found


def _cadences(settings: Settings) -> list[Check]:
    found = []
    feeds = configured_feeds(settings)
    for name, (needed, allowed) in cadences(settings).items():
        text = f"cadence: {name} is asked {needed:.2f} times a second, allows {allowed:.2f}"
        if needed > allowed * 1.001:
            found.append(Check("✗", f"{text}; nothing will be collected. Ask less often: every = …"))
        elif needed > FULL * allowed:
            found.append(Check("!", f"{text}; little is left for older prices, so gaps heal slowly"))
        else:
            found.append(Check("✓", text))
    for name in dict.fromkeys(name for feed in feeds for name in feed.stand_ins):
        exchange = load("exchanges", name)
        own = [feed for feed in feeds if feed.market.exchange == name]
        others = [feed for feed in feeds if name in feed.stand_ins]  # they are asked for in requests of their own
        needed = sum(requests_a_second(some, exchange.MAX_BATCH) for some in (own, others))
        allowed = sustained_rate(exchange.LIMITS)
        text = f"cadence: {name}, standing in for all it is named for, is asked {needed:.2f} times a second"
        text += f", allows {allowed:.2f}"
        found.append(Check("✓", text) if needed <= allowed else Check("!", f"{text}; then slots will be missed"))
    return found


async def _exchange(source: ExchangeClient, markets: Sequence[Market], offers: Listings) -> list[Check]:
    try:
        return await _findings(source, markets, offers)
    finally:
        await offers.close()


async def _findings(source: ExchangeClient, markets: Sequence[Market], offers: Listings) -> list[Check]:
    offered = await offers.of(markets)
    asked = [market for market in markets if market in offered]
    size, batch = source.exchange.MAX_BATCH, BatchPoller(source, offers)
    priced: set[Market] = set()
    lacking: dict[Market, Failure] = {}
    clocks: list[float] = []  # seconds that this one is ahead

    async def heard(quotes: Quotes) -> None:
        if quotes.answer.date is not None and quotes.answer.origin is None:
            clocks.append(time.time() - quotes.answer.date)
        priced.update(quotes.prices)
        lacking.update(quotes.lacking)

    failed: dict[str, list[Market]] = {}

    async def ask(some: Sequence[Market]) -> None:
        try:
            await batch.ask(some, heard)
        except ExchangeError as error:
            failed.setdefault(str(error), []).extend(market for market in some if market not in priced | lacking.keys())

    # All at once: where each waits for its time-out, they do so together.
    await asyncio.gather(*(ask(asked[first : first + size]) for first in range(0, len(asked), size)))
    found = []
    for market in markets:
        if offers.lacks(market):
            near = "" if offers.rejects(market) else _near(market, offers)
            found.append(Check("✗", f"{market}: {cause_text(offers.reason(market), market)}{near}"))
        elif market in lacking and market not in priced:
            found.append(Check("✗", f"{market}: no price from {source.name}: {cause_text(lacking[market], market)}"))
    for reason, without in failed.items():
        found.append(Check("✗", f"{source.name}: {reason}; asked for {', '.join(map(str, without))}"))
    if priced:
        found.append(Check("✓", f"{source.name}: has a price for {len(priced)} of {len(markets)} markets"))
    if clocks:
        found.append(_skew(source.name, clocks[0]))
    return found


def _skew(name: str, ahead: float) -> Check:
    ahead -= 0.5  # the header's second has begun up to one second ago
    if abs(ahead) <= SKEW:
        return Check("✓", f"clock: within {SKEW:.0f} s of that of {name}")
    way = "ahead of" if ahead > 0 else "behind"
    return Check("✗", f"clock: {abs(ahead):.0f} s {way} that of {name}; set it, e.g.: timedatectl set-ntp true")


def _near(market: Market, offers: Listings) -> str:
    pairs = [str(replace(pair, exchange=market.exchange)) for pair in offers.known]
    hint = did_you_mean(str(market), pairs, most=3)
    return f"; {hint}" if hint else ""
