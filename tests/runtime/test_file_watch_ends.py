"""The thread of a file's watch: failing callbacks, its log, its end, and that of the process."""

import logging
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress

import pytest

from tracker.runtime.file_watch import watch_file


def test_a_failing_callback_is_logged_and_the_watch_goes_on(tmp_path, caplog):
    path, called = tmp_path / "a", threading.Semaphore(0)

    def fails():
        called.release()
        raise ZeroDivisionError

    end = watch_file(path, fails, 0.05)
    try:
        for content in ("1", "22"):
            path.write_text(content)
            assert called.acquire(timeout=20)
    finally:
        end()
    assert "ZeroDivisionError" in caplog.text


def test_an_ended_watch_has_no_thread_and_may_be_ended_by_its_own_callback(tmp_path):
    before, ended = set(threading.enumerate()), threading.Event()
    ends = []

    def end_itself():
        ends[0]()
        ended.set()

    ends.append(watch_file(tmp_path / "a", end_itself, 0.05))
    [thread] = [each for each in set(threading.enumerate()) - before if each.name == "tracker-file-watch"]
    (tmp_path / "a").write_text("1")
    assert ended.wait(20)
    thread.join(20)
    assert not thread.is_alive()


@pytest.mark.service
def test_a_process_ends_in_good_order_while_it_watches(tmp_path):
    code = f"""
import pathlib, threading
from tracker.runtime.file_watch import watch_file
path, called = pathlib.Path({str(tmp_path / "a")!r}), threading.Event()
watch_file(path, called.set)
path.write_text("1")
called.wait(20)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=os.environ)
    assert (result.returncode, result.stderr) == (0, "")


def test_events_are_not_logged_as_a_log_beside_the_file_would_be_one_itself(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path, calls = tmp_path / "tracker.toml", queue.Queue()
    path.write_text("a")
    end = watch_file(path, lambda: calls.put(path.read_text()), 60.0)  # by events alone
    try:
        number = 0
        while calls.empty():  # the watch may have begun after the first of them
            number += 1
            path.write_text(f"{number}")
            with suppress(queue.Empty):
                calls.put(calls.get(timeout=1))
    finally:
        end()
    assert caplog.messages == []
