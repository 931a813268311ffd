"""Collector with several exchanges for one market: who is asked when, whose price is kept, what is doubted."""

import asyncio

from tests.support.fakes import EUR, USD, FakeClock, FakeExchange, FakeNetwork, run
from tests.support.memory_store import MemoryStore
from tracker.collector.checks.cross_check import QUOTE_AGE
from tracker.collector.checks.tick_filter import CONFIRMATIONS
from tracker.collector.client.client import ExchangeClient
from tracker.collector.client.response import Response
from tracker.collector.collector import STALE_SLOTS, Collector
from tracker.collector.schedule import Feed
from tracker.collector.status import StatusBoard
from tracker.collector.writer import SlotWriter
from tracker.core.errors import Refused, Unreachable
from tracker.core.market import Market
from tracker.core.market_status import Failure, HeldBack
from tracker.core.ticks import Origin, Ticks

START = 1_000_000.0
DAY = 24 * 3_600_000
PRICES = {"btceur": 100.0, "btcusd": 110.0}


class Other(FakeExchange):
    BASE_URL = "http://other"

    def pairs(self, body):
        both = {Market("other", "BTC", "EUR"), Market("other", "BTC", "USD")}
        return dict.fromkeys(both if self.listed is None else self.listed, "")


class World:
    """EUR and USD every 10 s from *fake*, with *other* standing in for EUR; each answers what a test scripts."""

    def __init__(self, fake, other, *, stand_ins=("other",), every=10_000):
        self.clock = FakeClock(START)
        self.store = MemoryStore()
        self.own, self.other = FakeExchange(), Other()
        self.feeds = [Feed(EUR, every, stand_ins), Feed(USD, every)]
        self.board = StatusBoard({feed.market: feed.interval for feed in self.feeds})
        self.networks = {
            "fake": FakeNetwork(self.clock, self._answers(fake)),
            "other": FakeNetwork(self.clock, self._answers(other)),
        }

    @staticmethod
    def _answers(script):
        def respond(path, now):
            if path.startswith("/pairs"):
                return {}
            return script(path, now - START) if path.startswith("/ticker") else []

        return respond

    async def fetch(self, url, headers):
        name = "other" if url.startswith(Other.BASE_URL) else "fake"
        return await self.networks[name](url.removeprefix(Other.BASE_URL), headers)

    async def collect(self):
        clients = {
            "fake": ExchangeClient("fake", self.own, FakeExchange.BASE_URL, self.fetch, self.clock),
            "other": ExchangeClient("other", self.other, Other.BASE_URL, self.fetch, self.clock),
        }
        writer = SlotWriter(self.store, self.board, lambda: True)
        await Collector(self.feeds, clients, writer, self.clock, self.board, span=DAY).run()

    def run(self, until):
        run(self.collect(), until)
        return self

    def rows(self, market=EUR):
        """(seconds since the start, price, who gave it) in order of writing."""
        return [
            (int(ticks.time[row]) / 1000 - START, float(ticks.price[row]), ticks.exchange_at(row))
            for of, ticks in self.store.rows
            for row in range(len(ticks))
            if of == market
        ]

    def status(self, market=EUR):
        return self.board.status().markets[market]


AWAY = Failure("unreachable", "fake", "fake answers 503")


def always(prices=PRICES):
    return lambda path, at: prices


def away(begin, end, prices=PRICES):
    return lambda path, at: Unreachable("fake answers 503") if begin < at < end else prices


def test_while_the_first_is_well_the_second_is_not_asked_but_for_its_word_on_the_first_price():
    world = World(always(), always()).run(100)
    assert {who for _, _, who in world.rows()} == {""}
    assert len(world.networks["other"].paths("/ticker")) == 1


def test_the_second_stands_in_when_the_first_is_stale_and_leaves_when_it_is_well_again():
    world = World(away(15, 200), always({"btceur": 101.0})).run(400)
    rows = world.rows()
    whose = {at: who for at, _, who in rows}
    assert len(whose) == len(rows), "no slot twice"
    begin = min(at for at, who in whose.items() if who == "other")
    assert 15 < begin <= 10 + 10 * (STALE_SLOTS + 1)
    assert all(who == "other" for at, who in whose.items() if begin <= at < 200)
    assert all(who == "" for at, who in whose.items() if at > 240)
    assert {price for _, price, who in rows if who == "other"} == {101.0}
    assert (world.status().stand_in, world.status().state, world.status().failure) == ("", "live", None)


