"""Which channels are known to fail when another process takes over."""

from dataclasses import replace

import pytest

from tests.support.alert_database import MINUTE, NOW, begun, deliver, fired, give_up, opened, waiting
from tests.support.alert_world import rule
from tests.support.rule_rows import MARKET
from tracker.alerts.channels.outcome import Outcome
from tracker.alerts.states.alert_status import ChannelState
from tracker.core.durations import DAY, HOUR

REFUSED = Outcome(False, "no such user")


def state_of(world, channel="ops"):
    return {state.channel: state for state in world.term.status().channels}[channel]


@pytest.mark.parametrize("ends", [True, False])
def test_after_a_restart_a_channel_that_fails_is_shown_as_before_but_for_the_reason(world, ends):
    watched = world(rule(notify=["ops", "family"]))
    watched.channels.answer = lambda name: REFUSED if name == "ops" else Outcome(True, "")
    watched.row(101)
    watched.wait(2 * MINUTE, MINUTE)
    before = state_of(watched)
    assert (before.words, before.failing_since, before.tries) == ("no such user", watched.clock.time - 2 * MINUTE, 2)
    if ends:
        watched.close()
    watched.begin().step()
    assert state_of(watched) == replace(before, words="")
    watched.wait(6 * MINUTE, MINUTE)
    assert watched.channels.received == [("family", ("already_true high kraken:BTC/EUR",))]
    watched.begin().step()
    assert (state_of(watched).tries, state_of(watched).next_try, state_of(watched).waiting) == (4, None, 0)
    assert state_of(watched, "family") == ChannelState("family")


def test_a_channel_that_fails_after_a_restart_goes_on_failing_since_before(world):
    watched = world()
    watched.channels.answer = lambda name: REFUSED
    watched.row(101)
    before = state_of(watched)
    watched.begin()
    watched.wait(2 * MINUTE, MINUTE)
    after = state_of(watched)
    assert (after.words, after.failing_since, after.tries) == ("no such user", before.failing_since, 2)
    watched.channels.answer = lambda name: Outcome(True, "")
    watched.wait(5 * MINUTE, 5 * MINUTE)
    assert state_of(watched) == ChannelState("ops")


@pytest.fixture
def database(tmp_path):
    return opened(tmp_path, 1, fired(channels=("ops",)))


def test_rests_of_channels_are_kept_until_the_next_one_after_their_end(tmp_path):
    database = opened(tmp_path, 1, fired(), fired(rule="low", channels=("family",)))
    ops, family = begun(database)
    database.failed([ops], NOW, NOW + MINUTE, rest_until=NOW + MINUTE)
    database.failed([family], NOW + 1, NOW + HOUR, rest_until=NOW + HOUR)
    assert opened(tmp_path, 2).rests() == {"ops": NOW + MINUTE, "family": NOW + HOUR}
    database = opened(tmp_path, 2)
    ops, family = begun(database, NOW + HOUR)
    database.failed([ops], NOW + HOUR, NOW + 2 * HOUR, rest_until=NOW + 2 * HOUR)
    database.failed([ops], NOW + HOUR, NOW + HOUR + 1, rest_until=NOW + HOUR + 1)
    assert database.rests() == {"ops": NOW + HOUR + 1}
    database.failed([family], NOW + HOUR, NOW + 3 * HOUR, rest_until=NOW + 3 * HOUR)
    database.retry(["ops"])
    assert database.rests() == {"family": NOW + 3 * HOUR}


def test_what_was_not_tried_or_is_being_sent_or_has_arrived_has_not_failed(database):
    assert database.failing(NOW) == ()
    deliveries = begun(database)
    assert database.failing(NOW) == ()
    database.sent(deliveries, NOW)
    assert database.failing(NOW) == ()


def test_an_attempt_that_a_kill_ended_has_not_failed(database, tmp_path):
    begun(database)
    after = opened(tmp_path, 2)
    assert waiting(after) == [("fired", "ops", 2, True)]
    assert after.failing(NOW) == ()


def test_a_channel_that_has_taken_something_since_does_not_fail(database):
    database.failed(begun(database), NOW, NOW + HOUR)
    database.commit((), [fired(rule="low", channels=("ops",))], NOW)
    assert [state.channel for state in database.failing(NOW + 1)] == ["ops"]
    deliver(database, NOW + 1)
    assert database.failing(NOW + 1) == ()
    database.failed(begun(database, NOW + HOUR), NOW + HOUR, NOW + 2 * HOUR)
    assert database.failing(NOW + HOUR) == (ChannelState("ops", True, 0, "", NOW + 1, 2, NOW + 2 * HOUR),)


def test_a_channel_fails_since_the_oldest_of_several_and_is_tried_again_at_the_next(database):
    database.failed(begun(database), NOW, NOW + HOUR)
    database.commit((), [fired(NOW + 1, "low", ("ops",))], NOW + 1)
    database.failed(begun(database, NOW + 1), NOW + 1, NOW + MINUTE)
    assert database.failing(NOW + 1) == (ChannelState("ops", True, 0, "", NOW, 1, NOW + MINUTE),)


def test_a_channel_fails_since_the_end_of_the_quiet_hours_and_not_since_before(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired(channels=("ops",))], NOW, held={("high", MARKET): NOW + HOUR})
    database.failed(begun(database, NOW + HOUR), NOW + HOUR, NOW + 2 * HOUR)
    assert [state.failing_since for state in database.failing(NOW + HOUR)] == [NOW + HOUR]


def test_a_failure_of_days_ago_says_nothing_of_a_channel(database):
    give_up(database)
    assert len(database.failing(NOW + DAY)) == 1
    assert database.failing(NOW + DAY + 1) == ()
