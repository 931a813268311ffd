"""The note of a page whose websocket does not come through, on a page without a kernel, with a clock that moves."""

import json
from contextlib import contextmanager

import pytest

from tests.support.browser import tab
from tests.support.web_server import web_server
from tracker.dashboard.browser import bundle

CONFIG = json.dumps({"baseUrl": "/", "kernelId": "1234"})
PAGE = f"""<head><script data-base-url="/">{{}}</script></head>
<body><script id="jupyter-config-data" type="application/json">{CONFIG}</script></body>"""

# No snapshot; the kernel's state is window.kernel. A websocket does nothing but what the test tells it to. The page has
# just been loaded again, so it does not do that once more: a tab that closes while it loads may never end.
FAKES = """
window.kernel = 200;
sessionStorage.setItem("bt-reloaded-at", String(Date.now()));
window.fetch = async (url) => new Response(null, { status: url.includes("/api/kernels/") ? window.kernel : 204 });
window.WebSocket = class extends EventTarget {
  constructor(url) { super(); window.websocket = this; }
};"""
CONNECT = "() => { new WebSocket('ws://127.0.0.1:9/api/kernels/1234/channels') }"
FAIL = "() => { websocket.dispatchEvent(new CloseEvent('close', { code: 1006 })) }"
OPEN = "() => { websocket.dispatchEvent(new Event('open')) }"
MESSAGE = "() => { websocket.dispatchEvent(new MessageEvent('message', { data: '' })) }"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The page's address."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "index.html").write_text(PAGE.replace("{}", bundle("opening_page")))
    with web_server(folder) as url:
        yield url


@contextmanager
def opening_page(browser, address):
    """Open a page that has just begun to connect; yield its tab and its note."""
    with tab(browser, "about:blank") as seen:
        page = seen.page
        page.clock.install()
        page.add_init_script(FAKES)
        page.goto(address)
        page.evaluate(CONNECT)
        yield seen, page.get_by_role("alert")
        assert seen.errors == []


@pytest.mark.parametrize(
    ("events", "soon"),
    [((FAIL,), 7_000), ((), 12_000), ((OPEN,), 12_000), ((OPEN, FAIL), 7_000)],
    ids=["it failed", "it is pending", "nothing came after its handshake", "it was ended after its handshake"],
)
def test_a_websocket_that_does_not_come_through_is_reported_within_15_seconds_until_one_does(
    browser, address, events, soon
):
    with opening_page(browser, address) as (seen, note):
        for event in events:
            seen.page.evaluate(event)
        seen.page.clock.run_for(3_000)
        assert note.count() == 0
        seen.page.clock.run_for(soon - 3_000)
        note.wait_for(timeout=10_000)
        assert "does not come through" in note.inner_text()
        seen.page.evaluate(CONNECT)
        seen.page.evaluate(OPEN)
        seen.page.evaluate(MESSAGE)
        seen.page.clock.run_for(1_000)
        seen.wait(lambda: note.count() == 0, "the note goes", 10)


def test_a_second_websocket_that_has_just_opened_has_time_for_its_first_message(browser, address):
    with opening_page(browser, address) as (seen, note):
        seen.page.evaluate(FAIL)
        seen.page.clock.run_for(4_500)
        seen.page.evaluate(CONNECT)
        seen.page.evaluate(OPEN)
        seen.page.clock.run_for(4_000)
        assert note.count() == 0


@pytest.mark.parametrize("status", [404, 403, 502])
def test_nothing_is_said_of_websockets_where_the_kernel_is_gone_or_the_server_does_not_answer(browser, address, status):
    with opening_page(browser, address) as (seen, note):
        seen.page.evaluate(f"() => {{ window.kernel = {status} }}")
        seen.page.evaluate(FAIL)
        seen.page.clock.run_for(14_000)
        assert note.count() == 0


def test_a_connection_that_was_lost_later_is_none_that_does_not_come_through(browser, address):
    with opening_page(browser, address) as (seen, note):
        for event in (OPEN, MESSAGE, FAIL):
            seen.page.evaluate(event)
        seen.page.clock.run_for(20_000)
        assert note.count() == 0
