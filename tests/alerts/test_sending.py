"""How deliveries become messages, and what follows from the answers of channels."""

import threading

import pytest

from tests.support.alert_world import EUR, TWIN, rule, settle
from tests.support.collector_services import wait_for
from tracker.alerts.outcome import Outcome
from tracker.core.durations import HOUR, MINUTE, SECOND
from tracker.core.errors import LeaseError, StoreError

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


def test_a_channel_that_fails_is_tried_again_then_the_next_one_is_used(world):
    watched = world(BOTH)
    watched.channels.answer = lambda name: REFUSED if name == "ops" else Outcome(True, "")
    watched.row(101)
    assert (state_of(watched).words, state_of(watched).tries) == ("no such user", 1)
    assert state_of(watched).next_try == watched.clock.time + MINUTE
    watched.wait(MINUTE - SECOND, 10_000)
    assert state_of(watched).tries == 1
    watched.wait(7 * MINUTE)
    assert watched.channels.received == [("family", ("already_true high kraken:BTC/EUR",))]
    assert state_of(watched).tries == 4
    assert state_of(watched).failing_since is not None


def test_a_channel_that_works_again_shows_no_problem(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert len(watched.wait(2 * MINUTE)) == 1
    assert (state_of(watched).words, state_of(watched).failing_since, state_of(watched).waiting) == ("", None, 0)


def test_a_service_that_asks_for_a_rest_gets_one_also_from_other_rules(world):
    watched = world(rule("high"), rule("higher", "price > 110"))
    watched.channels.answer = lambda name: Outcome(False, "too many", wait=5 * MINUTE)
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.row(111) == []
    assert watched.wait(4 * MINUTE) == []
    assert sorted(watched.wait(MINUTE)) == ["fired high kraken:BTC/EUR", "fired higher kraken:BTC/EUR"]


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
    assert watched.wait(2 * MINUTE) == ["already_true high kraken:BTC/EUR again"]


def test_an_address_that_cannot_be_used_is_not_tried_and_says_why(world):
    watched = world(BOTH)
    watched.channels.problems = {"ops": "OPS_URL is not set"}
    watched.channels.answer = lambda name: pytest.fail("sent") if name == "ops" else Outcome(True, "")
    watched.row(101)
    assert state_of(watched).words == "OPS_URL is not set"
    watched.wait(8 * MINUTE)
    assert [name for name, _ in watched.channels.received] == ["family"]


def test_a_bug_in_a_channel_is_a_failure_like_others(world, caplog):
    watched = world(BOTH)
    watched.channels.answer = lambda name: [][0] if name == "ops" else Outcome(True, "")
    watched.row(101)
    assert "IndexError" in state_of(watched).words
    watched.wait(8 * MINUTE)
    assert watched.lines() == ["already_true high kraken:BTC/EUR"]
    assert "a message was not sent" in caplog.text


def test_what_waits_for_a_channel_that_is_gone_goes_to_another_of_the_rule(world):
    watched = world(BOTH)
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.settings = watched.settings.model_copy(update={"channels": {"family": "json://127.0.0.2"}})
    watched.begin()
    assert watched.wait(2 * MINUTE) == ["fired high kraken:BTC/EUR"]
    assert watched.channels.received[0][0] == "family"


def test_what_waits_for_a_channel_that_is_gone_stays_and_is_shown(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(99, 101)
    watched.settings = watched.settings.model_copy(update={"channels": {"family": "json://127.0.0.2"}})
    watched.begin()
    watched.wait(10 * MINUTE)
    state = state_of(watched)
    assert (state.exists, state.waiting) == (False, 1)


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


def test_a_result_that_cannot_be_noted_is_noted_later_and_nothing_is_doubled(world, monkeypatch):
    monkeypatch.setattr("tracker.alerts.sending._NOTE_AGAIN", 0.01)
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


def test_quiet_hours_hold_back_the_second_attempt_too(world):
    quiet = rule(quiet="15:01-16:00", zone="UTC")
    watched = world(quiet)
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    watched.channels.answer = lambda name: Outcome(True, "")
    assert watched.wait(59 * MINUTE) == []
    assert watched.wait(2 * MINUTE) == ["already_true high kraken:BTC/EUR"]
