"""Every kernel of the real page ends with its viewer, and one collects as long as the server runs."""

import os
import re
import signal
from contextlib import ExitStack

import pytest
import requests

from tests.support.browser import tab, viewer
from tests.support.kernels import (
    SOON,
    StartGate,
    close_code,
    connected,
    fine,
    id_of,
    message,
    only_kernel,
    opened,
    pid_of,
    preheated,
)
from tests.support.page_server import (
    exchange,
    kernels,
    kernels_at_once,
    page_of_a_day,
    rows_of,
    settings,
    voila,
    wait_for,
)
from tests.support.proxy import Proxy

pytestmark = pytest.mark.service

SNAPSHOT_CHARTS = "document.getElementById('bt-snapshot')?.shadow?.querySelectorAll('.bt-chart').length"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def gate(scratch):
    return StartGate(scratch)


@pytest.fixture(scope="module")
def url(scratch, gate):
    options = (*SOON, "--WatchedKernels.max_viewers=2", "--WatchedKernels.max_starting=1")
    with page_of_a_day(scratch, *options, TRACKER_SPAN="1h", **gate.environment) as address:
        yield address


@pytest.fixture
def log(scratch, url):
    """The log of the server that the tests share; only one kernel runs, which the next page takes."""
    path = scratch / "log"
    preheated(path)
    logged = len(path.read_text())
    yield path
    fine(path, logged)


def test_a_page_ends_its_kernel_by_itself_when_it_is_left(browser, tmp_path):
    """The server would not end it within this hour."""
    log = tmp_path / "log"
    with page_of_a_day(tmp_path, "--WatchedKernels.grace=3600", TRACKER_SPAN="1h") as url:
        preheated(log)
        with viewer(browser, url) as seen:
            opened(seen)
            first = id_of(seen.page.content())
            assert first in kernels(log)
            seen.page.reload()
            opened(seen)
            seen.wait(lambda: first not in kernels(log) and len(kernels(log)) == 2, "a reload ends the first")
            seen.page.goto("about:blank")
            seen.wait(lambda: len(kernels(log)) == 1, "so does another address")
            seen.page.go_back()
            opened(seen)
            seen.wait(lambda: len(kernels(log)) == 2, "coming back starts one")
            before = seen.price("USD")
            seen.wait(lambda: seen.price("USD") != before, "and the page is live")
        only_kernel(log)
        fine(log)


def test_a_kernel_lasts_while_its_page_loads_on_a_slow_line_and_ends_when_the_browser_crashes(browser, url, log):
    taken = id_of(requests.get(url, timeout=60).text)
    kernel = preheated(log, {taken})
    with tab(browser, "about:blank") as seen:
        held = []
        seen.page.route("**/voila/static/**", lambda route: held.append(route))
        seen.page.goto(url, wait_until="commit")
        seen.wait(lambda: held and len(kernels(log)) == 2, "its scripts are requested, another kernel is preheated")
        seen.page.wait_for_timeout(6_000)  # longer than the grace
        assert kernel in kernels(log)
        for route in held:
            route.continue_()
        seen.page.unroute("**/voila/static/**")
        opened(seen)
        assert id_of(seen.page.content()) == kernel
        seen.page.route("**/voila/api/shutdown/*", lambda route: route.abort())
        wait_for(lambda: len(kernels(log)) == 2, "another one is preheated")
        both = kernels(log)
        seen.page.wait_for_timeout(5_000)
        assert kernels(log) == both  # that of a connected page stays, and so does the preheated one
    wait_for(lambda: len(kernels(log)) == 1, "its browser crashed")


def test_a_page_that_was_cut_off_for_long_starts_over_with_its_choices(browser, url, scratch):
    """As a laptop that slept: its kernel was ended meanwhile."""
    log = scratch / "log"  # Jupyter logs tracebacks when such a page asks for its kernel
    kernel = preheated(log)
    proxy = Proxy(int(re.search(r":(\d+)/", url)[1]))
    proxy.connect()
    try:
        with viewer(browser, f"http://127.0.0.1:{proxy.port}/?show=EUR") as seen:
            opened(seen, "EUR")
            seen.page.evaluate("window.same = true")
            proxy.cut()
            wait_for(lambda: kernel not in kernels(log), "its kernel is ended")
            proxy.connect()
            seen.wait(lambda: not seen.page.evaluate("window.same"), "it starts over")
            opened(seen, "EUR")
            assert seen.page.locator(".bt-disconnected").count() == 0
            seen.wait(lambda: seen.page.locator(".bt-chart:visible").count() == 1, "its choices apply")
    finally:
        proxy.cut()


def ask_for_room(seen):
    """Make the page ask whether there is room, as on the return to its tab; return the status of the answer."""
    with seen.page.expect_response("**/tracker/room") as answer:
        seen.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    return answer.value.status


