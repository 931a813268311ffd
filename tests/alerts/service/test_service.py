"""AlertService: one process watches and sends, another one takes over when it ends."""

import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.support.alert_messages import KeptMessages, rule
from tests.support.alert_services import make_alerts, shown
from tests.support.alert_services import store_row as store_row
from tests.support.checkout import ROOT
from tests.support.collector_services import wait_for
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.database.database import open_database
from tracker.alerts.service import service as service_module
from tracker.alerts.states.status_document import JOB
from tracker.coordination.file import FileCoordination
from tracker.core.errors import StoreError

pytestmark = pytest.mark.usefixtures("quick_service")


def test_a_row_is_told_soon_and_where_everything_stands_is_published(start, store_row, tmp_path):
    service, received = start()
    wait_for(lambda: service.is_leader and shown(tmp_path) and shown(tmp_path).states, "it watches")
    store_row(101)
    wait_for(lambda: received, "it is sent")
    wait_for(lambda: shown(tmp_path).states[0].phase.value == "firing", "it is published")
    assert received == [("ops", ("already_true high kraken:BTC/EUR",))]
    assert shown(tmp_path).watcher.startswith("test (pid ")
    assert shown(tmp_path).states[0].numbers[0].value == 101


def test_an_unchanged_status_is_published_again(start, tmp_path, monkeypatch):
    monkeypatch.setattr(service_module, "PUBLISH_EVERY", 0.01)
    monkeypatch.setattr(service_module, "HEARTBEAT", 0.05)
    start()
    file = tmp_path / "data/.documents/alerts"
    wait_for(file.exists, "it is published")
    first = file.read_bytes()
    wait_for(lambda: file.read_bytes() != first, "it is published again")


def test_of_two_services_one_watches_and_the_other_goes_on_when_it_stops(start, store_row, tmp_path):
    first, one = start(label="one")
    wait_for(lambda: first.is_leader, "the first leads")
    second, other = start(label="other")
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it follows the store")
    store_row(101)
    wait_for(lambda: one, "the first sends")
    first.stop()
    assert not first.is_leader
    wait_for(lambda: second.is_leader, "the second leads")
    store_row(99)
    wait_for(lambda: other, "the second sends the end")
    assert (len(one), other) == (1, [("ops", ("resolved high kraken:BTC/EUR",))])


CHILD = [sys.executable, "-m", "tests.support.alert_services"]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such signals here")
def test_another_process_takes_over_within_3_s_of_a_kill_and_repeats_what_was_under_way(
    start, store_row, tmp_path, monkeypatch
):
    monkeypatch.undo()  # as often as a real one looks
    store_row(99)
    child = subprocess.Popen(
        [*CHILD, str(tmp_path), "hang"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    )
    try:
        wait_for(lambda: FileCoordination(tmp_path / "data").holder(JOB), "the child watches")
        wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it follows the store")
        store_row(101)
        assert child.stdout.readline() == "already_true high kraken:BTC/EUR\n"
        successor, received = start(rule(notify=["hang"]))
        child.kill()
        killed_at = time.monotonic()
        wait_for(lambda: successor.is_leader, "the successor leads")
        assert time.monotonic() - killed_at < 3
        wait_for(lambda: received, "the message is sent once more")
        assert received == [("hang", ("already_true high kraken:BTC/EUR again",))]
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


def test_stopping_twice_or_before_leading_raises_nothing(start):
    before = set(threading.enumerate())
    first, _ = start()
    second, _ = start()
    second.stop()
    second.stop()
    first.stop()
    first.stop()
    assert not any(thread.name == "tracker-alerts" for thread in set(threading.enumerate()) - before)


def test_a_channel_that_hangs_holds_up_the_end_for_a_bounded_time(tmp_path, store_row, monkeypatch):
    monkeypatch.setattr(service_module, "PATIENCE", 0.1)
    asked, may_answer = threading.Event(), threading.Event()
    channels = KeptMessages()

    def hang(name):
        asked.set()
        may_answer.wait(30)
        return Outcome(True, "")

    channels.answer = hang
    service = make_alerts(tmp_path, rule(), channels=channels)
    service.start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
    store_row(101)
    assert asked.wait(10)
    began = time.monotonic()
    service.stop()
    assert time.monotonic() - began < 5
    assert FileCoordination(tmp_path / "data").holder(JOB) == ""
    may_answer.set()
    reader = open_database(tmp_path / "data")
    wait_for(lambda: reader.history(0)[0].dispatches[0].sent_at, "what arrives later is noted")
    reader.close()


def test_a_service_that_stops_waits_for_what_is_being_sent(tmp_path, store_row):
    asked, may_answer = threading.Event(), threading.Event()
    channels = KeptMessages()
    channels.answer = lambda name: Outcome(asked.set() is None and may_answer.wait(30), "")
    service = make_alerts(tmp_path, rule(), channels=channels)
    service.start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
    store_row(101)
    assert asked.wait(10)
    threading.Timer(0.1, may_answer.set).start()
    service.stop()
    reader = open_database(tmp_path / "data")
    assert reader.history(0)[0].dispatches[0].sent_at is not None
    reader.close()


def test_without_rules_nothing_is_started(tmp_path):
    service = make_alerts(tmp_path)
    service.start()
    assert service._thread is None
    service.stop()
    assert not (tmp_path / "data/.alerts.db").exists()


def test_why_rules_cannot_be_watched_is_published_and_another_process_may_try(tmp_path, start, caplog):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/.alerts.db").write_text("no database")
    start()
    wait_for(lambda: shown(tmp_path) is not None, "it is published")
    assert "it is no database of alerts" in shown(tmp_path).problem
    wait_for(lambda: not FileCoordination(tmp_path / "data").holder(JOB), "the lease is free")
    assert "rules are not watched" in caplog.text


def test_a_bug_ends_the_term_and_the_next_one_goes_on(tmp_path, start, store_row, monkeypatch, caplog):
    monkeypatch.setattr(service_module, "FAILURE_PAUSE", 0.05)
    failures = [ZeroDivisionError("oops")]

    def fail(*_):
        if failures:
            raise failures.pop()
        raise StoreError("not yet")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.service.watching.Watcher.advance", fail)
        service, received = start()
        wait_for(lambda: shown(tmp_path) and "not yet" in shown(tmp_path).problem, "the next term")
    assert "ZeroDivisionError: oops" in caplog.text
    store_row(101)
    wait_for(lambda: received, "it is sent")
    assert service.is_leader


def test_a_process_that_does_not_watch_loads_neither_database_nor_channels(tmp_path):
    holder = FileCoordination(tmp_path / "data", "holder")
    assert holder.try_acquire(JOB)
    code = f"""
import sys, time
from pathlib import Path
from tests.support.alert_services import make_alerts, shown
from tests.support.alert_services import store_row as store_row
from tests.support.alert_messages import rule
import tracker.dashboard.app, tracker.commands.collecting
service = make_alerts(Path({str(tmp_path)!r}), rule())
service.start()
time.sleep(0.1)
assert service._thread.is_alive() and not service.is_leader
service.stop()
print(*sorted({{"sqlalchemy", "apprise", "resvg_py"}} & set(sys.modules)))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    holder.close()
    assert result.stdout == "\n"
