"""Trying a channel: what is sent, and what is said of it."""

import pytest

from tests.support.channels import IMPATIENT, channels
from tests.support.receivers.http import json_reply, receiving
from tests.support.receivers.services import PAGERDUTY, TELEGRAM, WEBHOOK
from tracker.alerts.channel_test import send_test

NOW = 1_795_446_000_000  # 2026-11-23 15:00 UTC


def test_a_test_is_sent_once_and_names_its_channel():
    with receiving(WEBHOOK.good) as receiver:
        outcome = send_test(channels(ops=WEBHOOK.at(receiver.port)), "ops", NOW)
    assert (outcome.arrived, outcome.words) == (True, "the webhook took the message (200)")
    [request] = receiver.received
    assert request.json["title"] == "Test of an alert by the BTC price tracker"
    assert "This is a test of the channel ops" in request.json["message"]


def test_an_incident_that_it_opens_is_resolved():
    with receiving(PAGERDUTY.good) as receiver:
        table = {"address": PAGERDUTY.address, "base": receiver.base}
        outcome = send_test(channels(duty=table), "duty", NOW)
    assert (outcome.arrived, outcome.words) == (True, "PagerDuty took the message (202); its end arrived too")
    opened, closed = (request.json for request in receiver.received)
    assert [opened["event_action"], closed["event_action"]] == ["trigger", "resolve"]
    assert opened["dedup_key"] == closed["dedup_key"] == f"test|duty|{NOW}"


def test_an_incident_that_stays_open_is_told():
    def answer(request):
        return PAGERDUTY.good(request) if len(receiver.received) == 1 else json_reply(429, {"message": "slowly"})

    with receiving(answer) as receiver:
        outcome = send_test(channels(duty={"address": PAGERDUTY.address, "base": receiver.base}), "duty", NOW)
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
        outcome = send_test(channels(IMPATIENT, duty=table), "duty", NOW)
    assert (outcome.arrived, outcome.may_have_arrived) == (False, True)
    assert outcome.words.endswith("; an incident that it may have opened is resolved")
    assert [request.json["event_action"] for request in receiver.received] == ["trigger", "resolve"]


@pytest.mark.parametrize("service", [PAGERDUTY, TELEGRAM, WEBHOOK], ids=lambda service: service.name)
def test_what_was_refused_is_told_and_nothing_follows(service):
    with receiving(lambda _request: service.bad) as receiver:
        table = {"address": service.at(receiver.port), "base": receiver.base}
        outcome = send_test(channels(ops=table), "ops", NOW)
    assert (outcome.arrived, outcome.words) == (False, service.told)
    assert len(receiver.received) == 1
