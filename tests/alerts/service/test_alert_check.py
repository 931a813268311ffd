"""What ``tracker check`` says of rules, channels, and who watches."""

from datetime import UTC

import pytest

from tests.support.alert_database import files, fired, opened, raw
from tests.support.alert_messages import rule
from tests.support.receivers.http import receiving
from tests.support.receivers.services import CALL, WEBHOOK
from tracker.alerts.service import alert_check
from tracker.alerts.service.alert_check import check_alerts
from tracker.alerts.states.alert_status import AlertStatus, ChannelState, RuleCounts
from tracker.alerts.states.status_document import JOB, publish
from tracker.coordination.file import FileCoordination
from tracker.runtime.settings import Settings

NOBODY = "! alerts: nobody watches rules; type: tracker collect"


@pytest.fixture
def check(tmp_path):
    """Return the checks of settings with these rules and channels: that of the database, or all others."""

    def checks(*rules, channels=(), of_database=False, **more):
        settings = Settings(
            markets=("kraken:BTC/EUR", "kraken:BTC/USD"), rules=list(rules), channels=dict(channels), **more
        )
        found = check_alerts(settings.model_copy(update={"base": tmp_path}), UTC)
        lines = [f"{check.mark} {check.text}" for check in found]
        return [line for line in lines if ("database: " in line) == of_database]

    return checks


@pytest.fixture
def watcher(tmp_path, monkeypatch):
    """The coordination of a process that watches, alone."""
    monkeypatch.setattr(FileCoordination, "rivals", lambda _self, _name: ())  # which takes a second
    coordination = FileCoordination(tmp_path / "data", "collect")
    assert coordination.try_acquire(JOB)
    yield coordination
    coordination.close()


def test_without_rules_and_channels_there_is_nothing_to_say(check):
    assert check() == []


def test_each_rule_is_told_as_what_it_means(check):
    *rules, _channel, who = check(
        rule(notify=["ops"], market="kraken:BTC/EUR", when="price > 70000"),
        rule(name="seen", notify=[], market="kraken:BTC/EUR", when="price > 70000"),
        rule(name="old", notify=[], expires="2026-11-01"),
        channels={"ops": WEBHOOK.at(9)},
    )
    assert rules == [
        "✓ rule high: Tells you each time one bitcoin costs more than 70,000.00 EUR. By ops.",
        "! rule seen: Tells you each time one bitcoin costs more than 70,000.00 EUR. "
        'But only the page shows it, as it names no channel; add a line notify = ["…"] to it',
        "! rule old: does nothing since 1 Nov 2026 00:00:00 UTC, as it expired",
    ]
    assert who == NOBODY


def test_every_rule_that_cannot_be_read_is_named(check):
    wrong = (rule(name="one", when="prise > 1"), rule(name="two"), rule(name="three", market="*", when="price > 1"))
    first, second, third, *_ = check(*wrong, channels={"ops": WEBHOOK.at(9)})
    assert first.startswith("✗ rule one: when: ")
    assert second.startswith("✓ rule two: ")
    assert third.startswith("✗ rule three: market: price > 1 counts in the quote currency")


def test_an_address_is_read_and_nothing_is_sent(check, monkeypatch):
    monkeypatch.delenv("OPS_URL", raising=False)
    with receiving(WEBHOOK.good) as receiver:
        channels = {"hook": WEBHOOK.at(receiver.port), "phone": CALL.address, "ops": "env:OPS_URL"}
        assert check(channels=channels) == [
            "✓ channel hook: webhook; to send a test, type: tracker channels test hook",
            "✓ channel phone: Twilio, phone call; to send a test, type: tracker channels test phone",
            "✗ channel ops: the variable OPS_URL is not set",
        ]
    assert receiver.received == []


