"""
The ranking right after the first backfill, from adapter to measure, with known results.

Kraken's dialect responds at a fixed time: 12 h of one-minute candles, five-minute candles before
them, and the first live prices. Without sockets or waiting; only the market is simulated.
"""

import statistics
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from tests.support.fakes import FakeClock, run
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.market import Market
from tracker.core.ranking import ranking
from tracker.core.ticks import Origin
from tracker.core.window import Window
from tracker.exchanges import kraken
from tracker.sandbox import Simulated
from tracker.sandbox.dialects import kraken as dialect

START = 1_763_900_000.0  # 2025-11-23 12:13:20 UTC
DAY = 24 * 3_600_000
PINNED = [  # relative standard deviation in %, the calmest first
    ("GBP", 0.422),
    ("USD", 0.461),
    ("CHF", 0.462),
    ("EUR", 0.472),
    ("CAD", 0.473),
    ("JPY", 0.525),
    ("AUD", 0.548),
]
MARKETS = [Market("kraken", "BTC", quote) for quote in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")]


@pytest.fixture(scope="module")
def collected():
    """The rows that a collector has stored after two minutes, and the time then."""
    clock, store, source = FakeClock(START), MemoryStore(), Simulated(42)

    async def fetch(url, headers):
        parts = urlsplit(url)
        _, body = dialect.answer(parts.path, dict(parse_qsl(parts.query)), source, clock.now())
        return Response(body)

    async def collect():
        feeds = [Feed(market, 10_000) for market in MARKETS]
        exchange = ExchangeClient("kraken", kraken, "http://kraken", fetch, clock)
        board = StatusBoard(dict.fromkeys(MARKETS, 10_000))
        plan = Plan(feeds, {"kraken": exchange}, span=DAY)
        await Collector(plan, SlotWriter(store, board, lambda: True), clock, board, MemoryCoordination()).run()

    run(collect(), 118)
    return store, round((START + 118) * 1000)


def window_of(collected, market):
    store, now = collected
    return Window.of(store.read(market, now - DAY + 1, now + 1), DAY, now)


def test_the_whole_day_is_covered_by_the_finest_available_candles(collected):
    for market in MARKETS:
        window = window_of(collected, market)
        ticks = window.ticks
        assert window.gaps == []
        assert window.coverage == pytest.approx(1, abs=0.001)
        assert sorted(set(ticks.interval.tolist())) == [10_000, 60_000, 300_000]
        assert (ticks.origin == Origin.LIVE).sum() == 12
        assert 700 <= (ticks.interval == 60_000).sum() <= 720
        assert 140 <= (ticks.interval == 300_000).sum() <= 150


def every_ten_seconds(window):
    """Return the price of each ten seconds of the day, from the finest row that covers them."""
    cells = {}
    order = sorted(range(window.count), key=lambda row: -window.ticks.interval[row])
    for row in order:
        time, interval = int(window.ticks.time[row]), int(window.ticks.interval[row])
        for cell in range(time - interval, time, 10_000):
            cells[cell] = float(window.ticks.price[row])
    return list(cells.values())


def test_each_standard_deviation_is_the_textbook_one_of_equal_pieces_of_the_day(collected):
    rows = {row.market: row for row in ranking({market: window_of(collected, market) for market in MARKETS})}
    for market in MARKETS:
        prices = every_ten_seconds(window_of(collected, market))
        spread = statistics.stdev(prices)
        # Not exactly equal: few long candles weigh as much as many short ones, but count as few.
        assert rows[market].values["standard_deviation"] == pytest.approx(spread, rel=2e-3)
        relative = spread / statistics.fmean(prices)
        assert rows[market].values["relative_standard_deviation"] == pytest.approx(relative, rel=2e-3)


def test_the_ranking_is_the_known_one(collected):
    rows = ranking({market: window_of(collected, market) for market in MARKETS})
    assert [row.rank for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    deviations = [(row.market.quote, round(100 * row.values["relative_standard_deviation"], 3)) for row in rows]
    assert deviations == PINNED
    # Absolute deviations, as in the former app, would always rank the yen last.
    raw = [row.market.quote for row in sorted(rows, key=lambda row: row.values["standard_deviation"])]
    assert raw != [quote for quote, _ in PINNED]


def test_live_rows_are_the_last_at_the_times_of_their_slots(collected):
    for market in MARKETS:
        times = window_of(collected, market).ticks.time
        assert times[-1] == collected[1] - 8_000
        assert (np.diff(times) > 0).all()
