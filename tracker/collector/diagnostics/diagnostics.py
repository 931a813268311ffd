"""Checks once everything that collecting depends on: store, cadences, exchanges, clock."""

import asyncio
from collections.abc import AsyncIterator

from tracker.collector.client.http import RequestsHttp
from tracker.collector.client.listings import Listings
from tracker.collector.client.rate_limit import sustained_rate
from tracker.collector.diagnostics.check import Check
from tracker.collector.diagnostics.exchange_check import check_exchange
from tracker.collector.diagnostics.store_check import check_store
from tracker.collector.factory import cadences, configured_feeds, exchange_clients, refused_keys
from tracker.collector.schedule import requests_a_second
from tracker.core.adapters import load_exchange
from tracker.runtime.settings import Settings

NEARLY_FULL = 0.9  # share of an exchange's limit; above it little is left for backfill


async def run_checks(settings: Settings) -> AsyncIterator[Check]:
    """
    Yield each check as soon as it is done; polls every configured exchange, within its limits.

    Closing the generator early cancels and awaits all requests.
    """
    for check in check_store(settings):
        yield check
    for check in _check_cadences(settings):
        yield check
    refused = refused_keys(settings)
    for problem in refused.values():
        yield Check("✗", f"settings: {problem}, as nothing is collected with it")
    without_keys = {name: settings.exchanges[name].model_copy(update={"key": None}) for name in refused}
    settings = settings.model_copy(update={"exchanges": {**settings.exchanges, **without_keys}})
    http = RequestsHttp()
    running: list[asyncio.Task[list[Check]]] = []
    try:
        clock = settings.make_clock()
        for name, client in exchange_clients(settings, http, clock).items():
            feeds = [feed for feed in configured_feeds(settings) if name in feed.exchanges]
            checks = check_exchange(client, feeds, Listings(client, clock), clock, settings.unmoved_after)
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
