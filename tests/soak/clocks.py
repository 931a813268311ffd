"""
Clocks set forward and back, a machine that sleeps, and the nights when local time changes.

Time is virtual, so a day passes in a second; rows are written to a real CSV folder.
"""

import asyncio
import os
import random
import subprocess
import sys
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.soak.contender import Instant, answer
from tests.soak.rows import duplicates, on_disk
from tests.support.fakes import FakeClock
from tests.support.fakes import run as run_virtual
from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.client.client import ExchangeClient
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.core.quotes import Candle, CandlePage
from tracker.core.ticks import Origin
from tracker.stores.csv import CsvStore

EUR = Market("instant", "BTC", "EUR")
EVERY = 10_000
START = 1_795_446_000.0  # 2026-11-23 15:00 UTC
NIGHTS = {"Europe/Berlin": ("2026-03-29", "2026-10-25"), "America/New_York": ("2026-03-08", "2026-11-01")}


class InstantWithHistory(Instant):
    """An instant exchange with candles of a minute of the last ten hours."""

    def history_requests(self, market: Market, start: int, end: int, now: int) -> list[tuple[str, float]]:
        return [(f"/history/{start}/{end}", 60.0)]

    def history(self, body: object, market: Market, seconds: float, now: int) -> CandlePage:
        return CandlePage(Candle(at * 1000, 99.0) for at in range(now // 60_000 * 60 - 36_000, now // 1000 + 1, 60))


class VirtualCollector:
    """A collector on a virtual clock that writes into *folder*."""

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
        plan = Plan([self.feed], {"instant": source}, span=36_000_000)
        await Collector(plan, writer, self.clock, self.board, MemoryCoordination()).run()

    def play(self, *steps: tuple[float, float]) -> set[int]:
        """Collect for each (seconds, shift), then set the wall clock; return the slots that passed."""
        shown: set[int] = set()

        async def collect_all() -> None:
            collecting = asyncio.ensure_future(self.collect())
            for seconds, shift in steps:
                first = self.clock.now()
                await self.clock.sleep(seconds)
                # The change may cut the last slot short, so it need not have a row.
                shown.update(range(first // self.feed.interval, self.clock.now() // self.feed.interval))
                self.clock.shift += shift
                await self.clock.sleep(0)
            assert not collecting.done(), collecting.exception()
            collecting.cancel()
            await asyncio.wait([collecting])

        run_virtual(collect_all())
        return shown


def run(folder: Path, size: int, seed: int) -> dict[str, object]:
    """Set the clock *size* times, sleep *size* times, and collect in both nights of two zones."""
    chance = random.Random(seed)
    changes = [
        (chance.uniform(10, 90), chance.choice((-1, 1)) * chance.choice((3, 60, 3600, 5400))) for _ in range(size)
    ]
    shown = VirtualCollector(folder / "set", START).play(*changes, (60, 0))
    rows = on_disk(folder / "set")
    assert not duplicates(rows), duplicates(rows)
    missed = shown - {time // EVERY for _, time, _ in rows}
    # The collector reads the clock at least every 5 s, and once after each change.
    assert len(missed) <= 2 * size, f"{len(missed)} slots lost by {size} changes"
    return {
        "clock set": size,
        "slots shown": len(shown),
        "slots missed at a change": len(missed),
        "duplicates": len(duplicates(rows)),
        "sleeps backfilled": _sleeps(folder / "slept", size),
        "nights alike in every zone": _nights(folder),
    }


def _sleeps(folder: Path, size: int) -> int:
    """Advance the wall clock but not the monotonic one, as on a laptop that sleeps."""
    collector = VirtualCollector(folder, START, InstantWithHistory())
    collector.play(*[(400, 1800.0)] * size, (400, 0))
    ticks = CsvStore(folder, [EUR]).read(EUR, int(START * 1000), int(START * 1000) + 10**9)
    polled = sorted(ticks.time[ticks.origin == Origin.LIVE].tolist())
    sleeps = [(a, b) for a, b in pairwise(polled) if b - a > 1_000_000]
    assert len(sleeps) == size
    filled = ticks.time[ticks.origin == Origin.BACKFILL]
    for begin, end in sleeps:
        inside = int(((filled > begin) & (filled < end)).sum())
        assert inside >= (end - begin) // 60_000 - 1, f"{inside} minutes of a sleep were filled"
    assert not duplicates(on_disk(folder))
    return len(sleeps)


def _nights(folder: Path) -> int:
    """Compare the files of each night written in its zone with those written in UTC; return how many nights."""
    nights = {
        zone: {day: datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).timestamp() for day in days}
        for zone, days in NIGHTS.items()
    }
    nights["UTC"] = {day: start for starts in nights.values() for day, start in starts.items()}
    for zone, starts in nights.items():
        code = f"from tests.soak.clocks import collect_nights; collect_nights({str(folder)!r}, {zone!r}, {starts})"
        environment = {**os.environ, "TZ": zone, "PYTHONPATH": str(Path(__file__).parents[2])}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    for zone, days in NIGHTS.items():
        for day in days:
            sizes, sizes_in_utc = _sizes(folder / zone / day), _sizes(folder / "UTC" / day)
            assert sizes == sizes_in_utc, f"{zone}, {day}: other files than in UTC"
            assert len(sizes) == 4, "one file for each hour"
    return len(nights["UTC"])


def collect_nights(folder: str, zone: str, starts: dict[str, float]) -> None:
    """Collect the first four hours of each day of *starts* (epoch s) into *folder*/*zone*/day."""
    for day, start in starts.items():
        VirtualCollector(Path(folder) / zone / day, start, every=60_000).play((14_390, 0))


def _sizes(folder: Path) -> dict[str, int]:
    """Return the size of each CSV file in *folder*."""
    return {str(file.relative_to(folder)): file.stat().st_size for file in folder.rglob("*.csv")}