def test_no_slot_is_lost_once_the_second_stands_in():
    world = World(away(15, 10_000), always()).run(300)
    times = [at for at, _, who in world.rows() if who == "other"]
    assert times == list(range(int(times[0]), 301, 10))


def test_the_page_can_say_who_stands_in_and_why():
    world = World(away(15, 10_000), always()).run(300)
    status = world.status()
    assert (status.state, status.stand_in, status.failure) == ("live", "other", AWAY)
    assert status.next_try is not None
    assert world.status(USD).state == "unreachable"


def test_one_that_never_answered_is_stood_in_for_from_the_start():
    world = World(lambda path, at: Unreachable("away"), always()).run(100)
    assert world.rows()[0][2] == "other"
    assert world.rows()[0][0] <= 10 * STALE_SLOTS


def test_a_market_that_its_own_exchange_does_not_offer_comes_from_the_second_at_once():
    world = World(lambda path, at: {"btcusd": 110.0}, always())
    world.own.listed = {USD}
    world.run(25)
    assert [(at, who) for at, _, who in world.rows()][-2:] == [(10.0, "other"), (20.0, "other")]
    assert (world.status().state, world.status().stand_in) == ("live", "other")
    assert world.status().failure == Failure("not_listed", "fake")


def test_a_market_missing_from_the_first_s_answers_is_stood_in_for_alone():
    world = World(lambda path, at: {"btcusd": 110.0}, always()).run(100)
    assert {who for _, _, who in world.rows()} == {"other"}
    assert {who for _, _, who in world.rows(USD)} == {""}


def test_when_both_are_away_it_says_so_and_goes_on_when_either_comes():
    world = World(away(15, 10_000), lambda path, at: Unreachable("other answers 500") if at < 300 else PRICES)

    async def story():
        collecting = asyncio.ensure_future(world.collect())
        await world.clock.sleep(200)
        seen.append(world.status().state)
        await world.clock.sleep(200)
        collecting.cancel()
        await asyncio.wait([collecting])

    seen = []
    run(story())
    assert seen == ["unreachable"]
    assert (world.status().state, world.status().stand_in) == ("live", "other")


def test_a_stand_in_that_fails_in_turn_is_no_longer_named():
    world = World(away(15, 10_000), lambda path, at: PRICES if at < 200 else Unreachable("other answers 500")).run(400)
    assert (world.status().state, world.status().stand_in, world.status().failure) == ("unreachable", "", AWAY)


def test_the_second_is_not_asked_before_the_first_is_stale():
    world = World(away(15, 10_000), always()).run(30)
    assert all(at < START + 15 or at >= START + 30 for at in world.networks["other"].paths("/ticker"))


def jump(begin, end, factor=50.0):
    return lambda path, at: {slug: price * (factor if begin < at < end else 1) for slug, price in PRICES.items()}


def test_a_jump_that_the_other_exchange_denies_is_held_back_counted_and_shown():
    world = World(jump(25, 45), always()).run(100)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert world.status().held_back_count == 2
    assert world.status().held_back_reason is None


def test_while_it_lasts_the_doubt_is_told_with_both_prices():
    world = World(jump(25, 10_000), always()).run(36)
    assert world.status().held_back_reason == HeldBack(5000.0, "other", 100.0)


def test_a_denied_price_that_stays_makes_the_first_stale_and_the_second_stands_in():
    world = World(jump(25, 10_000), always()).run(200)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert world.rows()[-1][2] == "other"


def test_a_jump_that_the_other_exchange_confirms_costs_no_slot():
    world = World(jump(25, 10_000, 2.0), jump(25, 10_000, 2.0)).run(99)
    assert [at for at, _, _ in world.rows()] == list(range(0, 100, 10))
    assert world.status().held_back_count == 0


