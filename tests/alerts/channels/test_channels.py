"""What channels take, at which base address, by many threads at once; and when apprise is loaded."""

import html
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.support.channels import channels, message
from tests.support.receivers.http import receiving
from tests.support.receivers.services import CALL, PAGERDUTY, SERVICES, SMS, TELEGRAM, WEBHOOK
from tracker.alerts.channels import apprise_library
from tracker.core.errors import ConfigError


@pytest.mark.parametrize(
    ("address", "pictures"),
    [
        (WEBHOOK.at(80), True),
        (TELEGRAM.address, True),
        (SMS.address, False),
        (CALL.address, False),
        (PAGERDUTY.address, False),
        ("slack://xoxb-1234-1234-abc124/#prices", True),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", False),
        ("mailto://user:secret@example.org", True),
        ("discord://000000000000000000/AAAAbbbbCCCCddddEEEEffff0123456789/", True),
        ("ntfy://127.0.0.1/TOPIC", True),
        ("mmost://127.0.0.1/token123456789012345678", False),
        ("mmost://user@127.0.0.1/token123456789012345678/#room?mode=bot", True),
        ("matrix://user:pass@127.0.0.1/#room", True),
        ("matrix://user:pass@127.0.0.1/#room?mode=slack", False),
        ("wxteams://" + "a" * 80, False),
        ("nothing://example.org", False),
        ("env:NO_SUCH_VARIABLE", False),
    ],
)
def test_a_channel_takes_pictures_if_its_service_does_in_this_mode(address, pictures):
    assert channels(ops=address).takes_pictures("ops") is pictures


@pytest.mark.parametrize(
    ("address", "service"),
    [
        (WEBHOOK.at(80), "webhook"),
        (SMS.address, "Twilio"),
        (CALL.address, "Twilio, phone call"),
        (PAGERDUTY.address, "PagerDuty"),
        ("mailto://user:secret@example.org", "mail server"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "Slack"),
    ],
)
def test_a_channel_has_the_name_of_its_service(address, service):
    assert channels(ops=address).service("ops") == service


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("env:NO_SUCH_VARIABLE", "the variable NO_SUCH_VARIABLE is not set"),
        ("https://example.org/SECRET", "no service https://; for a webhook of your own type jsons:// in its place"),
        ("twilios://AC0123SECRET", "apprise knows no service twilios://; did you mean 'twilio'?"),
        (
            "mailtos://alice:SECRET@example.org?smtp=mail.example.org:2525&mode=starttls",
            "a port stands behind the domain: mailtos://…@example.org:2525?smtp=mail.example.org",
        ),
        ("twilio://AC0123SECRET", "expected twilio://{account_sid}:{auth_token}@{from_phone}"),
    ],
)
def test_an_address_that_is_of_no_use_is_told_before_anything_is_sent(address, words):
    with pytest.raises(ConfigError) as caught:
        channels(ops=address).service("ops")
    assert words in str(caught.value)
    assert "SECRET" not in str(caught.value)


def test_a_desktop_that_this_computer_has_not_is_told(monkeypatch):
    from apprise.plugins.dbus import NotifyDBus

    monkeypatch.setattr(NotifyDBus, "enabled", False)
    outcome = channels(ops="dbus://").send("ops", message())
    assert outcome.words == "apprise cannot use the address: dbus:// is disabled on this system; expected dbus://"


def test_a_desktop_without_a_program_for_notifications_is_told(monkeypatch):
    from apprise.plugins.dbus import NotifyDBus

    class DBusException(Exception):
        pass

    def fail(*_, **__):
        raise DBusException("The name org.freedesktop.Notifications was not provided by any .service files")

    monkeypatch.setattr(NotifyDBus, "enabled", True)
    monkeypatch.setattr(NotifyDBus, "send", fail)
    outcome = channels(ops="dbus://").send("ops", message())
    assert outcome.words == "the desktop did not take the message; no program there shows notifications"


def test_the_desktop_gets_the_words_escaped_once(monkeypatch):
    from apprise.plugins.dbus import NotifyDBus

    shown = []
    monkeypatch.setattr(NotifyDBus, "enabled", True)
    monkeypatch.setattr(NotifyDBus, "send", lambda _self, **call: shown.append(call) or True)
    outcome = channels(ops="dbus://").send("ops", message(picture=b"PNG"))
    assert (outcome.arrived, outcome.words) == (True, "the desktop took the message")
    [call] = shown
    assert (call["title"], html.unescape(call["body"]).splitlines()) == (message().title, list(message().lines))
    assert call["body"].startswith("a&lt;b &amp; *c*")
    assert call["attach"] is None


def test_only_pagerduty_takes_single_firings():
    all_channels = channels(**{service.name: service.at(80) for service in SERVICES})
    assert [service for service in SERVICES if all_channels.takes_single_firings(service.name)] == [PAGERDUTY]


def test_each_of_many_threads_sends_to_the_base_address_of_its_channel():
    with ExitStack() as stack:
        receivers = [stack.enter_context(receiving(SMS.good)) for _ in range(4)]
        tables = {
            f"sms{number}": {"address": SMS.address, "base": f"{receiver.base}/gateway{number}/"}
            for number, receiver in enumerate(receivers)
        }
        all_channels = channels(**tables)
        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(lambda name: all_channels.send(name, message()), [*tables] * 5))
    assert all(outcome.arrived for outcome in outcomes)
    for number, receiver in enumerate(receivers):
        assert len(receiver.received) == 5
        assert all(path.startswith(f"/gateway{number}/2010-04-01/Accounts/") for path in receiver.paths())


def test_a_missing_apprise_is_told_with_what_to_type(monkeypatch):
    monkeypatch.setattr(apprise_library, "find_spec", lambda _name: None)
    ops = channels(ops=SMS.address)
    words = "sending needs apprise, which is missing; type: pip install 'btc-price-tracker[alerts]'"
    assert ops.problem("ops") == ops.send("ops", message()).words == words
    assert not ops.takes_pictures("ops")


def test_apprise_and_the_renderer_are_loaded_by_the_first_message_and_not_before():
    code = (
        "import sys, tracker.alerts.messages.chart_picture, tracker.alerts.messages.messages\n"
        "from tracker.alerts.channels.channels import Channels\n"
        "from tracker.runtime.settings import Settings\n"
        f"channels = Channels(Settings(channels={{'ops': {SMS.address!r}}}))\n"
        "assert channels.problem('ops') == '' and not channels.takes_single_firings('ops')\n"
        "assert not {'apprise', 'resvg_py', 'sqlalchemy'} & {*sys.modules}\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
