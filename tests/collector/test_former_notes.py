"""take_over: files that releases before 0.1.0 left under other names are taken over once, and none is lost."""

import os

import pytest

from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.former_notes import DONE, REQUEST, STATUS, take_over
from tracker.core.errors import LeaseError


def test_a_pending_request_is_submitted_under_its_new_name(tmp_path):
    (tmp_path / REQUEST).write_text('{"since": 5000}')
    request = BackfillRequest(MemoryCoordination())
    take_over(tmp_path, request.submit)
    assert request.read() == 5000
    assert list(tmp_path.iterdir()) == []


def test_the_earlier_of_an_old_and_a_pending_request_is_pending(tmp_path):
    (tmp_path / REQUEST).write_text('{"since": 5000}')
    request = BackfillRequest(MemoryCoordination())
    request.submit(3000)
    take_over(tmp_path, request.submit)
    assert request.read() == 3000


def test_other_old_files_are_removed_and_prices_and_leases_stay(tmp_path):
    other_files = (".lease-collect", ".append-lock", ".outages.csv", "FORMAT", ".snapshot.html", ".journal")
    for name in (STATUS, DONE, *other_files):
        (tmp_path / name).touch()
    take_over(tmp_path, lambda since: pytest.fail("nothing was requested"))
    assert {path.name for path in tmp_path.iterdir()} == set(other_files)


def test_the_time_at_which_an_older_release_last_published_is_returned(tmp_path):
    assert take_over(tmp_path, lambda since: None) is None
    (tmp_path / STATUS).write_text("{}")
    os.utime(tmp_path / STATUS, (5, 5))
    assert take_over(tmp_path, lambda since: None) == 5000


def test_a_request_that_cannot_be_submitted_stays_for_the_next_term(tmp_path, caplog):
    def fail(since):
        raise LeaseError("cannot write: No space left on device")

    (tmp_path / REQUEST).write_text('{"since": 5000}')
    take_over(tmp_path, fail)
    assert "No space left" in caplog.text
    submitted = []
    take_over(tmp_path, submitted.append)
    assert submitted == [5000]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"since": "x"}', '{"since": -1}', '{"since": true}', "[" * 9999]
)
def test_a_file_without_a_valid_request_submits_nothing_and_stays_unchanged(tmp_path, text):
    (tmp_path / REQUEST).write_text(text)
    take_over(tmp_path, lambda since: pytest.fail("nothing was requested"))
    assert (tmp_path / REQUEST).read_text() == text


def test_without_a_folder_nothing_is_created(tmp_path):
    assert take_over(tmp_path / "data", lambda since: None) is None
    assert not (tmp_path / "data").exists()
