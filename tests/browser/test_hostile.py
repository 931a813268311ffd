"""
A hostile viewer's websocket and site: every attempt fails, the server goes on, and other viewers notice nothing.

What floods the server, and how late others are meanwhile, is a scenario of ``make soak``, see tests/soak/hostile.py.
"""

import json
import re
from contextlib import suppress

import pytest
import requests
from websockets.exceptions import ConnectionClosed

from tests.support.browser import tab, viewer
from tests.support.bystanders import bystanders, server_pid, stand_still
from tests.support.foreign_site import serving
from tests.support.hostile_page import Page
from tests.support.hostile_websockets import absent_browser
from tests.support.kernels import LASTING, close_code, connected, fine, id_of, is_ready, message
from tests.support.page_server import kernels, page_of_a_day, wait_for

pytestmark = pytest.mark.service

RULES = '[[rules]]\nname = "low"\nmarket = "*"\nwhen = "age > 1h"\n'
LITTLE_KEPT = "--WatchedKernels.max_buffered=300_000"  # bytes; a page of ten minutes is small


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(scratch):
    (scratch / "tracker.toml").write_text(RULES)  # rules of a variable could not be written even by who may edit
    more = {"TRACKER_SPAN": "10min", "TRACKER_CONFIG": str(scratch / "tracker.toml")}
    with page_of_a_day(scratch, LASTING, LITTLE_KEPT, **more) as address:
        yield address
        assert (scratch / "tracker.toml").read_text() == RULES, "a thread of a kernel wrote it after its answer"


@pytest.fixture(scope="module")
def other(browser, url):
    """Another viewer, whose page stays open."""
    with viewer(browser, url) as seen:
        seen.wait(lambda: len(seen.drawn("USD")) > 500, "the charts are drawn")
        seen.page.evaluate("window.same = true")
        yield seen
        before = seen.price("USD")
        seen.wait(lambda: seen.price("USD") != before, "prices still arrive", 20)
        assert seen.errors == []


@pytest.fixture(autouse=True)
def _other_viewers_notice_nothing(other):
    yield
    assert other.page.evaluate("window.same"), "the page was reloaded"
    assert other.page.locator(".bt-disconnected").count() == 0


@pytest.fixture(scope="module")
def own_page(url, other):
    """The hostile viewer's own page, which asks for another template."""
    return requests.get(f"{url}?template=lab&theme=dark", timeout=60).content.decode()


@pytest.fixture(scope="module")
def talk(url, own_page):
    """Open a websocket to the kernel of the hostile viewer's own page."""
    return lambda: connected(url, id_of(own_page))


def answers_until_idle(socket):
    """Return all that the kernel sends until it has handled what was sent before."""
    socket.send(message("kernel_info_request", {}, msg_id="last"))
    answers = [socket.recv(timeout=20)]
    while not (b'"last"' in answers[-1] and b'"idle"' in answers[-1]):
        answers.append(socket.recv(timeout=20))
    return b"".join(answers)


def wait_for_one_preheated(log):
    """Wait until no kernel is starting, so that another one would be the test's doing."""
    wait_for(lambda: any(is_ready(log, kernel) for kernel in kernels(log)), "a kernel is preheated")


def test_a_server_that_stands_still_is_noticed(url, scratch, other):
    """Otherwise what is watched while others attack would prove nothing."""
    with pytest.raises(AssertionError, match=r"late|has not seen"), bystanders(other, scratch / "data"):
        # Two slots, as the first price may be that of before, and then the delay that is allowed.
        stand_still(server_pid(url), 7)


def test_a_kernel_ends_that_sends_more_than_is_kept_for_a_browser_that_is_away(url, scratch):
    with Page(url) as page:
        absent_browser(page, 0)
    wait_for(lambda: requests.get(f"{url}api/kernels/{page.kernel}", timeout=60).status_code == 404, "the kernel ends")
    assert f"Kernel {page.kernel} has sent more than is kept" in (scratch / "log").read_text()


def test_a_client_that_sends_what_the_page_sends_is_answered(talk):
    """Otherwise the refusals below would prove nothing."""
    with talk() as socket:
        socket.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in socket.recv(timeout=20), "an answer")


@pytest.mark.parametrize(
    ("kind", "content", "channel"),
    [
        ("execute_request", {"code": "open('{scratch}/taken', 'w')", "silent": False}, "shell"),
        ("execute_request", {"code": "open('{scratch}/taken', 'w')", "silent": False}, "control"),
        ("inspect_request", {"code": "app", "cursor_pos": 3, "detail_level": 1}, "shell"),
        ("complete_request", {"code": "app.", "cursor_pos": 4}, "shell"),
        ("history_request", {"output": True, "raw": True, "hist_access_type": "tail", "n": 10}, "shell"),
        ("shutdown_request", {"restart": False}, "control"),
        ("input_reply", {"value": "x"}, "stdin"),
        ("comm_open", {"comm_id": "a", "target_name": "jupyter.widget", "data": {}}, "shell"),
    ],
)
def test_code_and_requests_to_the_kernel_end_the_connection(talk, scratch, kind, content, channel):
    filled = json.loads(json.dumps(content).replace("{scratch}", str(scratch)))
    with talk() as socket:
        socket.send(message(kind, filled, channel))
        assert close_code(socket) == 1008
    with talk() as socket:  # the kernel still runs
        socket.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in socket.recv(timeout=20), "an answer")
    assert not (scratch / "taken").exists()


