"""Early polls: what a viewer's request costs an exchange, and when a stand-in takes over."""

import asyncio
from itertools import pairwise

from tests.support.collector_world import CollectorWorld, StandInWorld, always, away, ticker
from tests.support.fakes import EUR, FakeClock, run
from tracker.collector.client.batch import BatchPoller
from tracker.collector.client.listings import Listings
from tracker.collector.early_polls import MIN_PAUSE, EarlyPolls
from tracker.collector.feeds import Feeds
from tracker.collector.poll_groups import PollGroup
from tracker.collector.poll_request import REQUEST, PollRequest
from tracker.collector.status import StatusBoard
from tracker.core.errors import RateLimited, Unreachable

START = 1_000_000


def prices_at(world):
    return [time - START for time in world.network.paths("/ticker")]


def unreachable_from(second, *, until=10_000):
    def respond(path, now):
        return Unreachable("fake answers 503") if second < now - START < until else ticker(path, now)

    return respond


def collect(world, *story):
    """Collect for as long as *story* takes: seconds to wait, and functions to call."""

    async def scenario():
        for step in story:
            if callable(step):
                step()
            else:
                await world.clock.sleep(step)

    run(world.collect_during(scenario))
    return world


def test_a_request_polls_an_unreachable_market_at_once_and_it_is_live_again():
    world = CollectorWorld(unreachable_from(5, until=200))
    late = CollectorWorld(unreachable_from(5, until=200))
    collect(world, 201, PollRequest(world.coordination).submit, 1)
    collect(late, 202)
    assert 201 <= prices_at(world)[-1] < 202
    assert world.status().state == "live"
    assert late.status().state == "unreachable"


def test_however_many_viewers_ask_an_exchange_gets_one_more_poll_in_ten_seconds():
    world = CollectorWorld(unreachable_from(5))
    submit = PollRequest(world.coordination).submit
    collect(world, 300, *[submit, 0.1] * 600)
    early = [time for time in prices_at(world) if time >= 300]
    assert len(early) == 60 / MIN_PAUSE  # the waits, of 30 s, begin anew with each
    assert all(later - time >= MIN_PAUSE for time, later in pairwise(early))


def test_a_failed_early_poll_is_one_more_failure_after_which_the_wait_is_longer():
    world = CollectorWorld(unreachable_from(5))
    collect(world, 12, PollRequest(world.coordination).submit, 60)
    times = [time for time in prices_at(world) if time >= 12]
    assert times[0] < 13
    waits = [later - time for time, later in pairwise(times)]
    assert [least <= wait <= least + 1 for least, wait in zip((4, 8, 16), waits, strict=False)] == [True] * 3


def test_the_waits_of_an_outage_are_forgotten_once_the_exchange_answers_again():
    def respond(path, now):
        return Unreachable("fake answers 503") if 5 < now - START < 200 or now - START > 220 else ticker(path, now)

    world = CollectorWorld(respond)
    collect(world, 201, PollRequest(world.coordination).submit, 45)
    first, second, third = [time for time in prices_at(world) if time > 221][:3]
    assert 1 <= second - first <= 2 <= third - second <= 3


def test_a_request_does_not_shorten_a_pause_that_the_exchange_demands():
    def respond(path, now):
        return RateLimited("fake reports too many requests", 120) if 5 < now - START < 100 else ticker(path, now)

    world = CollectorWorld(respond)
    collect(world, 30, *[PollRequest(world.coordination).submit, 11] * 6)
    assert [time for time in prices_at(world) if 20 < time < 120] == []


def test_while_all_markets_are_live_a_request_costs_nothing():
    world, asked = CollectorWorld(), CollectorWorld()
    collect(world, 60)
    collect(asked, *[PollRequest(asked.coordination).submit, 12] * 5)
    assert prices_at(asked) == prices_at(world)


def test_an_early_poll_interrupts_no_request_under_way():
    world = CollectorWorld(unreachable_from(5, until=100), takes=5.0)
    collect(world, 130, PollRequest(world.coordination).submit, 60)
    times = [int(time) for time, _ in world.store.live(EUR)]
    assert len(times) == len(set(times))
    assert world.status().state == "live"


def test_a_request_of_before_the_term_or_an_unreadable_one_has_no_effect():
    world = CollectorWorld(unreachable_from(5))
    PollRequest(world.coordination).submit(stand_ins=True)
    publish = world.coordination.publish
    collect(world, 300, *[lambda text=text: publish(REQUEST, text) for text in (b"{", b"[]", b'{"format": 2}')], 5)
    plain = collect(CollectorWorld(unreachable_from(5)), 305)
    assert len(prices_at(world)) == len(prices_at(plain))


def test_a_stand_in_is_polled_at_once_if_a_viewer_asks_for_it():
    world = StandInWorld(away(15, 10_000), always(), every=60_000)
    collect(world, 70, lambda: PollRequest(world.coordination).submit(stand_ins=True), 5)
    assert [exchange for _, _, exchange in world.rows()][-1] == "other"
    assert world.status().stand_in == "other"


def test_a_stand_in_is_polled_at_once_also_right_after_the_own_exchange_was_tried_in_vain():
    world = StandInWorld(away(15, 10_000), always(), every=60_000)
    submit = PollRequest(world.coordination).submit
    collect(world, 70, submit, 2, lambda: submit(stand_ins=True), 3)
    assert world.status().stand_in == "other"


def test_the_own_exchange_takes_over_from_a_stand_in_that_a_viewer_asked_for():
    world = StandInWorld(away(15, 130), always(), every=60_000)
    collect(world, 70, lambda: PollRequest(world.coordination).submit(stand_ins=True), 300)
    assert (world.status().stand_in, world.rows()[-1][2]) == ("", "")


def test_a_request_to_try_the_own_exchange_asks_no_stand_in():
    world = StandInWorld(away(15, 10_000), always(), every=60_000)
    before = StandInWorld(away(15, 10_000), always(), every=60_000)
    collect(world, 70, PollRequest(world.coordination).submit, 5)
    collect(before, 75)
    assert len(world.networks["other"].paths("/ticker")) == len(before.networks["other"].paths("/ticker"))


def test_a_request_that_begins_as_its_wait_is_interrupted_is_completed():
    clock, events = FakeClock(), []
    early = EarlyPolls(clock, StatusBoard({}))
    client = CollectorWorld().clients()["fake"]
    group = PollGroup(client, [EUR], BatchPoller(client, Listings(client, clock)), Feeds(clock))

    async def scenario():
        is_due = asyncio.Event()

        async def poll(group):
            await is_due.wait()
            with early.request(group):
                events.append("asked")
                await clock.sleep(1)
                events.append("answered")
            group.markets = []

        polling = asyncio.create_task(early.keep_polling(group, poll))
        await clock.sleep(1)
        is_due.set()
        early.restart(group)
        await polling

    run(scenario())
    assert events == ["asked", "answered"]
