"""AlertService: rules that change while it runs, or while no process does."""

import re
import time

import pytest

from tests.support.alert_database import NOW, fired, state
from tests.support.alert_messages import KeptMessages, alert_settings, rule
from tests.support.alert_services import make_alerts, shown
from tests.support.alert_services import store_row as store_row
from tests.support.collector_services import wait_for
from tracker.alerts.database.database import open_database
from tracker.alerts.database.delivery import ATTEMPTS
from tracker.alerts.database.unfinished_work import FILE, has_unfinished
from tracker.alerts.service import service as service_module
from tracker.alerts.states.status_document import JOB
from tracker.coordination.file import FileCoordination
from tracker.core.durations import HOUR
from tracker.core.errors import ConfigError, LeaseError

pytestmark = pytest.mark.usefixtures("quick_service")


def test_rules_that_are_added_later_are_watched(tmp_path, store_row):
    channels = KeptMessages()
    service = make_alerts(tmp_path, channels=channels)
    service.start()
    service.change(alert_settings(rule()))
    wait_for(lambda: service.is_leader and shown(tmp_path) and shown(tmp_path).states, "it watches")
    store_row(101)
    wait_for(lambda: channels.received, "it is sent")
    service.change(alert_settings(rule(when="price > 200")))
    wait_for(lambda: len(channels.received) == 2, "the end is sent")
    service.stop()


def test_rules_that_are_all_removed_end_their_firings_and_then_nobody_watches(tmp_path, store_row):
    channels = KeptMessages()
    service = make_alerts(tmp_path, rule(), channels=channels)
    service.start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
    store_row(101)
    wait_for(lambda: channels.received, "it fires")
    service.stop()
    service = make_alerts(tmp_path, channels=channels)
    service.start()
    wait_for(lambda: len(channels.received) == 2, "the end is sent")
    wait_for(lambda: not FileCoordination(tmp_path / "data").holder(JOB), "nobody watches")
    assert channels.received[1] == ("ops", ("deleted high kraken:BTC/EUR",))
    service.stop()


def test_a_rule_that_cannot_be_read_is_an_error_at_once_and_changes_nothing_later(tmp_path, start):
    with pytest.raises(ConfigError, match=r"rule 'high': when"):
        make_alerts(tmp_path, rule(when="prize > 3"))
    service, _ = start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
    with pytest.raises(ConfigError, match=r"rule 'high': when"):
        service.change(alert_settings(rule(when="prize > 3")))
    assert service.is_leader


def test_a_change_of_other_settings_disturbs_nothing(tmp_path, monkeypatch):
    changes = []
    monkeypatch.setattr("tracker.alerts.service.lease_term.LeaseTerm.change", lambda _, new: changes.append(new))
    service = make_alerts(tmp_path, rule())
    service.start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")
    service.change(alert_settings(rule(), span="48h"))
    service.change(alert_settings(rule(), coverage_floor=0.5))
    wait_for(lambda: changes, "the second is taken over")
    service.stop()
    assert [watched.floor for watched in changes] == [0.5]


@pytest.mark.parametrize("failure", [LeaseError("the disk is full"), OSError("the disk is full")])
def test_where_the_lease_cannot_be_taken_it_is_tried_again(tmp_path, caplog, monkeypatch, failure):
    failures = [failure] * 2
    real = FileCoordination.try_acquire

    def try_acquire(coordination, name):
        if failures:
            raise failures.pop()
        return real(coordination, name)

    monkeypatch.setattr(FileCoordination, "try_acquire", try_acquire)
    service = make_alerts(tmp_path, rule())
    service.start()
    wait_for(lambda: service.is_leader, "it watches")
    service.stop()
    assert len(re.findall("cannot watch rules: (OSError: )?the disk is full", caplog.text)) == 1


def test_whether_something_is_left_to_do_is_known_without_loading_the_database(tmp_path):
    assert not has_unfinished(tmp_path)
    (tmp_path / FILE).write_text("no database")
    assert not has_unfinished(tmp_path)
    (tmp_path / FILE).unlink()
    database = open_database(tmp_path, 1)
    assert not has_unfinished(tmp_path)
    database.commit((), [fired()], NOW)
    assert has_unfinished(tmp_path)
    database.sent(database.begin(database.due(NOW), NOW), NOW)
    assert not has_unfinished(tmp_path)
    database.commit([state()], (), NOW)
    assert has_unfinished(tmp_path)
    database.close()


def test_a_state_folder_that_cannot_be_looked_into_has_nothing_that_could_be_done_now(tmp_path):
    assert not has_unfinished(tmp_path / ("x" * 300))


def test_a_change_while_the_thread_looks_for_one_is_not_overlooked(tmp_path, monkeypatch):
    service = make_alerts(tmp_path, rule())
    service.start()
    wait_for(lambda: shown(tmp_path) and shown(tmp_path).states, "it watches")

    def set_slowly(each, name, value):
        if name == "_settings":
            end = time.monotonic() + 0.3
            while each._has_changed and time.monotonic() < end:
                time.sleep(0.01)
        object.__setattr__(each, name, value)

    monkeypatch.setattr(service_module.AlertService, "__setattr__", set_slowly, raising=False)
    service.change(alert_settings(rule("new")))
    wait_for(lambda: [state.rule for state in shown(tmp_path).states] == ["new"], "it is taken over")
    service.stop()


def test_a_process_that_starts_soon_tries_what_was_tried_once_an_hour(tmp_path, start, monkeypatch):
    monkeypatch.setattr("tracker.alerts.service.lease_term.FIRST_WAIT", 0)
    database = open_database(tmp_path / "data", 1)
    at = time.time_ns() // 1_000_000
    database.commit((), [fired(at, channels=("ops",))], at)
    for _ in range(ATTEMPTS):
        database.failed(database.begin(database.due(at + HOUR), at), at, None)
    database.close()
    _, received = start(rule("other", "price > 1000"))
    wait_for(lambda: received, "it is sent")


def test_a_process_that_cannot_use_a_channel_leaves_the_lease_to_another_one(tmp_path, store_row, start, monkeypatch):
    monkeypatch.setattr(service_module, "FAILURE_PAUSE", 1.0)
    monkeypatch.setattr("tracker.alerts.service.sending.retry_at", lambda attempt, now, wait: now)
    channels = KeptMessages()
    channels.problems["ops"] = "the variable OPS_URL is not set"
    service = make_alerts(tmp_path, rule(), label="dashboard", channels=channels)
    service.start()
    wait_for(lambda: service.is_leader and shown(tmp_path) and shown(tmp_path).states, "it watches")
    other, received = start(label="collect")
    store_row(101)
    wait_for(lambda: received, "the other one sends")
    assert other.is_leader
    service.stop()
