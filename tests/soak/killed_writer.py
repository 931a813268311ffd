"""A writer is killed at random times: every acknowledged row is stored, none is torn, none is stored twice."""

import asyncio
import os
import random
import select
import signal
import time
from collections import Counter
from pathlib import Path

from tests.soak.rows import duplicates, keys, on_disk
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.stores.csv import CsvStore

EUR, USD = Market("instant", "BTC", "EUR"), Market("instant", "BTC", "USD")
STEP = 10_000  # ms
BEGIN = 1_795_446_000_000 - 60 * STEP  # ten minutes before a full hour


def run(folder: Path, size: int, seed: int, granularity: str = "hour") -> dict[str, object]:
    """Kill *size* writers, each after a random number of rows and microseconds."""
    chance = random.Random(seed)
    reader = CsvStore(folder, [EUR, USD])
    _, cursor = reader.poll(None)
    polled: Counter[tuple[str, int, int]] = Counter()
    acknowledged = 0
    for _ in range(size):
        acknowledged = _run_and_kill(folder, granularity, acknowledged, chance)
        batch, cursor = reader.poll(cursor)
        polled.update(key for market, ticks in batch.items() for key in keys(market.slug, ticks))
    # The next writer repairs the line that the last one left torn.
    CsvStore(folder, granularity=granularity).append({EUR: _row(acknowledged + 1)})
    batch, _ = reader.poll(cursor)
    polled.update(key for market, ticks in batch.items() for key in keys(market.slug, ticks))
    rows = on_disk(folder)
    expected = {(market.slug, *_key(index)) for market in (EUR, USD) for index in range(1, acknowledged + 1)}
    assert expected <= rows.keys(), f"lost: {sorted(expected - rows.keys())[:5]}"
    # The row after the last acknowledged one may have been stored before it was written again just now.
    twice = duplicates(rows - Counter({("btceur", *_key(acknowledged + 1)): 1}))
    assert not twice, twice
    assert polled == rows, "a follower read other rows than are stored"
    # A writer that is killed between a row and its candle leaves the row alone; a backfill adds the candle.
    without = [len(_without_candle(reader, market, acknowledged)) for market in (EUR, USD)]
    candles = Ticks.concat([_row(index) for index in range(3, acknowledged + 1, 3)])
    assert [reader.add_candles(market, candles) for market in (EUR, USD)] == without
    assert sum(without) <= size, f"{sum(without)} candles lost by {size} kills"
    assert not [row for market in (EUR, USD) for row in _without_candle(reader, market, acknowledged)]
    return {
        "killed": size,
        "rows acknowledged": 2 * acknowledged,
        "lost": len(expected - rows.keys()),
        "torn": 0,
        "duplicates": len(twice),
    }


def _key(index: int) -> tuple[int, int]:
    # Every seventh row is late: it belongs into the bucket of half an hour before.
    time = BEGIN + index * STEP - (1_800_000 + 7 if index % 7 == 0 else 0)
    return time // STEP * STEP, STEP


def _row(index: int) -> Ticks:
    """Return row *index*; every third is a candle."""
    price = float(index)
    candle = () if index % 3 else ([price], [price - 0.25], [price + 0.25])
    return Ticks.of([_key(index)[0]], [price], STEP, Origin.LIVE, "", *candle)


def _without_candle(store: CsvStore, market: Market, last: int) -> list[int]:
    """Return which stored rows up to *last* should have a candle, and are read without theirs."""
    ticks = store.read(market, 0, 2 * BEGIN)
    rows = zip(ticks.price.tolist(), ticks.candle_columns()[1].tolist(), strict=True)
    return [int(price) for price, low in rows if price % 3 == 0 and price <= last and low != price - 0.25]


def _run_and_kill(folder: Path, granularity: str, done: int, chance: random.Random) -> int:
    """Fork a writer that continues after row *done*; return the last row that it acknowledged."""
    read_end, write_end = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read_end)
        try:
            asyncio.run(_write(folder, granularity, done, write_end))
        finally:
            os._exit(1)
    os.close(write_end)
    try:
        limit, seen = chance.randrange(1, 25), 0
        while seen < limit and select.select([read_end], [], [], 30)[0]:
            seen += os.read(read_end, 4096).count(b"\n")
        time.sleep(chance.random() * 0.002)  # at any point of the next rows
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        while more := os.read(read_end, 4096):
            seen += more.count(b"\n")
    finally:
        os.close(read_end)
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
