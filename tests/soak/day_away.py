"""An exchange is unreachable for a simulated day: polled ever more rarely, and the day is backfilled afterwards."""

import asyncio
import gc
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.soak.rows import duplicates, on_disk
from tests.support.fakes import FakeClock
from tests.support.fakes import run as run_virtual
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.ticks import Origin
from tracker.exchanges import kraken
from tracker.sandbox import Simulated
from tracker.sandbox.dialects import kraken as dialect
from tracker.stores.csv import CsvStore

START = 1_763_900_000.0  # 2025-11-23 12:13:20 UTC
EVERY, HOUR, DAY = 10_000, 3_600.0, 86_400.0
EUR = Market("kraken", "BTC", "EUR")


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Collect for an hour, be unreachable for *size* hours, collect for two more."""
    clock, prices, store = FakeClock(START), Simulated(seed), CsvStore(folder, [EUR])
    back = START + HOUR + size * HOUR
    requested: list[float] = []

    async def fetch(url: str, headers: object) -> Response:
        now = clock.now() / 1000
        if START + HOUR < now < back:
            requested.append(now)
            raise Unreachable("api.kraken.com answers 503")
        parts = urlsplit(url)
        return Response(dialect.answer(parts.path, dict(parse_qsl(parts.query)), prices, clock.now())[1])

    async def collect_all() -> int:
        source = ExchangeClient("kraken", kraken, "http://kraken", fetch, clock)
        board = StatusBoard({EUR: EVERY})
        writer = SlotWriter(store, board, lambda: True)
        plan = Plan([Feed(EUR, EVERY)], {"kraken": source}, span=int(DAY * 1000))
        collecting = asyncio.ensure_future(Collector(plan, writer, clock, board, MemoryCoordination()).run())
        await clock.sleep(HOUR + 600)
        tasks, objects = len(asyncio.all_tasks()), _objects()
        await clock.sleep((size - 1) * HOUR)
        grown = _objects() - objects
        assert len(asyncio.all_tasks()) <= tasks + 1, "tasks pile up"
        assert board.status().markets[EUR].state == "unreachable"
        await clock.sleep(3 * HOUR)
        assert board.status().markets[EUR].state == "live"
        collecting.cancel()
        await asyncio.wait([collecting])
        return grown

    new_objects = run_virtual(collect_all())
    waits = [later - sooner for sooner, later in pairwise(requested)]
    assert max(waits) <= 40, "the wait has no limit"
    assert len(requested) <= 2.5 * size * HOUR / 30 + 60, "requests do not become rarer"
    rows = on_disk(folder)
    assert not duplicates(rows), duplicates(rows)
    ticks = store.read(EUR, int((START + HOUR) * 1000), int(back * 1000))
    filled = ticks[ticks.origin == Origin.BACKFILL]
    covered = float(filled.interval.sum()) / (size * HOUR * 1000)
    assert covered > 0.97, f"only {covered:.0%} of the time away was filled"
    assert new_objects < 2_000, f"{new_objects} objects more after {size} hours away"
    return {
        "hours away": size,
        "requests": len(requested),
        "longest wait (s)": round(max(waits), 1),
        "share filled": f"{covered:.1%}",
        "objects left behind": new_objects,
        "duplicates": len(duplicates(rows)),
    }


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())
