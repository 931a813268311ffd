"""No address and no part of it is in a log, an outcome, an error, a text of an object, or an output."""

import logging
import threading
import traceback

import pytest

from tests.support.channels import IMPATIENT, channels, message
from tests.support.receivers.http import PATIENCE, Reply, closed_base, receiving
from tests.support.receivers.services import SECRETS, SERVICES, SMS, TELEGRAM
from tracker.alerts.channels.apprise_log import kept_lines


def echo(service):
    """Return the secrets of *service*, as it may quote them; and behind them again, where words are cut off."""
    own = [secret for secret in SECRETS if secret in service.address]
    return " ".join([*own, "x" * (145 - len(own) * 2), *own]).encode()


def assert_secret(*texts):
    for text in texts:
        assert [secret for secret in SECRETS if secret.lower() in str(text).lower()] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
@pytest.mark.parametrize(
    "answer",
    [
        lambda _: Reply(200),
        lambda _: Reply(201),
        lambda service: Reply(400, echo(service)),
        lambda service: Reply(500, b'{"error": {"text": ["' + echo(service) + b'"]}}'),
        lambda _: None,
    ],
    ids=["ok", "created", "text", "json", "silent"],
)
def test_no_secret_leaves_a_sending(service, answer, caplog, capfd):
    reply = answer(service)
    with caplog.at_level(logging.DEBUG), receiving(lambda _: reply) as receiver:
        ops = channels(IMPATIENT, ops={"address": service.at(receiver.port), "base": receiver.base})
        outcome = ops.send("ops", message())
        assert receiver.has_received.wait(PATIENCE)
    assert [record.name for record in caplog.records if record.name.split(".")[0] in ("apprise", "urllib3")] == []
    assert_secret(outcome, repr(ops), vars(ops), caplog.text, *capfd.readouterr())


def test_no_secret_leaves_a_sending_that_is_refused_at_the_door(caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        ops = channels(ops={"address": TELEGRAM.address, "base": closed_base()})
        outcome = ops.send("ops", message())
    assert_secret(outcome, caplog.text, *capfd.readouterr())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (
            "twilio://HOOKPASS:HOOKPATH@55667788/",
            "apprise cannot use the address: An invalid Twilio Account SID … was specified; expected "
            "twilio://{account_sid}:{auth_token}@{from_phone}/{targets}",
        ),
        ("twillio://HOOKPASS@HOOKPATH", "apprise knows no service twillio://; did you mean 'twilio'?"),
        ("fax2000://HOOKPASS", "apprise knows no service fax2000://; see https://appriseit.com/services/"),
        ("json://:HOOKPASS@:HOOKPATH", "apprise cannot read the address; expected json://"),
        ("tgram://HOOKPASS", "apprise cannot "),
    ],
)
def test_an_address_that_is_none_is_told_without_it(address, words, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        outcome = channels(ops=address).send("ops", message())
    assert not outcome.arrived
    assert not outcome.may_have_arrived
    assert outcome.words.startswith(words)
    assert_secret(outcome, caplog.text, *capfd.readouterr())


def test_an_exception_within_apprise_is_an_outcome(monkeypatch, caplog):
    from apprise.plugins.twilio import NotifyTwilio

    def fail(self, *_arguments, **_options):
        raise LookupError(f"{self.account_sid} {self.auth_token}")

    monkeypatch.setattr(NotifyTwilio, "send", fail)
    outcome = channels(ops=SMS.address).send("ops", message())
    assert (outcome.arrived, outcome.may_have_arrived) == (False, False)
    assert outcome.words == "Twilio did not take the message; apprise failed with LookupError"
    monkeypatch.setattr(NotifyTwilio, "__init__", fail)
    outcome = channels(ops=SMS.address).send("ops", message())
    assert outcome.words.startswith("apprise cannot use the address")
    assert_secret(outcome, caplog.text)


def test_an_exception_within_apprise_that_reads_an_address_is_an_outcome(monkeypatch):
    from apprise.plugins.twilio import NotifyTwilio

    def fail(url):
        raise LookupError(url)

    monkeypatch.setattr(NotifyTwilio, "parse_url", staticmethod(fail))
    ops = channels(ops=SMS.address)
    assert ops.send("ops", message()).words == "apprise cannot use the address (LookupError)"
    assert not ops.takes_pictures("ops")


def test_an_exception_within_apprise_after_the_service_took_the_message_leaves_it_open(monkeypatch):
    from apprise.plugins.twilio import NotifyTwilio

    send = NotifyTwilio.send

    def fail(self, *arguments, **options):
        send(self, *arguments, **options)
        raise LookupError

    monkeypatch.setattr(NotifyTwilio, "send", fail)
    with receiving(SMS.good) as receiver:
        outcome = channels(ops={"address": SMS.address, "base": receiver.base}).send("ops", message())
    assert (outcome.arrived, outcome.may_have_arrived) == (False, True)


def test_a_mistake_of_this_program_is_raised_without_secrets(monkeypatch):
    def fail(*_arguments):
        raise AssertionError("a mistake")

    monkeypatch.setattr("tracker.alerts.channels.sending.fit_message", fail)
    with pytest.raises(AssertionError, match="a mistake") as error:
        channels(ops=SMS.address).send("ops", message())
    assert_secret("".join(traceback.format_exception(error.value)))


def test_requests_of_other_threads_are_neither_led_elsewhere_nor_noted():
    import requests

    other = []
    with receiving(lambda _: Reply(200, b"other")) as elsewhere:

        def good_after_another_request(request):
            thread = threading.Thread(target=lambda: other.append(requests.get(elsewhere.base, timeout=5).text))
            thread.start()
            thread.join()
            return SMS.good(request)

        with receiving(good_after_another_request) as receiver:
            table = {"address": SMS.address, "base": receiver.base}
            assert channels(ops=table).send("ops", message()).arrived
    assert other == ["other"]
    assert len(receiver.received) == 1


def test_what_a_plugin_logs_when_it_is_freed_reaches_no_handler_unless_it_is_a_warning(caplog):
    """Some services are left then, at any time, and apprise logs their answer."""
    caplog.set_level(logging.DEBUG)
    with kept_lines():
        pass
    for level in (logging.DEBUG, logging.INFO, logging.WARNING):
        logging.getLogger("apprise").log(level, "level %d", level)
    assert caplog.messages == [f"level {logging.WARNING}"]
