"""The server answers with the newest snapshot, read in a thread, and reads the settings only after a change."""

import asyncio
import os
import threading
from types import SimpleNamespace

import pytest

from tracker.dashboard.server import handlers
from tracker.dashboard.server.handlers import SnapshotFile, SnapshotHandler
from tracker.runtime.threads import in_thread


@pytest.fixture
def snapshot(tmp_path):
    return SnapshotFile(tmp_path)


def draw(folder, html, written=1_000):
    folder.mkdir(exist_ok=True)
    (folder / ".snapshot.html").write_text(html)
    os.utime(folder / ".snapshot.html", (written, written))


def configure(folder, text, changed):
    (folder / "tracker.toml").write_text(text)
    os.utime(folder / "tracker.toml", (changed, changed))


def test_the_newest_snapshot_is_read_with_its_time(tmp_path, snapshot):
    assert snapshot.read() is None
    draw(tmp_path / "data", "old", 1_000)
    assert snapshot.read() == ("old", 1_000)
    draw(tmp_path / "data", "new", 2_000)
    assert snapshot.read() == ("new", 2_000)


def test_settings_are_read_again_only_after_a_change(tmp_path, snapshot, monkeypatch):
    folders = []
    read_settings = handlers.read_settings
    monkeypatch.setattr(handlers, "read_settings", lambda folder: folders.append(folder) or read_settings(folder))
    draw(tmp_path / "data", "default")
    draw(tmp_path / "other", "other")
    assert [snapshot.read() for _ in range(3)] == [("default", 1_000)] * 3
    configure(tmp_path, 'store = "csv:other"', changed=10)
    assert [snapshot.read() for _ in range(3)] == [("other", 1_000)] * 3
    assert len(folders) == 2


def test_while_the_settings_are_invalid_the_snapshot_of_those_before_is_read(tmp_path, snapshot):
    draw(tmp_path / "other", "snapshot")
    configure(tmp_path, 'store = "csv:other"', changed=10)
    assert snapshot.read() == ("snapshot", 1_000)
    configure(tmp_path, "stor = 1", changed=20)
    assert snapshot.read() == ("snapshot", 1_000)
    assert SnapshotFile(tmp_path).read() is None


def test_an_unreadable_snapshot_is_none(tmp_path, snapshot):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / ".snapshot.html").write_bytes(b"\xff")
    assert snapshot.read() is None


class Request:
    """A request to the handler without a server; keeps the answer."""

    def __init__(self, snapshot, auth_enabled=False):
        self.identity_provider = SimpleNamespace(auth_enabled=auth_enabled)
        self._file, self.status, self.headers, self.body = snapshot, 200, {}, None
        self.current_user = "anybody"

    def set_status(self, status):
        self.status = status

    def set_header(self, name, value):
        self.headers[name] = value

    def finish(self, body):
        self.body = body


def test_a_slow_disk_does_not_block_the_loop(tmp_path):
    begun, disk_works = threading.Event(), threading.Event()

    def read():
        begun.set()
        assert disk_works.wait(60)
        return "<p>snapshot</p>", 1_000.0

    async def ask():
        request = Request(SimpleNamespace(read=read))
        answer = asyncio.create_task(SnapshotHandler.get(request))
        assert await in_thread(begun.wait, 30)
        disk_works.set()  # impossible if the answer blocked this loop
        await answer
        return request

    request = asyncio.run(asyncio.wait_for(ask(), 30))
    assert request.status == 200
    assert request.body.endswith("<p>snapshot</p>")
    assert request.headers["Last-Modified"].timestamp() == 1_000


def test_without_a_snapshot_the_answer_is_empty():
    request = Request(SimpleNamespace(read=lambda: None))
    asyncio.run(SnapshotHandler.get(request))
    assert (request.status, request.body, request.headers) == (204, None, {})


@pytest.mark.parametrize(("needs_login", "expected"), [(False, "no-cache"), (True, "private, no-cache")])
def test_a_snapshot_behind_a_login_is_kept_by_no_proxy(needs_login, expected):
    request = Request(SimpleNamespace(read=lambda: ("<p>snapshot</p>", 1_000.0)), needs_login)
    asyncio.run(SnapshotHandler.get(request))
    assert request.headers["Cache-Control"] == expected
