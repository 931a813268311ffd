"""The database of alerts: states and events are kept together, the past is kept for a while."""

import sqlite3
import subprocess
import sys
import threading

import pytest

from tests.support.alert_database import (
    MINUTE,
    NOW,
    begun,
    deliver,
    fired,
    firings,
    give_up,
    opened,
    resolved,
    state,
    waiting,
)
from tests.support.rule_rows import MARKET, at_prices, price_rule
from tracker.alerts.database import outbox
from tracker.alerts.database.delivery import Dispatch
from tracker.alerts.states.phase import Phase


@pytest.fixture
def database(tmp_path):
    """A new database, without any firing."""
    return opened(tmp_path / "state")


def test_a_new_database_is_empty_and_its_folder_is_made(database, tmp_path):
    assert (database.load_states(), database.due(NOW), database.history(0)) == ((), (), ())
    assert (tmp_path / "state/.alerts.db").exists()


def test_states_are_the_same_after_the_file_was_opened_again(database, tmp_path):
    cannot_tell, _ = at_prices(price_rule(name="Ünten „–“"), 101, None)
    states = (state(), state(rule="low", phase=Phase.FIRING), cannot_tell)
    database.commit(states, (), NOW)
    database.close()
    assert set(opened(tmp_path / "state", 2).load_states()) == set(states)


def test_a_commit_replaces_the_states_that_it_has_and_leaves_the_others(database):
    database.commit([state(), state(rule="low")], (), NOW)
    database.commit([state(NOW + 1)], (), NOW)
    assert database.load_states() == (state(NOW + 1), state(rule="low"))


def test_a_commit_of_all_states_removes_the_others(database):
    database.commit([state(), state(rule="low")], (), NOW)
    database.commit([state(NOW + 1, "low")], (), NOW, replace=True)
    assert database.load_states() == (state(NOW + 1, "low"),)
    database.commit((), (), NOW, replace=True)
    assert database.load_states() == ()


def test_states_and_events_are_kept_together_or_not_at_all(database, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox, "_add", fail)
    with pytest.raises(KeyboardInterrupt):
        database.commit([state()], [fired()], NOW)
    assert (database.load_states(), database.history(0), database.due(NOW)) == ((), (), ())


def test_a_commit_that_is_made_again_doubles_nothing(database):
    for _ in range(2):
        database.commit([state()], [fired()], NOW)
    assert len(database.history(0)) == 1
    assert deliver(database) == [("fired", "ops")]
    database.commit([state()], [fired()], NOW)
    assert waiting(database) == []


def test_the_past_has_each_event_and_how_far_it_came_in_each_channel(database):
    database.commit((), [fired()], NOW)
    give_up(database)
    deliver(database, NOW + 5)
    database.commit((), [resolved(fired(), NOW + MINUTE)], NOW + MINUTE)
    beginning, end = database.history(0)
    assert (beginning.event, end.event) == (fired(), resolved(fired(), NOW + MINUTE))
    assert beginning.dispatches == (Dispatch("ops", 1, None, None), Dispatch("family", 1, NOW + 5, None))
    assert end.dispatches == (Dispatch("family", 0, None, 0),)


def test_the_past_is_read_from_a_time_on_in_order(database):
    database.commit((), [fired(NOW + 2), fired(NOW + 1, "low"), fired(NOW, "old")], NOW)
    assert firings(past.event for past in database.history(NOW + 1)) == [("fired", 1), ("fired", 2)]


def test_old_firings_are_removed_once_they_have_ended(database):
    late = fired(NOW + 2 * MINUTE, "late")
    events = [fired(), resolved(fired(), NOW + 1), fired(rule="holds"), late, resolved(late, NOW + 3 * MINUTE)]
    database.commit((), events, NOW)
    while deliver(database):
        pass
    assert database.purge(NOW) == 0
    assert database.purge(NOW + 2) == 2
    assert [past.event.rule for past in database.history(0)] == ["holds", "late", "late"]
    assert database.purge(NOW + MINUTE) == 0


def test_a_firing_that_began_before_the_time_and_ended_after_it_is_kept(database):
    database.commit((), [fired(), resolved(fired(), NOW + MINUTE)], NOW)
    while deliver(database):
        pass
    assert database.purge(NOW + 1) == 0
    assert len(database.history(0)) == 2


def test_what_was_never_sent_is_never_removed(database):
    database.commit((), [fired(), resolved(fired(), NOW + 1)], NOW)
    assert database.purge(NOW + MINUTE) == 0
    give_up(database)
    assert database.purge(NOW + MINUTE) == 0
    while deliver(database):
        pass
    assert database.purge(NOW + MINUTE) == 2


def test_a_firing_that_was_held_back_until_it_ended_is_removed_too(database):
    database.commit((), [fired(), resolved(fired(), NOW + 1)], NOW, held={("high", MARKET): NOW + MINUTE})
    assert database.purge(NOW + MINUTE) == 2


def test_with_an_event_its_deliveries_are_removed(database, tmp_path):
    database.commit((), [fired(), resolved(fired(), NOW + 1)], NOW)
    while deliver(database):
        pass
    database.purge(NOW + MINUTE)
    connection = sqlite3.connect(tmp_path / "state/.alerts.db")
    assert connection.execute("SELECT count(*) FROM alert_deliveries").fetchall() == [(0,)]
    connection.close()


def test_the_ids_of_removed_events_are_not_used_again(database):
    database.commit((), [fired(), resolved(fired(), NOW + 1)], NOW)
    while deliver(database):
        pass
    database.purge(NOW + MINUTE)
    database.commit((), [fired(NOW + 2)], NOW)
    assert [each.event_id for each in database.due(NOW)] == [3]


def test_several_threads_send_each_delivery_once(database):
    database.commit((), [fired(rule=f"rule {number}") for number in range(10)], NOW)
    received, start = [], threading.Barrier(4)

    def send():
        start.wait()
        while due := database.due(NOW):
            for delivery in database.begin(due[:2], NOW):
                received.append(delivery.event.rule)
                database.sent([delivery], NOW)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(received) == [f"rule {number}" for number in range(10)]


def test_a_closed_database_can_be_used_again(database):
    database.commit([state()], [fired()], NOW)
    database.close()
    assert begun(database)


def test_without_sqlalchemy_a_line_says_what_to_type():
    code = "import sys; sys.modules['sqlalchemy'] = None; import tracker.alerts.database.database"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "ConfigError: alerts need SQLAlchemy" in result.stderr
    assert "pip install 'btc-price-tracker[alerts]'" in result.stderr