def test_forged_messages_to_widgets_change_nothing_for_others(talk, other):
    before = other.page.locator(".bt-charts h2").inner_text()
    with talk() as socket:
        for comm in ("unknown", "", "../../etc/passwd"):
            for data in ({"method": "update", "state": {"value": "<script>"}}, {"method": "custom", "content": []}):
                socket.send(message("comm_msg", {"comm_id": comm, "data": data}))
        socket.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in socket.recv(timeout=20), "an answer")
    assert other.page.locator(".bt-charts h2").inner_text() == before


def test_a_traceback_of_the_kernel_is_not_sent(talk, own_page):
    """It has the paths of this machine's files and their source."""
    (widget, *_) = re.findall(r'"model_id": ?"([0-9a-f]{32})"', own_page)
    with talk() as socket:
        for comm in (widget, "unknown"):  # the other one is a line that the kernel logs
            data = {"method": "update", "state": {"_view_count": "no number"}}
            socket.send(message("comm_msg", {"comm_id": comm, "data": data}))
        sent = answers_until_idle(socket)
    assert b"Traceback" not in sent
    assert b"No such comm" not in sent


def test_a_flood_ends_the_connection_and_is_a_line_in_the_log(talk, scratch):
    logged = len((scratch / "log").read_text())
    flood = message("comm_msg", {"comm_id": "unknown", "data": {"method": "update"}})
    code = None
    while code is None:  # a client whose send fails first does not read what the server wrote before
        with talk() as socket:
            with suppress(ConnectionClosed):
                for _ in range(20_000):
                    socket.send(flood)
            code = close_code(socket)
    assert code == 1008
    wait_for(lambda: "too many messages" in (scratch / "log").read_text()[logged:], "it is logged")
    assert len((scratch / "log").read_text()[logged:].splitlines()) < 20


def test_a_forged_channel_writes_no_line_of_its_own_into_the_log(talk, scratch):
    with talk() as socket:
        socket.send(message("comm_msg", {}, "\x1b[2J\n[Voila] FAKE"))
        assert close_code(socket) in (1007, 1008)
    log = (scratch / "log").read_text()
    assert "\x1b" not in log
    assert "\n[Voila] FAKE" not in log


def test_a_foreign_page_can_link_to_the_page_but_not_make_browsers_start_kernels(url, scratch, browser):
    wait_for_one_preheated(scratch / "log")
    before = kernels(scratch / "log")
    html = f'<img src="{url}?1"><iframe src="{url}?2"></iframe><script src="{url}?3"></script><a href="{url}?4">in</a>'
    with serving(html) as foreign, tab(browser, "about:blank") as seen:
        logged = len((scratch / "log").read_text())
        seen.page.goto(foreign)
        # Read in the log, as the browser hides some answers from the page.
        refusal = "cannot be embedded in another site"
        seen.wait(lambda: (scratch / "log").read_text()[logged:].count(refusal) == 3, "each is refused")
        assert kernels(scratch / "log") == before
        fine(scratch / "log", logged)
        seen.page.get_by_role("link").click()
        seen.page.locator(".bt-chart").first.wait_for(timeout=60_000)


def test_the_page_shows_no_source_and_takes_no_other_template(own_page):
    assert "jupyter-config-data" in own_page
    assert "App.start" not in own_page
    assert "Starting…" in own_page  # the tracker's template's
    assert "theme-dark" not in own_page


def test_forged_messages_of_a_viewer_who_may_not_edit_change_no_alert(url, scratch):
    """Each of the page's widgets is sent all that the panel of a viewer who may edit could send."""
    documents = scratch / "data" / ".documents"
    fields = {"rule": "low", "until": "2h", "market": "kraken:BTC/USD", "kind": "above", "value": "1", "name": "mine"}
    in_form = ("add", "draft", "save", "edit", "save", "edit", "ask_delete", "delete", "test")
    asked = ("mute_hour", "mute_until", "unmute", *in_form)
    with Page(url) as page:
        widgets = page.widgets("AnyModel")
    with connected(url, page.kernel) as socket:
        for widget in widgets:
            for what in asked:
                data = {"method": "custom", "content": {"kind": "do", "what": what, "fields": fields}}
                socket.send(message("comm_msg", {"comm_id": widget, "data": data}))
        sent = answers_until_idle(socket)
    assert len(widgets) > 5
    assert b"bt-alert-form" not in sent
    assert (scratch / "tracker.toml").read_text() == RULES
    assert not [path.name for path in documents.iterdir() if "mute" in path.name]
