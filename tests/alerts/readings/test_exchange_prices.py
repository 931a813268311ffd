"""RealPrices: what rules are measured on has no simulated and no replayed row, in rows and in bars."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.alert_world import EUR, EVERY, START, rule
from tests.support.memory_store import MemoryStore
from tracker.alerts.readings.exchange_prices import RealPrices, real_rows
from tracker.core.bar_making import make_bars
from tracker.core.bars import COLUMNS
from tracker.core.durations import HOUR, MINUTE
from tracker.core.ticks import Origin, Ticks

STEP = 10 * MINUTE
BEGIN = START // STEP * STEP
REAL = [Origin.LIVE, Origin.BACKFILL, Origin.IMPORT]


@given(st.lists(st.sampled_from(list(Origin)), min_size=1, max_size=60))
def test_rows_and_bars_are_those_of_a_store_that_never_had_others(origins):
    mixed, real = MemoryStore(), MemoryStore()
    for index, origin in enumerate(origins):
        row = Ticks.of([BEGIN + (index + 1) * MINUTE], [100.0 + index % 7], MINUTE, origin)
        for store in (mixed, real) if origin in REAL else (mixed,):
            store.append({EUR: row})
    prices, end = RealPrices(mixed), BEGIN + 6 * STEP
    assert prices.read(EUR, BEGIN, end + 1).time.tolist() == real.read(EUR, BEGIN, end + 1).time.tolist()
    found, expected = prices.bars(EUR, BEGIN, end, STEP), make_bars(real.read(EUR, BEGIN + 1, end + 1), STEP)
    assert found.start.tolist() == expected.start.tolist()
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


def test_rows_of_an_exchange_are_handed_on_as_they_are():
    rows = Ticks.of([START, START + 1], [1.0, 2.0], EVERY)
    assert real_rows(rows) is rows


@pytest.mark.parametrize("origin", [Origin.SIMULATED, Origin.REPLAY])
def test_prices_of_a_market_that_was_tried_in_the_same_folder_fire_nothing_afterwards(world, origin):
    watched = world(rule("fall", "drawdown(24h) > 5%"), rule("less", "change(3h) < -5%"), coverage_floor=0.01)
    tried = START - HOUR + EVERY * np.arange(200)
    watched.store.append({EUR: Ticks.of(tried, np.full(200, 150.0), EVERY, origin)})
    assert watched.row(*[99.0] * 90) == []
    assert watched.row(90.0)[:1] == ["fired fall kraken:BTC/EUR"]


@pytest.mark.parametrize("origin", [Origin.SIMULATED, Origin.REPLAY])
def test_what_is_no_price_of_an_exchange_is_no_price_before_a_crossing(world, origin):
    watched = world(rule("up", "crosses(price, 100)"), rule("high", "high(1h) > 100"), coverage_floor=0.001)
    watched.row(99.0, 98.0)
    assert watched.row(500.0, origin=origin) == []
    assert watched.row(99.0) == []
