"""Trying a channel: what is sent, and what is said of it."""

import base64

import pytest

from tests.support.alert_messages import EUR, USD
from tests.support.channels import IMPATIENT, channels
from tests.support.memory_store import MemoryStore
from tests.support.receivers.http import json_reply, receiving
from tests.support.receivers.services import PAGERDUTY, TELEGRAM, WEBHOOK
from tracker.alerts.channels import channel_test
from tracker.alerts.messages.chart_picture import chart_picture
from tracker.core.durations import HOUR
from tracker.core.errors import StoreError
from tracker.core.market import Market
from tracker.core.ticks import Origin, Ticks

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC


def send_test(channels, name, **ages):
    """Send a test where markets have a price of so many ms ago; with the *origin*, none of them is real."""
    store, origin = MemoryStore(), ages.pop("origin", Origin.LIVE)
    for quote, age in ages.items():
        store.append({Market("kraken", "BTC", quote): Ticks.of([NOW - age], [100.0], 1_000, origin)})
    return channel_test.send_test(channels, name, NOW, store, [EUR, USD])


@pytest.mark.parametrize(
    ("stored", "market", "end"),
    [
        ({"EUR": 0, "USD": 0}, EUR, NOW),
        ({"USD": HOUR - 1, "GBP": 0}, USD, NOW),
        ({"USD": 9 * HOUR}, USD, NOW - 9 * HOUR),
    ],
)
def test_a_test_has_the_picture_of_the_first_market_with_prices(stored, market, end, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        channel_test, "chart_picture", lambda _, *asked, **more: drawn.append(asked) or chart_picture(_, *asked, **more)
    )
    with receiving(WEBHOOK.good) as receiver:
        send_test(channels(ops=WEBHOOK.at(receiver.port)), "ops", **stored)
    [attachment] = receiver.received[0].json["attachments"]
    assert (attachment["mimetype"], base64.b64decode(attachment["base64"])[:4]) == ("image/png", b"\x89PNG")
    assert [asked[:2] for asked in drawn] == [({market: None}, end)]


@pytest.mark.parametrize("stored", [{}, {"GBP": 0}, {"EUR": 0, "origin": Origin.SIMULATED}, {"EUR": -1}])
def test_a_test_without_real_prices_has_no_picture(stored):
    with receiving(WEBHOOK.good) as receiver:
        assert send_test(channels(ops=WEBHOOK.at(receiver.port)), "ops", **stored).arrived
    assert receiver.received[0].json["attachments"] == []


def test_a_store_that_cannot_be_read_keeps_no_test_back(monkeypatch):
    def fail(*_, **__):
        raise StoreError("no")

    monkeypatch.setattr(MemoryStore, "extent", fail)
    with receiving(WEBHOOK.good) as receiver:
        assert send_test(channels(ops=WEBHOOK.at(receiver.port)), "ops", EUR=0).arrived


def test_a_test_is_sent_once_and_names_its_channel():
    with receiving(WEBHOOK.good) as receiver:
        outcome = send_test(channels(ops=WEBHOOK.at(receiver.port)), "ops")
    assert (outcome.arrived, outcome.words) == (True, "the webhook took the message (200)")
    [request] = receiver.received
    assert request.json["title"] == "Test of an alert by the BTC price tracker"
    assert "This is a test of the channel ops" in request.json["message"]


def test_an_incident_that_it_opens_is_resolved():
    with receiving(PAGERDUTY.good) as receiver:
        table = {"address": PAGERDUTY.address, "base": receiver.base}
        outcome = send_test(channels(duty=table), "duty")
    assert (outcome.arrived, outcome.words) == (True, "PagerDuty took the message (202); its end arrived too")
    opened, closed = (request.json for request in receiver.received)
    assert [opened["event_action"], closed["event_action"]] == ["trigger", "resolve"]
    assert opened["dedup_key"] == closed["dedup_key"] == f"test|duty|{NOW}"


def test_an_incident_that_stays_open_is_told():
    def answer(request):
        return PAGERDUTY.good(request) if len(receiver.received) == 1 else json_reply(429, {"message": "slowly"})

    with receiving(answer) as receiver:
        outcome = send_test(channels(duty={"address": PAGERDUTY.address, "base": receiver.base}), "duty")
    assert outcome.arrived
    assert outcome.words == (
        "PagerDuty took the message (202); an incident that it opened has to be resolved by hand, "
        "as PagerDuty answered 429: slowly"
    )


def test_an_incident_that_may_be_open_is_resolved_too():
    def answer(request):
        return None if len(receiver.received) == 1 else PAGERDUTY.good(request)

    with receiving(answer) as receiver:
        table = {"address": PAGERDUTY.address, "base": receiver.base}
        outcome = send_test(channels(IMPATIENT, duty=table), "duty")
    assert (outcome.arrived, outcome.may_have_arrived) == (False, True)
    assert outcome.words.endswith("; an incident that it may have opened is resolved")
    assert [request.json["event_action"] for request in receiver.received] == ["trigger", "resolve"]


@pytest.mark.parametrize("service", [PAGERDUTY, TELEGRAM, WEBHOOK], ids=lambda service: service.name)
def test_what_was_refused_is_told_and_nothing_follows(service):
    with receiving(lambda _request: service.bad) as receiver:
        table = {"address": service.at(receiver.port), "base": receiver.base}
        outcome = send_test(channels(ops=table), "ops")
    assert (outcome.arrived, outcome.words) == (False, service.told)
    assert len(receiver.received) == 1
