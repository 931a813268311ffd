"""
An hour of collecting from every exchange while two responses of five are broken at random.

The collector goes on, writes no wrong row, and keeps what was not broken.
"""

import copy
import importlib
from collections import Counter
from random import Random
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest

from tests.support.exchange_samples import JUNK, places, replaced, value_at
from tests.support.fakes import FakeClock, run
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tests.support.mutations import mutate
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.adapters import load, names
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks
from tracker.sandbox import Simulated

START = 1_763_900_000.0  # 2025-11-23 12:13:20 UTC
HOUR, CADENCE = 3600, 20_000
QUOTES = {"coingecko": ("USD", "EUR", "XAU"), "binance": ("EUR", "TRY", "BRL")}
# Moments of a slot, close enough to see every price it had, and its last one.
MOMENTS = np.r_[0:CADENCE:250, CADENCE - 1]


class BrokenExchange:
    """Responds in the dialect of *name*; some responses are broken all over, some in one place, some are refusals."""

    def __init__(self, name, clock, seed):
        self.name, self.clock, self.random = name, clock, Random(seed)
        self.dialect = importlib.import_module(f"tracker.sandbox.dialects.{name}")
        self.adapter = load("exchanges", name)
        self.markets = [Market(name, "BTC", quote) for quote in QUOTES.get(name, ("EUR", "GBP", "USD"))]
        self.source = Simulated(42)
        self.responses = Counter()

    async def fetch(self, url, headers):
        parts = urlsplit(url)
        path = parts.path.removeprefix(urlsplit(self.adapter.BASE_URL).path)
        status, body = self.dialect.answer(path, dict(parse_qsl(parts.query)), self.source, self.clock.now())
        assert status == 200, (url, body)
        chance = self.random.random()
        if chance < 0.1:
            status, body = self.dialect.refusal(None)
            self.responses["refused"] += 1
        elif chance < 0.4:
            body = self._break(copy.deepcopy(body))
            self.responses["broken"] += 1
        else:
            self.responses["valid"] += 1
        if status != 200:
            raise Unreachable(f"{self.name} answers {status}")
        return Response(body)

    def _break(self, body):
        """Break *body* anywhere, or only where a price is."""
        last_prices = self.source.latest(self.markets, self.clock.now())
        prices = [place for place in places(body) if place and as_number(value_at(body, place)) in last_prices]
        if prices and self.random.random() < 0.5:
            return replaced(body, self.random.choice(prices), copy.deepcopy(self.random.choice(JUNK)))
        for _ in range(self.random.randint(1, 4)):
            body = mutate(body, self.random)
        return body


def as_number(value):
    try:
        return None if isinstance(value, list | dict | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return None


@pytest.mark.parametrize("name", names("exchanges"))
def test_broken_responses_stop_nothing_write_no_wrong_row_and_cost_no_valid_price(name):
    clock, store = FakeClock(START), MemoryStore()
    exchange = BrokenExchange(name, clock, seed=7)
    board = StatusBoard(dict.fromkeys(exchange.markets, CADENCE))

    async def collect():
        client = ExchangeClient(name, exchange.adapter, exchange.adapter.BASE_URL, exchange.fetch, clock)
        # Confirming a price by asking again would hide a wrong row from this test.
        feeds = [Feed(market, CADENCE) for market in exchange.markets]
        plan = Plan(feeds, {name: client}, span=HOUR * 1000, plausible=1e12)
        await Collector(plan, SlotWriter(store, board, lambda: True), clock, board, MemoryCoordination()).run()

    run(collect(), HOUR)
    assert exchange.responses["broken"] > 50
    for market in exchange.markets:
        ticks = Ticks.concat([written for row_market, written in store.rows if row_market == market])
        live, backfilled = ticks[ticks.origin == Origin.LIVE], ticks[ticks.origin != Origin.LIVE]
        assert len(np.unique(live.time)) == len(live), "a slot has a second row"
        # A poll comes at the earliest at the start of its slot, and at the latest at its end.
        shown = exchange.source.prices(market, live.time[:, None] + MOMENTS)
        is_right = (shown == live.price[:, None]).any(axis=1)
        assert is_right.all(), (market, live[~is_right])
        if name != "coingecko":  # its points are not the closes of whole minutes
            assert (backfilled.price == exchange.source.prices(market, backfilled.time)).all(), market
        # A request with a broken response is repeated within seconds, so most slots have a price all the same.
        assert len(live) > 0.8 * HOUR * 1000 / CADENCE
    assert {board.status().markets[market].state for market in exchange.markets} <= {"live", "unreachable"}
