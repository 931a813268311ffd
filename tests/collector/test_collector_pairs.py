"""Collector: pairs that the exchange does not list, stops listing, or refuses."""

from tests.support.collector_world import CollectorWorld, ticker
from tests.support.fakes import EUR, USD, run
from tracker.core.errors import Refused, Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure


def test_a_pair_that_is_not_listed_is_refused_and_does_not_affect_the_others():
    world = CollectorWorld()
    world.exchange.listed = {USD}
    world.run(15)
    assert (world.status(EUR).state, world.status(EUR).failure) == ("refused", Failure("not_listed", "fake"))
    assert len(world.store.live(USD)) == 2
    assert set(world.ticker_paths()) == {"/ticker?btcusd"}


def test_no_prices_are_requested_when_the_exchange_lists_none_of_the_markets():
    world = CollectorWorld()
    world.exchange.listed = {Market("fake", "ETH", "USD")}
    world.run(30)
    assert world.network.paths("/ticker") == []
    assert world.status(EUR).state == world.status(USD).state == "refused"


def test_prices_are_collected_while_the_pair_list_cannot_be_fetched():
    def respond(path, now):
        return Unreachable("no answer") if path.startswith("/pairs") else ticker(path, now)

    world = CollectorWorld(respond).run(15)
    assert len(world.store.live(EUR)) == len(world.store.live(USD)) == 2


def test_a_pair_that_is_delisted_is_noticed_and_the_others_are_still_collected():
    def respond(path, now):
        if now > 1_000_015:
            world.exchange.listed = {USD}
            if "btceur" in path:
                return Refused("EQuery:Unknown asset pair")
        return ticker(path, now)

    world = CollectorWorld(respond)
    world.run(60)
    assert [time for time, _ in world.store.live(EUR)] == [1_000_000, 1_000_010]
    assert len(world.store.live(USD)) >= 5
    assert (world.status(EUR).state, world.status(USD).state) in {("refused", "live"), ("unreachable", "live")}


def test_a_pair_missing_from_the_list_is_collected_once_it_is_listed():
    world = CollectorWorld()
    world.exchange.listed = {USD}

    async def scenario():
        await world.clock.sleep(100)
        world.exchange.listed = {EUR, USD}
        await world.clock.sleep(3600)

    run(world.collect_during(scenario))
    assert world.store.live(EUR)
    assert world.status(EUR).state == "live"


def test_a_time_out_during_the_search_for_a_refused_market_rejects_no_market():
    polls = []

    def respond(path, now):
        if not path.startswith("/ticker"):
            return ticker(path, now)
        polls.append(path)
        if len(polls) == 1:
            return Refused("Invalid symbol")
        return Unreachable("no answer within 8 s") if len(polls) == 2 else ticker(path, now)

    world = CollectorWorld(respond)
    world.exchange.pairs_path = None
    world.run(15)
    assert [world.status(market).failure for market in (EUR, USD)] == [None, None]
    assert world.store.live(EUR)
    assert world.store.live(USD)


def test_a_market_that_makes_its_batch_fail_is_found_once_and_skipped():
    def respond(path, now):
        return Refused("Invalid symbol") if "btceur" in path and path.startswith("/ticker") else ticker(path, now)

    world = CollectorWorld(respond)
    world.exchange.pairs_path = None
    world.run(55)
    assert len(world.store.live(USD)) == 6
    assert world.store.live(EUR) == []
    assert world.status(EUR).failure == Failure("rejected", "fake", "Invalid symbol")
    assert world.status(EUR).state == "refused"
    # Found once, not searched for in every slot.
    assert len(world.network.paths("/ticker")) <= 6 + 6


def test_an_exchange_that_refuses_everything_is_not_searched_again_and_again():
    def respond(path, now):
        return Refused("maintenance") if path.startswith("/ticker") else ticker(path, now)

    world = CollectorWorld(respond).run(60)
    assert len(world.network.paths("/ticker")) < 40
    assert world.status(EUR).state == world.status(USD).state == "unreachable"
