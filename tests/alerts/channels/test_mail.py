"""Mail, against a real server on loopback with STARTTLS and a login."""

import pytest

from tests.support.channels import IMPATIENT, LIMITS, channels, message
from tests.support.page_server import free_port
from tests.support.receivers.http import receiving
from tests.support.receivers.mail import CERTIFICATE, PASSWORD, USER, receiving_mail
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.channels.sending import Limits

PICTURE = b"\x89PNG\r\n\x1a\nnot really"


@pytest.fixture(autouse=True)
def _trusted(monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


def address(port, user=USER, password=PASSWORD, options=""):
    to = "from=tracker@example.org&to=bob@example.org"
    return f"mailtos://{user}:{password}@localhost:{port}?mode=starttls&{to}{options}"


def sent(port, limits=LIMITS, **changes):
    picked = {key: changes.pop(key) for key in ("user", "password", "options") if key in changes}
    return channels(limits, ops=address(port, **picked)).send("ops", message(**changes))


def test_a_mail_has_subject_text_and_picture():
    with receiving_mail() as server:
        assert sent(server.port, picture=PICTURE) == Outcome(True, "the mail server took the message")
    [mail] = server.mails
    assert mail["Subject"] == message().title
    assert (mail["To"], server.recipients) == ("bob@example.org", ["bob@example.org"])
    assert (mail["From"], mail["X-Application"]) == ("tracker@example.org", "BTC price tracker")
    assert mail.get_body(("plain",)).get_content().splitlines() == list(message().lines)
    [picture] = mail.iter_attachments()
    assert (picture.get_content_type(), picture.get_content()) == ("image/png", PICTURE)


def test_a_mail_is_plain_text_also_if_its_address_asks_for_html():
    with receiving_mail() as server:
        assert sent(server.port, options="&format=html").arrived
    [mail] = server.mails
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == list(message().lines)


def test_the_subject_of_a_mail_is_one_line_whatever_a_rule_is_called():
    with receiving_mail() as server:
        assert sent(server.port, title="a\r\nBcc: eve@example.org").arrived
    assert (server.mails[0]["Subject"], server.mails[0]["Bcc"]) == ("a Bcc: eve@example.org", None)


def test_a_wrong_password_is_told_with_its_code():
    with receiving_mail() as server:
        assert sent(server.port, password="WRONGPASS") == Outcome(False, "the mail server refused the password (535)")
    assert server.mails == []


@pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
def test_a_refused_mail_is_told_in_the_words_of_the_server(stage):
    with receiving_mail() as server:
        setattr(server, stage, "554 bob@example.org is unknown to alice")
        outcome = sent(server.port)
    assert outcome == Outcome(False, "the mail server answered 554: … is unknown to …")


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("at_recipient", "450: 4.2.1 busy"),
        ("at_data", "451: 4.7.1 Greylisted, try again in 300 seconds"),
        ("at_data", "421: 4.3.0 closing"),
    ],
)
def test_a_mail_that_is_put_off_has_not_arrived(stage, answer):
    with receiving_mail() as server:
        setattr(server, stage, answer.replace(":", ""))
        outcome = sent(server.port)
    assert outcome == Outcome(False, f"the mail server answered {answer}")
    assert server.mails == []


def test_a_slow_mail_server_is_waited_for():
    with receiving_mail() as server:
        server.delay = 0.3
        assert sent(server.port).arrived
    assert len(server.mails) == 1


def test_a_mail_without_an_answer_may_have_arrived():
    with receiving_mail() as server:
        server.is_silent = True
        outcome = sent(server.port, Limits(connect=10.0, answer=1.5, whole=30.0))  # for each step of the login, too
    assert outcome == Outcome(False, "the mail server did not answer in time", may_have_arrived=True)


def test_a_server_that_says_nothing_at_all_has_no_mail():
    with receiving(lambda _: None) as silent:  # it waits for a request of HTTP
        outcome = sent(silent.port, IMPATIENT)
    assert outcome == Outcome(False, f"the mail server at port {silent.port} did not answer in time")


def test_a_mail_that_met_a_closed_door_has_not_arrived():
    port = free_port()
    assert sent(port) == Outcome(False, f"the mail server at port {port} refuses the connection")


def test_a_server_that_cannot_be_verified_gets_neither_password_nor_mail(monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with receiving_mail() as server:
        outcome = sent(server.port)
    assert outcome == Outcome(False, "the mail server has a certificate that could not be verified")
    assert server.mails == []


def test_a_server_without_encryption_gets_neither_password_nor_mail():
    with receiving_mail(decode_data=False) as server:
        outcome = sent(server.port)
    words = "the mail server offers no encryption by STARTTLS; mode=insecure would do without"
    assert outcome == Outcome(False, words)
    assert server.mails == []


def test_of_two_mails_one_may_be_refused():
    with receiving_mail() as server:
        answers = iter(["250 OK", "550 no such user"])
        whole = type(server).handle_RCPT

        async def one_of_two(*arguments):
            server.at_recipient = next(answers)
            return await whole(server, *arguments)

        server.handle_RCPT = one_of_two
        outcome = sent(server.port, options="&to=bob@example.org,carol@example.org")
    words = "the mail server answered 550: no such user, but took it for others"
    assert outcome == Outcome(False, words, may_have_arrived=True)


def test_a_base_address_for_mail_is_a_mistake():
    ops = channels(ops={"address": address(25), "base": "http://127.0.0.1:8080"})
    assert ops.problem("ops").startswith("base has no effect for mail")
    assert ops.send("ops", message()) == Outcome(False, ops.problem("ops"))


def test_mail_takes_pictures():
    assert channels(ops=address(25)).takes_pictures("ops")