def test_a_viewer_beyond_the_limit_sees_the_snapshot_and_comes_in_when_there_is_room(browser, url, log):
    with ExitStack() as others:
        seen = [others.enter_context(viewer(browser, url)) for _ in range(2)]
        for page in seen:
            opened(page)
        assert requests.get(url, timeout=60).status_code == 503
        with tab(browser, url) as late:
            late.page.get_by_text("This page becomes live").wait_for()
            late.wait(lambda: late.page.evaluate(SNAPSHOT_CHARTS) == 3, "with a snapshot of the page", 20)
            late.shoot("busy")
            late.page.evaluate("window.same = true")
            ask_for_room(late)
            assert ask_for_room(late) == 503  # by now it has followed the answer before
            assert late.page.evaluate("window.same"), "it was reloaded though there is no room"
            assert len(kernels_at_once(log)) <= 3  # two of viewers, and the preheated one
            late.page.route("**/tracker/room", lambda route: route.fulfill(status=502))  # as a proxy would
            ask_for_room(late)
            assert ask_for_room(late) == 502
            assert late.page.evaluate("window.same"), "it was reloaded to a proxy's page, which does not come back"
            late.page.unroute("**/tracker/room")
            seen[0].page.close()
            opened(late)
            assert len(kernels_at_once(log)) <= 3
            assert late.elsewhere == []
        before = seen[1].price("USD")
        seen[1].wait(lambda: seen[1].price("USD") != before, "the other page stayed live")


def test_a_viewer_right_after_another_one_sees_the_snapshot_before_a_kernel_has_started(
    browser, url, scratch, log, gate
):
    wait_for(lambda: (scratch / "data" / ".snapshot.html").exists(), "there is a snapshot")
    with tab(browser, "about:blank") as seen:
        with gate.hold_all():
            first = requests.get(url, timeout=60)
            seen.page.goto(url, wait_until="commit")
            seen.wait(lambda: seen.page.evaluate(SNAPSHOT_CHARTS) == 3, "the snapshot is there")
        opened(seen)
        assert id_of(first.text) != seen.kernel_id()


def test_a_viewer_whose_kernel_must_wait_for_others_sees_the_snapshot_meanwhile(browser, url, scratch, log, gate):
    wait_for(lambda: (scratch / "data" / ".snapshot.html").exists(), "there is a snapshot")
    with tab(browser, "about:blank") as seen:
        with gate.hold_all():
            requests.get(url, timeout=60)
            wait_for(lambda: len(kernels(log)) == 2, "the next one is preheated; no other may start beside it")
            seen.page.goto(url, wait_until="commit")
            seen.wait(lambda: seen.page.evaluate(SNAPSHOT_CHARTS) == 3, "the snapshot is there")
            seen.page.evaluate("window.same = true")
            assert len(kernels(log)) == 2
        opened(seen)
        assert seen.page.evaluate("window.same")
        assert seen.page.evaluate("document.compatMode") == "CSS1Compat"
        assert not seen.page.get_by_text("served first").is_visible()
        assert seen.errors == []


def test_what_a_kernel_would_log_of_a_viewers_message_does_not_reach_it(url, log):
    """A kernel's log goes to the server's."""
    forged = "unknown\n[IPKernelApp] FAKE\x1b[2J\u2028?token=not-to-be-logged"
    kernel = id_of(requests.get(url, timeout=60).text)
    with connected(url, kernel) as socket:
        socket.send(message("comm_info_request", {"target_name": "jupyter.widget"}))
        reply = b""
        while b"comm_info_reply" not in reply:
            reply = socket.recv(timeout=20)
    widget = re.search(rb'"comms":\s*\{"(\w+)"', reply)[1].decode()
    for comm, method in ((forged, "update"), (widget, forged), (widget, "?token=not-to-be-logged")):
        with connected(url, kernel) as socket:
            socket.send(message("comm_msg", {"comm_id": comm, "data": {"method": method}}))
            assert close_code(socket) in (1007, 1008)
    assert log.read_text().replace("\n", "").isprintable()
    assert "\n[IPKernelApp] FAKE" not in log.read_text()
    assert "not-to-be-logged" not in log.read_text()


def test_a_preheated_kernel_that_dies_is_replaced_and_collecting_goes_on(url, scratch, log):
    kernel = preheated(log)
    os.kill(pid_of(kernel), signal.SIGKILL)
    preheated(log, {kernel})
    rows = len(rows_of(scratch / "data", "USD"))
    wait_for(lambda: len(rows_of(scratch / "data", "USD")) > rows + 1, "prices are kept")
    assert requests.get(url, timeout=60).status_code == 200


def test_changed_settings_reach_the_next_viewer_and_invalid_ones_stop_neither_page_nor_collector(tmp_path):
    log = tmp_path / "log"
    (tmp_path / "tracker.toml").write_text('span = "1h"\n')
    with exchange() as address:
        environment = settings(tmp_path / "data", address) | {"TRACKER_CONFIG": str(tmp_path / "tracker.toml")}
        with voila(log, *SOON, **environment) as url:
            first = preheated(log)
            (tmp_path / "tracker.toml").write_text('span = "6h"\n')
            second = preheated(log, {first})
            (tmp_path / "tracker.toml").write_text('spam = "6h"\n')
            wait_for(lambda: "spam" in log.read_text(), "the mistake is logged")
            assert kernels(log) == {second}
            assert id_of(requests.get(url, timeout=60).text) == second  # the last one that can collect
            assert "tracker.toml: spam" in requests.get(url, timeout=60).text, "the next viewer gets no broken kernel"
            before = max(rows_of(tmp_path / "data", "USD"))
            wait_for(lambda: max(rows_of(tmp_path / "data", "USD")) > before + 8_000, "it collects, though left")
            assert second in kernels(log)
            (tmp_path / "tracker.toml").write_text('span = "12h"\n')
            wait_for(lambda: second not in kernels(log) and len(kernels(log)) == 1, "it ends once the file is valid")
            before = max(rows_of(tmp_path / "data", "USD"))
            wait_for(lambda: max(rows_of(tmp_path / "data", "USD")) > before + 4_000, "and another one collects")
