"""Collector: polls on the grid of slots, with as few requests as the exchange allows."""

from itertools import pairwise

from tests.support.collector_world import CollectorWorld, ticker
from tests.support.fakes import EUR, USD, FakeClock, run
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed, due
from tracker.core.ticks import Origin


def polled_slots(response_takes, end, interval=10):
    """Return the slots (s) that are polled up to *end*, if the response in a slot takes so many seconds."""

    async def poll():
        clock = FakeClock()
        answered = {}
        async for _ in due(lambda: [Feed(EUR, interval * 1000)], clock, answered):
            slot = clock.now() // 1000 // interval * interval
            if slot > end:
                return
            slots.append(slot)
            await clock.sleep(response_takes.get(slot, 0))
            answered[EUR] = Feed(EUR, interval * 1000).slot(clock.now())

    slots = []
    run(poll())
    return slots


def test_a_slow_response_skips_slots_and_keeps_the_grid():
    assert polled_slots(response_takes={10: 25}, end=60) == [0, 10, 40, 50, 60]


def test_the_current_slot_is_polled_at_once_and_rows_carry_the_start_of_their_slot():
    world = CollectorWorld(start=1_000_004.0).run(21)
    assert world.store.live(EUR) == [(1_000_000, 100.0), (1_000_010, 100.0), (1_000_020, 100.0)]
    assert all(ticks.interval[0] == 10_000 for _, ticks in world.store.rows)


def test_due_markets_of_an_exchange_share_a_request():
    world = CollectorWorld().run(35)
    assert world.ticker_paths() == ["/ticker?btceur,btcusd"] * 4


def test_markets_of_two_cadences_share_the_slots_they_have_in_common():
    world = CollectorWorld(feeds=[Feed(EUR, 10_000), Feed(USD, 30_000)]).run(59)
    paths = world.ticker_paths()
    # 1,000,000 s is no multiple of 30 s: the current slot of USD began at 999,990.
    both, eur_only = "/ticker?btceur,btcusd", "/ticker?btceur"
    assert paths == [both, eur_only, both, eur_only, eur_only, both]
    assert [time for time, _ in world.store.live(USD)] == [999_990, 1_000_020, 1_000_050]


def test_more_markets_than_fit_into_one_request_take_several():
    world = CollectorWorld()
    world.exchange.MAX_BATCH = 1
    world.run(5)
    assert world.ticker_paths() == [
        "/ticker?btceur",
        "/ticker?btcusd",
    ]
    assert len(world.store.rows) == 2


def test_rows_from_a_sandbox_have_its_origin():
    def respond(path, now):
        return Response(ticker(path, now), Origin.SIMULATED)

    world = CollectorWorld(respond).run(5)
    assert {int(ticks.origin[0]) for _, ticks in world.store.rows} == {Origin.SIMULATED}
    assert world.board.status().mode == "simulated"


def test_no_request_is_sent_sooner_than_the_exchange_allows():
    world = CollectorWorld(feeds=[Feed(EUR, 500)])
    world.exchange.LIMITS = ((1, 2.0),)
    world.run(30)
    times = [time for time, _ in world.network.asked]
    assert min(later - sooner for sooner, later in pairwise(times)) >= 2.0 - 1e-6
