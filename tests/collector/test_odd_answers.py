"""
An hour of collecting from every exchange while two answers of five are broken at random.

Nothing stops the collector, no wrong row is written, and what was not broken is not lost.
"""

import copy
import importlib
from collections import Counter
from random import Random
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from tests.exchanges.test_fuzz import change
from tests.support.exchange_contract import JUNK, changed, places, value_at
from tests.support.fakes import FakeClock, MemoryStore, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.adapters import load, names
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.ticks import Origin
from tracker.sandbox import Simulated

START = 1_763_900_000.0  # 2025-11-23 12:13:20 UTC
HOUR, CADENCE = 3600, 20_000
QUOTES = {"coingecko": ("USD", "EUR", "XAU"), "binance": ("EUR", "TRY", "BRL")}


class Exchange:
    """*name*'s dialect, whose answers break: some all over, some in one place, some are refusals."""

    def __init__(self, name, clock, seed):
        self.name, self.clock, self.random = name, clock, Random(seed)
        self.dialect = importlib.import_module(f"tracker.sandbox.dialects.{name}")
        self.prices = Simulated(42)
        self.broken = Counter()

    async def fetch(self, url, headers):
        parts = urlsplit(url)
        path = parts.path.removeprefix(urlsplit(load("exchanges", self.name).BASE_URL).path)
        status, body = self.dialect.answer(path, dict(parse_qsl(parts.query)), self.prices, self.clock.now())
        assert status == 200, (url, body)
        lot = self.random.random()
        if lot < 0.1:
            status, body = self.dialect.refusal(None)
            self.broken["refused"] += 1
        elif lot < 0.4:
            body = self._break(copy.deepcopy(body))
            self.broken["broken"] += 1
        else:
            self.broken["sound"] += 1
        if status != 200:
            raise Unreachable(f"{self.name} answers {status}")
        return Response(body)

    def _break(self, body):
        """Anywhere, or just where a price is."""
        now = {self.prices.prices(market, np.array([self.clock.now()]))[0] for market in markets_of(self.name)}
        prices = [place for place in places(body) if place and as_number(value_at(body, place)) in now]
        if prices and self.random.random() < 0.5:
            return changed(body, self.random.choice(prices), copy.deepcopy(self.random.choice(JUNK)))
        for _ in range(self.random.randint(1, 4)):
            body = change(body, self.random)
        return body


def as_number(value):
    try:
        return None if isinstance(value, list | dict | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def markets_of(name):
    return [Market(name, "BTC", quote) for quote in QUOTES.get(name, ("EUR", "GBP", "USD"))]


@pytest.mark.parametrize("name", names("exchanges"))
def test_no_odd_answer_stops_the_collector_writes_a_wrong_row_or_costs_what_was_sound(name):
    clock, store = FakeClock(START), MemoryStore()
    exchange = Exchange(name, clock, seed=7)
    markets = markets_of(name)
    board = StatusBoard(dict.fromkeys(markets, CADENCE))

    async def collect():
        module = load("exchanges", name)
        source = ExchangeClient(name, module, module.BASE_URL, exchange.fetch, clock)
        feeds = [Feed(market, CADENCE) for market in markets]
        # A second opinion by repetition would hide a wrong row from this test.
        await Collector(
            feeds,
            {name: source},
            SlotWriter(store, board, lambda: True),
            clock,
            board,
            span=HOUR * 1000,
            plausible=1e12,
        ).run()

    run(collect(), HOUR)
    assert exchange.broken["broken"] > 50
    for market in markets:
        rows = [(ticks, of) for of, ticks in store.rows if of == market]
        times = [int(time) for ticks, _ in rows for time in ticks.time[ticks.origin == Origin.LIVE]]
        assert len(times) == len(set(times)), "a slot has a second row"
        # A poll comes at the earliest at the start of its slot, and at the latest at its end.
        for ticks, _ in rows:
            for time, price, origin in zip(ticks.time, ticks.price, ticks.origin, strict=True):
                shown = np.r_[time : time + CADENCE : 250, time + CADENCE - 1] if origin == Origin.LIVE else time
                if origin == Origin.LIVE or name != "coingecko":
                    assert price in exchange.prices.prices(market, shown), (market, time, price)
        # Broken at once, a request is repeated within seconds: most slots are kept all the same.
        assert len(times) > 0.8 * HOUR * 1000 / CADENCE
    assert {board.status().markets[market].state for market in markets} <= {"live", "unreachable"}
