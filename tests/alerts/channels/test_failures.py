"""Why no answer came: in words, and whether the message may have arrived."""

import pytest
import requests
from urllib3.exceptions import NameResolutionError

from tests.support.channels import channels, message, sent
from tests.support.receivers.http import Reply, receiving
from tests.support.receivers.services import SMS, WEBHOOK
from tracker.alerts.channels.failures import Failure, failure_of, mail_failure_of
from tracker.alerts.channels.outcome import Outcome

RAISED = requests.exceptions


@pytest.mark.parametrize(
    ("error", "words", "may_have_arrived"),
    [
        (RAISED.ConnectTimeout("SECRET"), "could not be reached in time", False),
        (RAISED.ReadTimeout("SECRET"), "did not answer in time", True),
        (RAISED.SSLError("CERTIFICATE_VERIFY_FAILED SECRET"), "has a certificate that could not be verified", False),
        (
            RAISED.ConnectionError(NameResolutionError("SECRET", None, OSError("SECRET"))),
            "could not be found by its name, so this computer is probably offline",
            False,
        ),
        (RAISED.ConnectionError("NewConnectionError: no route to SECRET"), "could not be reached", False),
        (RAISED.InvalidURL("SECRET"), "has an address that cannot be used", False),
        (RAISED.ChunkedEncodingError("SECRET"), "broke off the connection", True),
        (RAISED.ConnectionError("Connection aborted", ConnectionResetError()), "broke off the connection", True),
    ],
)
def test_a_request_without_an_answer_may_have_arrived_unless_it_was_never_sent(error, words, may_have_arrived):
    assert failure_of(error) == Failure(words, may_have_arrived)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Errno -2] Name or service not known", "could not be found by its name, so this computer is probably"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", "offers no secure connection that this computer could"),
        ("SMTP AUTH extension not supported by server.", "offers no login by user and password"),
        ("Connection unexpectedly closed", "broke off the connection"),
        ("[Errno 113] No route to host", "could not be reached"),
    ],
)
@pytest.mark.parametrize("is_sending", [True, False])
def test_a_mail_without_an_answer_may_have_arrived_once_the_login_was_over(text, words, is_sending):
    failure = mail_failure_of(text, is_sending=is_sending)
    assert failure.words.startswith(words)
    assert failure.may_have_arrived is is_sending


def test_a_service_that_closes_the_connection_may_have_the_message():
    with receiving(lambda _: Reply(0)) as receiver:
        assert sent(SMS, receiver) == Outcome(False, "Twilio broke off the connection", may_have_arrived=True)


def test_a_service_that_speaks_no_tls_has_not_got_the_message():
    with receiving(SMS.good) as receiver:
        table = {"address": SMS.address, "base": receiver.base.replace("http:", "https:")}
        outcome = channels(ops=table).send("ops", message())
    assert outcome == Outcome(False, "Twilio offers no secure connection that this computer could use")


def test_a_status_that_nobody_knows_is_told_as_its_number():
    with receiving(lambda _: Reply(599, b"<html>")) as receiver:
        assert sent(WEBHOOK, receiver) == Outcome(False, "the webhook answered 599")


def test_a_mail_to_nobody_is_told():
    outcome = channels(ops="mailto://alice:SECRET@localhost?to=nobody").send("ops", message())
    assert not outcome.arrived
    assert "recipients" in outcome.words
