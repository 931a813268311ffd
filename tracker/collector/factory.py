"""Builds the collector from the settings, for the page and the command line."""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tracker.collector import outage_log
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.http import HttpGet, RequestsHttp
from tracker.collector.client.pause_file import PauseFile
from tracker.collector.client.rate_limit import RateLimiter, sustained_rate
from tracker.collector.collector import Collector
from tracker.collector.former_notes import FormerNotes
from tracker.collector.live_settings import LiveSettings
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed, requests_a_second
from tracker.collector.service import CollectorService, followed_status
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.coordination import open_coordination
from tracker.core.adapters import load_exchange
from tracker.core.contracts import Store
from tracker.core.coordination_contract import Coordination
from tracker.core.errors import ConfigError
from tracker.core.exchange_contract import TakesKey
from tracker.core.market_status import MarketStatus, Status
from tracker.runtime.clock import Clock
from tracker.runtime.setting_types import ExchangeSettings
from tracker.runtime.settings import Settings
from tracker.runtime.state_folder import data_folder, named_folder, state_folder
from tracker.runtime.store_url import store_folder


def coordination_url(settings: Settings) -> str:
    """
    Return the URL of the coordination that all writers of the store share.

    Raises:
        ConfigError: the store keeps its prices in one folder, and the settings name another one for coordination.
            Every release locks the folder that it collects into; with locks elsewhere, two could collect at once.
    """
    prices_folder = data_folder(settings)
    if settings.coordination is None:
        return f"file:{prices_folder}"
    scheme, _, place = settings.coordination.partition(":")
    folder = named_folder("coordination", place, settings.base) if scheme == "file" else None
    if store_folder(settings.store, base=settings.base) is not None and (
        folder is None or folder.resolve() != prices_folder.resolve()
    ):
        raise ConfigError(
            f"coordination {scheme!r}: prices in a folder are collected under locks in that folder, "
            f"so that no two processes collect at once; remove the setting, or type "
            f'coordination = "file:{prices_folder}"'
        )
    return settings.coordination if folder is None else f"file:{folder}"


def make_coordination(settings: Settings, label: str) -> Coordination:
    """Open the coordination of *settings*; *label* names this process to users, e.g. ``dashboard``."""
    return open_coordination(coordination_url(settings), base=settings.base, label=label)


def configured_feeds(settings: Settings) -> list[Feed]:
    """Return the feeds to collect, in the order of the settings."""
    return [Feed(market.name, market.every, market.sources[1:]) for market in settings.markets]


def exchange_names(settings: Settings) -> list[str]:
    """Return the names of all exchanges that markets use, each once, in the order of the settings."""
    return list(dict.fromkeys(name for feed in configured_feeds(settings) for name in feed.exchanges))


class ExchangeClients:
    """
    Makes the clients of exchanges, and keeps them.

    An exchange with the same settings has the same client, and one at the same address the same rate limiter: its
    limits and pauses are those of the exchange, however often the settings change.
    """

    def __init__(self, http_get: HttpGet, clock: Clock) -> None:
        self._http_get = http_get
        self._clock = clock
        self._clients: dict[tuple[str, ExchangeSettings], ExchangeClient] = {}
        self._rate_limiters: dict[tuple[str, str], RateLimiter] = {}  # by exchange and host

    def of(self, settings: Settings) -> dict[str, ExchangeClient]:
        """
        Return a client for each exchange that a market uses, by name, in the order of the settings.

        Raises:
            ConfigError: no adapter has that name, a key is set for an exchange that takes none, or the state folder
                is invalid.
        """
        _check_keys(settings)
        clients = {}
        for name in exchange_names(settings):
            configured = settings.exchanges.get(name, ExchangeSettings())
            key = name, configured
            clients[name] = self._clients.get(key) or self._make(name, configured, state_folder(settings))
            self._clients[key] = clients[name]
        return clients

    def _make(self, name: str, configured: ExchangeSettings, folder: Path) -> ExchangeClient:
        exchange = load_exchange(name)
        url = configured.url or exchange.BASE_URL
        headers = None
        if configured.key is not None and isinstance(exchange, TakesKey):
            headers = exchange.headers(configured.key.get_secret_value(), url)
        pause_file = PauseFile(folder, name, url)
        host = name, urlsplit(url).netloc
        rate_limiter = self._rate_limiters.get(host)
        client = ExchangeClient(name, exchange, url, self._http_get, self._clock, headers, pause_file, rate_limiter)
        self._rate_limiters[host] = client.rate_limiter
        return client


