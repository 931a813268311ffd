"""The process of the page ends with the command that started it."""

import os
import signal
import subprocess
import sys

import pytest

from tests.support.page_server import free_port, wait_for
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access
from tracker.runtime.settings import read_settings


def test_a_page_that_is_being_started_when_the_command_is_ended_does_not_stay_behind(tmp_path, monkeypatch):
    pages = []

    class Signalled(subprocess.Popen):
        """A page for whose command SIGTERM comes before its constructor returns."""

        def __init__(self, *_, **__):
            super().__init__([sys.executable, "-c", "import time; time.sleep(60)"])
            pages.append(self)
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(launcher.subprocess, "Popen", Signalled)
    try:
        assert launcher.serve_page(read_settings(tmp_path), 0, Access()) == -signal.SIGTERM
        assert pages[0].poll() is not None
    finally:
        pages[0].kill()
        pages[0].wait()


@pytest.mark.service
def test_a_command_that_is_killed_leaves_no_server_and_no_kernel_behind(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "tracker", "dashboard", f"--port={port}"]
    nobody = {"TRACKER_EXCHANGES__KRAKEN__URL": f"http://127.0.0.1:{free_port()}", "TMPDIR": str(tmp_path)}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=os.environ | nobody, stdout=log, stderr=log)
    try:
        wait_for(lambda: "Kernel started" in (tmp_path / "log").read_text(), "a kernel runs")
        assert processes_with("voila", f"--port={port}") == processes_with("ipykernel", str(tmp_path)) == 1
    finally:
        process.kill()
        process.wait()
    wait_for(lambda: not processes_with("voila", f"--port={port}"), "the server has ended", 30)
    wait_for(lambda: not processes_with("ipykernel", str(tmp_path)), "its kernel has ended", 30)
    assert not list(tmp_path.glob("voila_*")), "it was ended as by Ctrl-C"


def processes_with(*words):
    """Return how many processes have all *words* in their command line."""
    lines = subprocess.run(["ps", "-eww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return len([line for line in lines.splitlines() if all(word in line for word in words)])
