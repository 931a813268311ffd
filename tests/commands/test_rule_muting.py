"""``tracker rules mute``, as it is typed, with and without a process that watches."""

import json
import re
import time
import unicodedata

import pytest

from tests.support.alert_messages import EUR, USD, rule
from tests.support.alert_services import make_alerts, shown
from tests.support.collector_services import wait_for
from tests.support.command import tracker
from tests.support.config import write_config
from tracker.alerts.service import lease_term as term
from tracker.alerts.service import service as service_module
from tracker.alerts.states.alert_status import AlertStatus
from tracker.alerts.states.mutes import Mute, MuteRequests
from tracker.alerts.states.status_document import publish
from tracker.commands import rule_muting
from tracker.coordination.file import FileCoordination
from tracker.core.durations import HOUR, MINUTE

TEXT = """\
markets = ["kraken:BTC/EUR", "kraken:BTC/USD"]

[[rules]]
name = "high"
market = "kraken:BTC/*"
when = "change(10m) > 5%"
"""


def mutes_after(folder):
    """Return what the requests lead to, minutes from now by market, None for all."""
    requests = MuteRequests(FileCoordination(folder / "data"))
    now = time.time_ns() // 1_000_000
    return {mute.market: max(0, -(-(mute.until - now) // MINUTE)) for mute in requests.changed((), requests.pending())}


@pytest.mark.parametrize(
    ("options", "minutes"),
    [
        ((), {None: 60}),
        (("--for", "2h"), {None: 120}),
        (("--until", "30min"), {None: 30}),
        (("--market", "kraken:XBT/EUR"), {EUR: 60}),
        (("--market", "kraken:BTC/EUR", "--off"), {EUR: 0}),
        (("--off",), {None: 0, EUR: 0, USD: 0}),
    ],
)
def test_a_mute_is_requested_also_while_nobody_watches(tmp_path, options, minutes):
    write_config(tmp_path, TEXT)
    status, out, err = tracker("rules", "mute", "high", *options, folder=tmp_path)
    assert (status, mutes_after(tmp_path)) == (0, minutes)
    words = r"messages are sent again" if "--off" in options else r"nothing is sent until [\w: ]+"
    assert re.fullmatch(rf"high( in kraken:BTC/EUR)?: {words}\n", out)
    assert err == "Nobody watches rules now; it counts from when a page or tracker collect does.\n"


def test_another_rule_that_does_not_fit_the_settings_does_not_matter(tmp_path):
    wrong = TEXT.replace("high", "gone").replace("*", "SEK")
    write_config(tmp_path, wrong + TEXT.partition("\n\n")[2])
    assert tracker("rules", "mute", "high", folder=tmp_path)[0] == 0
    assert "rule 'gone': market: 'kraken:BTC/SEK' is not" in tracker("rules", "mute", "gone", folder=tmp_path)[2]


def test_a_name_may_be_typed_with_other_accents(tmp_path):
    write_config(tmp_path, TEXT.replace('"high"', '"fällt"'))
    status, out, _ = tracker("rules", "mute", unicodedata.normalize("NFD", "fällt"), folder=tmp_path)
    assert (status, out.partition(":")[0]) == (0, "fällt")


def test_a_time_of_day_is_that_of_the_clock_here(tmp_path):
    write_config(tmp_path, TEXT)
    status, out, _ = tracker("rules", "mute", "high", "--until", "18:00", folder=tmp_path)
    assert (status, " 18:00 " in out) == (0, True), out
    [minutes] = mutes_after(tmp_path).values()
    assert 0 < minutes <= 24 * 60 + 60


def test_the_list_of_rules_has_what_is_muted(tmp_path):
    write_config(tmp_path, TEXT + TEXT.partition("\n\n")[2].replace("high", "low"))
    now = time.time_ns() // 1_000_000
    mutes = [Mute("high", None, now + HOUR), Mute("high", EUR, now + HOUR)]
    others = [Mute("high", USD, now), Mute("gone", None, now + HOUR)]
    publish(AlertStatus(mutes=(*mutes, *others)), FileCoordination(tmp_path / "data"), now)
    status, out, _ = tracker("rules", "list", folder=tmp_path)
    first, second = (line for line in out.splitlines() if "muted" in line)
    assert status == 0
    assert first.startswith("high: muted until ")
    assert second.startswith("high in kraken:BTC/EUR: muted until ")
    listed = json.loads(tracker("rules", "list", "--json", folder=tmp_path)[1])
    assert [[mute["market"] for mute in each["muted"]] for each in listed] == [[None, str(EUR)], []]


@pytest.fixture
def watching(tmp_path, monkeypatch):
    """A process that watches ``high`` over the folder of the test."""
    monkeypatch.setattr(service_module, "POLL", 0.02)
    monkeypatch.setattr(service_module, "CHECK_EVERY", 0.05)
    monkeypatch.setattr(service_module, "PUBLISH_EVERY", 0.02)
    monkeypatch.setattr(term, "STATUS_EVERY", 0.02)
    write_config(tmp_path, TEXT)
    service = make_alerts(tmp_path, rule(market="kraken:BTC/*"))
    service.start()
    wait_for(lambda: service.is_leader and shown(tmp_path), "it watches")
    yield tmp_path
    service.stop()


def test_the_process_that_watches_takes_it_up_before_the_command_ends(watching):
    status, out, err = tracker("rules", "mute", "high", "--for", "1h", folder=watching)
    assert (status, err) == (0, "")
    assert out.startswith("high: nothing is sent until ")
    wait_for(lambda: shown(watching).mutes, "it is published")
    [mute] = shown(watching).mutes
    assert (mute.rule, mute.market) == ("high", None)
    assert HOUR - MINUTE < mute.until - time.time_ns() // 1_000_000 <= HOUR
    status, _, err = tracker("rules", "mute", "high", "--market", "kraken:BTC/EUR", "--off", folder=watching)
    assert (status, err.startswith("All of high stays muted until ")) == (0, True)
    assert err.endswith("; type: tracker rules mute high --off\n")
    assert tracker("rules", "mute", "high", "--off", folder=watching) == (0, "high: messages are sent again\n", "")
    wait_for(lambda: not shown(watching).mutes, "it has ended")
    assert tracker("rules", "mute", "high", "--market", "kraken:BTC/USD", folder=watching)[0] == 0
    wait_for(lambda: shown(watching).mutes, "that of one market is published")
    answer = tracker("rules", "mute", "high", "--market", "kraken:BTC/EUR", "--off", folder=watching)
    assert answer == (0, "high in kraken:BTC/EUR: messages are sent again\n", "")


def test_later_requests_of_others_are_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(rule_muting, "PATIENCE", 0.0)
    requests = MuteRequests(FileCoordination(tmp_path))
    requests.submit("high", None, None, 2)
    assert rule_muting._wait(requests, 1)
    requests.submit("high", None, None, 1)
    assert not rule_muting._wait(requests, 1)


def test_a_process_that_takes_nothing_up_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(rule_muting, "PATIENCE", 0.0)
    write_config(tmp_path, TEXT)
    holder = FileCoordination(tmp_path / "data", "collect")
    assert holder.try_acquire("alerts")
    status, _, err = tracker("rules", "mute", "high", folder=tmp_path)
    holder.close()
    assert status == 0
    assert re.fullmatch(
        r"collect \(pid \d+\) watches, and has not taken this up yet; it will as soon as it can\.\n", err
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("hgih",), "no rule 'hgih'; did you mean 'high'?"),
        (("high", "--off", "--for", "1h"), "type only one of --for, --until and --off"),
        (("high", "--for", "soon"), "--for: 'soon' is not a duration; expected a number and a unit, e.g. 10s"),
        (("high", "--until", "soon"), "--until: soon: expected a time such as 18:00, a length such as 2h, or a date"),
        (("high", "--for", ""), "--for: '' is not a duration; expected a number and a unit, e.g. 10s"),
        (("high", "--for", "2y"), "--for: 2y is not within the year to come"),
        (("high", "--market", "kraken:BTC/GBP"), "--market kraken:BTC/GBP: 'high' is not about it; "),
    ],
)
def test_a_mistake_is_one_line_and_requests_nothing(tmp_path, words, message):
    write_config(tmp_path, TEXT)
    status, out, err = tracker("rules", "mute", *words, folder=tmp_path)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {message}")
    assert not (tmp_path / "data").exists()
