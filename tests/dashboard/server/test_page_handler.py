"""A page that is loading keeps its kernel, however slow the machine is, and ends with it."""

import json
import os
import re
import signal
import sys

import pytest
import requests

from tests.support.kernels import OUTPUT, StartGate, asking, environment_of, fine, id_of, pid_of, small_notebook
from tests.support.page_server import kernels, settings, voila, wait_for
from tracker.dashboard.browser import bundle

pytestmark = pytest.mark.service

ALMOST_AT_ONCE = ("--WatchedKernels.grace=0.2", "--WatchedKernels.check_interval=0.1")
IN_AN_HOUR = ("--WatchedKernels.grace=3600", "--WatchedKernels.check_interval=0.5")
NONE_PREHEATED = "--VoilaConfiguration.default_pool_size=0"  # each page starts a kernel of its own


SECRET = "source of the notebook"
CELL = f"""
# {SECRET}
import time
from pathlib import Path

print({OUTPUT!r})
if Path({{folder!r}}, "hold-cell").exists():
    Path({{folder!r}}, "cell-held").touch()
    time.sleep(3600)
"""


class Server:
    """The page of a small notebook, whose next kernel can be held while it starts, or while it runs the notebook."""

    def __init__(self, folder):
        self.folder, self.log, self.gate = folder, folder / "log", StartGate(folder)

    def serve(self, *options, **more):
        environment = settings(self.folder / "data", "http://127.0.0.1:9") | self.gate.environment | more
        notebook = small_notebook(self.folder, CELL.format(folder=str(self.folder)))
        return voila(self.log, *options, NONE_PREHEATED, notebook=notebook, **environment)

    def held_kernel(self):
        """Wait until the only kernel, started for a page, is held; return its id."""
        self.gate.wait_until_held()
        (kernel,) = kernels(self.log)
        environment = environment_of(pid_of(kernel))
        assert b"VOILA_PREHEAT=False" in environment
        assert b"TRACKER_OWN_PAGE=yes" in environment, "this machine alone can open the page"
        return kernel


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """A server that would keep kernels without a viewer for an hour, and its address."""
    server = Server(tmp_path_factory.mktemp("server"))
    with server.serve(*IN_AN_HOUR) as url:
        yield server, url


def test_a_page_that_is_loading_keeps_its_kernel_after_another_viewer_came_and_left(tmp_path):
    server = Server(tmp_path)
    server.gate.hold_next()
    with server.serve(*ALMOST_AT_ONCE) as url, asking(url) as curl:
        slow = server.held_kernel()
        left = f"Kernel {id_of(requests.get(url, timeout=60).text)} has no browser any more"
        wait_for(lambda: left in server.log.read_text() and kernels(server.log) == {slow}, "the other one is ended")
        assert f"Kernel {slow} has no browser" not in server.log.read_text()
        server.gate.release_held()
        page, _ = curl.communicate()
        assert id_of(page) == slow
        assert OUTPUT in page
        assert "</html>" in page
        wait_for(lambda: f"Kernel {slow} has no browser" in server.log.read_text(), "its page is complete")
        wait_for(lambda: not kernels(server.log), "it is ended")
    fine(server.log)


def test_a_page_that_is_opened_while_the_settings_are_wrong_says_so_and_takes_no_kernel(lasting):
    server, url = lasting
    wait_for(lambda: not kernels(server.log), "no kernel runs")
    file = server.folder / "tracker.toml"
    file.write_text('span = "<b>"\n')
    try:
        answer = requests.get(url, timeout=60)
    finally:
        file.unlink()
    assert answer.status_code == 503
    assert "The settings cannot be used" in answer.text
    assert "tracker.toml: span" in answer.text
    assert "&lt;b&gt;" in answer.text
    assert "<b>" not in answer.text
    assert str(server.folder) not in answer.text
    assert "503 GET" not in server.log.read_text(), "it asks every few seconds"
    assert '<meta http-equiv="refresh" content="5">' in answer.text, "the page comes by itself"
    assert not kernels(server.log)


def test_a_page_whose_kernel_dies_before_it_begins_ends_and_starts_over(lasting):
    server, url = lasting
    server.gate.hold_next()
    with asking(url) as curl:
        os.kill(pid_of(server.held_kernel()), signal.SIGKILL)
        page, _ = curl.communicate()
    assert curl.returncode == 0, "the answer had no end"
    assert page.rstrip().endswith(f"<script>\n{bundle('kernel_gone')}</script>")
    assert 'id="jupyter-config-data"' not in page  # it had not begun


def test_a_page_whose_kernel_cannot_be_started_after_a_wait_starts_over(tmp_path):
    """It was told that it starts in a moment, and would wait for ever."""
    server = Server(tmp_path)
    script = install_kernel(tmp_path)
    server.gate.hold_next()
    options = (*IN_AN_HOUR, "--WatchedKernels.max_starting=1")
    with server.serve(*options, JUPYTER_PATH=str(tmp_path)) as url, asking(url) as first:
        server.held_kernel()
        with asking(url) as second:
            assert any("<body>" in line for line in second.stdout), "the second page does not wait"
            script.unlink()
            first.kill()
            page, _ = second.communicate()
    assert page.rstrip().endswith(f"<script>\n{bundle('kernel_gone')}</script>")
    assert "no kernel for a page" in server.log.read_text()
    assert "Cannot send error response" not in server.log.read_text()


def test_a_viewer_who_leaves_before_the_page_begins_leaves_no_kernel_behind(lasting):
    """Not even for the grace: a tab that goes from address to address would leave one for each."""
    server, url = lasting
    wait_for(lambda: not kernels(server.log), "no kernel runs")
    logged = len(server.log.read_text())
    server.gate.hold_next()
    with asking(url) as curl:
        kernel = server.held_kernel()
        curl.kill()
    wait_for(lambda: pid_of(kernel) == 0, "it is ended")
    assert kernels(server.log) == set()
    assert_nothing_ugly(server.log, logged)


def test_the_log_of_a_page_that_is_left_while_it_runs_does_not_hold_the_notebooks_source(lasting):
    server, url = lasting
    wait_for(lambda: not kernels(server.log), "no kernel runs")
    logged = len(server.log.read_text())
    (server.folder / "hold-cell").touch()
    with asking(url) as curl:
        wait_for((server.folder / "cell-held").exists, "the notebook runs")
        (server.folder / "hold-cell").unlink()
        curl.kill()
    wait_for(lambda: not kernels(server.log), "its kernel is ended")
    assert_nothing_ugly(server.log, logged)


def install_kernel(folder):
    """Have a server with *folder* as JUPYTER_PATH start its kernels by a script; return the script."""
    script = folder / "start-kernel"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m ipykernel_launcher "$@"\n')
    script.chmod(0o755)
    spec = folder / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    command = [str(script), "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
    return script


def assert_nothing_ugly(log, since):
    """Fail if an error is logged, which Voila does within a second, or the notebook's source."""
    with pytest.raises(AssertionError):
        wait_for(lambda: re.search(f"Traceback|ERROR|{SECRET}", log.read_text()[since:]), "", 2)
    fine(log, since)
