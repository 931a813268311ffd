"""
What rules do over a day of the simulated market, whose prices follow from a seed.

Over three recorded days of real prices, a price a minute, the firings of four rules were compared by hand with what a
few lines of pandas find: 47 of price, change and drawdown, alike.
"""

import numpy as np
import pytest

from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import price_rule
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.core.durations import DAY, SECOND
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED, prices
from tracker.core.ticks import Origin, Ticks

DAY_BEGINS = 20_454 * DAY  # 1 January 2026
EVERY = 30 * SECOND
MARKETS = tuple(Market("kraken", "BTC", code) for code in ("EUR", "USD", "GBP", "JPY"))


@pytest.fixture(scope="module")
def simulated() -> MemoryStore:
    """Return the first day of 2026 of the simulated market."""
    store, times = MemoryStore(), DAY_BEGINS + EVERY * np.arange(1, DAY // EVERY + 1)
    for market in MARKETS:
        rows = Ticks.of(times, prices(DEMO_SEED, market, times).round(2), EVERY, Origin.SIMULATED)
        store.append({market: rows})
    return store


def firings(store, when, **options):
    """Return quote and minutes of the day of each firing's beginning and end."""
    rule = price_rule(when, markets=MARKETS, **options)
    result = rehearse(rule, MARKETS, store, DAY_BEGINS, DAY_BEGINS + DAY)
    return [
        (
            firing.begin.market.quote,
            *((each.at - DAY_BEGINS) / 60_000 if each else None for each in (firing.begin, firing.end)),
        )
        for firing in result.firings
    ]


MIN = 60_000  # ms
PINNED = [
    (
        "change(10m) < -0.55%",
        {},
        [("JPY", 156, 157.5), ("EUR", 696, 699), ("GBP", 696, 699), ("USD", 697, 699), ("JPY", 697.5, 699)],
    ),
    ("drawdown(2h) > 1.5%", {}, [("JPY", 207.5, 211)]),
    (
        "volatility(6h) > 50%",
        {},
        [("JPY", 435, None), ("GBP", 450, None), ("EUR", 460, None), ("USD", 485, None)],
    ),
    (
        "rank(4h) == 1",
        {"hold": 60 * MIN},
        [
            ("USD", 252, 397),
            ("EUR", 457, 536.5),
            ("EUR", 628, 629.5),
            ("GBP", 745.5, 824),
            ("USD", 884, 918.5),
            ("EUR", 1037.5, 1147),
            ("USD", 1207, 1404),
        ],
    ),
    (
        "relative_std(3h) > 0.8%",
        {},
        [("USD", 640.5, 711.5), ("EUR", 641.5, 726.5), ("JPY", 641.5, 713.5), ("GBP", 650.5, 711.5)],
    ),
    (
        "crosses(price, 91000)",
        {"cooldown": 60 * MIN},
        [
            ("USD", 631, 631.5),
            ("USD", 694.5, 701),
            ("USD", 844.5, 848),
            ("USD", 908.5, 910.5),
            ("USD", 1004, 1008),
            ("USD", 1090.5, 1094),
            ("USD", 1159.5, 1160.5),
            ("USD", 1225, 1228.5),
            ("USD", 1314, 1316.5),
        ],
    ),
    ("implied(EUR/USD) > 1.07", {}, [(code, 17.5, 1309) for code in ("EUR", "USD", "GBP", "JPY")]),
]


@pytest.mark.parametrize(("when", "options", "expected"), PINNED)
def test_the_firings_of_the_simulated_day_are_these(simulated, when, options, expected):
    assert firings(simulated, when, **options) == expected
