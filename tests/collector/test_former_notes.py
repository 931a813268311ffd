"""FormerNotes: files that releases before 0.1.0 left under other names are taken over once, and none is lost."""

import os

import pytest

from tests.support.memory_coordination import MemoryCoordination
from tracker.collector.backfill.request import BackfillRequest
from tracker.collector.former_notes import DONE, REQUEST, STATUS, FormerNotes
from tracker.core.errors import LeaseError


def test_a_pending_request_is_submitted_under_its_new_name(tmp_path):
    (tmp_path / REQUEST).write_text('{"since": 5000}')
    request = BackfillRequest(MemoryCoordination())
    FormerNotes(tmp_path, request.submit).take_over()
    assert request.read() == 5000
    assert list(tmp_path.iterdir()) == []


def test_the_earlier_of_an_old_and_a_pending_request_is_pending(tmp_path):
    (tmp_path / REQUEST).write_text('{"since": 5000}')
    request = BackfillRequest(MemoryCoordination())
    request.submit(3000)
    FormerNotes(tmp_path, request.submit).take_over()
    assert request.read() == 3000


def test_other_old_files_are_removed_and_prices_and_leases_stay(tmp_path):
    other_files = (".lease-collect", ".append-lock", ".outages.csv", "FORMAT", ".snapshot.html", ".journal")
    for name in (STATUS, DONE, *other_files):
        (tmp_path / name).touch()
    FormerNotes(tmp_path, lambda since: pytest.fail("nothing was requested")).take_over()
    assert {path.name for path in tmp_path.iterdir()} == set(other_files)


def test_the_time_at_which_an_older_release_last_published_is_returned(tmp_path):
    assert FormerNotes(tmp_path, lambda since: None).take_over() is None
    (tmp_path / STATUS).write_text("{}")
    os.utime(tmp_path / STATUS, (5, 5))
    assert FormerNotes(tmp_path, lambda since: None).take_over() == 5000


def test_a_request_that_cannot_be_submitted_is_logged_once_and_tried_again(tmp_path, caplog):
    submitted, errors = [], ["No space left on device"] * 2 + ["Read-only file system"]

    def submit(since):
        if errors:
            raise LeaseError(f"cannot write: {errors.pop(0)}")
        submitted.append(since)

    (tmp_path / REQUEST).write_text('{"since": 5000}')
    notes = FormerNotes(tmp_path, submit)
    for _ in range(5):
        notes.take_over()
    assert (caplog.text.count("No space left"), caplog.text.count("Read-only")) == (1, 1)
    assert submitted == [5000]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", *(f'{{"since": {since}}}' for since in ('"x"', "-1", "true", "null", "1e3")), "[" * 9999],
)
def test_a_file_without_a_valid_request_stays_unchanged_and_is_logged_once(tmp_path, text, caplog):
    (tmp_path / REQUEST).write_text(text)
    notes = FormerNotes(tmp_path, lambda since: pytest.fail("nothing was requested"))
    for _ in range(3):
        notes.take_over()
    assert (tmp_path / REQUEST).read_text() == text
    assert caplog.text.count(f"{REQUEST} is not taken over: ") == 1


def test_each_invalid_request_is_logged(tmp_path, caplog):
    notes = FormerNotes(tmp_path, lambda since: pytest.fail("nothing was requested"))
    for since in ("-1", "true"):
        (tmp_path / REQUEST).write_text(f'{{"since": {since}}}')
        notes.take_over()
    assert "since is -1, expected milliseconds since 1970" in caplog.text
    assert "since is True, expected milliseconds since 1970" in caplog.text


def test_a_request_left_during_the_term_is_submitted_by_the_next_call(tmp_path):
    submitted = []
    notes = FormerNotes(tmp_path, submitted.append)
    for since in (5000, 5000):  # the second one is a request of its own
        notes.take_over()
        (tmp_path / REQUEST).write_text(f'{{"since": {since}}}')
        notes.take_over()
    assert submitted == [5000, 5000]


def test_a_request_that_replaces_another_while_that_is_submitted_is_submitted_too(tmp_path):
    submitted = []

    def submit(since):
        if not submitted:
            (tmp_path / REQUEST).write_text('{"since": 3000}')
        submitted.append(since)

    (tmp_path / REQUEST).write_text('{"since": 5000}')
    notes = FormerNotes(tmp_path, submit)
    notes.take_over()
    notes.take_over()
    assert submitted == [5000, 3000]
    assert not (tmp_path / REQUEST).exists()


def test_a_request_whose_file_cannot_be_removed_is_submitted_once(tmp_path, monkeypatch, caplog):
    def fail(path, missing_ok=False):
        raise PermissionError(13, "Permission denied")

    submitted = []
    (tmp_path / REQUEST).write_text('{"since": 5000}')
    notes = FormerNotes(tmp_path, submitted.append)
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", fail)
        notes.take_over()
        notes.take_over()
    assert (submitted, caplog.text.count("Permission denied")) == ([5000], 1)
    notes.take_over()
    assert submitted == [5000]
    assert not (tmp_path / REQUEST).exists()


def test_without_a_folder_nothing_is_created(tmp_path):
    assert FormerNotes(tmp_path / "data", lambda since: None).take_over() is None
    assert not (tmp_path / "data").exists()
