"""Messages with the picture of their market."""

from types import SimpleNamespace

import pytest

from tests.support.alert_words import AT, BERLIN, COINBASE, GBP, MINUTE, USD, delivery, event, number, rule
from tests.support.memory_store import MemoryStore
from tracker.alerts.service import composing
from tracker.alerts.service.composing import composer
from tracker.alerts.states.events import EventKind
from tracker.core.errors import StoreError
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


def test_a_picture_begins_with_the_market_of_the_most_important_firing(monkeypatch):
    drawn = []
    monkeypatch.setattr(composing, "chart_picture", lambda _prices, rules, *_: drawn.append([*rules]) or b"")
    ended, same = delivery(event(EventKind.RESOLVED)), delivery(event(rule="other"))
    compose(ended, delivery(event(market=COINBASE)), same, delivery(event(market=USD)))
    assert drawn == [[COINBASE, GBP, USD]]


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((number("price < 15300", 15_299.0),), ["Prices cover only 3 % of the last 1 h."]),
        ((number("change(10m) < -2%", -0.03, 0.98),), ["Prices cover 98 % of the last 10 min."]),
        ((number("coverage(10m) < 90%", 0.8),), []),
        ((), []),
    ],
)
def test_coverage_is_that_of_the_span_or_of_the_last_hour(numbers, told):
    lines = compose(delivery(event(EventKind.FIRED, *numbers))).lines
    assert [line.replace("\N{NARROW NO-BREAK SPACE}", " ") for line in lines if line.startswith("Prices")] == told


def test_a_store_that_cannot_be_read_keeps_no_message_back(monkeypatch):
    def fail(*_):
        raise StoreError("no")

    monkeypatch.setattr(MemoryStore, "read", fail)
    assert compose(delivery(event(EventKind.FIRED, number("price < 15300", 15_299.0)))).title.startswith("drops")


def test_a_market_without_prices_has_a_message_all_the_same():
    message = compose(delivery(event(market=COINBASE)))
    assert message.picture is None
    assert message.title.startswith("drops")


def test_simulated_prices_are_no_picture_of_what_a_rule_saw():
    assert compose(delivery(event()), origin=Origin.SIMULATED).picture is None
