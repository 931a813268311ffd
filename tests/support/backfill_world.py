"""A backfill in virtual time: an exchange and its stand-in with scripted histories, and a store in memory."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.collector.backfill.backfill import Backfill
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.coordination_contract import Coordination
from tracker.core.market import Market
from tracker.core.market_status import BackfillResult
from tracker.core.ticks import Ticks

START = 1_000_020.0  # a whole minute, epoch s
SPAN = 3_600_000  # ms of the past that a pass fills

NOTHING_BESIDE = (Ticks.none(), Ticks.none())  # a piece of the past

Respond = Callable[[str, float], Any]


def accept_all(candles: Ticks, before: Ticks, after: Ticks) -> NDArray[np.bool_]:
    """A CandleFilter."""
    return np.ones(len(candles), dtype=bool)


def candles(start: float, end: float, price: float = 50.0) -> list[list[float]]:
    """A body with the candles of a minute that close from *start* to *end* (epoch s)."""
    return [[float(close), price] for close in range(int(start), int(end) + 1, 60)]


def last_hour(path: str, now: float) -> list[list[float]]:
    """Respond with every candle of the span."""
    return candles(START - 3600, START)


def last_half_hour(path: str, now: float) -> list[list[float]]:
    """Respond with the later half of the span."""
    return candles(START - 1800, START)


def no_candles(path: str, now: float) -> list[list[float]]:
    """Respond with an empty history."""
    return []


def first_minute(path: str) -> int:
    """The start of a page of PagedExchange (epoch s)."""
    return int(path.rsplit("/", 1)[1])


def page(path: str, now: float) -> list[list[float]]:
    """Respond with all candles of a page of PagedExchange."""
    return candles(first_minute(path) + 60, first_minute(path) + 600)


class PagedExchange(FakeExchange):
    """Ten minutes to a page, the newest page first."""

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        firsts = range(start // 600_000 * 600_000, end, 600_000)
        return [(f"/history/{first // 1000}", 60.0) for first in reversed(firsts)]


def request_of(coordination: Coordination, *exchanges: str) -> BackfillRequest:
    """A request that is complete once *exchanges* have finished."""
    request = BackfillRequest(coordination)
    request.change(exchanges, None)
    return request


class BackfillWorld:
    """
    Runs the backfill of exchange *fake*, whose markets the exchange *other* stands in for if *stand_in* is set.

    A test may change ``network``, ``clients``, ``listings``, ``held_back`` and ``store`` before and during a run.
    """

    def __init__(
        self,
        respond: Respond,
        stand_in: Respond | None = None,
        *,
        start: float = START,
        exchange: type[FakeExchange] = FakeExchange,
        request: BackfillRequest | None = None,
    ) -> None:
        self.clock = FakeClock(start)
        self.network = FakeNetwork(self.clock, respond)
        self.stand_in_network = FakeNetwork(self.clock, stand_in or no_candles)
        self.store = MemoryStore()
        self.board = StatusBoard({EUR: 10_000, USD: 10_000})
        self.held_back: set[str] = set()
        self.request = request or BackfillRequest(MemoryCoordination())
        self.clients = {"fake": ExchangeClient("fake", exchange(), FakeExchange.BASE_URL, self.network, self.clock)}
        if stand_in is not None:
            self.clients["other"] = ExchangeClient(
                "other", exchange(), "http://other", self.stand_in_network, self.clock
            )
        self.listings = {name: Listings(client, self.clock) for name, client in self.clients.items()}

    async def run_passes(
        self, markets: Sequence[Market] = (EUR,), *, triggers: Iterable[float] = (0.0,), seconds: float = 600.0
    ) -> None:
        """Trigger passes at the virtual times *triggers*, and cancel the backfill *seconds* after the last one."""
        backfill = Backfill(
            feeds=[Feed(market, 10_000, tuple(name for name in self.clients if name != "fake")) for market in markets],
            clients=self.clients,
            writer=SlotWriter(self.store, self.board, lambda: True),
            clock=self.clock,
            board=self.board,
            span=SPAN,
            request=self.request,
            listings=self.listings,
            is_held_back=lambda name, market: name in self.held_back,
            candle_filter=accept_all,
            awaited_times=lambda market: (),
        )
        running = asyncio.ensure_future(backfill.run())
        for trigger in triggers:
            await self.clock.sleep(trigger - self.clock.monotonic())
            backfill.trigger()
        await self.clock.sleep(seconds)
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()

    def closes(self, market: Market = EUR) -> list[int]:
        """When the stored candles of *market* close (epoch s), in the order they were written."""
        return [int(time) // 1000 for stored, ticks in self.store.rows if stored == market for time in ticks.time]

    def exchange_by_close(self) -> dict[int, str]:
        """The exchange of each stored candle ("" for the market's own), by its close (epoch s)."""
        return {
            int(time) // 1000: exchange
            for _, ticks in self.store.rows
            for time, exchange in zip(ticks.time, ticks.exchanges(), strict=True)
        }

    def result(self, market: Market = EUR) -> BackfillResult | None:
        """The result that the status shows for *market*, without since when it is."""
        result = self.board.status().markets[market].backfill
        return result and replace(result, since=None)
