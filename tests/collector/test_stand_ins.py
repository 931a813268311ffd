"""Collector with stand-ins: when one is asked in place of a market's own exchange, and when no longer."""

from tests.support.collector_world import DAY, PRICES, START, OtherExchange, StandInWorld, always, away
from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, run
from tests.support.memory_coordination import MemoryCoordination
from tests.support.memory_store import MemoryStore
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import Collector
from tracker.collector.plan import Plan
from tracker.collector.schedule import Feed
from tracker.collector.stand_ins import STALE_SLOTS
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure
from tracker.core.ticks import Origin

AWAY = Failure("unreachable", "fake", "fake answers 503")


def test_while_the_own_exchange_works_a_stand_in_is_asked_only_to_confirm_the_first_price():
    world = StandInWorld(always(), always()).run(100)
    assert {exchange for _, _, exchange in world.rows()} == {""}
    assert len(world.networks["other"].paths("/ticker")) == 1


def test_a_stand_in_provides_prices_while_the_own_exchange_is_stale_and_no_longer():
    world = StandInWorld(away(15, 200), always({"btceur": 101.0})).run(400)
    rows = world.rows()
    exchange_at = {time: exchange for time, _, exchange in rows}
    assert len(exchange_at) == len(rows), "no slot twice"
    begin = min(time for time, exchange in exchange_at.items() if exchange == "other")
    assert 15 < begin <= 10 + 10 * (STALE_SLOTS + 1)
    assert all(exchange == "other" for time, exchange in exchange_at.items() if begin <= time < 200)
    assert all(exchange == "" for time, exchange in exchange_at.items() if time > 240)
    assert {price for _, price, exchange in rows if exchange == "other"} == {101.0}
    assert (world.status().stand_in, world.status().state, world.status().failure) == ("", "live", None)


def test_no_slot_is_lost_while_a_stand_in_provides_prices():
    world = StandInWorld(away(15, 10_000), always()).run(300)
    times = [time for time, _, exchange in world.rows() if exchange == "other"]
    assert times == list(range(int(times[0]), 301, 10))


def test_the_status_names_the_stand_in_and_the_failure_of_the_own_exchange():
    world = StandInWorld(away(15, 10_000), always()).run(300)
    status = world.status()
    assert (status.state, status.stand_in, status.failure) == ("live", "other", AWAY)
    assert status.next_try is not None
    assert world.status(USD).state == "unreachable"


def test_a_stand_in_provides_prices_from_the_start_if_the_own_exchange_never_responded():
    world = StandInWorld(lambda path, at: Unreachable("away"), always()).run(100)
    assert world.rows()[0][2] == "other"
    assert world.rows()[0][0] <= 10 * STALE_SLOTS


def test_a_market_that_its_own_exchange_does_not_list_comes_from_the_stand_in_at_once():
    world = StandInWorld(lambda path, at: {"btcusd": 110.0}, always())
    world.exchange.listed = {USD}
    world.run(25)
    assert [(time, exchange) for time, _, exchange in world.rows()][-2:] == [(10.0, "other"), (20.0, "other")]
    assert (world.status().state, world.status().stand_in) == ("live", "other")
    assert world.status().failure == Failure("not_listed", "fake")


def test_only_a_market_missing_from_the_response_comes_from_the_stand_in():
    world = StandInWorld(lambda path, at: {"btcusd": 110.0}, always()).run(100)
    assert {exchange for _, _, exchange in world.rows()} == {"other"}
    assert {exchange for _, _, exchange in world.rows(USD)} == {""}


def test_while_both_exchanges_fail_the_market_is_unreachable_until_either_responds():
    world = StandInWorld(away(15, 10_000), lambda path, at: Unreachable("other answers 500") if at < 300 else PRICES)

    async def scenario():
        await world.clock.sleep(200)
        states.append(world.status().state)
        await world.clock.sleep(200)

    states = []
    run(world.collect_during(scenario))
    assert states == ["unreachable"]
    assert (world.status().state, world.status().stand_in) == ("live", "other")


def test_a_stand_in_that_fails_in_turn_is_no_longer_named():
    world = StandInWorld(
        away(15, 10_000), lambda path, at: PRICES if at < 200 else Unreachable("other answers 500")
    ).run(400)
    assert (world.status().state, world.status().stand_in, world.status().failure) == ("unreachable", "", AWAY)


def test_a_stand_in_is_not_asked_before_the_own_exchange_is_stale():
    world = StandInWorld(away(15, 10_000), always()).run(30)
    assert all(time < START + 15 or time >= START + 30 for time in world.networks["other"].paths("/ticker"))


def test_a_stand_in_with_wrong_prices_does_not_keep_the_own_exchange_out():
    def own_exchange(path, at):
        return {"btcusd": 110.0} if 100 <= at < 141 else PRICES

    world = StandInWorld(own_exchange, lambda path, at: {"btceur": 1000.0 if at >= 100 else 100.0}).run(600)
    assert world.rows()[-1][1:] == (100.0, "")
    assert {price for time, price, _ in world.rows() if time > 300} == {100.0}


def test_rows_of_a_simulated_stand_in_have_its_origin():
    world = StandInWorld(away(-1, 10_000), always(Response(PRICES, Origin.SIMULATED))).run(100)
    assert {int(ticks.origin[0]) for market, ticks in world.store.rows if market == EUR} == {Origin.SIMULATED}


def test_one_stand_in_of_two_exchanges_provides_a_row_for_each():
    """The same pair of two exchanges is one pair of the stand-in."""
    clock, store = FakeClock(START), MemoryStore()
    markets = [Market(name, "BTC", "EUR") for name in ("first", "second")]
    board = StatusBoard(dict.fromkeys(markets, 10_000))

    async def http_get(url, headers):
        if url.startswith("http://other"):
            return Response({} if "pairs" in url else PRICES)
        raise Unreachable("away")

    async def collect():
        feeds = [Feed(market, 10_000, ("other",)) for market in markets]
        clients = {
            name: ExchangeClient(name, FakeExchange(), f"http://{name}", http_get, clock)
            for name in ("first", "second")
        }
        clients["other"] = ExchangeClient("other", OtherExchange(), OtherExchange.BASE_URL, http_get, clock)
        writer = SlotWriter(store, board, lambda: True)
        await Collector(Plan(feeds, clients, span=DAY), writer, clock, board, MemoryCoordination()).run()

    run(collect(), 100)
    assert [len(store.live(market)) for market in markets] == [8, 8]
