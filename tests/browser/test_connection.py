"""A page that loses its connection, its kernel or its server, in a real Chromium."""

import os
import re
import signal
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from tests.support.browser import Viewer, viewer
from tests.support.page_server import ONE_VIEWER, page_of_a_day
from tests.support.proxy import Proxy

pytestmark = pytest.mark.service


class Connected(NamedTuple):
    """A page behind a proxy that can be cut, and the port of its server."""

    seen: Viewer
    proxy: Proxy
    port: int


def wait_until_live(seen):
    seen.wait(lambda: banner(seen) == "" and len(seen.drawn("EUR")) > 500, "the chart is drawn")


@pytest.fixture(scope="module")
def _page(browser, tmp_path_factory):
    with page_of_a_day(tmp_path_factory.mktemp("page"), *ONE_VIEWER, TRACKER_SPAN="1h") as url:
        port = int(re.search(r":(\d+)/", url)[1])
        proxy = Proxy(port)
        proxy.connect()
        try:
            address = f"http://127.0.0.1:{proxy.port}/?show=EUR&span=10min&zone=UTC"
            # Neither the zone nor the digits of this browser are those in which the page writes times.
            with viewer(browser, address, timezone_id="Asia/Kolkata", locale="ar-EG") as seen:
                yield Connected(seen, proxy, port)
        finally:
            proxy.cut()


@pytest.fixture
def page(_page):
    """The page with EUR over ten minutes, open in one tab for all tests, of which the last one stops its server."""
    wait_until_live(_page.seen)
    return _page


def banner(seen):
    """Return the text of the banner of a page that is cut off; empty without one."""
    return "".join(seen.page.locator(".bt-disconnected").all_inner_texts())


@contextmanager
def held_loads(page):
    """Meanwhile, what would be shown in place of *page* does not come."""
    held = []

    def hold(route):
        if route.request.is_navigation_request():
            held.append(route)
        else:
            route.continue_()

    page.route("**", hold)
    yield
    page.unroute("**", hold)
    for route in held:
        route.continue_()


def process_with(argument):
    """Return the id of the only process with *argument* in its command line."""
    lines = subprocess.run(["ps", "-eww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    [pid] = [int(line.split()[0]) for line in lines.splitlines() if argument in line]
    return pid


def test_a_dropped_connection_is_reported_and_the_page_continues_when_it_is_back(page):
    page.seen.page.evaluate("window.isSame = true")
    page.proxy.cut()
    page.seen.wait(lambda: "The server does not answer" in banner(page.seen), "the page says so", 20)
    page.seen.shoot("cut-off")
    before = page.seen.price("EUR")
    page.proxy.connect()
    page.seen.wait(lambda: banner(page.seen) == "" and page.seen.price("EUR") != before, "it continues", 60)
    assert page.seen.page.evaluate("window.isSame"), "it was loaded again"
    assert page.seen.ticked() == ["EUR"]


def test_a_page_whose_kernel_was_killed_says_so_and_starts_again_with_its_choices(page):
    seen = page.seen
    kernel = seen.kernel_id()
    with held_loads(seen.page):  # else what it says may be gone before it is read
        os.kill(process_with(f"kernel-{kernel}.json"), signal.SIGKILL)
        seen.wait(lambda: "Cut off since" in banner(seen), "the page says so", 20)
        assert "is that old" in banner(seen)
    seen.wait(lambda: banner(seen) == "" and len(seen.drawn("EUR")) > 500, "it starts again", 60)
    seen.wait(lambda: seen.ticked() == ["EUR"] and seen.pressed(".bt-spans") == ["10 min"], "as it was", 20)
    before = seen.price("EUR")
    seen.wait(lambda: seen.price("EUR") != before, "and is live")


def test_a_page_whose_server_was_stopped_says_that_it_does_not_answer(page):
    os.kill(process_with(f"--port={page.port}"), signal.SIGTERM)
    page.seen.wait(lambda: "The server does not answer" in banner(page.seen), "the page says so")
    hour, minute = map(int, re.search(r"Cut off since ([0-9]{2}):([0-9]{2}):[0-9]{2}:", banner(page.seen)).groups())
    time = datetime.now(UTC)
    assert (time.hour * 60 + time.minute - hour * 60 - minute) % 1440 <= 5, "as all times of the page"
