"""Channels that do not answer: they hold up nothing else, and nothing they have got is lost or comes twice unmarked."""

import threading

import pytest

from tests.support.alert_world import rule, settle
from tests.support.collector_services import wait_for
from tracker.alerts.channels.outcome import Outcome
from tracker.core.durations import HOUR, MINUTE
from tracker.core.errors import LeaseError, StoreError


def state_of(world, channel="ops"):
    return {state.channel: state for state in world.term.status().channels}[channel]


class Hanging:
    """An answer that a test lets come."""

    def __init__(self, outcome=None):
        self.outcome = outcome or Outcome(True, "")
        self.asked, self.may_answer = threading.Event(), threading.Event()

    def __call__(self, name):
        self.asked.set()
        assert self.may_answer.wait(30)
        return self.outcome


@pytest.fixture
def hanging():
    answer = Hanging()
    yield answer
    answer.may_answer.set()
    settle()


def test_a_channel_that_hangs_holds_up_no_other_and_no_rule(world, hanging):
    watched = world(rule("high"), rule("low", "price < 200", notify=["family"]))
    watched.channels.answer = lambda name: hanging(name) if name == "ops" else Outcome(True, "")
    watched.arrive(101)
    wait_for(lambda: watched.channels.received, "the other channel has it")
    assert hanging.asked.wait(10)
    assert state_of(watched).sending_since == watched.clock.time
    watched.arrive(300)
    wait_for(lambda: len(watched.channels.received) == 2, "the end too")


def test_a_channel_gets_one_message_after_the_other(world, hanging):
    watched = world(rule("high"), rule("higher", "price > 110"))
    watched.channels.answer = hanging
    watched.arrive(101)
    assert hanging.asked.wait(10)
    watched.arrive(111)
    assert watched.channels.attempts == 1
    hanging.may_answer.set()
    settle()
    watched.step()
    assert watched.lines() == ["already_true high kraken:BTC/EUR", "fired higher kraken:BTC/EUR"]


def test_a_message_under_way_when_the_lease_moves_is_repeated_by_the_next_process(world, hanging):
    watched = world()
    watched.channels.answer = hanging
    before = watched.arrive(101)
    assert hanging.asked.wait(10)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.begin().step()
    wait_for(watched.lines, "it is sent")
    assert watched.lines() == ["already_true high kraken:BTC/EUR again"]
    hanging.may_answer.set()
    settle()
    before.close(10)
    assert watched.wait(HOUR) == []


def test_a_message_that_arrives_before_the_next_process_sends_is_not_repeated(world, hanging):
    watched = world()
    watched.channels.answer = hanging
    before = watched.arrive(101)
    assert hanging.asked.wait(10)
    watched.begin()
    hanging.may_answer.set()
    settle()
    watched.step()
    assert watched.lines() == ["already_true high kraken:BTC/EUR"]
    before.close(10)


def test_a_term_ends_although_a_channel_hangs(world, hanging):
    watched = world()
    watched.channels.answer = hanging
    term = watched.arrive(101)
    assert hanging.asked.wait(10)
    term.close(0.05)
    watched.term = None
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.begin().step()
    wait_for(watched.lines, "it is sent")
    assert watched.lines() == ["already_true high kraken:BTC/EUR again"]


def test_a_process_that_has_lost_the_lease_sends_nothing_more(world):
    watched = world()
    watched.row(99)
    before = watched.term
    watched.begin().step()
    watched.clock.time += 10_000
    watched.store_row(101)
    with pytest.raises(LeaseError):
        before.step()
    assert watched.lines() == []
    watched.step()
    assert watched.lines() == ["fired high kraken:BTC/EUR"]
    before.close(10)


def test_a_term_ends_although_a_result_cannot_be_noted(world, monkeypatch):
    before = set(threading.enumerate())
    watched = world()
    term = watched.arrive()

    def full(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(term._database, "sent", full)
    watched.arrive(101)
    wait_for(watched.lines, "it is sent")
    term.close(20)
    assert not any(thread.name == "tracker-alert-message" for thread in set(threading.enumerate()) - before)


@pytest.mark.parametrize("outcome", [Outcome(True, ""), Outcome(False, "503")])
def test_a_result_of_a_message_from_before_an_edit_is_noted_once_that_is_possible(world, hanging, monkeypatch, outcome):
    monkeypatch.setattr("tracker.alerts.service.sending._NOTE_AGAIN", 0.01)
    watched = world()
    hanging.outcome, watched.channels.answer = outcome, hanging
    term = watched.arrive(99, 101)
    assert hanging.asked.wait(10)
    watched.change(rule(), rule("other", "price > 1000"))
    term.step()
    tried = threading.Event()

    def full(*_, **__):
        tried.set()
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.database.database.AlertDatabase.sent", full)
        patch.setattr("tracker.alerts.database.database.AlertDatabase.failed", full)
        hanging.may_answer.set()
        assert tried.wait(10)
        tried.clear()
        tried.wait(0.2)
    watched.channels.answer = lambda name: Outcome(True, "")
    settle()
    watched.wait(MINUTE)
    assert watched.lines() == ["fired high kraken:BTC/EUR"]


def test_a_message_that_no_thread_can_be_had_for_is_sent_by_the_next_term(world, monkeypatch):
    watched = world()
    watched.row(99)

    def fail(thread):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr("tracker.alerts.service.sending.threading.Thread.start", fail)
        with pytest.raises(RuntimeError):
            watched.row(101)
    watched.close()
    assert watched.wait(MINUTE) == ["fired high kraken:BTC/EUR again"]


def test_an_edit_does_not_send_a_second_message_beside_the_one_under_way(world, hanging):
    watched = world()
    watched.channels.answer = hanging
    term = watched.arrive(101)
    assert hanging.asked.wait(10)
    watched.change(rule(), rule("higher", "price > 110"))
    watched.arrive(99, 111)
    assert (watched.channels.attempts, state_of(watched).sending_since is None) == (1, False)
    hanging.may_answer.set()
    settle()
    term.step()
    wait_for(lambda: len(watched.channels.received) == 2, "the next one follows")


def test_a_database_that_is_removed_frees_the_channel_of_what_it_had(world, hanging, monkeypatch):
    monkeypatch.setattr("tracker.alerts.service.sending._NOTE_AGAIN", 0.01)
    watched = world()
    watched.channels.answer = hanging
    term = watched.arrive(101)
    assert hanging.asked.wait(10)
    for file in list(watched.folder.iterdir()):
        file.rename(file.with_name(f"{file.name}.moved"))
    term.step()
    hanging.may_answer.set()
    settle()
    assert watched.row(99) == ["resolved high kraken:BTC/EUR"]
