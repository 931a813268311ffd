"""Listings: which listed pairs are not traded, from the list itself or from an answer of its own."""

from tests.support.fakes import EUR, USD, FakeExchange, run
from tests.support.listings import make_listings
from tracker.collector.client.listings import STATES_EVERY
from tracker.core.errors import Unreachable


class HaltedExchange(FakeExchange):
    """Lists USD as not traded, unless the body says that this is over."""

    def pairs(self, body):
        return {EUR: "", USD: "" if body else "cancel_only"}


def test_a_listed_pair_that_does_not_trade_is_polled_all_the_same_and_its_state_is_kept():
    listings, _, _ = make_listings(exchange=HaltedExchange())

    async def scenario():
        return await listings.available([EUR, USD]), listings.state(EUR), listings.state(USD)

    assert run(scenario()) == ({EUR, USD}, "", "cancel_only")


def test_the_list_is_requested_sooner_while_a_wanted_pair_does_not_trade():
    listings, network, clock = make_listings(
        lambda path, now: {"over": True} if now > 500 else {}, exchange=HaltedExchange()
    )

    async def scenario():
        states = []
        for _ in range(100):
            await listings.available([EUR, USD])
            await clock.sleep(10)
            states.append(listings.state(USD))
        return states

    states = run(scenario())
    assert network.paths("/pairs") == [0, STATES_EVERY, 2 * STATES_EVERY]
    assert states == ["cancel_only"] * 60 + [""] * 40


class StatesExchange(FakeExchange):
    """Its list does not state which pairs trade; another answer does, for some pairs."""

    MAX_BATCH = 1

    def states_path(self, markets):
        return "/states?" + ",".join(market.slug for market in markets)

    def pairs(self, body):
        return {EUR: body["state"]} if "state" in body else dict.fromkeys((EUR, USD), "")


def test_states_that_the_list_lacks_are_requested_for_the_wanted_pairs_and_no_poll_waits_for_them():
    def respond(path, now):
        return {"state": "BREAK"} if path.startswith("/states") else {}

    listings, network, clock = make_listings(respond, exchange=StatesExchange())

    async def scenario():
        first = (await listings.available([EUR]), listings.state(EUR), clock.monotonic())
        await clock.sleep(1)
        await listings.available([EUR, USD])
        await clock.sleep(STATES_EVERY)
        await listings.available([EUR, USD])
        await clock.sleep(1)
        await listings.close()
        return first, listings.state(EUR), listings.state(USD)

    assert run(scenario()) == (({EUR}, None, 0.0), "BREAK", "")
    assert [path for _, path in network.asked if path.startswith("/states")] == [
        "/states?btceur",
        "/states?btceur",
        "/states?btcusd",
    ]


def test_a_pair_that_is_not_listed_is_not_among_those_whose_states_are_requested():
    """Its symbol would fail the request for all of them."""

    class WithoutUsd(StatesExchange):
        MAX_BATCH = 100

        def pairs(self, body):
            return {EUR: ""}

    listings, network, clock = make_listings(exchange=WithoutUsd())

    async def scenario():
        await listings.available([EUR, USD])
        await clock.sleep(1)

    run(scenario())
    assert [path for _, path in network.asked if path.startswith("/states")] == ["/states?btceur"]


def test_a_state_is_unknown_until_the_list_has_been_read_which_is_tried_again_soon():
    listings, network, clock = make_listings(
        lambda path, now: Unreachable("no answer") if now < STATES_EVERY else {}, exchange=HaltedExchange()
    )

    async def scenario():
        states = []
        for _ in range(2):
            await listings.available([EUR, USD])
            await clock.sleep(STATES_EVERY)
            states.append((listings.state(EUR), listings.state(USD)))
        return states

    assert run(scenario()) == [(None, None), ("", "cancel_only")]
    assert network.paths("/pairs") == [0, STATES_EVERY]


def test_states_that_cannot_be_had_change_nothing():
    def respond(path, now):
        return Unreachable("no answer") if path.startswith("/states") and now > 1 else {"state": "BREAK"}

    listings, _, clock = make_listings(respond, exchange=StatesExchange())

    async def scenario():
        for _ in range(3):
            await listings.available([EUR])
            await clock.sleep(STATES_EVERY)
        return listings.state(EUR), await listings.available([EUR])

    assert run(scenario()) == ("BREAK", {EUR})
