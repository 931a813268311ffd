"""The page behind a real nginx, under a path, as the documentation says; and where websockets do not come through."""

import re
import time

import pytest

from tests.support import nginx
from tests.support.browser import tab, viewer
from tests.support.page_server import ONE_VIEWER, kernels, page_of_a_day

pytestmark = [
    pytest.mark.service,
    pytest.mark.checkout,
    pytest.mark.skipif(nginx.find() is None, reason=nginx.how_to_install()),
]

SOON = ("--WatchedKernels.grace=2", "--WatchedKernels.check_interval=0.5")  # seconds; by default 45 and 5
SITE = "--Voila.base_url=/prices/"


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("page") / "log"


@pytest.fixture(scope="module")
def page_port(log):
    with page_of_a_day(log.parent, *ONE_VIEWER, *SOON, SITE, TRACKER_SPAN="1h") as url:
        yield int(re.search(r":(\d+)/", url)[1])


def test_the_documented_example_serves_a_live_page_under_a_path(browser, page_port, tmp_path):
    with nginx.nginx(tmp_path, page_port) as url, viewer(browser, f"{url}?show=EUR&span=10min") as seen:
        seen.wait(lambda: len(seen.drawn("EUR")) > 500, "the chart is drawn")
        before = seen.price("EUR")
        seen.wait(lambda: seen.price("EUR") != before, "prices come")
        assert seen.page.url.startswith(f"{url}?")
        paths = {request_path(line) for line in (tmp_path / "access.log").read_text().splitlines()}
        assert {path for path in paths if not path.startswith("/prices/")} <= {"/"}  # the test's own
        assert seen.errors == []


def request_path(line):
    """Return the path in a line of nginx's log."""
    return re.search(r'"(?:GET|POST) (\S+?)[? ]', line)[1]


def test_a_page_without_websockets_says_what_to_set_and_takes_no_more_kernels(browser, page_port, log, tmp_path):
    left_out = ("proxy_set_header Upgrade", "proxy_set_header Connection")
    with nginx.nginx(tmp_path, page_port, *left_out) as url, tab(browser, "about:blank") as seen:
        page, loads, tried = seen.page, [], []
        page.on("framenavigated", lambda frame: loads.append(frame.url))
        page.on("websocket", lambda _: tried.append(time.monotonic()))  # the kernel has started and run by then
        page.clock.install()
        started = log.read_text().count("Kernel started")
        page.goto(url)
        note = page.get_by_role("alert")
        note.wait_for(timeout=60_000)
        assert time.monotonic() - tried[0] < 15
        assert "a websocket does not come through" in note.inner_text()
        assert "proxy_set_header Upgrade $http_upgrade;" in note.inner_text()
        seen.wait(lambda: not kernels(log), "its kernel is ended")
        page.clock.fast_forward(180_000)
        page.clock.run_for(20_000)
        seen.shoot("no-websocket", whole=True)
        assert note.count() == 1
        assert len(loads) == 1
        assert log.read_text().count("Kernel started") == started + 1
        assert "the proxy has to pass it on: docs/deploying.md" in log.read_text()
