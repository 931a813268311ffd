"""An exchange that is away for a simulated day: asked ever more rarely, and the day is filled when it is back."""

import asyncio
import gc
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from tests.soak.rows import doubled, on_disk
from tests.support.fakes import FakeClock
from tests.support.fakes import run as run_virtual
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
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
    """Away for *size* hours, after one of collecting and before two more."""
    clock, prices, store = FakeClock(START), Simulated(seed), CsvStore(folder, [EUR])
    back = START + HOUR + size * HOUR
    asked: list[float] = []

    async def fetch(url: str, headers: object) -> Response:
        now = clock.now() / 1000
        if START + HOUR < now < back:
            asked.append(now)
            raise Unreachable("api.kraken.com answers 503")
        parts = urlsplit(url)
        return Response(dialect.answer(parts.path, dict(parse_qsl(parts.query)), prices, clock.now())[1])

    async def story() -> int:
        source = ExchangeClient("kraken", kraken, "http://kraken", fetch, clock)
        board = StatusBoard({EUR: EVERY})
        writer = SlotWriter(store, board, lambda: True)
        collecting = asyncio.ensure_future(
            Collector([Feed(EUR, EVERY)], {"kraken": source}, writer, clock, board, span=int(DAY * 1000)).run()
        )
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

    grown = run_virtual(story())
    waits = [later - sooner for sooner, later in pairwise(asked)]
    assert max(waits) <= 40, "it is asked again without end"
    assert len(asked) <= 2.5 * size * HOUR / 30 + 60, "and ever more rarely"
    there = on_disk(folder)
    assert not doubled(there), doubled(there)
    ticks = store.read(EUR, int((START + HOUR) * 1000), int(back * 1000))
    filled = ticks[ticks.origin == Origin.BACKFILL]
    covered = float(filled.interval.sum()) / (size * HOUR * 1000)
    assert covered > 0.97, f"only {covered:.0%} of the time away was filled"
    assert grown < 2_000, f"{grown} objects more after {size} hours away"
    return {
        "hours away": size,
        "requests meanwhile": len(asked),
        "longest wait (s)": round(max(waits), 1),
        "of it filled": f"{covered:.1%}",
        "objects left behind": grown,
        "doubled": len(doubled(there)),
    }


def _objects() -> int:
    gc.collect()
    return len(gc.get_objects())
