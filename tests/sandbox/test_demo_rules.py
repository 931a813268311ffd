"""The demo's rules: each is valid for whatever is configured, names no channel."""

import numpy as np
import pytest

from tests.support.memory_store import MemoryStore
from tracker.alerts.rehearsal.rehearsal import rehearse
from tracker.alerts.rules.rule import make_rules
from tracker.core.durations import DAY, MINUTE
from tracker.core.market import Market
from tracker.core.simulated_prices import DEMO_SEED, prices
from tracker.core.ticks import Origin, Ticks
from tracker.runtime.settings import Settings
from tracker.sandbox.demo_rules import demo_rules

NOW = 1_796_000_000_000 // MINUTE * MINUTE
MARKETS = [Market("kraken", "BTC", code) for code in ("USD", "EUR", "GBP", "JPY", "CAD", "CHF", "AUD")]


def settings_of(markets):
    rules = [rule.model_dump(exclude_defaults=True) for rule in demo_rules(DEMO_SEED, markets, NOW)]
    return Settings(markets=[str(market) for market in markets], rules=rules)


@pytest.mark.parametrize("pair", [("BTC", "USD"), ("BTC", "JPY"), ("BTC", "VND"), ("DOGE", "USD"), ("SHIB", "BTC")])
def test_they_can_be_read_whatever_is_configured_and_send_nothing(pair):
    rules = make_rules(settings_of([Market("kraken", *pair)]))
    assert len(rules) == 3
    assert not any(rule.channels for rule in rules)


def test_the_threshold_is_near_the_price_and_named_as_people_write_it():
    [rule, *_] = demo_rules(DEMO_SEED, MARKETS, NOW)
    assert (rule.name, rule.when) == ("USD above 93,740", "price > 93740")
    [now] = prices(DEMO_SEED, MARKETS[0], np.array([NOW]))
    assert 1.0005 < 93_740 / now < 1.0015
    [rule, *_] = demo_rules(DEMO_SEED, [Market("kraken", "DOGE", "USD")], NOW)
    assert (rule.name, rule.when) == ("USD above 0.3803", "price > 0.3803")


def test_without_markets_there_are_none():
    assert demo_rules(DEMO_SEED, [], NOW) == ()


def test_some_fire_within_a_day():
    store, settings = MemoryStore(), settings_of(MARKETS)
    times = np.arange(NOW - 2 * DAY + MINUTE, NOW + 1, MINUTE)
    store.append(
        {
            market: Ticks.of(times, prices(DEMO_SEED, market, times), MINUTE, Origin.SIMULATED)
            for market in settings.market_list()
        }
    )
    firings = {
        rule.name: len(rehearse(rule, settings.market_list(), store, NOW - DAY, NOW).firings)
        for rule in make_rules(settings)
    }
    assert firings == {"USD above 93,740": 12, "AUD falls": 9, "A wild hour": 0}
