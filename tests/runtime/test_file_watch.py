"""Noticing changes of a file: however it is changed, by events and by looking at it."""

import logging
import queue
import sys
import threading
from pathlib import Path

import pytest
import watchfiles

from tracker.runtime import file_watch
from tracker.runtime.file_watch import watch_file

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="only administrators make links there")


@pytest.fixture(params=["events", "looks"])
def watched(request, tmp_path, monkeypatch):
    """A file in a folder that reports events, or none, and the calls that its watch makes."""
    path = tmp_path / "etc" / "tracker.toml"
    path.parent.mkdir()
    path.write_text("a")
    if request.param == "looks":
        monkeypatch.setattr(watchfiles, "watch", no_events)
    return path, queue.Queue()


def no_events(*_, **__):
    raise OSError(28, "No space left on device")


def watching(watched):
    path, calls = watched
    return watch_file(path, lambda: calls.put(path.exists() and path.read_text()), 0.05)


def await_call(calls, content):
    while calls.get(timeout=20) != content:
        pass


def write(path):
    path.write_text("new")


def append(path):
    with path.open("a") as file:
        file.write("b")


def replace(path):
    new = path.with_name("4913")
    new.write_text("new")
    new.replace(path)


def replace_by_backup(path):
    """As vim does."""
    path.rename(path.with_name("tracker.toml~"))
    path.write_text("new")


def make_again(path):
    path.unlink()
    path.write_text("new")


def move_folder(path):
    path.parent.rename(path.parent.with_name("old"))
    path.parent.mkdir()
    path.write_text("new")


@pytest.mark.parametrize("change", [write, append, replace, replace_by_backup, make_again, move_folder])
def test_a_change_is_noticed_however_it_is_made(watched, change):
    path, calls = watched
    end = watching(watched)
    try:
        change(path)
        await_call(calls, path.read_text())
        replace(path)
        path.write_text("last")
        await_call(calls, "last")
    finally:
        end()


@pytest.fixture
def begun(monkeypatch):
    """Released whenever folders begin to be watched for events."""
    begun, real = threading.Semaphore(0), watchfiles.main.RustNotify

    def begin(*arguments):
        made = real(*arguments)
        begun.release()
        return made

    monkeypatch.setattr(watchfiles.main, "RustNotify", begin)
    return begun


@needs_links
def test_events_report_a_change_long_before_the_next_look_also_where_a_link_leads_now(tmp_path, begun):
    path, called = tmp_path / "a", threading.Event()
    (tmp_path / "elsewhere").mkdir()
    end = watch_file(path, called.set, look_every=600)
    try:
        assert begun.acquire(timeout=20)
        path.write_text("new")
        assert called.wait(20)
        path.with_name("link").symlink_to(Path("elsewhere") / "a")
        path.with_name("link").replace(path)
        assert begun.acquire(timeout=20)
        called.clear()
        (tmp_path / "elsewhere" / "a").write_text("new")
        assert called.wait(20)
    finally:
        end()


def test_an_event_of_the_file_counts_though_it_looks_the_same(tmp_path, monkeypatch, begun):
    """As on a file system whose times are coarse, after a change of the same length."""
    monkeypatch.setattr(file_watch, "_seen", lambda path: None)
    path, called = tmp_path / "tracker.toml", threading.Event()
    end = watch_file(path, called.set, look_every=600)
    try:
        assert begun.acquire(timeout=20)
        path.write_text("b")
        assert called.wait(20)
    finally:
        end()


def test_events_are_not_logged_as_the_log_may_lie_beside_the_file(tmp_path, caplog, begun):
    caplog.set_level(logging.NOTSET, "watchfiles")
    caplog.set_level(logging.INFO)
    path, called = tmp_path / "tracker.toml", threading.Event()
    end = watch_file(path, called.set, look_every=600)
    try:
        assert begun.acquire(timeout=20)
        path.write_text("new")
        assert called.wait(20)
    finally:
        end()
    assert caplog.text == ""


def test_events_of_a_folder_that_took_the_place_of_another_are_reported(tmp_path, begun):
    path = tmp_path / "etc" / "tracker.toml"
    path.parent.mkdir()
    end = watch_file(path, lambda: None, 0.05)
    try:
        assert begun.acquire(timeout=20)
        path.parent.rename(tmp_path / "old")
        path.parent.mkdir()
        assert begun.acquire(timeout=20)
    finally:
        end()


def test_a_file_that_is_removed_and_one_that_is_made_are_noticed(watched):
    path, calls = watched
    end = watching(watched)
    try:
        path.unlink()
        await_call(calls, False)
        path.write_text("new")
        await_call(calls, "new")
    finally:
        end()


def test_a_file_is_noticed_whose_folder_is_made_later(watched):
    path, calls = watched
    path.unlink()
    path.parent.rmdir()
    end = watching(watched)
    try:
        path.parent.mkdir()
        path.write_text("new")
        await_call(calls, "new")
        path.write_text("newer")
        await_call(calls, "newer")
    finally:
        end()


@needs_links
def test_links_that_lead_elsewhere_are_noticed_as_with_a_config_map(watched):
    path, calls = watched
    path.unlink()
    for name in ("..1", "..2", "..3"):
        (path.parent / name).mkdir()
        (path.parent / name / "tracker.toml").write_text(name)
    (path.parent / "..data").symlink_to("..1")
    path.symlink_to(Path("..data") / "tracker.toml")
    end = watching(watched)
    try:
        for name in ("..2", "..3"):
            (path.parent / "..data_tmp").symlink_to(name)
            (path.parent / "..data_tmp").replace(path.parent / "..data")
            await_call(calls, name)
        (path.parent / "..3" / "tracker.toml").write_text("new")
        await_call(calls, "new")
    finally:
        end()


@needs_links
def test_a_loop_of_links_is_a_file_that_is_not_there(tmp_path):
    path, called = tmp_path / "a", threading.Event()
    path.symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    end = watch_file(path, called.set, 0.05)
    try:
        path.unlink()
        path.write_text("new")
        assert called.wait(20)
    finally:
        end()


def test_entries_beside_the_file_do_not_count(watched):
    path, calls = watched
    beside = queue.Queue()
    end = watching(watched)
    end_beside = watching((path.with_name(".tracker.toml.swp"), beside))
    try:
        path.with_name(".tracker.toml.swp").write_text("a")
        beside.get(timeout=20)
    finally:
        end_beside()
        end()
    assert calls.empty()
