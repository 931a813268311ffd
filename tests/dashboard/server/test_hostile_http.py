"""A stranger's connections and requests, before any login: none is waited for, none fails, and others are answered."""

import re
from pathlib import Path

import pytest
import requests

from tests.support import hostile_http
from tests.support.bystanders import memory, server_pid
from tests.support.kernels import small_notebook
from tests.support.page_server import mark_as_checkout, settings, voila

pytestmark = pytest.mark.service

LIMITS = (*hostile_http.SHORT, "--HttpLimits.max_connections=150")
NO_KERNELS = ("--VoilaConfiguration.preheat_kernel=False", "--WatchedKernels.max_viewers=0")
ENOUGH = 6.0  # s; the attacks end as soon as all of their connections are closed


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    mark_as_checkout(folder)
    (folder / "notebooks").mkdir()
    return folder


@pytest.fixture(scope="module")
def url(scratch):
    environment = settings(scratch / "data", "http://127.0.0.1:9") | {"JUPYTER_TOKEN": "a-token-of-these-tests"}
    options = (*LIMITS, *NO_KERNELS, "--Voila.auto_token=True")
    notebook = small_notebook(scratch / "notebooks")
    with voila(scratch / "log", *options, notebook=notebook, **environment) as address:
        yield address


@pytest.fixture(autouse=True)
def _the_server_is_as_before(url, scratch):
    pid = server_pid(url)
    before, lines = memory(pid), len((scratch / "log").read_text())
    yield
    assert requests.get(f"{url}login", timeout=10).status_code == 200
    assert memory(pid) - before < 50_000_000
    logged = (scratch / "log").read_text()[lines:]
    assert "Traceback" not in logged
    assert len(logged) < 100_000


def test_parked_bodies_are_refused_at_the_headers_or_given_up(url):
    assert hostile_http.park_bodies(url, ENOUGH, timeout=1)["closed"] == 20


def test_headers_without_end_are_given_up_although_each_byte_comes_in_time(url):
    assert hostile_http.hold_headers(url, ENOUGH, timeout=1)["closed"] == 100


def test_idle_connections_are_closed_before_and_after_a_request(url):
    assert hostile_http.stay_idle(url, ENOUGH, timeout=1.5)["closed"] == 100


def test_answers_that_nobody_reads_are_given_up(url):
    """A client that does read gets a hundred times as much."""
    assert hostile_http.leave_unread(url, ENOUGH)["closed"] == 20


def test_hundreds_of_requests_at_once_on_each_connection_delay_others_for_a_moment_only(url):
    assert hostile_http.pipeline(url, 2, count=50)["answered"] >= 1


def test_more_connections_than_are_kept_lock_nobody_out(url):
    counted = hostile_http.crowd(url, 2, most=150, count=200)
    assert counted["closed"] >= 50


def test_a_server_that_can_open_no_more_files_closes_those_who_wait_and_answers_others(url, scratch):
    resource = pytest.importorskip("resource", reason="no limit of open files")
    pid, logged = server_pid(url), len((scratch / "log").read_text())
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + 20, before[1]))
    try:
        counted = hostile_http.crowd(url, 1, most=20, count=60)
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    assert counted["closed"] >= 40
    assert (scratch / "log").read_text()[logged:].count("\n") <= counted["answered"] + 1


def test_odd_requests_are_refused_and_logged_in_a_line_each(url, scratch):
    before = len((scratch / "log").read_text())
    statuses = hostile_http.ask_oddly(url, 3, for_pages=True)
    lines = (scratch / "log").read_text()[before:].splitlines()
    assert statuses.total() > 200
    assert len(lines) < 2 * statuses.total()
    assert max(map(len, lines)) < 1_100


@pytest.mark.parametrize("path", ["voila/templates/x", "voila/templates/x/y", "voila/templates/x/static/y", "a%00b"])
def test_what_is_not_there_is_404(url, path):
    assert requests.get(url + path, timeout=10).status_code == 404
    assert b"404" in hostile_http.answer(url, f"GET /{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())[:20]


def test_a_host_that_is_a_path_is_refused_whether_the_path_exists_or_not(url):
    answers = {
        requests.get(f"{url}tracker/room", headers={"Host": host}, timeout=10).status_code
        for host in ("%2Fetc%2Fpasswd", "%2Fetc%2Fnothing")
    }
    assert answers == {400}


@pytest.mark.parametrize(
    "path", ["", "login", "tracker/room", "voila/static/voila.js", "voila/templates/x", "nothing", "%0d"]
)
def test_every_answer_tells_browsers_what_to_refuse(url, path):
    answer = requests.get(url + path, timeout=10, allow_redirects=False)
    assert re.search(r"default-src 'none'.*frame-ancestors 'self'", answer.headers["Content-Security-Policy"])
    assert "unsafe-eval" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
