"""Puts the collecting parts together as the settings say; the page and the command line both start here."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

from tracker.collector import former_notes, outage_log
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.http import HttpGet, RequestsHttp
from tracker.collector.client.rate_limit import sustained_rate
from tracker.collector.collector import Collector
from tracker.collector.schedule import Feed, requests_a_second
from tracker.collector.service import CollectorService, followed_status
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.coordination import open_coordination
from tracker.core.adapters import load
from tracker.core.contracts import Coordination, Store
from tracker.core.errors import ConfigError
from tracker.core.market_status import MarketStatus, Status
from tracker.runtime.clock import Clock
from tracker.runtime.setting_types import ExchangeSettings
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder, named_folder
from tracker.runtime.store_url import store_folder


def coordination_url(settings: Settings) -> str:
    """
    The URL of the coordination that the store's writers share.

    Raises:
        ConfigError: the store keeps its prices in a folder, and the settings name another one for coordination.
            Each release locks the folder that it collects into; with other locks two would collect at once.
    """
    own = data_folder(settings)
    if settings.coordination is None:
        return f"file:{own}"
    scheme, _, rest = settings.coordination.partition(":")
    named = named_folder("coordination", rest, settings.base) if scheme == "file" else None
    if store_folder(settings.store, base=settings.base) is not None and (
        named is None or named.resolve() != own.resolve()
    ):
        raise ConfigError(
            f"coordination {scheme!r}: prices in a folder are collected under locks in that folder, "
            f'so that no two processes collect at once; remove the setting, or type coordination = "file:{own}"'
        )
    return settings.coordination if named is None else f"file:{named}"


def make_coordination(settings: Settings, label: str) -> Coordination:
    """What the store's writers share, as *settings* say; *label* names this process for people: ``dashboard``."""
    return open_coordination(coordination_url(settings), base=settings.base, label=label)


def configured_feeds(settings: Settings) -> list[Feed]:
    """The feeds to collect, in the settings' order."""
    return [Feed(each.name, each.every, each.sources[1:]) for each in settings.markets]


def exchange_names(settings: Settings) -> list[str]:
    """The exchanges that markets name, each once, in the settings' order."""
    return list(dict.fromkeys(name for feed in configured_feeds(settings) for name in feed.exchanges))


def exchange_clients(settings: Settings, http_get: HttpGet, clock: Clock) -> dict[str, ExchangeClient]:
    """
    Make a client for each exchange that a market names, in the order in which they are named.

    Raises:
        ConfigError: there is no such exchange, or it takes no key.
    """
    clients = {}
    for name in exchange_names(settings):
        exchange: Any = load("exchanges", name)
        own = settings.exchanges.get(name, ExchangeSettings())
        url = own.url or exchange.BASE_URL
        headers = None
        if own.key is not None:
            if not hasattr(exchange, "headers"):
                raise ConfigError(f"exchanges.{name}.key: {name} asks for no key; remove it")
            headers = exchange.headers(own.key.get_secret_value(), url)
        clients[name] = ExchangeClient(name, exchange, url, http_get, clock, headers)
    return clients


def cadences(settings: Settings) -> dict[str, tuple[float, float]]:
    """Requests a second that polling needs and that the limits allow, for each exchange with markets."""
    feeds = configured_feeds(settings)
    rates = {}
    for name in dict.fromkeys(feed.market.exchange for feed in feeds):
        exchange: Any = load("exchanges", name)
        own = [feed for feed in feeds if feed.market.exchange == name]
        rates[name] = requests_a_second(own, exchange.MAX_BATCH), sustained_rate(exchange.LIMITS)
    return rates


def check_cadences(settings: Settings) -> None:
    """Raise ConfigError, with the arithmetic, if polling needs more requests than an exchange allows."""
    for name, (needed, allowed) in cadences(settings).items():
        if needed > allowed * 1.001:
            own = [feed for feed in configured_feeds(settings) if feed.market.exchange == name]
            markets = "1 market" if len(own) == 1 else f"{len(own)} markets"
            batch = load("exchanges", name).MAX_BATCH
            fastest = min(own, key=lambda feed: feed.interval)
            longer = math.ceil(math.ceil(len(own) / batch) / allowed)  # seconds, if all have the same
            raise ConfigError(
                f"{name}: {markets}, {batch} in a request, take "
                f"{needed:.2f} requests a second; {name} allows {allowed:.2f}. "
                f"The fastest is {fastest.market}, every {fastest.interval / 1000:g} s. "
                f'Ask less often, e.g. every = "{longer}s" for all'
            )


def make_collector_service(settings: Settings, store: Store, clock: Clock, label: str) -> CollectorService:
    """
    What collects as *settings* say, whenever it gets the lease; not started yet.

    *label* says what kind of process this is, for people: ``dashboard``.

    Raises:
        ConfigError: a market names an exchange that there is no adapter for, or asks more often than it allows.
    """
    check_cadences(settings)
    feeds = configured_feeds(settings)
    http_get = RequestsHttp()
    # Once for all terms: what an exchange allows, and a pause that it wants, do not begin anew with a term.
    clients = exchange_clients(settings, http_get, clock)

    def collector(board: StatusBoard, may_write: Callable[[], bool]) -> Collector:
        return Collector(
            feeds,
            clients,
            SlotWriter(store, board, may_write),
            clock,
            board,
            span=settings.span,
            retention=settings.retention,
            plausible=settings.plausible,
            request=BackfillRequest(coordination, {feed.market.exchange for feed in feeds}),
        )

    folder, coordination = data_folder(settings), make_coordination(settings, label)
    return CollectorService(
        collector,
        coordination,
        StatusBoard({feed.market: feed.interval for feed in feeds}),
        folder / outage_log.FILE,
        clock,
        partial(former_notes.take_over, folder, BackfillRequest(coordination).submit),
    )


def make_status_reader(settings: Settings, label: str) -> Callable[[], Status]:
    """
    Make a function that returns the collecting process's status, for a process that never collects.

    *label* says what kind of process this is, for people: ``publish``.
    """
    unknown = Status(markets={feed.market: MarketStatus(feed.interval) for feed in configured_feeds(settings)})
    return partial(followed_status, make_coordination(settings, label), unknown)
