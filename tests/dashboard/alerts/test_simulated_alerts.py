"""A page of simulated prices shows what its rules would have done over the last day, as nothing is ever sent."""

from tests.support.memory_store import MemoryStore
from tests.support.rule_rows import MARKET
from tests.support.slow_rehearsal import BEGIN, EUR, USD, each
from tracker.alerts.rules.rule import make_rules
from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.states.events import EventKind
from tracker.alerts.states.mutes import Mute
from tracker.alerts.states.phase import Phase
from tracker.core.durations import DAY, HOUR, MINUTE
from tracker.core.ticks import Origin
from tracker.dashboard.alerts.simulated_alerts import SimulatedAlerts
from tracker.runtime.settings import Settings

HIGH = {"name": "high", "market": "kraken:BTC/EUR", "when": "price > 100"}
WILD = {"name": "wild", "market": "kraken:BTC/*", "when": "volatility(6h) > 1000%"}
SETTINGS = Settings(markets=[str(EUR), str(USD)], rules=[HIGH, WILD])
RULES = make_rules(SETTINGS)
PRICES = [99.0] * 60 + [101.0] * 60 + [99.0] * 60 + [102.0]
NOW = BEGIN + len(PRICES) * MINUTE


def stored():
    store = MemoryStore()
    store.append({EUR: each(MINUTE, PRICES, origin=Origin.SIMULATED)})
    return store


def test_it_states_where_rules_would_stand_with_their_numbers_and_each_firing_the_newest_first():
    status, firings = SimulatedAlerts().read(RULES, SETTINGS, stored(), NOW, None)
    high, wild, without_prices = status.states
    assert (high.rule, high.market, high.phase, high.since) == ("high", MARKET, Phase.FIRING, NOW)
    assert [number.value for number in high.numbers] == [102.0]
    assert (wild.phase, wild.problem is not None) == (Phase.ARMED, True), "three hours are stored of six"
    assert (without_prices.market, without_prices.numbers) == (USD, ())
    begins = [(firing.begin.at - BEGIN) // MINUTE for firing in firings]
    assert begins == [181, 61]
    assert [firing.end is None for firing in firings] == [True, False]
    assert not any(firing.sent for firing in firings)


def test_mutes_that_are_published_are_in_force():
    mute = Mute("high", None, NOW + HOUR)
    status, _ = SimulatedAlerts().read(RULES, SETTINGS, stored(), NOW, AlertStatus(mutes=(mute,)))
    assert status.mutes == (mute,)


def test_it_rehearses_again_once_another_price_is_stored_or_a_rule_is_another():
    store, alerts = stored(), SimulatedAlerts()
    reads, read = [], store.read

    def counted(*arguments):
        reads.append(arguments)
        return read(*arguments)

    store.read = counted

    def is_rehearsed(rules, now):
        reads.clear()
        alerts.read(rules, SETTINGS, store, now, None)
        return bool(reads)

    assert is_rehearsed(RULES, NOW)
    assert not is_rehearsed(RULES, NOW + 1_000)
    store.append({EUR: each(MINUTE, [99.0], NOW, origin=Origin.SIMULATED)})
    assert is_rehearsed(RULES, NOW + MINUTE)
    assert is_rehearsed(RULES[:1], NOW + MINUTE)


def test_what_was_more_than_a_day_ago_is_left_out():
    _, [firing] = SimulatedAlerts().read(RULES, SETTINGS, stored(), NOW + DAY - MINUTE, None)
    assert firing.begin.kind is EventKind.ALREADY_TRUE, "the last price alone is in the record"
