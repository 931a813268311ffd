"""What comes of messages to services that are reached by HTTP, against receivers that answer in every way."""

import json
import threading
import time
from email.utils import formatdate

import pytest

from tests.support.channels import IMPATIENT, channels, message, sent
from tests.support.receivers.http import PATIENCE, Reply, closed_base, receiving
from tests.support.receivers.services import CALL, PAGERDUTY, SERVICES, SMS, TELEGRAM, WEBHOOK
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.channels.sending import Limits


@pytest.fixture(params=SERVICES, ids=lambda service: service.name)
def service(request):
    return request.param


def test_a_message_that_was_taken_has_arrived(service):
    with receiving(service.good) as receiver:
        outcome = sent(service, receiver)
    assert (outcome.arrived, outcome.may_have_arrived, outcome.wait) == (True, False, None)
    assert outcome.words.endswith(" took the message (200)") or service in (SMS, CALL, PAGERDUTY)
    assert len(receiver.received) == 1


def test_a_slow_answer_is_waited_for(service):
    def slowly(request):
        return Reply(**vars(service.good(request)) | {"delay": 0.2})

    with receiving(slowly) as receiver:
        assert sent(service, receiver).arrived


def test_a_refusal_is_told_in_the_words_of_the_service_without_secrets(service):
    with receiving(lambda _: service.bad) as receiver:
        assert sent(service, receiver) == Outcome(False, service.told)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry-After": "7"}, 7_000),
        ({"Retry-After": "Sun, 29 Nov 2026 21:00:30 GMT", "Date": "Sun, 29 Nov 2026 21:00:00 GMT"}, 30_000),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_a_service_that_asks_to_wait_names_the_time(headers, wait):
    with receiving(lambda _: Reply(429, b'{"message": "Too many"}', headers)) as receiver:
        outcome = sent(SMS, receiver)
    assert outcome == Outcome(False, "Twilio answered 429: Too many", wait=wait)


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"parameters": {"retry_after": 5}}, 5_000),  # Telegram
        ({"retry_after": 0.5}, 500),  # Discord
        ({"retry_after": "soon"}, None),
        ({"retry_after": -1}, None),
        ({"parameters": None}, None),
        ([], None),
    ],
)
def test_a_waiting_time_may_stand_in_the_answer_itself(body, wait):
    with receiving(lambda _: Reply(429, json.dumps(body).encode())) as receiver:
        assert sent(TELEGRAM, receiver).wait == wait


def test_every_service_is_asked_when_to_try_again(service):
    with receiving(lambda _: Reply(429, b"", {"Retry-After": "5"})) as receiver:
        outcome = sent(service, receiver)
    assert (outcome.arrived, outcome.may_have_arrived, outcome.wait) == (False, False, 5_000)
    assert outcome.words.endswith(" answered 429 (Too Many Requests)")


def test_a_message_without_an_answer_may_have_arrived(service):
    with receiving(lambda _: None) as receiver:
        outcome = sent(service, receiver, IMPATIENT)
        assert receiver.has_received.wait(PATIENCE)
        assert len(receiver.received) == 1  # it is not tried again by itself
    assert (outcome.arrived, outcome.may_have_arrived) == (False, True)
    assert outcome.words.endswith(" did not answer in time")


def test_a_message_that_met_a_closed_door_has_not_arrived(service):
    table = {"address": service.at(1), "base": closed_base()}
    outcome = channels(ops=table).send("ops", message())
    assert (outcome.arrived, outcome.may_have_arrived) == (False, False)
    assert outcome.words.endswith(" refuses the connection")


def test_an_answer_that_drips_does_not_hold_up_the_others_nor_a_thread_for_good():
    with receiving(lambda _: Reply(200, b"x" * 10_000, drips=0.05)) as receiver:
        hook = channels(Limits(connect=10.0, answer=10.0, whole=1.0), ops=WEBHOOK.at(receiver.port))
        outcome = hook.send("ops", message())
        hanging = hook._hanging.get("ops")
        if hanging is not None:
            hanging._thread.join(10)
            assert not hanging.is_under_way
    assert (outcome.arrived, outcome.may_have_arrived) == (False, True)


