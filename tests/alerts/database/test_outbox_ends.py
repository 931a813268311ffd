"""The outbox: the end of a firing follows its beginning, and quiet hours hold both back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.alert_database import (
    MINUTE,
    NOW,
    begun,
    deliver,
    fired,
    give_up,
    opened,
    resolved,
    waiting,
)
from tests.support.rule_rows import MARKET
from tracker.alerts.states.events import Event, still_to_tell

HOUR = 60 * MINUTE


def test_the_end_of_a_firing_goes_where_its_beginning_went(database):
    give_up(database)
    deliver(database)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    assert waiting(database) == [("resolved", "family", 1, False)]


def test_the_end_of_a_firing_waits_until_its_beginning_was_sent(database):
    database.failed(begun(database), NOW, NOW + MINUTE)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    assert waiting(database, NOW + MINUTE) == [("fired", "ops", 2, False)]
    deliver(database, NOW + MINUTE)
    assert deliver(database, NOW + MINUTE) == [("resolved", "ops")]
    assert waiting(database, NOW + HOUR) == []


def test_the_end_of_a_firing_that_is_held_back_stays_so_after_its_beginning_was_sent(database):
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1, held={("high", MARKET): NOW + HOUR})
    deliver(database)
    assert waiting(database, NOW + HOUR - 1) == []
    assert waiting(database, NOW + HOUR) == [("resolved", "ops", 1, False)]


def test_the_end_of_a_firing_whose_beginning_may_have_arrived_waits_until_it_was_sent(database):
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    assert waiting(database) == [("fired", "family", 1, False)]
    deliver(database)
    assert deliver(database) == [("resolved", "ops"), ("resolved", "family")]


def test_the_end_of_a_firing_goes_also_where_its_beginning_may_have_arrived(database):
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    deliver(database)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    assert deliver(database) == [("resolved", "ops"), ("resolved", "family")]


def test_an_end_goes_where_its_beginning_may_have_arrived_though_a_mute_withdrew_it_from_the_next_channel(database):
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    database.replace_mutes((), lambda *_: NOW + HOUR, NOW)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1, held={("high", MARKET): NOW + HOUR})
    assert deliver(database, NOW + HOUR) == [("resolved", "ops")]
    assert waiting(database, NOW + 3 * HOUR) == []


def test_an_end_that_reached_one_of_two_channels_is_not_sent_to_a_third(database):
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    deliver(database)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    first, second = begun(database)
    database.sent([second], NOW)
    database.failed([first], NOW, None)
    assert waiting(database, NOW + HOUR) == []


def test_a_channel_that_is_given_up_does_not_put_off_the_next_one(database):
    database.failed(begun(database), NOW, None, may_have_arrived=True)
    deliver(database)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    first, second = begun(database)
    database.failed([second], NOW, NOW + MINUTE)
    database.failed([first], NOW, None)
    assert waiting(database, NOW + MINUTE) == [("resolved", "family", 2, False)]


def test_the_end_of_a_firing_whose_beginning_is_not_known_goes_to_the_first_channel(tmp_path):
    database = opened(tmp_path, 1, resolved(fired(), NOW + 1))
    assert waiting(database) == [("resolved", "ops", 1, False)]


def test_an_event_that_is_held_back_is_due_at_the_end_of_the_quiet_hours(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired(), fired(rule="low")], NOW, held={("high", MARKET): NOW + HOUR})
    assert [each.event.rule for each in database.due(NOW + HOUR - 1)] == ["low"]
    assert [(each.event.rule, each.held_until) for each in database.due(NOW + HOUR)] == [
        ("high", NOW + HOUR),
        ("low", None),
    ]


def test_an_event_after_the_quiet_hours_is_not_held_back(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired()], NOW, held={("high", MARKET): NOW})
    assert [each.held_until for each in database.due(NOW)] == [None]


def test_a_firing_that_was_told_is_not_withdrawn_where_the_clock_was_set_back_into_the_quiet_hours(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired()], NOW, held={("high", MARKET): NOW + HOUR})
    deliveries = begun(database, NOW + HOUR)
    database.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    database.failed(deliveries, NOW + 1, NOW + 1)
    assert deliver(database, NOW + 1) + deliver(database, NOW + 1) == [("fired", "ops"), ("resolved", "ops")]


def test_a_held_back_firing_that_outlasts_the_quiet_hours_is_told_with_its_end(tmp_path):
    database = opened(tmp_path)
    database.commit((), [fired()], NOW, held={("high", MARKET): NOW + HOUR})
    database.commit((), [resolved(fired(), NOW + HOUR)], NOW + HOUR)
    assert deliver(database, NOW + HOUR) + deliver(database, NOW + HOUR) == [("fired", "ops"), ("resolved", "ops")]


@settings(max_examples=30)
@given(toggles=st.lists(st.sampled_from(["high", "low", "old"]), max_size=8))
def test_at_the_end_of_quiet_hours_that_is_sent_which_still_to_tell_returns(tmp_path_factory, toggles):
    old = fired(NOW - HOUR, "old")
    database = opened(tmp_path_factory.mktemp("alerts"), 1, old)
    deliver(database)
    end = NOW + HOUR
    holding: dict[str, Event] = {"old": old}
    events = []
    for at, rule in enumerate(toggles, NOW + 1):
        event = resolved(holding.pop(rule), at) if rule in holding else fired(at, rule)
        if event.kind.begins_firing:
            holding[rule] = event
        events.append(event)
        database.commit((), [event], at, held={(rule, MARKET): end for rule in ("high", "low", "old")})
    assert database.due(end - 1) == ()
    assert tuple(each.event for each in database.due(end)) == still_to_tell(events)
    assert len(database.history(0)) == len(toggles) + 1
    database.close()