def test_the_process_that_watches_is_named_with_what_fails(check, watcher):
    now = alert_check.Settings().make_clock().now()
    failing = ChannelState("hook", words="refused", failing_since=now, tries=2)
    who = watcher.holder(JOB)

    def with_status(at=now, **more):
        publish(AlertStatus(who, rules=(RuleCounts("high", "price > 1", {}),), **more), watcher, at)
        return check(rule(notify=["hook"]), channels={"hook": WEBHOOK.at(9)})[1:]

    has_not_reported = f"! alerts: {who} is to watch rules, and has not reported yet"
    assert check(rule(), channels={"ops": WEBHOOK.at(9)})[-1] == has_not_reported
    channel, last = with_status(channels=(failing,))
    assert (channel.startswith("! channel hook: webhook; not sent since "), last) == (
        True,
        f"✓ alerts: {who} watches rules",
    )
    assert channel.endswith(": refused; 2 tries")
    channel, _ = with_status(channels=(ChannelState("hook", words="the variable HOOK_URL is not set"),))
    words = "the process that watches cannot send to it: the variable HOOK_URL is not set"
    assert channel == f"! channel hook: webhook; {words}", "though it is set where this is asked"
    assert with_status(problem="the disk is full")[-1] == f"✗ alerts: {who}: the disk is full"
    assert with_status(now - 60_000)[-1].startswith(f"! alerts: {who} has not reported for 6")


def test_two_that_exclude_each_other_in_nothing_are_named(check, monkeypatch):
    monkeypatch.setattr(FileCoordination, "rivals", lambda _self, _name: ("a (pid 1)", "b (pid 2)"))
    assert check(rule(), channels={"ops": WEBHOOK.at(9)})[-1] == (
        "✗ alerts: a (pid 1) watches rules, but its lock excludes nobody, as on some network folders; stepped down: "
        "b (pid 2); set state to a folder on a disk of this computer, or use one computer only"
    )


def test_the_database_of_rules_can_be_written_and_checking_changes_nothing(check, tmp_path):
    folder = tmp_path / "data"
    file = folder / ".alerts.db"
    assert check(channels={"ops": WEBHOOK.at(9)}, of_database=True) == []
    assert check(rule(notify=[]), of_database=True) == [f"✓ database: {file} is made when rules are watched"]
    assert not folder.exists()
    opened(folder, 1, fired()).close()
    before = files(folder)
    [line] = check(rule(notify=[]), of_database=True)
    assert line == f"✓ database: {file}, which keeps states and what is still to be sent"
    assert files(folder) == before


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE alert_meta SET value = 99 WHERE key = 'version'", "format 99, this version reads formats up to "),
        ("DROP TABLE alert_meta", "database of another program; nothing was touched"),
    ],
)
def test_a_database_that_cannot_be_used_fails(check, tmp_path, statement, problem):
    opened(tmp_path / "data", 1, fired()).close()
    raw(tmp_path / "data", statement)
    before = files(tmp_path / "data")
    [line] = check(rule(notify=[]), of_database=True)
    assert line.startswith(f"✗ database: {tmp_path / 'data' / '.alerts.db'}")
    assert problem in line
    assert files(tmp_path / "data") == before


def test_a_file_or_folder_in_place_of_the_database_fails(check, tmp_path):
    folder = tmp_path / "data"
    folder.write_text("")
    assert check(rule(notify=[]), of_database=True) == [
        f"✗ database: {folder} is a file; expected a folder. Set another state in tracker.toml"
    ]
    folder.unlink()
    (folder / ".alerts.db").mkdir(parents=True)
    [line] = check(rule(notify=[]), of_database=True)
    assert line.startswith(f"✗ database: cannot use {folder / '.alerts.db'}: unable to open database file; ")


@pytest.mark.parametrize("replay", [{"playback": True}, {"clock": "2018-04-05T09:00:00Z@1763929200x60"}])
def test_replayed_prices_are_not_watched(check, replay):
    assert check(rule(), channels={"ops": WEBHOOK.at(9)}, **replay)[-1] == (
        "! alerts: rules are not watched, as these settings replay prices"
    )


def test_without_the_extra_it_says_what_to_type(check, monkeypatch):
    monkeypatch.setattr(alert_check, "find_spec", lambda name: None if name in ("sqlalchemy", "apprise") else name)
    first, who_is_told, watcher = check(rule(), channels={"ops": WEBHOOK.at(9)})
    assert first == "✗ alerts need SQLAlchemy and apprise; type: pip install 'btc-price-tracker[alerts]'"
    assert (who_is_told[:13], watcher) == ("✓ rule high: ", NOBODY)
    assert check(rule(notify=[]), of_database=True) == [], "it is not loaded"
