"""CollectorService where locks exclude nobody: one of two processes collects, and the status of both says why."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.collector_services import wait_for
from tests.support.fakes import EUR

fcntl = pytest.importorskip("fcntl", reason="locks of another kind here")

CONTENDER = """
import fcntl, sys, time
fcntl.flock = lambda *args: None
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.support.collector_services import make_service
service = make_service(Path({folder!r}), label="child")
service.start()
while True:
    status = service.status()
    print(service.is_leader, status.collector, status.store_problem, status.rivals, sep="; ", flush=True)
    time.sleep(0.1)
"""


@pytest.fixture
def contender(tmp_path, monkeypatch):
    """Start another process that contends for the lease; return a function that waits for a line with *words*."""
    monkeypatch.setattr(fcntl, "flock", lambda *args: None)
    started = []

    def start():
        code = CONTENDER.format(tests=str(Path(__file__).parents[2]), folder=str(tmp_path / "data"))
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        started.append(process)

        def line_with(*words):
            for line in process.stdout:
                if all(word in line for word in words):
                    return line.strip()
            raise AssertionError(f"the other process ended before it printed {words}")

        return process.pid, line_with

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_collecting_process_names_the_one_that_stepped_down_which_shows_the_same(start_service, contender, caplog):
    with caplog.at_level(logging.ERROR):
        service = start_service(label="first")
        wait_for(lambda: service.is_leader, "the first leads")
        pid, line_with = contender()
        wait_for(lambda: service.status().rivals == (f"child (pid {pid})",), "the rival is named")
    assert f"excludes nobody: child (pid {pid}) could take it too" in caplog.text
    # Its page shows the status of the process that collects.
    line = line_with(f"('child (pid {pid})',)")
    assert line.startswith(f"False; first (pid {os.getpid()}); ; ")
    assert service.is_leader


def test_a_service_that_steps_down_reports_why_and_follows_the_other_one(start_service, contender, caplog):
    pid, line_with = contender()
    line_with("True; child")
    with caplog.at_level(logging.ERROR):
        service = start_service(label="second")
        wait_for(lambda: "cannot collect: the lock" in caplog.text, "it logs why it does not collect")
    assert f"child (pid {pid}) holds the lease too, so this process steps down" in caplog.text
    wait_for(lambda: service.status().collector == f"child (pid {pid})", "it follows the other one")
    wait_for(lambda: service.status().markets[EUR].state == "live", "it shows that one's status")
    assert not service.is_leader
    assert caplog.text.count("cannot collect") == 1
