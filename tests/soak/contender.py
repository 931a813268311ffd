"""A process that collects as any other does, from an exchange that answers at once; for many on one folder."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tracker.clock import WallClock
from tracker.collector import Collector
from tracker.coordination.file import FileCoordination
from tracker.core.quotes import Candle, Quote
from tracker.fetch import Answer
from tracker.keeper import Keeper
from tracker.market import Market
from tracker.runner import Runner
from tracker.slots import Feed
from tracker.source import Source
from tracker.status import StatusBoard
from tracker.stores.csv import CsvBuckets
from tracker.threads import EndSignal

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

    def history(self, body: Any, market: Market, seconds: float, now: int) -> list[Candle]:
        return []


async def answer(url: str, headers: Any) -> Answer:
    return Answer(100.0)


def make_runner(folder: Path, every: int, label: str = "contender", markets: list[Market] = MARKETS) -> Runner:
    """A Runner on *folder* that polls each *every* ms; not started."""
    feeds, clock = [Feed(market, every) for market in markets], WallClock()
    store = CsvBuckets(folder, markets)

    def collector(board: StatusBoard, may_write: Callable[[], bool]) -> Collector:
        source = Source("instant", Instant(), Instant.BASE_URL, answer, clock)
        return Collector(feeds, {"instant": source}, Keeper(store, board, may_write), clock, board, span=3_600_000)

    board = StatusBoard({feed.market: feed.interval for feed in feeds})
    return Runner(collector, FileCoordination(folder, label), board, folder / ".outages.csv", clock)


def fork(folder: Path, every: int) -> int:
    """Fork a process that contends until it is ended; its pid. Only from a process without threads."""
    pid = os.fork()
    if pid:
        return pid
    try:
        stop = EndSignal()
        runner = make_runner(folder, every)
        runner.start()
        stop.wait()
        runner.stop()
    finally:
        os._exit(0)
