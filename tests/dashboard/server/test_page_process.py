"""The process of the page ends with the command that started it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.support.page_server import free_port, wait_for
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access
from tracker.runtime.settings import read_settings


@pytest.fixture(params=["SIGTERM", "SIGHUP"])
def ending(request):
    """A signal that ends the command; it does nothing to the tests, where the command leaves it alone."""
    number = getattr(signal, request.param, None)
    if number is None:
        pytest.skip("Windows has no SIGHUP")
    before = signal.signal(number, lambda *_: None)
    yield number
    signal.signal(number, before)


def test_a_page_that_is_being_started_when_the_command_is_ended_does_not_stay_behind(tmp_path, monkeypatch, ending):
    with signalled_at_start(monkeypatch, ending, 60) as pages:
        assert launcher.serve_page(read_settings(tmp_path), 0, Access()) == -signal.SIGTERM
        assert pages[0].poll() is not None


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_page_under_nohup_outlasts_its_terminal(tmp_path, monkeypatch):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signalled_at_start(monkeypatch, signal.SIGHUP, 0):
            assert launcher.serve_page(read_settings(tmp_path), 0, Access()) == 0
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.service
def test_a_command_that_is_killed_leaves_no_server_and_no_kernel_behind(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "tracker", "dashboard", f"--port={port}"]
    nobody = {"TRACKER_EXCHANGES__KRAKEN__URL": f"http://127.0.0.1:{free_port()}", "TMPDIR": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | nobody, stdout=log, stderr=log)
    try:
        wait_for(lambda: processes_with("ipykernel", str(tmp_path)), "a kernel runs")
        assert processes_with("voila", f"--port={port}") == processes_with("ipykernel", str(tmp_path)) == 1
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not processes_with("voila", f"--port={port}"), "the server has ended", 30)
    wait_for(lambda: not processes_with("ipykernel", str(tmp_path)), "its kernel has ended", 30)
    assert not list(tmp_path.glob("voila_*")), "it was ended as by Ctrl-C"


@contextmanager
def signalled_at_start(monkeypatch, number, seconds):
    """
    Have the command get the signal *number* before the constructor of its page's process returns.

    The process runs for *seconds*; yields a list of it.
    """
    pages = []

    class Signalled(subprocess.Popen):
        def __init__(self, *_, **__):
            super().__init__([sys.executable, "-c", f"import time; time.sleep({seconds})"])
            pages.append(self)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(launcher.subprocess, "Popen", Signalled)
    try:
        yield pages
    finally:
        for page in pages:
            page.kill()
            page.wait()


def processes_with(*words):
    """Return how many processes have all *words* in their command line."""
    lines = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return len([line for line in lines.splitlines() if all(word in line for word in words)])
