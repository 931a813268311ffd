"""Listings of a fake exchange."""

from collections.abc import Callable
from typing import Any

from tests.support.fakes import FakeClock, FakeExchange, FakeNetwork
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.listings import Listings
from tracker.core.market import Market


def make_listings(
    respond: Callable[[str, float], Any] = lambda path, now: {},
    listed: set[Market] | None = None,
    exchange: FakeExchange | None = None,
) -> tuple[Listings, FakeNetwork, FakeClock]:
    """Return listings of an exchange that lists *listed*, with their network and clock."""
    clock = FakeClock()
    exchange = exchange or FakeExchange()
    exchange.listed = listed
    network = FakeNetwork(clock, respond)
    return Listings(ExchangeClient("fake", exchange, FakeExchange.BASE_URL, network, clock), clock), network, clock
