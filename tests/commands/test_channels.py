"""``tracker channels``, as it is typed."""

import json
import time

import pytest

from tests.support.alert_messages import EUR
from tests.support.command import tracker
from tests.support.config import write_config
from tests.support.receivers.http import closed_base, receiving
from tests.support.receivers.services import CALL, PAGERDUTY, SECRETS, WEBHOOK
from tracker.alerts.channels import channel_test
from tracker.alerts.channels.outcome import Outcome
from tracker.core.ticks import Ticks
from tracker.stores.csv import open_store

TEXT = f"""\
[channels]
ops = "env:OPS_URL"
phone = "{CALL.address}"
"""


def test_channels_are_listed_with_their_service_and_without_their_address(tmp_path):
    write_config(tmp_path, TEXT)
    status, out, err = tracker("channels", "list", folder=tmp_path, OPS_URL=WEBHOOK.at(9))
    assert (status, err) == (0, "")
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in out.splitlines()] == [
        ["channel", "service", "address"],
        ["ops", "webhook", "can be read"],
        ["phone", "Twilio, phone call", "can be read"],
    ]
    status, out, _ = tracker("channels", "list", "--json", folder=tmp_path)
    assert status == 0
    assert json.loads(out) == [
        {"name": "ops", "service": None, "problem": "the variable OPS_URL is not set"},
        {"name": "phone", "service": "Twilio, phone call", "problem": None},
    ]
    assert not any(secret in out for secret in SECRETS)


def test_without_channels_the_list_says_how_to_add_one(tmp_path):
    status, out, err = tracker("channels", "list", folder=tmp_path)
    assert (status, out) == (0, "")
    assert err == 'There is no channel; write [channels] into tracker.toml, and below it e.g. ops = "env:OPS_URL"\n'
    assert tracker("channels", "list", "--json", folder=tmp_path)[:2] == (0, "[]\n")


def test_a_test_says_what_the_other_side_answered_and_has_a_picture(tmp_path):
    write_config(tmp_path, f'markets = ["kraken:BTC/EUR"]\n{TEXT}')
    store = open_store("data", base=tmp_path, known=())
    store.append({EUR: Ticks.of([time.time_ns() // 1_000_000], [100.0], 10_000)})
    with receiving(WEBHOOK.good) as receiver:
        status, out, err = tracker("channels", "test", "ops", folder=tmp_path, OPS_URL=WEBHOOK.at(receiver.port))
    assert (status, out, err) == (0, "ops: the webhook took the message (200)\n", "")
    [request] = receiver.received
    [picture] = request.json["attachments"]
    assert picture["mimetype"] == "image/png"


def test_a_test_of_pagerduty_ends_what_it_opened(tmp_path):
    with receiving(PAGERDUTY.good) as receiver:
        write_config(tmp_path, f'[channels.duty]\naddress = "{PAGERDUTY.address}"\nbase = "{receiver.base}"\n')
        status, out, _ = tracker("channels", "test", "duty", folder=tmp_path)
    assert (status, out) == (0, "duty: PagerDuty took the message (202); its end arrived too\n")
    assert [request.json["event_action"] for request in receiver.received] == ["trigger", "resolve"]


def test_a_test_without_an_answer_may_have_arrived(tmp_path, monkeypatch):
    monkeypatch.setattr(channel_test, "send_test", lambda *_: Outcome(False, "no answer", may_have_arrived=True))
    write_config(tmp_path, TEXT)
    answer = tracker("channels", "test", "phone", folder=tmp_path)
    assert answer == (1, "", "error: phone: no answer; it may have arrived all the same\n")


def test_a_test_that_does_not_arrive_is_an_error(tmp_path):
    write_config(tmp_path, TEXT)
    with receiving(lambda _request: WEBHOOK.bad) as receiver:
        answer = tracker("channels", "test", "ops", folder=tmp_path, OPS_URL=WEBHOOK.at(receiver.port))
    assert answer == (1, "", f"error: ops: {WEBHOOK.told}\n")
    port = int(closed_base().rpartition(":")[2])
    answer = tracker("channels", "test", "ops", folder=tmp_path, OPS_URL=WEBHOOK.at(port))
    assert answer == (1, "", "error: ops: the webhook refuses the connection\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("channels", "test", "opps"), "no channel 'opps'; did you mean 'ops'?"),
        (("channels", "test", "ops"), "ops: the variable OPS_URL is not set"),
        (("channels", "test"), "Missing argument 'name'; type: tracker channels test --help"),
        (("channels",), "Missing command; type: tracker channels --help"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, words, message):
    write_config(tmp_path, TEXT)
    assert tracker(*words, folder=tmp_path) == (2, "", f"error: {message}\n")


def test_a_test_of_a_channel_where_there_is_none_says_how_to_add_one(tmp_path):
    status, _, err = tracker("channels", "test", "ops", folder=tmp_path)
    assert (status, err.startswith("error: no channel 'ops'; write [channels] into tracker.toml")) == (2, True), err


def test_a_channel_that_is_wrong_hides_no_other(tmp_path):
    """Nor does a rule, as neither command needs it."""
    path = write_config(tmp_path, f'{TEXT}bad = "x"\n[[rules]]\nname = "low"\n')
    problem = f"error: {path}: channels.bad: not an address; expected one of apprise"
    for words in ((), ("--json",)):
        status, out, err = tracker("channels", "list", *words, folder=tmp_path)
        assert (status, "phone" in out, "bad" in out, err.count("\n")) == (2, True, False, 1)
        assert err.startswith(problem)
    assert tracker("channels", "test", "bad", folder=tmp_path)[2].startswith(problem)
    assert tracker("channels", "test", "ba", folder=tmp_path)[2] == "error: no channel 'ba'; there are ops, phone\n"
    assert tracker("channels", "test", "ops", folder=tmp_path)[2] == "error: ops: the variable OPS_URL is not set\n"
