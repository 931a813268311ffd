"""Messages with the picture of their market."""

from types import SimpleNamespace

from tests.support.alert_words import AT, BERLIN, COINBASE, GBP, MINUTE, delivery, event, rule
from tests.support.memory_store import MemoryStore
from tracker.alerts.composing import composer
from tracker.core.ticks import Origin, Ticks


def compose(*deliveries, has_picture=True, origin=Origin.LIVE):
    store = MemoryStore()
    store.append({GBP: Ticks.of([AT - MINUTE, AT], [15_301.0, 15_299.0], MINUTE, origin)})
    return composer([rule()], store, SimpleNamespace(now=lambda: AT + MINUTE), BERLIN)(deliveries, has_picture)


def test_a_channel_that_takes_pictures_gets_one():
    message = compose(delivery(event()))
    assert message.picture.startswith(b"\x89PNG")
    assert "Written 9 Nov 2026 14:11:00 CET." in message.lines
    assert compose(delivery(event()), has_picture=False).picture is None


def test_several_firings_of_one_market_have_its_picture_and_those_of_several_have_none():
    assert compose(delivery(event()), delivery(event(rule="other"))).picture is not None
    assert compose(delivery(event()), delivery(event(market=COINBASE))).picture is None


def test_a_market_without_prices_has_a_message_all_the_same():
    message = compose(delivery(event(market=COINBASE)))
    assert message.picture is None
    assert message.title.startswith("drops")


def test_simulated_prices_are_no_picture_of_what_a_rule_saw():
    assert compose(delivery(event()), origin=Origin.SIMULATED).picture is None
