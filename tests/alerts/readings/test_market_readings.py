"""What measures read at a row, and why some do not: as the table has it, by the plain slow evaluator."""

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.bar_rows import FIRST_DAY
from tests.support.memory_store import MemoryStore
from tests.support.slow_readings import slow_readings
from tracker.alerts.readings.market_readings import MarketReadings
from tracker.alerts.readings.unreliable_prices import UnreliablePrices
from tracker.alerts.readings.verdict import Reason
from tracker.alerts.rules.expression import Measure
from tracker.core.durations import DAY, HOUR, MINUTE, SECOND
from tracker.core.market import Market
from tracker.core.market_status import Failure, HeldBack, MarketStatus, Status, Stop
from tracker.core.measures import MEASURES
from tracker.core.ticks import Ticks

EUR, USD, GBP, OTHER = (
    Market.parse(text) for text in ("kraken:BTC/EUR", "kraken:BTC/USD", "kraken:BTC/GBP", "coinbase:BTC/USD")
)
MARKETS = (EUR, USD, GBP, OTHER)
PRICE, AGE, RATE = Measure("last_price"), Measure("age"), Measure("implied", None, ("EUR", "USD"))
OF_SPANS = tuple(name for name in (*MEASURES, "rank", "coverage") if name != "last_price")


class World:
    """Markets with a row a minute, of which some are left out, and the slow evaluator beside the fast one."""

    def __init__(self, markets=MARKETS):
        self.rows = dict.fromkeys(markets, Ticks.none())
        self.store = MemoryStore()
        self.readings = MarketReadings(markets, self.store)
        self.now = FIRST_DAY

    def slot(self, prices, every=MINUTE):
        """Let a row arrive of each market that has one of *prices*."""
        self.now += every
        for market, price in prices.items():
            row = Ticks.of([self.now], [price], every)
            self.rows[market] = Ticks.concat([self.rows[market], row])
            self.store.append({market: row})
            self.readings.add(market, row)

    def read(self, *measures, market=EUR, late=0):
        """Return both readings of *measures* at the newest row, or *late* ms after it."""
        now = self.now + late
        fast = self.readings.readings(market, measures, now)
        return fast, slow_readings(self.rows, market, measures, now, self.readings.unreliable)

    def reason(self, measure=PRICE, market=EUR, late=0):
        """Return why *measure* cannot be told; both evaluators must say the same."""
        fast, slow = self.read(measure, market=market, late=late)
        assert fast[measure].problem == slow[measure].problem
        return fast[measure].problem


def moving(number=40, markets=MARKETS, seed=1):
    """Return a world in which all prices have moved."""
    world, random = World(markets), np.random.default_rng(seed)
    for _ in range(number):
        world.slot({market: float(random.uniform(100, 110)) for market in markets})
    return world


