"""How deliveries become messages, and what follows from the answers of channels."""

import pytest

from tests.support.alert_world import EUR, TWIN, rule
from tracker.alerts.channels.outcome import Outcome
from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.core.errors import StoreError

REFUSED = Outcome(False, "no such user")


def state_of(world, channel="ops"):
    return {state.channel: state for state in world.term.status().channels}[channel]


BOTH = rule(notify=["ops", "family"])


def test_what_is_due_at_a_time_is_one_message_in_each_channel(world):
    watched = world(rule("one"), rule("two"), rule("three", notify=["family"]), markets=(EUR, TWIN))
    watched.begin().step()
    watched.clock.time += 10_000
    watched.store_row(101)
    watched.store_row(101, TWIN)
    watched.step()
    assert sorted((name, len(lines)) for name, lines in watched.channels.received) == [("family", 2), ("ops", 4)]


def test_a_channel_that_takes_single_firings_gets_a_message_of_each(world):
    watched = world(rule("one"), rule("two"))
    watched.channels.single = {"ops"}
    watched.row(101)
    assert [len(lines) for _, lines in watched.channels.received] == [1, 1]


def test_firings_for_a_channel_whose_address_could_be_read_only_after_they_were_put_together_come_apart(world):
    watched = world(rule("one"), rule("two"))
    asked = iter([False])
    watched.channels.takes_single_firings = lambda name: next(asked, True)
    watched.row(101)
    assert watched.channels.received == []
    watched.wait(2 * MINUTE, MINUTE)
    assert [len(lines) for _, lines in watched.channels.received] == [1, 1]


def test_a_channel_that_fails_is_tried_again_then_the_next_one_is_used(world, caplog):
    caplog.set_level("INFO")
    watched = world(BOTH)
    watched.channels.answer = lambda name: REFUSED if name == "ops" else Outcome(True, "taken")
    watched.row(101)
    assert (state_of(watched).words, state_of(watched).tries) == ("no such user", 1)
    assert state_of(watched).next_try == watched.clock.time + MINUTE
    watched.wait(MINUTE - SECOND, 10_000)
    assert state_of(watched).tries == 1
    watched.wait(7 * MINUTE, MINUTE)
    assert watched.channels.received == [("family", ("already_true high kraken:BTC/EUR",))]
    assert state_of(watched).tries == 4
    assert state_of(watched).failing_since is not None
    assert "channel ops: a message was not sent: no such user; it is tried again in 60 s" in caplog.text
    assert "no such user; the next channel is used" in caplog.text
    assert "channel family: a message about high was sent: taken" in caplog.text


