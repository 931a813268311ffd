"""The database of alerts while the lease moves: an earlier term changes nothing any more, and nothing is lost."""

import pytest

from tests.support.alert_database import MINUTE, NOW, begun, deliver, fired, give_up, opened, resolved, state, waiting
from tracker.core.errors import LeaseError

TAKEN_OVER = "another process has taken over the lease"


@pytest.fixture
def old(tmp_path):
    return opened(tmp_path, 7, fired())


@pytest.mark.parametrize(
    "change",
    [
        lambda database: database.commit([state()], [fired(rule="low")], NOW),
        lambda database: database.begin(database.due(NOW), NOW),
        lambda database: database.failed((), NOW, None),
        lambda database: database.purge(NOW),
    ],
)
def test_an_earlier_term_cannot_change_anything(old, tmp_path, change):
    new = opened(tmp_path, 8)
    with pytest.raises(LeaseError, match=TAKEN_OVER):
        change(old)
    assert (new.load_states(), len(new.history(0)), waiting(new)) == ((), 1, [("fired", "ops", 1, False)])


def test_an_earlier_term_cannot_open_the_database_for_writing(old, tmp_path):
    deliveries = begun(old)
    with pytest.raises(LeaseError, match=TAKEN_OVER):
        opened(tmp_path, 6)
    old.sent(deliveries, NOW)


def test_a_term_goes_on_after_it_opened_the_database_again(old, tmp_path):
    old.close()
    assert deliver(opened(tmp_path, 7)) == [("fired", "ops")]
    assert waiting(old) == []


def test_what_was_begun_and_never_noted_is_due_again_as_repeated(old, tmp_path):
    begun(old)
    assert waiting(opened(tmp_path, 8)) == [("fired", "ops", 2, True)]


def test_what_was_due_and_not_begun_is_due_and_not_repeated(old, tmp_path):
    assert old.due(NOW)
    assert waiting(opened(tmp_path, 8)) == [("fired", "ops", 1, False)]


def test_a_delivery_that_is_repeated_and_fails_stays_repeated(old, tmp_path):
    begun(old)
    new = opened(tmp_path, 8)
    new.failed(begun(new), NOW, NOW + MINUTE)
    assert waiting(new, NOW + MINUTE) == [("fired", "ops", 3, True)]


def test_an_earlier_term_still_notes_what_it_has_sent(old, tmp_path):
    deliveries = begun(old)
    new = opened(tmp_path, 8)
    due = new.due(NOW)
    old.sent(deliveries, NOW)
    assert new.begin(due, NOW) == ()
    assert waiting(new, NOW + MINUTE) == []


def test_what_an_earlier_term_has_sent_goes_to_no_other_channel(old, tmp_path):
    deliveries = begun(old)
    new = opened(tmp_path, 8)
    give_up(new)
    old.sent(deliveries, NOW)
    assert waiting(new) == []


def test_the_end_of_a_firing_goes_also_where_its_beginning_is_being_sent(old, tmp_path):
    deliveries = begun(old)
    new = opened(tmp_path, 8)
    give_up(new)
    again = begun(new)
    old.sent(deliveries, NOW)
    new.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    new.sent(again, NOW)
    assert deliver(new) == [("resolved", "ops"), ("resolved", "family")]


def test_what_both_terms_sent_is_sent_and_its_failure_is_not_tried_again(old, tmp_path):
    deliveries = begun(old)
    new = opened(tmp_path, 8)
    again = begun(new)
    old.sent(deliveries, NOW)
    new.failed(again, NOW, NOW)
    assert waiting(new, NOW + MINUTE) == []
    new.commit((), [resolved(fired(), NOW + 1)], NOW + 1)
    assert waiting(new) == [("resolved", "ops", 1, False)]


def test_a_reader_sees_what_is_kept_and_changes_nothing(old, tmp_path):
    old.commit([state()], (), NOW)
    reader = opened(tmp_path, None)
    assert (reader.load_states(), len(reader.history(0)), len(reader.due(NOW))) == ((state(),), 1, 1)
    for change in (lambda: reader.commit((), (), NOW), lambda: reader.sent(reader.due(NOW), NOW)):
        with pytest.raises(LeaseError, match="opened for reading"):
            change()
    assert deliver(old) == [("fired", "ops")]
    assert reader.due(NOW) == ()
