"""The process of the page ends with the command that started it."""

import os
import signal
import subprocess
import sys

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