def test_the_only_channel_of_a_rule_is_tried_each_hour(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    watched.wait(7 * MINUTE, MINUTE)
    assert (state_of(watched).tries, state_of(watched).next_try) == (4, watched.clock.time + HOUR)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.wait(HOUR - MINUTE, 10 * MINUTE) == []
    assert len(watched.wait(MINUTE)) == 1


def test_a_channel_that_works_again_shows_no_problem(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert len(watched.wait(2 * MINUTE, MINUTE)) == 1
    assert (state_of(watched).words, state_of(watched).failing_since, state_of(watched).waiting) == ("", None, 0)


def test_a_service_that_asks_for_a_rest_gets_one_also_from_other_rules(world):
    watched = world(rule("high"), rule("higher", "price > 110"))
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.row(111) == []
    assert watched.wait(4 * MINUTE, MINUTE) == []
    assert sorted(watched.wait(MINUTE)) == ["fired high kraken:BTC/EUR", "fired higher kraken:BTC/EUR"]


@pytest.mark.parametrize("ends", [True, False])
def test_a_rest_outlives_a_restart_also_for_other_messages(world, ends):
    watched = world(rule("high"), rule("higher", "price > 110"), rule("other", "price > 110", notify=["family"]))
    watched.channels.answer = lambda name: Outcome(name != "ops", "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    if ends:
        watched.close()
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.begin()
    assert watched.row(111) == ["fired other kraken:BTC/EUR"]
    assert watched.wait(4 * MINUTE, MINUTE) == []
    assert sorted(watched.wait(MINUTE)) == ["fired high kraken:BTC/EUR", "fired higher kraken:BTC/EUR"]


def test_a_rest_of_a_channel_that_was_given_another_address_ends_for_the_next_process_too(world):
    watched = world(rule("high"), rule("higher", "price > 110"))
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.change(rule("high"), rule("higher", "price > 110"), channels={"ops": "json://127.0.0.2/ops"})
    assert watched.wait(SECOND) == ["fired high kraken:BTC/EUR"]
    watched.begin()
    assert watched.row(111) == ["fired higher kraken:BTC/EUR"]


def test_a_clock_that_is_set_back_does_not_lengthen_a_rest(world):
    watched = world()
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.clock.shift = -2 * HOUR
    watched.step()
    assert watched.lines() == ["fired high kraken:BTC/EUR"]


def test_a_service_that_asks_for_hours_is_left_for_the_next_channel(world):
    watched = world(BOTH)
    watched.channels.answer = lambda name: Outcome(name != "ops", "", wait=2 * HOUR if name == "ops" else None)
    watched.row(101)
    assert [name for name, _ in watched.channels.received] == ["family"]


def test_a_message_that_may_have_arrived_is_repeated_as_such(world):
    watched = world()
    watched.channels.answer = lambda name: Outcome(False, "no answer", may_have_arrived=True)
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.wait(2 * MINUTE, MINUTE) == ["already_true high kraken:BTC/EUR again"]


def test_an_address_that_cannot_be_used_is_not_tried_and_says_why(world):
    watched = world(BOTH)
    watched.channels.problems = {"ops": "OPS_URL is not set"}
    watched.channels.answer = lambda name: pytest.fail("sent") if name == "ops" else Outcome(True, "")
    watched.row(101)
    assert state_of(watched).words == "OPS_URL is not set"
    watched.wait(8 * MINUTE, MINUTE)
    assert [name for name, _ in watched.channels.received] == ["family"]


def test_a_channel_of_a_rule_that_cannot_be_used_is_said_before_the_rule_fires(world, caplog):
    watched = world()
    watched.channels.problems = {"ops": "OPS_URL is not set", "family": "no rule names it"}
    assert watched.row(99) == []
    assert (state_of(watched).words, state_of(watched, "family").words) == ("OPS_URL is not set", "")
    state_of(watched)
    assert caplog.text.count("channel ops: nothing can be sent to it: OPS_URL is not set") == 1
    watched.channels.problems = {}
    assert state_of(watched).words == ""
    watched.row(101)
    assert [name for name, _ in watched.channels.received] == ["ops"]


@pytest.mark.parametrize("bug", [IndexError, SystemExit])
def test_a_bug_in_a_channel_is_a_failure_like_others(world, caplog, bug):
    def fail():
        raise bug

    watched = world(BOTH)
    watched.channels.answer = lambda name: fail() if name == "ops" else Outcome(True, "")
    watched.row(101)
    assert bug.__name__ in state_of(watched).words
    watched.wait(8 * MINUTE, MINUTE)
    assert watched.lines() == ["already_true high kraken:BTC/EUR"]
    assert "a message was not sent" in caplog.text


def test_a_result_that_cannot_be_noted_is_noted_later_and_nothing_is_doubled(world, monkeypatch, caplog):
    monkeypatch.setattr("tracker.alerts.service.sending._NOTE_AGAIN", 0.01)
    failures = iter([True, True, False])
    watched = world()
    term = watched.arrive()
    real = term._database.sent

    def sent(deliveries, at):
        if next(failures):
            raise StoreError("the disk is full")
        real(deliveries, at)

    monkeypatch.setattr(term._database, "sent", sent)
    watched.row(101)
    assert watched.wait(HOUR) == []
    assert watched.lines() == ["already_true high kraken:BTC/EUR"]
    assert next(failures, None) is None
    assert caplog.text.count("what came of a message is not noted: the disk is full") == 1


def test_quiet_hours_hold_back_the_second_attempt_too(world):
    quiet = rule(quiet="15:01-16:00", zone="UTC")
    watched = world(quiet)
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.wait(59 * MINUTE, 10 * MINUTE) == []
    assert watched.wait(2 * MINUTE, MINUTE) == ["already_true high kraken:BTC/EUR"]


def test_an_edit_of_rules_forgets_nothing_of_a_channel_that_stays_as_it_is(world):
    watched = world(rule("high"), rule("higher", "price > 110"))
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    before = state_of(watched)
    watched.change(rule("high"), rule("higher", "price > 110"), rule("highest", "price > 900"))
    watched.step()
    assert state_of(watched) == before
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.row(111) == []
    assert len(watched.wait(5 * MINUTE, MINUTE)) == 2


def test_a_channel_that_is_given_another_address_begins_anew(world):
    watched = world()
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    watched.change(rule(), channels={"ops": "json://127.0.0.2/ops"})
    assert (state_of(watched).words, state_of(watched).tries) == ("", 0)


def test_what_waits_for_an_address_that_cannot_be_used_shows_why_before_it_is_tried(world):
    watched = world()
    watched.channels.problems = {"ops": "OPS_URL is not set"}
    watched.row(99, 101)
    watched.close()
    watched.begin().step()
    assert (state_of(watched).words, state_of(watched).tries) == ("OPS_URL is not set", 1)
