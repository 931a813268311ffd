"""Collector: what it deletes, and how it finds the one market that makes an exchange refuse a whole batch."""

import asyncio

import pytest

from tests.collector.test_collector import DAY, World, ticker
from tests.support.fakes import EUR, USD, run
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Refused, Unreachable
from tracker.core.market_status import Failure


def purged(date):
    """(seconds since the start, before) of each purge in an hour; *date* is the exchange's clock, of the time now."""
    gone = []
    world = World(lambda path, now: Response(ticker(path, now), date=date(now)))
    world.store.purge = lambda market, before: gone.append((market, before)) or 1

    async def story():
        source = ExchangeClient("fake", world.exchange, world.exchange.BASE_URL, world.network, world.clock)
        writer = SlotWriter(world.store, world.board, world.may_write)
        collector = Collector(world.feeds, {"fake": source}, writer, world.clock, world.board, span=DAY, retention=DAY)
        await collector.run()

    run(story(), 3650)
    return [before // 1000 for market, before in gone if market == EUR]


def test_what_is_older_than_retention_is_deleted_again_and_again():
    first, second = purged(lambda now: now)
    assert 1_000_000 <= first + DAY // 1000 <= 1_000_002
    assert second == first + 3600


@pytest.mark.parametrize("date", [lambda now: now - 200 * 86_400, lambda now: now + 7_200, lambda now: None])
def test_a_clock_that_no_exchange_confirms_deletes_nothing(date):
    assert purged(date) == []


@pytest.mark.parametrize("quiet", [0, 300], ids=["at once", "after minutes of silence"])
def test_a_clock_set_ahead_after_it_was_confirmed_deletes_nothing(quiet):
    """The exchange is out of reach by then, so nobody contradicts it."""
    gone = []
    world = World(lambda path, now: Unreachable("away") if now > 1_000_600 else Response(ticker(path, now), date=now))
    world.store.purge = lambda market, before: gone.append(before) or 1

    async def story():
        source = ExchangeClient("fake", world.exchange, world.exchange.BASE_URL, world.network, world.clock)
        writer = SlotWriter(world.store, world.board, world.may_write)
        collector = Collector(world.feeds, {"fake": source}, writer, world.clock, world.board, span=DAY, retention=DAY)
        running = asyncio.ensure_future(collector.run())
        await world.clock.sleep(600 + quiet)
        world.clock.shift = 366 * 86_400.0
        await world.clock.sleep(7200)
        running.cancel()
        await asyncio.wait([running])

    run(story())
    assert gone
    assert max(gone) < 1_000_600_000


def test_a_time_out_while_the_culprit_of_a_batch_is_looked_for_is_no_markets_fault():
    asked = []

    def respond(path, now):
        if not path.startswith("/ticker"):
            return ticker(path, now)
        asked.append(path)
        if len(asked) == 1:
            return Refused("Invalid symbol")
        return Unreachable("no answer within 8 s") if len(asked) == 2 else ticker(path, now)

    world = World(respond)
    world.exchange.pairs_path = None
    world.run(15)
    assert [world.status(market).failure for market in (EUR, USD)] == [None, None]
    assert world.store.live(EUR)
    assert world.store.live(USD)


def test_one_market_that_fails_its_batch_is_found_and_left_out():
    def respond(path, now):
        return Refused("Invalid symbol") if "btceur" in path and path.startswith("/ticker") else ticker(path, now)

    world = World(respond)
    world.exchange.pairs_path = None
    world.run(55)
    assert len(world.store.live(USD)) == 6
    assert world.store.live(EUR) == []
    assert world.status(EUR).failure == Failure("rejected", "fake", "Invalid symbol")
    assert world.status(EUR).state == "refused"
    # Found once, not searched for with every slot.
    assert len(world.network.paths("/ticker")) <= 6 + 6


def test_an_exchange_that_refuses_everything_is_not_asked_for_each_market_alone_without_end():
    world = World(lambda path, now: Refused("maintenance") if path.startswith("/ticker") else ticker(path, now)).run(60)
    assert len(world.network.paths("/ticker")) < 40
    assert world.status(EUR).state == world.status(USD).state == "unreachable"
