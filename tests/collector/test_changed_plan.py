"""Collector: what becomes of markets, requests, backfill and status when the plan changes while it runs."""

from functools import partial
from itertools import pairwise

from tests.support.changing_world import EUR, GBP, MARKETS, USD, ChangingWorld, every_price
from tests.support.collector_world import START
from tracker.collector.client.response import Response
from tracker.collector.schedule import Feed
from tracker.core.errors import Unreachable

S = 1_000  # ms


def test_an_added_market_begins_with_its_next_slot_is_backfilled_and_is_in_the_status():
    def respond(path, now):
        return [[START - 120, 99.0]] if path == "/history/btcgbp" else every_price(path, now)

    world = ChangingWorld([Feed(EUR, 10 * S)], respond)
    world.play(14, lambda: world.change(Feed(EUR, 10 * S), Feed(GBP, 10 * S)), 18)
    assert world.slots(EUR) == [0, 10, 20, 30]
    assert world.slots(GBP) == [20, 30]
    stored = world.store.read(GBP, 0, 2**62)
    assert [int(time) / S - START for time in stored.time] == [-120, 20, 30]
    assert [(market, status.state) for market, status in world.board.status().markets.items()] == [
        (EUR, "live"),
        (GBP, "live"),
    ]


def test_a_removed_market_ends_leaves_the_status_and_keeps_its_prices():
    world = ChangingWorld([Feed(EUR, 10 * S), Feed(USD, 10 * S)])
    world.play(14, lambda: world.change(Feed(USD, 10 * S)), 40)
    assert (world.slots(EUR), world.slots(USD)) == ([0, 10], [0, 10, 20, 30, 40, 50])
    assert list(world.board.status().markets) == [USD]
    assert max(world.asked_for("btceur")) == 10


