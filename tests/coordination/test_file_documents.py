"""Documents in files: unknown formats, failed writes, and the thread of the watches."""

import threading
from pathlib import Path

import pytest

from tracker.coordination.file import FileCoordination
from tracker.core.errors import LeaseError


@pytest.mark.parametrize("text", [b"", b"document 2\nnew", b"document 1", b"document 1 .owner-1\nx", b"\xff\n"])
def test_a_document_of_an_unknown_format_reads_as_absent_and_stays_unchanged(tmp_path, text):
    coordination = FileCoordination(tmp_path)
    coordination.publish("status", b"1")
    file = tmp_path / ".documents" / "status"
    file.write_bytes(text)
    assert (coordination.read("status"), coordination.names()) == (None, ())
    assert file.read_bytes() == text


def test_a_failed_write_leaves_the_previous_document_and_no_other_file(tmp_path, monkeypatch):
    coordination = FileCoordination(tmp_path)
    coordination.publish("status", b"old")

    def replace(self, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(LeaseError, match=r"cannot write .*\.documents/status: No space left on device"):
            coordination.publish("status", b"new")
    assert coordination.read("status") == b"old"
    assert [path.name for path in (tmp_path / ".documents").iterdir()] == ["status"]


def test_reading_documents_creates_no_folder(tmp_path):
    coordination = FileCoordination(tmp_path / "data")
    assert (coordination.read("status"), coordination.names()) == (None, ())
    coordination.remove("status")
    assert not (tmp_path / "data").exists()


def test_a_failing_callback_is_logged_and_ends_no_watch(tmp_path, caplog):
    coordination, called = FileCoordination(tmp_path), threading.Event()
    try:
        coordination.watch("", lambda: 1 / 0)
        coordination.watch("", called.set)
        for number in range(2):
            called.clear()
            coordination.publish(f"status{number}", b"1")
            assert called.wait(20)
    finally:
        coordination.close()
    assert "ZeroDivisionError" in caplog.text


def test_the_thread_of_the_watches_ends_with_the_last_watch(tmp_path):
    coordination, before = FileCoordination(tmp_path), set(threading.enumerate())  # one of another test may be ending
    end = coordination.watch("", lambda: None)
    [thread] = [thread for thread in set(threading.enumerate()) - before if thread.name == "tracker-documents"]
    end()
    thread.join(20)
    assert not thread.is_alive()
