"""The last firings, read without SQLAlchemy."""

import pytest

from tests.support.alert_database import FILE, MINUTE, NOW, close_all, deliver, fired, opened, resolved
from tracker.alerts.database.past_firings import DATABASE_FILE, past_firings


@pytest.fixture(autouse=True)
def _close():
    yield
    close_all()


def read(folder, since=0, most=10):
    return past_firings(folder / FILE, since, most)


def test_it_reads_the_file_that_the_database_writes():
    assert DATABASE_FILE == FILE


def test_a_firing_has_its_end_and_who_was_told(tmp_path):
    first, second = fired(), fired(NOW + MINUTE)
    database = opened(tmp_path, 1, first)
    deliver(database)
    database.commit((), [resolved(first, NOW + 1), second], NOW + MINUTE)
    newest, oldest = read(tmp_path)
    assert (newest.begin, newest.end, newest.sent) == (second, None, {"ops": None})
    assert (oldest.begin, oldest.end, oldest.sent) == (first, resolved(first, NOW + 1), {"ops": NOW})


def test_only_the_last_ones_of_the_time_are_read(tmp_path):
    events = [fired(NOW + index * MINUTE) for index in range(5)]
    opened(tmp_path, 1, *events)
    assert [each.begin for each in read(tmp_path, NOW + MINUTE, 2)] == [events[4], events[3]]
    assert len(read(tmp_path, NOW + 3 * MINUTE)) == 2


@pytest.mark.parametrize("content", [None, b"", b"no database", b"SQLite format 3\0" + bytes(200)])
def test_a_file_that_cannot_be_read_has_none(tmp_path, content):
    if content is not None:
        (tmp_path / FILE).write_bytes(content)
    assert read(tmp_path) == ()
    assert content is not None or not list(tmp_path.iterdir()), "reading creates nothing"