def test_a_jump_confirmed_late_is_kept_with_all_the_slots_it_was_held_back_for():
    world = World(jump(25, 10_000, 2.0), jump(35, 10_000, 2.0)).run(99)
    assert sorted(at for at, _, _ in world.rows()) == list(range(0, 100, 10))
    assert {price for at, price, _ in world.rows() if at > 25} == {200.0}
    assert world.status().held_back_count == 1


def test_without_another_exchange_repetition_confirms_and_nothing_is_lost():
    world = World(jump(25, 10_000, 2.0), always(), stand_ins=()).run(99)
    assert [at for at, _, _ in world.rows()] == list(range(0, 100, 10))
    assert world.status().held_back_count == CONFIRMATIONS - 1


def test_a_single_absurd_answer_without_another_exchange_is_dropped():
    world = World(jump(25, 35, 1000.0), always(), stand_ins=()).run(99)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert 30.0 not in [at for at, _, _ in world.rows()]


def test_an_other_that_cannot_be_asked_does_not_hold_up_the_markets_that_are_sure():
    world = World(jump(25, 35), lambda path, at: Unreachable("other answers 500")).run(99)
    assert [at for at, _, _ in world.rows(USD)] == [at for at in range(0, 100, 10) if at != 30]


def test_others_that_hang_hold_up_no_poll_and_are_not_asked_at_each():
    hangs = World(jump(25, 10_000, 2.0), always(), every=1000)
    hangs.networks["other"].takes = 20.0
    hangs.run(60)
    assert sorted(at for at, _, _ in hangs.rows(USD)) == list(range(61))
    asked = hangs.networks["other"].paths("/ticker")
    assert len(asked) <= 2 + 60 / QUOTE_AGE


def test_a_word_of_the_other_holds_for_some_seconds_so_that_it_is_not_asked_at_each_poll():
    world = World(jump(25, 10_000), always(), every=1000).run(60)
    asked = [at for at in world.networks["other"].paths("/ticker?btceur") if at - START < 28]
    assert len(asked) <= 2
    assert 5000.0 not in {price for _, price, _ in world.rows()}


def test_a_broken_stand_in_does_not_hold_back_a_healthy_market_for_ever():
    world = World(always(), always({"btceur": 5.0})).run(199)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert sorted(at for at, _, _ in world.rows()) == list(range(0, 200, 10))


def test_the_history_that_was_left_alone_in_doubt_is_asked_for_when_the_doubt_clears():
    world = World(jump(-1, 45), always())
    run(world.collect(), 44)
    assert world.networks["fake"].paths("/history/btceur") == []
    world = World(jump(-1, 45), always())
    run(world.collect(), 60)
    assert world.networks["fake"].paths("/history/btceur") != []


def test_a_first_price_that_waits_for_its_judge_does_not_send_its_history_to_the_stand_in():
    world = World(always(), always())
    world.networks["other"].takes = 1.0  # so the first price of EUR is judged after that of USD was kept
    world.run(60)
    [asked] = world.networks["fake"].paths("/history/btceur")
    assert START + 1 <= asked <= START + 12
    assert world.networks["other"].paths("/history/btceur") != []  # fake's was empty
    assert min(world.networks["other"].paths("/history/btceur")) >= START + 1


def test_one_pair_that_the_other_refuses_does_not_silence_it_about_the_rest():
    def picky(path, at):
        return Refused("Unknown pair") if "btcusd" in path else PRICES

    world = World(jump(25, 10_000), picky)
    world.feeds = [Feed(market, 10_000, ("other",)) for market in (EUR, USD)]
    world.networks["fake"].takes = 0.3  # else the poll of who stands in finds the bad pair first
    world.run(200)
    assert {price for _, price, _ in world.rows()} == {100.0}


def test_the_own_exchange_clears_the_doubt_about_one_that_stood_in_for_it():
    board = StatusBoard({EUR: 10_000})
    board.mark_held_back(EUR, HeldBack(5.0), "other")
    board.mark_live([EUR], 0)
    assert board.status().markets[EUR].held_back_reason is None
    board.mark_held_back(EUR, HeldBack(5.0))
    board.mark_live([EUR], 0, "other")
    assert board.status().markets[EUR].held_back_reason == HeldBack(5.0)


