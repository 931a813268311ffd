"""A writer killed at random moments: what it acknowledged is there, nothing is torn, nothing is there twice."""

import asyncio
import os
import random
import select
import signal
import time
from collections import Counter
from pathlib import Path

from tests.soak.rows import doubled, keys, on_disk
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.core.ticks import Ticks
from tracker.stores.csv import CsvStore

EUR, USD = Market("instant", "BTC", "EUR"), Market("instant", "BTC", "USD")
STEP = 10_000  # ms
BEGIN = 1_795_446_000_000 - 60 * STEP  # ten minutes before a full hour


def run(folder: Path, size: int, seed: int, granularity: str = "hour") -> dict[str, object]:
    """*size* writers, each killed after a random number of rows and some random microseconds."""
    chance = random.Random(seed)
    reader = CsvStore(folder, [EUR, USD])
    _, cursor = reader.poll(None)
    polled: Counter[tuple[str, int, int]] = Counter()
    acknowledged = 0
    for _ in range(size):
        acknowledged = _one_life(folder, granularity, acknowledged, chance)
        batch, cursor = reader.poll(cursor)
        polled.update(key for market, ticks in batch.items() for key in keys(market.slug, ticks))
    # The next writer repairs what the last one tore.
    CsvStore(folder, granularity=granularity).append({EUR: _row(acknowledged + 1)})
    batch, _ = reader.poll(cursor)
    polled.update(key for market, ticks in batch.items() for key in keys(market.slug, ticks))
    there = on_disk(folder)
    wanted = {(market.slug, *_key(index)) for market in (EUR, USD) for index in range(1, acknowledged + 1)}
    assert wanted <= there.keys(), f"lost: {sorted(wanted - there.keys())[:5]}"
    # The row after the last acknowledged one may have been there when it was written just now.
    twice = doubled(there - Counter({("btceur", *_key(acknowledged + 1)): 1}))
    assert not twice, twice
    assert polled == there, "a follower saw other rows than there are"
    return {
        "killed": size,
        "rows acknowledged": 2 * acknowledged,
        "lost": len(wanted - there.keys()),
        "torn": 0,
        "doubled": len(twice),
    }


def _key(index: int) -> tuple[int, int]:
    # Every seventh row comes late: into the bucket of half an hour before.
    time = BEGIN + index * STEP - (1_800_000 + 7 if index % 7 == 0 else 0)
    return time // STEP * STEP, STEP


def _row(index: int) -> Ticks:
    return Ticks.of([_key(index)[0]], [float(index)], STEP)


def _one_life(folder: Path, granularity: str, done: int, chance: random.Random) -> int:
    """Fork a writer that goes on after row *done*; the last row it acknowledged."""
    reading, writing = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(reading)
        try:
            asyncio.run(_write(folder, granularity, done, writing))
        finally:
            os._exit(1)
    os.close(writing)
    try:
        lasting, seen = chance.randrange(1, 25), 0
        while seen < lasting and select.select([reading], [], [], 30)[0]:
            seen += os.read(reading, 4096).count(b"\n")
        time.sleep(chance.random() * 0.002)  # anywhere within the next rows
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := os.read(reading, 4096):
            seen += more.count(b"\n")
    finally:
        os.close(reading)
    assert seen, "the writer did not write"
    return done + seen


async def _write(folder: Path, granularity: str, done: int, acknowledge: int) -> None:
    board = StatusBoard({EUR: STEP, USD: STEP})
    writer = SlotWriter(CsvStore(folder, granularity=granularity), board, lambda: True)
    index = done
    while True:
        index += 1
        await writer.write_polled({EUR: _row(index), USD: _row(index)})
        assert not board.status().store_problem, board.status().store_problem
        os.write(acknowledge, b"\n")
