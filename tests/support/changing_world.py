"""A collector in virtual time whose plan a test changes while it runs."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.support.collector_world import DAY, START, CollectorWorld, Script
from tests.support.fakes import FakeExchange, FakeNetwork, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Unreachable
from tracker.core.market import Market

MARKETS = [Market("fake", "BTC", quote) for quote in ("EUR", "USD", "GBP", "JPY")]
EUR, USD, GBP, JPY = MARKETS


def every_price(path: str, now: float) -> Any:
    """Answer a price for every market that is asked for, an empty history, and a list of pairs."""
    kind, _, slugs = path.partition("?")
    return dict.fromkeys(slugs.split(","), 100.0) if kind == "/ticker" else {} if kind == "/pairs" else []


class ChangingWorld(CollectorWorld):
    """A collector of *feeds* from exchanges by name, at ``http://<name>``, whose plan changes."""

    def __init__(self, feeds: Iterable[Feed], respond: Script = every_price, *, takes: float = 0.0) -> None:
        super().__init__(respond, takes=takes, feeds=list(feeds))
        self.exchange.listed = set(MARKETS)
        self.other = FakeExchange()
        self.other.listed = {Market("other", market.base, market.quote) for market in MARKETS}
        self.urls: dict[str, str] = {}  # of exchanges, in place of http://<name>
        self.fails: Callable[[str, float], bool] = lambda url, at: False  # at: seconds since the start
        self.asked: list[tuple[float, str]] = []  # seconds since the start, and the whole URL
        self._clients: dict[tuple[str, str], ExchangeClient] = {}
        self.send = self.http_get
        self.begin()

    def begin(self, **options: Any) -> None:
        """Make the collector of a term, with these fields of its plan."""
        writer = SlotWriter(self.store, self.board, self.may_write)
        self.plan = self.plan_of(self.feeds, **options)
        self.collector = Collector(self.plan, writer, self.clock, self.board, self.coordination)

    async def http_get(self, url: str, headers: Mapping[str, str]) -> Response:
        at = self.clock.now() / 1000 - START
        self.asked.append((at, url))
        if self.fails(url, at):
            raise Unreachable("fake answers 503")
        path = "/" + url.removeprefix("http://").partition("/")[2]
        network = FakeNetwork(self.clock, lambda path, now: self.network.respond(path, now), self.network.takes)
        return await network(path, headers)

    def plan_of(self, feeds: Iterable[Feed], **options: Any) -> Plan:
        feeds = list(feeds)
        names = dict.fromkeys(name for feed in feeds for name in feed.exchanges)
        return Plan(feeds, {name: self._client(name) for name in names}, **{"span": DAY, **options})

    def _client(self, name: str) -> ExchangeClient:
        url = self.urls.get(name, f"http://{name}")
        exchange = self.other if name == "other" else self.exchange
        client = ExchangeClient(name, exchange, url, lambda url, headers: self.send(url, headers), self.clock)
        return self._clients.setdefault((name, url), client)

    async def collect(self, clients: Any = None) -> None:
        await self.collector.run()

    def change(self, *feeds: Feed, **options: Any) -> None:
        """Collect *feeds* from now on."""
        self.plan = self.plan_of(feeds, **options)
        self.collector.change(self.plan)

    def play(self, *steps: float | Callable[[], Any]) -> "ChangingWorld":
        """Collect for as long as *steps* take: seconds to wait, and functions to call."""

        async def story() -> None:
            for step in steps:
                if callable(step):
                    step()
                else:
                    await self.clock.sleep(step)

        async def guarded() -> None:
            collecting = asyncio.ensure_future(self.collect())
            telling = asyncio.ensure_future(story())
            await asyncio.wait([collecting, telling], return_when=asyncio.FIRST_COMPLETED)
            if collecting.done():
                collecting.result()
            telling.result()
            collecting.cancel()
            await asyncio.wait([collecting])

        run(guarded())
        return self

    def slots(self, market: Market) -> list[float]:
        """Return the seconds since the start of the polled rows of *market*, in order of writing."""
        return [time - START for time, _ in self.store.live(market)]

    def asked_for(self, slug: str) -> list[float]:
        """Return when the price of the pair *slug* was asked for, in seconds since the start."""
        return [at for at, url in self.asked if "/ticker?" in url and slug in url]
