"""The outbox: each event reaches a channel once, and a failing channel leads to the next."""

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
    waiting,
)
from tracker.alerts.database.delivery import ATTEMPTS

HOUR = 60 * MINUTE


def test_an_event_is_due_at_once_in_the_first_channel(database):
    assert waiting(database) == [("fired", "ops", 1, False)]
    [delivery] = database.due(NOW)
    assert (delivery.event, delivery.place, delivery.held_until) == (fired(), 0, None)


def test_what_was_sent_is_not_due_again(database):
    assert deliver(database) == [("fired", "ops")]
    assert waiting(database, NOW + 100 * HOUR) == []


def test_what_is_being_sent_is_not_due_and_cannot_be_begun_twice(database):
    due = database.due(NOW)
    assert database.begin(due, NOW) == due
    assert database.begin(due, NOW) == ()
    assert waiting(database, NOW + HOUR) == []


def test_a_delivery_that_failed_meanwhile_cannot_be_begun_before_its_time(database):
    due = database.due(NOW)
    database.failed(begun(database), NOW, NOW + MINUTE)
    assert database.begin(due, NOW) == ()


def test_what_is_noted_as_sent_twice_was_sent_at_the_first_time(database):
    deliveries = begun(database)
    database.sent(deliveries, NOW + 1)
    database.sent(deliveries, NOW + 2)
    assert [dispatch.sent_at for dispatch in database.history(0)[0].dispatches] == [NOW + 1]


def test_a_delivery_that_was_sent_meanwhile_cannot_be_begun(database):
    due = database.due(NOW)
    deliver(database)
    assert database.begin(due, NOW) == ()


def test_a_failed_delivery_is_due_again_when_its_time_has_come(database):
    database.failed(begun(database), NOW, NOW + MINUTE)
    assert waiting(database, NOW + MINUTE - 1) == []
    assert waiting(database, NOW + MINUTE) == [("fired", "ops", 2, False)]


def test_a_clock_that_was_set_back_does_not_put_off_the_next_attempt(database):
    database.failed(begun(database), NOW, NOW + MINUTE)
    assert waiting(database, NOW - 5 * HOUR) == [("fired", "ops", 2, False)]


def test_an_attempt_that_may_have_arrived_makes_the_next_ones_repeated(database):
    database.failed(begun(database), NOW, NOW, may_have_arrived=True)
    assert waiting(database) == [("fired", "ops", 2, True)]
    database.failed(begun(database), NOW, NOW)
    assert waiting(database) == [("fired", "ops", 3, True)]


def test_a_channel_that_is_given_up_leads_to_the_next_one(database):
    give_up(database)
    assert waiting(database) == [("fired", "family", 1, False)]
    assert deliver(database) == [("fired", "family")]
    assert waiting(database, NOW + 100 * HOUR) == []


def test_after_the_last_channel_all_are_tried_in_turn_each_after_an_hour(database):
    for _ in range(3):
        give_up(database)
    assert waiting(database, NOW + HOUR - 1) == []
    for hour, channel in enumerate(("ops", "family", "phone", "ops"), 1):
        assert [each[1] for each in waiting(database, NOW + hour * HOUR)] == [channel]
        give_up(database, NOW + hour * HOUR)


def test_an_only_channel_is_tried_again_after_an_hour(tmp_path):
    database = opened(tmp_path, 1, fired(channels=("ops",)))
    give_up(database)
    assert (waiting(database, NOW + HOUR - 1), len(waiting(database, NOW + HOUR))) == ([], 1)


def test_what_is_tried_once_an_hour_can_be_hastened_and_nothing_else(tmp_path):
    database = opened(tmp_path, 1, *(fired(rule=name, channels=("ops",)) for name in "abcd"))
    rare, waits, _held, taken = database.due(NOW)
    for _ in range(ATTEMPTS):
        [rare] = database.begin([each for each in database.due(NOW + HOUR) if each.event.rule == "a"], NOW)
        database.failed([rare], NOW, None)
    database.failed(database.begin([waits], NOW), NOW, NOW + HOUR)
    database.sent(database.begin([taken], NOW), NOW)
    database.replace_mutes((), lambda *_: NOW + HOUR, NOW)
    database.hasten(NOW + MINUTE)
    database.hasten(NOW + 2 * MINUTE)
    assert [each.event.rule for each in database.due(NOW + MINUTE)] == ["a"]
    assert [each.event.rule for each in database.due(NOW + HOUR)] == ["a", "b", "c"]


def test_a_late_failure_of_an_attempt_that_is_over_changes_nothing(database):
    old = begun(database)
    database.failed(old, NOW, NOW)
    new = begun(database)
    database.failed(old, NOW, None)
    assert waiting(database) == []
    database.sent(new, NOW)
    database.failed(new, NOW, None)
    assert waiting(database, NOW + HOUR) == []


def test_a_rule_without_channels_sends_nothing(tmp_path):
    event = fired(channels=())
    database = opened(tmp_path, 1, event, resolved(event, NOW + 1))
    assert waiting(database) == []
    assert firings(past.event for past in database.history(0)) == [("fired", 0), ("resolved", 1)]


def test_one_message_may_be_about_several_events(tmp_path):
    database = opened(tmp_path, 1, fired(), fired(rule="low"))
    deliveries = begun(database)
    assert len(deliveries) == 2
    database.sent(deliveries, NOW)
    assert waiting(database, NOW + HOUR) == []


def test_events_are_due_in_the_order_in_which_they_were_committed(tmp_path):
    events = [fired(NOW - number, rule=f"rule {number}") for number in range(5)]
    assert [each.event for each in opened(tmp_path, 1, *events).due(NOW)] == events