def test_a_changed_cadence_holds_from_the_next_slot_of_its_grid_and_the_old_one_until_then():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    seen = []

    def look():
        seen.append(world.status(EUR).interval)

    world.play(11, lambda: world.change(Feed(EUR, 40 * S)), 28.5, look, 1, look, 81)
    assert world.slots(EUR) == [0, 10, 20, 30, 40, 80, 120]
    assert seen == [10 * S, 40 * S]
    assert [int(ticks.interval[0]) // S for _, ticks in world.store.rows] == [10, 10, 10, 10, 40, 40, 40]


def test_a_faster_cadence_holds_from_its_next_slot_although_the_present_one_lasts_longer():
    world = ChangingWorld([Feed(EUR, 60 * S)])
    world.play(21, lambda: world.change(Feed(EUR, 1 * S)), 3.5)
    assert world.slots(EUR) == [-40, 20, 22, 23, 24]


def test_a_request_under_way_is_neither_lost_nor_repeated():
    world = ChangingWorld([Feed(EUR, 10 * S)], takes=4.0)
    world.play(22, lambda: world.change(Feed(EUR, 10 * S), Feed(USD, 10 * S)), 20)
    assert world.slots(EUR) == [0, 10, 20, 30]
    assert [at for at in world.asked_for("btceur") if at >= 10] == [10, 20, 30, 40]
    assert world.slots(USD) == [30]


def test_a_market_whose_request_fails_after_it_moved_to_another_request_is_tried_again_in_its_slot():
    world = ChangingWorld([Feed(EUR, 10 * S), Feed(USD, 10 * S)])
    world.exchange.MAX_BATCH = 1
    real_get = world.http_get

    async def http_get(url, headers):
        if "btcusd" in url and world.clock.monotonic() == 20:
            await world.clock.sleep(2)
            raise Unreachable("fake answers 503")
        return await real_get(url, headers)

    world.send = http_get
    world.play(21, lambda: world.change(Feed(USD, 10 * S)), 10)
    assert world.slots(USD) == [0, 10, 20, 30]
    assert world.slots(EUR) == [0, 10, 20]


def test_a_market_that_waits_after_a_failure_is_asked_for_at_once_where_it_moves_to():
    world = ChangingWorld([Feed(EUR, 30 * S), Feed(USD, 30 * S)])
    world.exchange.MAX_BATCH = 1
    world.fails = lambda url, at: "btcusd" in url and 15 < at < 22.2  # then waits until 23 or later
    world.play(22.5, lambda: world.change(Feed(USD, 30 * S)), 0.4)
    assert (START + 20) % 30 == 0
    assert world.slots(USD) == [-10, 20]


def test_a_new_address_is_asked_at_once_while_the_old_one_fails():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    world.fails = lambda url, at: url.startswith("http://fake/ticker") and at > 5

    def move():
        world.urls["fake"] = "http://mirror"
        world.change(Feed(EUR, 10 * S))

    world.play(78, move, 13)
    assert world.slots(EUR) == [0, 70, 80, 90]
    assert {url.partition("/ticker")[0] for at, url in world.asked if at >= 78 and "/ticker" in url} == {
        "http://mirror"
    }


def test_a_new_address_is_not_asked_for_a_slot_that_has_its_price():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    world.urls["fake"] = "http://mirror"
    world.play(14, lambda: world.change(Feed(EUR, 10 * S)), 7)
    assert world.asked_for("btceur") == [0, 10, 20]


def test_changes_do_not_shorten_the_waits_after_failures():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    world.fails = lambda url, at: at > 15
    changes = [lambda number=number: world.change(Feed(EUR, 10 * S), plausible=0.1 + number) for number in range(50)]
    world.play(85, *[step for change in changes for step in (change, 0.5)])
    times = [at for at in world.asked_for("btceur") if at >= 20]
    assert [later - time >= 0.9 * 2**number for number, (time, later) in enumerate(pairwise(times[:6]))] == [True] * 5
    assert len(times) <= 9


def test_a_change_at_the_moment_of_a_slot_interrupts_no_request():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    changes = [lambda share=share: world.change(Feed(EUR, 10 * S), plausible=share) for share in (0.2, 0.3, 0.4)]
    world.play(10, changes[0], 10, changes[1], 10, changes[2], 5)
    assert world.asked_for("btceur") == [0, 10, 20, 30]
    assert world.slots(EUR) == [0, 10, 20, 30]


def test_markets_that_stay_are_asked_for_as_often_as_without_the_changes():
    feeds = [Feed(EUR, 10 * S)]
    plain, changed = ChangingWorld(feeds), ChangingWorld(feeds)
    plain.play(95)
    changes = [lambda: changed.change(*feeds, Feed(USD, 10 * S)), 7, lambda: changed.change(*feeds), 6]
    changed.play(4, *changes * 7)
    assert changed.asked_for("btceur") == plain.asked_for("btceur")
    assert len([url for _, url in changed.asked if "/pairs" in url]) == 1


def test_of_ten_changes_within_a_second_the_last_one_holds():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    changes = []
    for number in range(10):
        markets = MARKETS[: 1 + number % 3] if number < 9 else [USD]
        changes += [0.1, lambda markets=markets: world.change(*[Feed(market, 10 * S) for market in markets])]
    world.play(11, *changes, 20)
    assert (world.slots(EUR), world.slots(USD), world.slots(GBP)) == ([0, 10], [20, 30], [])
    assert list(world.board.status().markets) == [USD]


def test_a_longer_span_is_backfilled_at_once():
    def respond(path, now):
        return [[START - 5_000, 99.0]] if path.startswith("/history") else every_price(path, now)

    world = ChangingWorld([Feed(EUR, 60 * S)], respond)
    world.begin(span=3_600 * S)
    filled = []

    def look():
        filled.append(len(world.store.read(EUR, 0, int(START - 100) * S)))

    world.play(61, look, lambda: world.change(Feed(EUR, 60 * S), span=7_200 * S), 10, look)
    assert filled == [0, 1]


def test_another_retention_deletes_nothing_in_its_first_hour():
    events = []
    world = ChangingWorld([Feed(EUR, 600 * S)], lambda path, now: Response(every_price(path, now), date=now))
    world.store.purge = lambda market, before: events.append("purge") or 0
    change = partial(world.change, Feed(EUR, 600 * S), retention=24 * 3_600 * S)
    # The clock is confirmed by an answer of the last two minutes.
    world.play(205, change, 3_590, lambda: events.append("an hour"), 20)
    assert events == ["an hour", "purge"]


def test_a_change_before_the_term_begins_or_after_it_has_ended_shows_in_the_status():
    world = ChangingWorld([Feed(EUR, 10 * S)])
    world.change(Feed(USD, 5 * S))
    assert {market: status.interval for market, status in world.board.status().markets.items()} == {USD: 5 * S}
    world.play(11)
    assert (world.slots(EUR), world.slots(USD)) == ([], [0, 5, 10])
    world.change(Feed(GBP, 10 * S))
    assert list(world.board.status().markets) == [GBP]