def test_a_channel_that_hangs_takes_no_second_message_and_works_again_afterwards(monkeypatch):
    from apprise.plugins.custom_json import NotifyJSON

    goes_on = threading.Event()
    with receiving(WEBHOOK.good) as receiver:
        hook = channels(Limits(connect=10.0, answer=10.0, whole=1.0), ops=WEBHOOK.at(receiver.port))
        with monkeypatch.context() as patch:
            patch.setattr(NotifyJSON, "send", lambda *_, **__: goes_on.wait(20))
            words = "the webhook had not answered after 1 s"
            assert hook.send("ops", message()) == Outcome(False, words, may_have_arrived=True)
        words = "an earlier message is still under way, as the service does not answer"
        assert hook.send("ops", message()) == Outcome(False, words)
        goes_on.set()
        hook._hanging["ops"]._thread.join(20)
        assert hook.send("ops", message()).arrived
        assert len(receiver.received) == 1


def test_an_answer_without_an_end_is_not_read_to_it():
    with receiving(lambda _: Reply(200, b"x" * 3_000_000)) as receiver:
        outcome = sent(WEBHOOK, receiver)
    assert outcome == Outcome(False, "the webhook sent an answer that cannot be read", may_have_arrived=True)


def test_nothing_is_tried_again_here_whatever_the_address_says():
    with receiving(lambda _: Reply(500)) as receiver:
        assert not sent(SMS, receiver, address=f"{SMS.address}?retry=3&wait=0").arrived
    assert len(receiver.received) == 1


def test_a_proxy_of_the_environment_is_not_asked_for_a_gateway_on_this_machine(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, closed_base())
    with receiving(SMS.good) as receiver:
        assert sent(SMS, receiver).arrived
    outcome = channels(ops="json://gateway.example").send("ops", message())
    assert outcome == Outcome(False, "the webhook could not be reached through the proxy that the environment names")


def test_a_redirect_is_no_arrival():
    with receiving(lambda _: Reply(301, b"", {"Location": "/elsewhere"})) as receiver:
        outcome = sent(WEBHOOK, receiver)
        assert receiver.paths() == ["/HOOKPATH"]
    assert outcome == Outcome(False, "the webhook answered 301 (Moved Permanently)")


def test_a_gateway_without_an_answer_leaves_it_open_whether_a_message_arrived():
    with receiving(lambda _: Reply(504, b"<html>")) as receiver:
        assert sent(SMS, receiver) == Outcome(False, "Twilio answered 504 (Gateway Timeout)", may_have_arrived=True)


def test_of_two_recipients_one_may_be_refused():
    replies = iter([SMS.good(None), SMS.bad])
    with receiving(lambda _: next(replies)) as receiver:
        outcome = sent(SMS, receiver, address=f"{SMS.address}/4915187654321")
    assert outcome == Outcome(False, f"{SMS.told}, but took a part of it", may_have_arrived=True)


def test_a_service_that_answers_well_without_taking_the_message_is_told():
    with receiving(lambda _: Reply(200, b'{"ok": false, "error": "not_in_channel"}')) as receiver:
        outcome = sent(None, receiver, address="slack://xoxb-1234-1234-abc124/#room")
    assert outcome == Outcome(False, "Slack did not take the message: not_in_channel")
    with receiving(lambda _: Reply(200, b"{}")) as receiver:
        assert sent(None, receiver, address="slack://xoxb-1234-1234-abc124/#room").words == (
            "Slack did not take the message"
        )


def test_a_waiting_time_as_a_date_counts_from_now_without_a_clock_of_the_server():
    reply = Reply(503, b"", {"Retry-After": formatdate(time.time() + 100, usegmt=True)})
    with receiving(lambda _: reply) as receiver:
        wait = sent(SMS, receiver).wait
    assert 60_000 < wait <= 101_000