def test_the_line_before_the_judge_does_not_grow_however_long_he_waits(monkeypatch):
    longest = []
    put = asyncio.Queue.put_nowait

    def noting(queue, rows):
        put(queue, rows)
        longest.append(queue.qsize())

    monkeypatch.setattr(asyncio.Queue, "put_nowait", noting)
    monkeypatch.setattr("tracker.collector.checks.cross_check.QUOTE_AGE", 0.0)
    prices = iter(range(1, 10_000))
    world = World(lambda path, at: {"btceur": 10.0 ** (next(prices) % 7), "btcusd": 110.0}, always(), every=1000)
    world.networks["other"].takes = 8.0
    world.run(600)
    assert max(longest) <= 5


def test_a_stand_in_that_broke_while_it_stood_in_gives_the_market_back():
    def fake(path, at):
        return {"btcusd": 110.0} if 100 <= at < 141 else PRICES

    world = World(fake, lambda path, at: {"btceur": 1000.0 if at >= 100 else 100.0}).run(600)
    assert world.rows()[-1][1:] == (100.0, "")
    assert {price for at, price, _ in world.rows() if at > 300} == {100.0}


def test_rows_of_a_simulated_stand_in_are_marked_as_what_they_are():
    world = World(lambda path, at: Unreachable("away"), lambda path, at: Response(PRICES, Origin.SIMULATED)).run(100)
    assert {int(ticks.origin[0]) for of, ticks in world.store.rows if of == EUR} == {Origin.SIMULATED}


def test_one_exchange_that_stands_in_for_two_gives_each_its_row():
    """kraken's and coinbase's BTC/USD are one pair of the exchange that stands in for both."""
    clock, store = FakeClock(START), MemoryStore()
    markets = [Market(name, "BTC", "EUR") for name in ("one", "two")]
    board = StatusBoard(dict.fromkeys(markets, 10_000))

    async def fetch(url, headers):
        if url.startswith("http://other"):
            return Response({} if "pairs" in url else PRICES)
        raise Unreachable("away")

    async def collect():
        feeds = [Feed(market, 10_000, ("other",)) for market in markets]
        clients = {
            name: ExchangeClient(name, FakeExchange(), f"http://{name}", fetch, clock) for name in ("one", "two")
        }
        clients["other"] = ExchangeClient("other", Other(), Other.BASE_URL, fetch, clock)
        await Collector(feeds, clients, SlotWriter(store, board, lambda: True), clock, board, span=DAY).run()

    run(collect(), 100)
    assert [len(store.live(market)) for market in markets] == [8, 8]


def test_a_row_that_is_confirmed_late_is_the_only_one_of_its_slot():
    """The first exchange and the one that stands in were both held back in the same slots."""
    world = World(jump(25, 10_000, 2.0), lambda path, at: PRICES if at < 25 else jump(0, 10_000, 2.2)(path, at)).run(
        200
    )
    times = [at for at, _, _ in world.rows()]
    assert len(times) == len(set(times))


def test_the_first_price_of_a_new_term_is_compared_with_what_is_stored():
    world = World(jump(-1, 15, 50.0), always(), stand_ins=())
    world.store.append({EUR: Ticks.of([int(START - 60) * 1000], [100.0], 10_000)})
    world.run(60)
    assert 5000.0 not in [price for _, price, _ in world.rows()]


def test_an_absurd_level_does_not_come_in_through_the_history_either():
    """The first exchange's prices jump tenfold for ten minutes, and so do its candles; nobody else has candles."""

    def level(at):
        return 1000.0 if 300 < at < 900 else 100.0

    def ticker(path, at):
        # Away for a while when it is well again: then all gaps are asked for, old ones too.
        return Unreachable("away") if 1000 < at < 1080 else {"btceur": level(at), "btcusd": 110.0}

    world = World(ticker, always())
    polled = world.networks["fake"].respond

    def respond(path, now):
        if not path.startswith("/history/btceur"):
            return polled(path, now)
        minutes = range(int(START) // 60 * 60 - 3600, int(now), 60)
        return [[float(minute), level(minute - START)] for minute in minutes]

    world.networks["fake"].respond = respond
    world.run(1500)
    assert {price for _, price, _ in world.rows()} == {100.0}
    assert len(world.rows()) > 180
    assert world.networks["fake"].paths("/history"), "the history was asked for"