def exchange_clients(settings: Settings, http_get: HttpGet, clock: Clock) -> dict[str, ExchangeClient]:
    """Make a client for each exchange that a market uses; see ``ExchangeClients.of``."""
    return ExchangeClients(http_get, clock).of(settings)


def cadences(settings: Settings) -> dict[str, tuple[float, float]]:
    """Return the requests per second that polling needs and the limits allow, by exchange with own markets."""
    feeds = configured_feeds(settings)
    rates = {}
    for name in dict.fromkeys(feed.market.exchange for feed in feeds):
        exchange = load_exchange(name)
        own_feeds = [feed for feed in feeds if feed.market.exchange == name]
        rates[name] = requests_a_second(own_feeds, exchange.MAX_BATCH), sustained_rate(exchange.LIMITS)
    return rates


def check_cadences(settings: Settings) -> None:
    """Raise ConfigError, with the figures, if polling needs more requests than an exchange allows."""
    for name, (needed, allowed) in cadences(settings).items():
        if needed > allowed * 1.001:
            own_feeds = [feed for feed in configured_feeds(settings) if feed.market.exchange == name]
            markets = "1 market" if len(own_feeds) == 1 else f"{len(own_feeds)} markets"
            batch = load_exchange(name).MAX_BATCH
            fastest = min(own_feeds, key=lambda feed: feed.interval)
            requests = math.ceil(len(own_feeds) / batch)
            longer = math.ceil(requests / allowed)  # seconds, if all markets have the same cadence
            raise ConfigError(
                f"{name}: {markets}, {batch} in a request, take "
                f"{needed:.2f} requests a second; {name} allows {allowed:.2f}. "
                f"The fastest is {fastest.market}, every {fastest.interval / 1000:g} s. "
                f'Ask less often, e.g. every = "{longer}s" for all'
            )


def refused_keys(settings: Settings) -> dict[str, str]:
    """Return what to say of each exchange that a market uses and that takes no key, though one is set, by name."""
    return {
        name: f"exchanges.{name}.key: {name} takes no key; remove it"
        for name in exchange_names(settings)
        if name in settings.exchanges and settings.exchanges[name].key and not isinstance(load_exchange(name), TakesKey)
    }


def check_collecting(settings: Settings) -> None:
    """Raise ConfigError if nothing can be collected as *settings* state, by a key or by the cadences."""
    _check_keys(settings)
    check_cadences(settings)


def _check_keys(settings: Settings) -> None:
    for problem in refused_keys(settings).values():
        raise ConfigError(problem)


def make_collector_service(
    settings: Settings, store: Store, clock: Clock, coordination: Coordination
) -> CollectorService:
    """
    Make the service that collects the markets of *settings* under the lease; it is not started yet.

    Args:
        settings: name the markets and their cadences.
        store: keeps the prices.
        clock: of the collector.
        coordination: of all that write to *store*, see ``make_coordination``.

    Raises:
        ConfigError: an exchange has no adapter, or *settings* cannot be used, see ``check_collecting``.
    """
    folder, board = data_folder(settings), StatusBoard({})
    clients = ExchangeClients(RequestsHttp(), clock)  # for all terms
    live = LiveSettings(settings, partial(make_plan, clients), board, clock)

    def collector(board: StatusBoard, may_write: Callable[[], bool]) -> Collector:
        writer = SlotWriter(store, board, may_write)
        return live.begin_term(lambda plan: Collector(plan, writer, clock, board, coordination))

    return CollectorService(
        collector,
        coordination,
        board,
        outage_log.log_path(settings),
        clock,
        FormerNotes(folder, BackfillRequest(coordination).submit).take_over,
        live,
    )


def make_plan(clients: ExchangeClients, settings: Settings) -> Plan:
    """
    Return what *settings* decide about collecting, with clients of *clients*.

    Raises:
        ConfigError: an exchange has no adapter, or *settings* cannot be used, see ``check_collecting``.
    """
    check_collecting(settings)
    return Plan(
        configured_feeds(settings),
        clients.of(settings),
        settings.span,
        settings.retention,
        settings.plausible,
        settings.unmoved_after,
    )


def make_status_reader(settings: Settings, label: str) -> Callable[[], Status]:
    """
    Make a function that returns the collecting process's status, for a process that never collects.

    *label* names this process to users, e.g. ``publish``.
    """
    unknown = Status(markets={feed.market: MarketStatus(feed.interval) for feed in configured_feeds(settings)})
    return partial(followed_status, make_coordination(settings, label), unknown)
