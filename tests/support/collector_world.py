"""A collector in virtual time: exchanges that answer what a test scripts, and a store in memory."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.market_status import MarketStatus

START = 1_000_000.0  # epoch s
DAY = 24 * 3_600_000  # ms
PRICES = {"btceur": 100.0, "btcusd": 110.0}

Script = Callable[[str, float], Any]


def ticker(path: str, now: float) -> Any:
    """Respond with PRICES, an empty history, and a list of pairs."""
    if path.startswith("/pairs"):
        return {}
    return [] if path.startswith("/history") else PRICES


class CollectorWorld:
    """A collector of EUR and USD every 10 s from the exchange *fake*."""

    def __init__(
        self,
        respond: Script = ticker,
        *,
        start: float = START,
        takes: float = 0.0,
        feeds: Sequence[Feed] | None = None,
        may_write: Callable[[], bool] = lambda: True,
        retention: int | None = None,
    ) -> None:
        self.clock = FakeClock(start)
        self.network = FakeNetwork(self.clock, respond, takes)
        self.store = MemoryStore()
        self.coordination = MemoryCoordination()
        self.exchange = FakeExchange()
        self.feeds = feeds or [Feed(EUR, 10_000), Feed(USD, 10_000)]
        self.board = StatusBoard({feed.market: feed.interval for feed in self.feeds})
        self.may_write = may_write
        self.retention = retention

    def clients(self) -> dict[str, ExchangeClient]:
        """New clients of all exchanges, by name."""
        return {"fake": ExchangeClient("fake", self.exchange, FakeExchange.BASE_URL, self.network, self.clock)}

    async def collect(self, clients: Mapping[str, ExchangeClient] | None = None) -> None:
        """Collect until cancelled, as one term of a service does."""
        writer = SlotWriter(self.store, self.board, self.may_write)
        plan = Plan(self.feeds, self.clients() if clients is None else clients, span=DAY, retention=self.retention)
        await Collector(plan, writer, self.clock, self.board, self.coordination).run()

    async def collect_during(self, story: Callable[[], Any]) -> None:
        """Collect while *story* runs, then cancel the collector and wait for its end."""
        collecting = asyncio.ensure_future(self.collect())
        await story()
        collecting.cancel()
        await asyncio.wait([collecting])

    def run(self, until: float) -> Any:
        """Collect for *until* virtual seconds; return self."""
        run(self.collect(), until)
        return self

    def ticker_paths(self) -> list[str]:
        """The paths of all requests for prices, in order."""
        return [path for _, path in self.network.asked if path.startswith("/ticker")]

    def status(self, market: Market = EUR) -> MarketStatus:
        return self.board.status().markets[market]


class OtherExchange(FakeExchange):
    """The exchange *other*, which stands in for *fake*."""

    BASE_URL = "http://other"

    def pairs(self, body: Any) -> dict[Market, str]:
        both = {Market("other", "BTC", "EUR"), Market("other", "BTC", "USD")}
        return dict.fromkeys(both if self.listed is None else self.listed, "")


class StandInWorld(CollectorWorld):
    """
    A collector of EUR and USD from *fake*, with *other* standing in for EUR.

    Both scripts get a path of prices and the seconds since the start.
    """

    def __init__(
        self, fake: Script, other: Script, *, stand_ins: tuple[str, ...] = ("other",), every: int = 10_000
    ) -> None:
        super().__init__(feeds=[Feed(EUR, every, stand_ins), Feed(USD, every)])
        self.other_exchange = OtherExchange()
        self.networks = {
            "fake": FakeNetwork(self.clock, self._responses(fake)),
            "other": FakeNetwork(self.clock, self._responses(other)),
        }

    @staticmethod
    def _responses(script: Script) -> Script:
        def respond(path: str, now: float) -> Any:
            if path.startswith("/pairs"):
                return {}
            return script(path, now - START) if path.startswith("/ticker") else []

        return respond

    async def http_get(self, url: str, headers: Mapping[str, str]) -> Response:
        name = "other" if url.startswith(OtherExchange.BASE_URL) else "fake"
        return await self.networks[name](url.removeprefix(OtherExchange.BASE_URL), headers)

    def clients(self) -> dict[str, ExchangeClient]:
        return {
            "fake": ExchangeClient("fake", self.exchange, FakeExchange.BASE_URL, self.http_get, self.clock),
            "other": ExchangeClient("other", self.other_exchange, OtherExchange.BASE_URL, self.http_get, self.clock),
        }

    def rows(self, market: Market = EUR) -> list[tuple[float, float, str]]:
        """(seconds since the start, price, stand-in) of each row of *market*, in order of writing."""
        return [
            (int(ticks.time[row]) / 1000 - START, float(ticks.price[row]), ticks.exchange_at(row))
            for stored, ticks in self.store.rows
            for row in range(len(ticks))
            if stored == market
        ]


def always(response: Mapping[str, float] | Response = PRICES) -> Script:
    """Always respond with *response*."""
    return lambda path, at: response


def away(begin: float, end: float) -> Script:
    """Respond with PRICES, but be unreachable between *begin* and *end*."""
    return lambda path, at: Unreachable("fake answers 503") if begin < at < end else PRICES


def jump(begin: float, end: float, factor: float = 50.0) -> Script:
    """Respond with PRICES, multiplied by *factor* between *begin* and *end*."""
    return lambda path, at: {slug: price * (factor if begin < at < end else 1) for slug, price in PRICES.items()}