SLOTS = st.lists(
    st.tuples(
        st.tuples(*(st.sampled_from([None, 100.0, 100.0, 101.0, 103.5]) for _ in MARKETS)),
        st.sampled_from([0, 0, 20 * MINUTE]),
        st.sampled_from([1, 1, 2, 35]),
        st.sampled_from(MARKETS),
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=20)
@given(SLOTS, st.sampled_from([5 * MINUTE, 20 * MINUTE]))
def test_readings_are_those_of_the_table(slots, span):
    world = World()
    measures = (PRICE, AGE, RATE, *(Measure(name, span) for name in OF_SPANS))
    for prices, pause, repeats, market in slots:
        world.now += pause
        for _ in range(repeats):
            world.slot({each: price for each, price in zip(MARKETS, prices, strict=True) if price})
        fast, slow = world.read(*measures, market=market)
        for measure in measures:
            one, other = fast[measure], slow[measure]
            assert one.value == pytest.approx(other.value, rel=1e-9, nan_ok=True), measure
            assert (one.coverage, one.problem) == (other.coverage, other.problem), measure
            if measure.name not in ("rank", "age", "implied") and prices[MARKETS.index(market)]:
                assert one.before == pytest.approx(other.before, rel=1e-9, nan_ok=True), measure


def test_a_market_without_rows_has_no_price_and_is_infinitely_old():
    world = World()
    assert world.reason().reason is Reason.NO_PRICE
    assert world.read(AGE)[0][AGE].value == math.inf
    assert world.reason(Measure("change", HOUR)).reason is Reason.NO_PRICE
    assert world.read(Measure("coverage", HOUR))[0][Measure("coverage", HOUR)].value == 0


def test_an_old_price_is_not_told_but_its_age_is():
    world = moving()
    assert world.reason(late=2 * MINUTE) is None
    problem = world.reason(late=3 * MINUTE)
    assert (problem.reason, problem.since) == (Reason.OLD_PRICE, world.now)
    assert world.read(AGE, late=3 * MINUTE)[0][AGE].value == 3 * MINUTE


def test_thin_coverage_says_how_thin():
    world = moving(30)
    problem = world.reason(Measure("mean", HOUR))
    assert (problem.reason, problem.coverage) == (Reason.THIN_COVERAGE, 0.5)
    assert world.reason(Measure("mean", 30 * MINUTE)) is None
    assert world.reason(Measure("coverage", HOUR)) is None


def test_a_price_that_stands_still_while_others_move_is_not_told():
    world, random = moving(5), np.random.default_rng(2)
    since = world.now + MINUTE
    for minute in range(40):
        assert (world.reason() is None) == (minute <= 30), minute
        world.slot({EUR: 105.0, USD: float(random.uniform(100, 110))})
    assert (world.reason().reason, world.reason().since) == (Reason.STANDING_STILL, since)
    world.slot({EUR: 105.5, USD: 101.0})
    assert world.reason() is None


def test_a_market_that_stands_still_among_others_that_do_is_told():
    world = moving(5)
    for _ in range(40):
        world.slot(dict.fromkeys(MARKETS, 105.0))
    assert world.reason() is None


def test_a_market_that_stands_still_is_not_told_once_another_moves():
    world = moving(5)
    for _ in range(40):
        world.slot(dict.fromkeys(MARKETS, 105.0))
    assert world.reason() is None
    for price in (105.5, 106.0):
        world.slot({**dict.fromkeys(MARKETS, 105.0), USD: price})
    assert world.reason().reason is Reason.STANDING_STILL


def test_ranks_follow_rows_that_arrive_within_a_slot():
    world, rank = moving(40), Measure("rank", 30 * MINUTE)
    before = [world.read(rank, market=market)[0][rank].value for market in MARKETS]
    row = Ticks.of([world.now - 1], [10_000.0], MINUTE)
    calmest = MARKETS[before.index(1)]
    world.store.append({calmest: row})
    world.readings.add(calmest, row)
    assert world.readings.readings(calmest, (rank,), world.now)[rank].value == len(MARKETS)


def test_what_the_collector_doubts_is_not_told():
    world = moving()
    world.readings.unreliable = UnreliablePrices({EUR: 7}, {USD: 9})
    assert (world.reason().reason, world.reason().since) == (Reason.HELD_BACK, 7)
    problem = world.reason(market=USD)
    assert (problem.reason, problem.since) == (Reason.STANDING_STILL, 9)
    assert world.reason(RATE).reason is Reason.NO_PAIR


def test_doubts_are_those_of_a_status():
    held = MarketStatus(MINUTE, "refused", 7, Failure("held_back"), held_back_reason=HeldBack(5.0))
    in_place = MarketStatus(MINUTE, "refused", 7, Failure("unreachable"), held_back_reason=HeldBack(5.0))
    stopped = MarketStatus(MINUTE, "live", 3, stop=Stop(9, "cancel_only"))
    status = Status(markets={EUR: held, GBP: in_place, USD: stopped, OTHER: MarketStatus(MINUTE)})
    assert UnreliablePrices.of(status) == UnreliablePrices({EUR: 7, GBP: None}, {USD: 9})


def test_a_market_without_a_rank_says_so():
    world = moving(40, (EUR,))
    rank = Measure("rank", 30 * MINUTE)
    assert world.reason(rank) is None
    assert world.read(rank)[0][rank].value == 1
    few = World((EUR,))
    few.slot({EUR: 100.0})
    assert few.reason(Measure("rank", MINUTE)).reason is Reason.NOT_RANKED


def test_an_implied_rate_is_taken_on_the_exchange_of_the_rule_first():
    world = World()
    world.slot({EUR: 100.0, USD: 110.0, OTHER: 130.0})
    world.slot({EUR: 100.0, USD: 120.0, OTHER: 130.0})
    assert world.read(RATE)[0][RATE].value == 1.2
    assert world.read(RATE, market=OTHER)[0][RATE].value == 1.3
    assert world.reason(Measure("implied", None, ("EUR", "JPY"))).reason is Reason.NO_PAIR
    assert world.reason(Measure("implied", None, ("GBP", "USD"))).reason is Reason.NO_PAIR


def test_an_implied_rate_of_hourly_prices_may_be_of_one_from_before_the_last_hour():
    world = World()
    for _ in range(3):
        world.slot({EUR: 100.0, USD: 110.0}, every=HOUR)
    world.slot({EUR: 100.0}, every=HOUR + 1)
    fast, slow = world.read(RATE, late=HOUR // 2)
    assert fast[RATE].value == slow[RATE].value == 1.1


def test_the_row_before_is_known_after_a_start_too():
    world = moving()
    measures = tuple(Measure(name, span) for name, span in product(("change", "mean", "coverage"), (HOUR, 10 * MINUTE)))
    fresh = MarketReadings(MARKETS, world.store)
    fresh.add(EUR, world.rows[EUR][-1:])
    slow = world.read(PRICE, *measures)[1]
    for measure, reading in fresh.readings(EUR, (PRICE, *measures), world.now).items():
        assert reading.before == pytest.approx(slow[measure].before, rel=1e-9)


def test_asking_twice_at_one_row_keeps_the_row_before():
    world = moving()
    first = world.read(PRICE)[0][PRICE]
    assert first.before == world.rows[EUR].price[-2]
    assert world.read(PRICE)[0][PRICE] == first
    assert world.read(Measure("mean", DAY))[0][Measure("mean", DAY)].coverage < 0.1


def test_between_rows_nothing_is_crossed():
    world, mean = moving(), Measure("mean", HOUR)
    for measure in (PRICE, mean, AGE, RATE):
        reading = world.read(measure, late=SECOND)[0][measure]
        assert reading.before == reading.value


def test_what_is_first_read_late_is_not_taken_for_what_was_read_at_the_row():
    world, mean = moving(), Measure("mean", 10 * MINUTE)
    world.read(mean, late=5 * MINUTE)
    world.slot({EUR: 500.0})
    fast, slow = world.read(mean)
    assert fast[mean].before == pytest.approx(slow[mean].before, rel=1e-9)
