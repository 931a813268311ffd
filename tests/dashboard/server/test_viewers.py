"""The real server limits viewers, preheats a kernel for the next one, and ends the kernels of those who left."""

import json
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from tests.support.kernels import (
    SOON,
    connected,
    environment_of,
    fine,
    id_of,
    is_ready,
    pid_of,
    preheated,
    read,
    small_notebook,
)
from tests.support.page_server import kernels, kernels_at_once, settings, voila, wait_for
from tests.support.proxy import Proxy

pytestmark = pytest.mark.service

VIEWERS = 2  # at most
PINGS = json.dumps({"ws_ping_interval": 500, "ws_ping_timeout": 1_500})  # ms


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def url(scratch):
    options = (*SOON, f"--WatchedKernels.max_viewers={VIEWERS}", f"--Voila.tornado_settings={PINGS}")
    environment = settings(scratch / "data", "http://127.0.0.1:9") | {"TRACKER_DEBUG": "1"}
    with voila(scratch / "log", *options, notebook=small_notebook(scratch), **environment) as address:
        yield address


@pytest.fixture
def log(scratch, url):
    yield scratch / "log"
    fine(scratch / "log")


@pytest.fixture
def kernel(log):
    """The kernel that is preheated for the next viewer; no other runs."""
    return preheated(log)


def page_of(url):
    """Wait for room and load the page, whose viewer is not heard of again; return its HTML."""
    answers = []

    def is_served():  # a kernel counts until the server has noticed that its process has ended
        answers.append(requests.get(url, timeout=60))
        return answers[-1].status_code == 200

    wait_for(is_served, "the page is served")
    return answers[-1].text


def status_of(url):
    return requests.get(url, timeout=60).status_code


def test_a_variable_of_another_program_is_warned_of_in_the_log_once_and_reaches_no_kernel(log, kernel):
    assert b"TRACKER_DEBUG" not in environment_of(pid_of(kernel))
    assert log.read_text().count("TRACKER_DEBUG is not a setting of the price tracker") == 1


def test_the_first_kernel_knows_too_that_the_page_is_its_viewers_own(kernel):
    assert b"TRACKER_OWN_PAGE=yes" in environment_of(pid_of(kernel))


def test_arguments_of_the_page_do_not_keep_it_from_the_preheated_kernel(url, kernel):
    """Voila would take ``theme`` for its own, and start another kernel for a viewer who once chose dark."""
    assert id_of(page_of(f"{url}?theme=dark&template=lab")) == kernel


def test_a_kernel_with_a_viewer_ends_only_after_another_one_is_ready_to_collect(url, log, kernel):
    assert id_of(page_of(url)) == kernel
    token = {"data": {"_xsrf": "word"}, "headers": {"Cookie": "_xsrf=word", "Origin": url.strip("/")}}
    assert requests.post(f"{url}voila/api/shutdown/{kernel}", **token, timeout=60).status_code < 300
    assert any(is_ready(log, other) for other in kernels(log) - {kernel}), "no other one was ready"
    preheated(log, {kernel})


def test_a_viewer_that_answers_no_pings_is_given_up(url, kernel):
    """As when a network is cut: nothing reports that the connection has ended."""
    proxy = Proxy(int(re.search(r":(\d+)/", url)[1]))
    proxy.connect()
    try:
        assert id_of(page_of(url)) == kernel
        with connected(f"http://127.0.0.1:{proxy.port}/", kernel):
            with pytest.raises(AssertionError):
                wait_for(lambda: pid_of(kernel) == 0, "", 5)  # longer than the grace: its pongs keep it
            proxy.freeze()
            wait_for(lambda: pid_of(kernel) == 0, "the kernel is ended")
    finally:
        proxy.cut()


def test_the_pings_that_the_server_is_configured_with_make_it_log_no_warning(url, log, kernel):
    with connected(url, id_of(page_of(url))):
        wait_for(lambda: f"Connecting to kernel {kernel}" in log.read_text(), "the websocket is connected")
        wait_for(lambda: len(kernels(log)) == 2, "another kernel is started")
    assert "websocket_ping" not in log.read_text()


def test_beside_as_many_viewers_as_are_allowed_one_kernel_is_preheated(url, log, kernel):
    """So that one collects when all viewers leave at once."""
    with ExitStack() as stack:
        for _ in range(VIEWERS):
            stack.enter_context(connected(url, id_of(page_of(url))))
        wait_for(lambda: len(kernels(log)) == VIEWERS + 1, "one is preheated")
        assert status_of(url) == 503
        assert status_of(f"{url}tracker/room") == 503
        with pytest.raises(AssertionError):
            wait_for(lambda: len(kernels(log)) != VIEWERS + 1, "", 2)


def test_many_viewers_who_come_at_once_do_not_exceed_the_limit(url, log, kernel):
    wait_for(lambda: status_of(f"{url}tracker/room") == 204, "the viewers of the test before are counted no more")
    with ExitStack() as stack:
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", url]
        curls = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(8)]
        most = 0

        def all_answered():
            nonlocal most
            most = max(most, len(kernels_at_once(log)))
            return all(curl.poll() is not None for curl in curls)

        wait_for(all_answered, "all are answered")
        assert {curl.stdout.read() for curl in curls} == {"200", "503"}
    assert most <= VIEWERS + 1  # one is preheated
    wait_for(lambda: status_of(url) == 200, "there is room again")


def test_a_viewers_address_is_in_no_kernels_environment(url, log, kernel):
    for _ in range(2):  # the preheated kernel, and one that is started for the page
        page_of(f"{url}?token=not-to-be-kept")
    wait_for(lambda: len(kernels(log) - {kernel}) >= 2, "other kernels were started")
    processes = [path for path in Path("/proc").glob("[0-9]*") if b"ipykernel_launcher" in read(path / "cmdline")]
    assert processes
    assert [path for path in processes if b"not-to-be-kept" in read(path / "environ")] == []
