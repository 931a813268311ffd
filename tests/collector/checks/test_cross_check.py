"""CrossCheck: the newest candle of an exchange, with which its own first price after an outage is compared."""

import math

import pytest

from tests.support.collector_world import START, StandInWorld, always
from tests.support.fakes import EUR, FakeClock, FakeExchange, FakeNetwork, run
from tracker.collector.checks.cross_check import CANDLE_AGE, CANDLES_REACH, QUOTE_AGE, newest_candle
from tracker.collector.client.client import ExchangeClient
from tracker.core.errors import Unreachable
from tracker.core.quotes import Candle
from tracker.core.ticks import Ticks

NOW = 1_000_000.0  # epoch s
REACH = CANDLES_REACH / 1000  # s


@pytest.mark.parametrize(
    ("candles", "newest"),
    [
        ([], None),
        ([[NOW - 120, 1.0], [NOW - 60, 2.0]], Candle(round(NOW - 60) * 1000, 2.0)),
        ([[NOW - 60, 2.0], [NOW - 120, 1.0]], Candle(round(NOW - 60) * 1000, 2.0)),
        ([[NOW - REACH, 1.0]], Candle(round(NOW - REACH) * 1000, 1.0)),
        ([[NOW - REACH - 1, 1.0]], None),
        ([[NOW - 60, 2.0], [NOW + 1, 3.0]], Candle(round(NOW - 60) * 1000, 2.0)),
        ([[NOW - 60, 0.0]], None),
        ([[NOW - 60, math.inf]], None),
    ],
)
def test_the_newest_candle_is_a_plausible_one_of_the_last_ten_minutes(candles, newest):
    async def find():
        clock = FakeClock(NOW)
        network = FakeNetwork(clock, lambda path, now: candles)
        client = ExchangeClient("fake", FakeExchange(), FakeExchange.BASE_URL, network, clock)
        return await newest_candle(client, EUR, round(NOW * 1000))

    assert run(find()) == newest


def doubted(history, every, price=lambda now: 10.0):
    """A market whose first *price* after an hour is a tenth of the stored one, polled each *every* ms."""

    def respond(path, now):
        if path.startswith("/ticker"):
            return {"btceur": price(now), "btcusd": 110.0}
        return history(now) if path.startswith("/history/btceur") else {}

    world = StandInWorld(always(), always(), stand_ins=(), every=every)
    world.store.append({EUR: Ticks.of([int(START - 3660) * 1000], [100.0], 10_000)})
    world.networks["fake"].respond = respond
    return world


def test_an_exchange_without_a_candle_is_not_asked_for_one_at_each_poll():
    """Two prices in turn, which contradict each other, keep the doubt alive."""
    world = doubted(lambda now: Unreachable("no history"), 1000, lambda now: 10.0 + 10 * (int(now) % 2))
    world.run(60)
    assert len(world.networks["fake"].paths("/ticker")) >= 60
    assert len(world.networks["fake"].paths("/history/btceur")) <= 60 / QUOTE_AGE + 1


def test_a_candle_that_cannot_be_renewed_contradicts_prices_for_ten_minutes():
    def once(now):
        return [[START - 40, 100.0]] if now < START + CANDLE_AGE / 2 else Unreachable("no history")

    world = doubted(once, 10_000)
    world.run(900)
    stored = [at for at, price, _ in world.rows() if price == 10.0]
    assert stored[0] >= 0
    assert len(stored) == 91, "no slot is lost"
