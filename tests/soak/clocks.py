"""
Clocks set back and forth, a machine that sleeps, and the nights when local time changes.

The time is the test's own, so a day passes in a second; rows go into a real CSV folder.
"""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.soak.contender import Instant, answer
from tests.soak.rows import doubled, on_disk
from tests.support.fakes import FakeClock
from tests.support.fakes import run as run_virtual
from tracker.collector.client.client import ExchangeClient
from tracker.collector.collector import Collector
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.core.quotes import Candle
from tracker.core.ticks import Origin
from tracker.stores.csv import CsvStore

EUR = Market("instant", "BTC", "EUR")
EVERY = 10_000
START = 1_795_446_000.0  # 2026-11-23 15:00 UTC
NIGHTS = {"Europe/Berlin": ("2026-03-29", "2026-10-25"), "America/New_York": ("2026-03-08", "2026-11-01")}


class WithHistory(Instant):
    """Minutes of the last ten hours."""

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        return [(f"/history/{start}/{end}", 60.0)]

    def history(self, body: object, market: Market, seconds: float, now: int) -> list[Candle]:
        return [Candle(at * 1000, 99.0) for at in range(now // 60_000 * 60 - 36_000, now // 1000 + 1, 60)]


class World:
    """A collector on a clock of the test's own, into *folder*."""

    def __init__(self, folder: Path, start: float, exchange: Instant | None = None, every: int = EVERY) -> None:
        self.folder = folder
        self.clock = FakeClock(start)
        self.exchange = exchange or Instant()
        self.feed = Feed(EUR, every)
        self.board = StatusBoard({EUR: every})

    async def collect(self) -> None:
        store = CsvStore(self.folder, [EUR])
        source = ExchangeClient("instant", self.exchange, Instant.BASE_URL, answer, self.clock)
        writer = SlotWriter(store, self.board, lambda: True)
        await Collector([self.feed], {"instant": source}, writer, self.clock, self.board, span=36_000_000).run()

    def play(self, *steps: tuple[float, float]) -> set[int]:
        """For each (seconds, shift) collect so long, then set the wall clock; the slots that were shown meanwhile."""
        shown: set[int] = set()

        async def story() -> None:
            collecting = asyncio.ensure_future(self.collect())
            for seconds, shift in steps:
                first = self.clock.now()
                await self.clock.sleep(seconds)
                # The last slot may be cut short by the change, so it need not have a row.
                shown.update(range(first // self.feed.interval, self.clock.now() // self.feed.interval))
                self.clock.shift += shift
                await self.clock.sleep(0)
            collecting.cancel()
            await asyncio.wait([collecting])

        run_virtual(story())
        return shown


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """*size* changes of the clock, *size* sleeps, and both nights of two zones."""
    chance = random.Random(seed)
    changes = [
        (chance.uniform(10, 90), chance.choice((-1, 1)) * chance.choice((3, 60, 3600, 5400))) for _ in range(size)
    ]
    shown = World(folder / "set", START).play(*changes, (60, 0))
    there = on_disk(folder / "set")
    assert not doubled(there), doubled(there)
    missed = shown - {time // EVERY for _, time, _ in there}
    # The collector looks at the clock at least every 5 s, and once after each change.
    assert len(missed) <= 2 * size, f"{len(missed)} slots lost by {size} changes"
    return {
        "clock set": size,
        "slots shown": len(shown),
        "slots missed at a change": len(missed),
        "doubled": len(doubled(there)),
        "sleeps backfilled": _sleeps(folder / "slept", size),
        "nights alike in every zone": _nights(folder),
    }


def _sleeps(folder: Path, size: int) -> int:
    """The wall clock goes on while the monotonic one stands still, as on a laptop that sleeps."""
    world = World(folder, START, WithHistory())
    world.play(*[(400, 1800.0)] * size, (400, 0))
    ticks = CsvStore(folder, [EUR]).read(EUR, int(START * 1000), int(START * 1000) + 10**9)
    polled = sorted(ticks.time[ticks.origin == Origin.LIVE].tolist())
    sleeps = [(a, b) for a, b in pairwise(polled) if b - a > 1_000_000]
    assert len(sleeps) == size
    filled = ticks.time[ticks.origin == Origin.BACKFILL]
    for begin, end in sleeps:
        inside = int(((filled > begin) & (filled < end)).sum())
        assert inside >= (end - begin) // 60_000 - 1, f"{inside} minutes of a sleep were filled"
    assert not doubled(on_disk(folder))
    return len(sleeps)


def _nights(folder: Path) -> int:
    count = 0
    for zone, days in NIGHTS.items():
        for day in days:
            start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp()
            found = {name: _night(folder / name.replace("/", "-") / day, name, start) for name in (zone, "UTC")}
            assert found[zone] == found["UTC"], f"{zone}, {day}: other files than in UTC"
            assert len(found[zone]) == 4, "one file for each hour"
            count += 1
    return count


def _night(folder: Path, zone: str, start: float) -> Counter[str]:
    """Bytes of each file that a process in *zone* writes in the first four hours of the day."""
    code = (
        "from pathlib import Path; from soak.clocks import World; "
        f"World(Path({str(folder)!r}), {start}, every=60_000).play((14_390, 0))"
    )
    path = os.pathsep.join(map(os.path.abspath, (Path(__file__).parents[1], Path(__file__).parents[2])))
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TZ": zone, "PYTHONPATH": path}, check=True)
    return Counter({str(file.relative_to(folder)): file.stat().st_size for file in folder.rglob("*.csv")})
