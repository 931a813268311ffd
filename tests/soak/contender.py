"""Collecting processes that share a folder, with an exchange that answers at once."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.service import CollectorService
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.coordination.file import FileCoordination
from tracker.core.market import Market
from tracker.core.quotes import CandlePage, Quote
from tracker.runtime.clock import WallClock
from tracker.runtime.stop_signal import StopSignal
from tracker.stores.csv import CsvStore

MARKETS = [Market("instant", "BTC", quote) for quote in ("EUR", "USD")]


class Instant:
    """An exchange that always has a price and no history."""

    BASE_URL = "http://instant"
    LIMITS = ((1_000_000, 1.0),)
    MAX_BATCH = 50
    ATTRIBUTION = None

    def ticker_path(self, markets: Any) -> str:
        return "/"

    def last_prices(self, body: Any, markets: Any) -> dict[Market, Quote]:
        return dict.fromkeys(markets, Quote(body))

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        return []

    def history(self, body: Any, market: Market, seconds: float, now: int) -> CandlePage:
        return CandlePage()


async def answer(url: str, headers: Any) -> Response:
    return Response(100.0)


def make_service(
    folder: Path, every: int, label: str = "contender", markets: list[Market] = MARKETS
) -> CollectorService:
    """Return a service that collects into *folder*, polling every *every* ms; not started."""
    feeds, clock = [Feed(market, every) for market in markets], WallClock()
    store, coordination = CsvStore(folder, markets), FileCoordination(folder, label)

    def collector(board: StatusBoard, may_write: Callable[[], bool]) -> Collector:
        exchange = ExchangeClient("instant", Instant(), Instant.BASE_URL, answer, clock)
        plan = Plan(feeds, {"instant": exchange}, span=3_600_000)
        return Collector(plan, SlotWriter(store, board, may_write), clock, board, coordination)

    board = StatusBoard({feed.market: feed.interval for feed in feeds})
    return CollectorService(collector, coordination, board, folder / ".outages.csv", clock)


def fork(folder: Path, every: int) -> int:
    """Fork a process that competes for the lease until it is terminated; return its pid. Call it without threads."""
    pid = os.fork()
    if pid:
        return pid
    try:
        stop = StopSignal()
        service = make_service(folder, every)
        service.start()
        stop.wait()
        service.stop()
    finally:
        os._exit(0)
