"""A hostile viewer of the real page: nothing that he tries succeeds, the server lives, the others notice nothing."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest
import requests
from jupyter_server.services.kernels.connection.base import serialize_msg_to_ws_v1
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.browser import tab, viewer
from tests.support.kernels import fine
from tests.support.page_server import kernels, page_of_a_day, wait_for

pytestmark = pytest.mark.service

PROTOCOL = "v1.kernel.websocket.jupyter.org"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def url(scratch):
    with page_of_a_day(scratch, TRACKER_SPAN="10min") as address:
        yield address


@pytest.fixture(scope="module")
def other(browser, url):
    """Somebody who just looks at his page."""
    with viewer(browser, url) as seen:
        seen.wait(lambda: len(seen.drawn("USD")) > 500, "the charts are drawn")
        seen.page.evaluate("window.same = true")
        yield seen
        before = seen.price("USD")
        seen.wait(lambda: seen.price("USD") != before, "after all that prices go on", 20)
        assert seen.errors == []


@pytest.fixture(autouse=True)
def _the_others_notice_nothing(other):
    yield
    assert other.page.evaluate("window.same"), "his page was loaded anew"
    assert other.page.locator(".bt-disconnected").count() == 0


@pytest.fixture(scope="module")
def kernel(url, other):
    """The address of the websocket to a kernel of the hostile viewer's own."""
    page = requests.get(url, timeout=60).text
    found = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])["kernelId"]
    return f"{url.replace('http', 'ws')}api/kernels/{found}/channels"


@contextmanager
def serving(html):
    """*html* on another site: this machine's, by another name."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def message(kind, content, channel="shell"):
    header = {"msg_type": kind, "msg_id": uuid4().hex, "session": "mine", "username": "x", "version": "5.4", "date": ""}
    return serialize_msg_to_ws_v1([json.dumps(part).encode() for part in (header, {}, {}, content)], channel)


def talk(kernel):
    address = f"{kernel}?session_id={uuid4().hex}"
    return connect(address, subprotocols=[PROTOCOL], open_timeout=60, max_size=None)


def closed(socket):
    """Read on until the server closes; the code that it gives."""
    try:
        while True:
            socket.recv(timeout=20)
    except ConnectionClosed as error:
        return error.rcvd.code


def test_a_client_without_the_protocol_is_refused(kernel):
    with pytest.raises(InvalidStatus) as refused:
        connect(kernel, open_timeout=60)
    assert refused.value.response.status_code == 400
    assert PROTOCOL.encode() in refused.value.response.body


def test_one_from_a_foreign_page_is_refused(kernel):
    with pytest.raises(InvalidStatus) as refused:
        connect(kernel, subprotocols=[PROTOCOL], origin="https://elsewhere.example", open_timeout=60)
    assert refused.value.response.status_code == 403


def test_one_who_speaks_as_the_page_does_is_answered(kernel):
    """Else all refusals below would prove nothing."""
    with talk(kernel) as socket:
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
def test_code_and_questions_end_the_connection(kernel, scratch, kind, content, channel):
    filled = json.loads(json.dumps(content).replace("{scratch}", str(scratch)))
    with talk(kernel) as socket:
        socket.send(message(kind, filled, channel))
        assert closed(socket) == 1008
    with talk(kernel) as socket:  # his kernel lives, too
        socket.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in socket.recv(timeout=20), "an answer")
    assert not (scratch / "taken").exists()


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xff" * 64, 1007),
        (b"", 1007),
        ("{}", 1007),
        (bytes(300_000), 1009),
        (message("comm_msg", {"comm_id": "unknown", "data": {"method": "update", "state": {"value": 1}}}) + b"x", 1007),
    ],
)
def test_odd_frames_end_the_connection(kernel, frame, code):
    with talk(kernel) as socket:
        socket.send(frame)
        assert closed(socket) == code


def test_forged_messages_to_widgets_change_nothing_for_others(kernel, other):
    before = other.page.locator(".bt-charts h2").inner_text()
    with talk(kernel) as socket:
        for comm in ("unknown", "", "../../etc/passwd"):
            for data in ({"method": "update", "state": {"value": "<script>"}}, {"method": "custom", "content": []}, []):
                socket.send(message("comm_msg", {"comm_id": comm, "data": data}))
        socket.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in socket.recv(timeout=20), "an answer")
    assert other.page.locator(".bt-charts h2").inner_text() == before


def test_a_flood_ends_the_connection_and_is_a_line_in_the_log(kernel, scratch):
    said = len((scratch / "log").read_text())
    flood = message("comm_msg", {"comm_id": "unknown", "data": {}})
    with talk(kernel) as socket:
        with suppress(ConnectionClosed):  # he may still be sending when he is thrown out
            for _ in range(20_000):
                socket.send(flood)
        assert closed(socket) == 1008
    wait_for(lambda: "too many messages" in (scratch / "log").read_text()[said:], "it is told")
    assert len((scratch / "log").read_text()[said:].splitlines()) < 20


@pytest.mark.parametrize(
    "path",
    [
        "voila/files/dashboard.ipynb",
        "voila/files/../pyproject.toml",
        "voila/files/..%2fpyproject.toml",
        "voila/files/%2e%2e/pyproject.toml",
        "voila/files//etc/passwd",
        "voila/static/../../../../../../etc/passwd",
        "voila/static/..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
        "voila/templates/tracker/static/../../../conf.json",
        "voila/api/contents",
        "voila/api/contents/dashboard.ipynb",
        "voila/tree",
        "voila/render/explore.ipynb",
        "explore.ipynb",
        "api/contents",
        "api/kernels",
        "api/sessions",
        "api/terminals",
        "tracker/",
        "tracker/snapshot/../../pyproject.toml",
        "tracker/snapshot/..%2f..%2fpyproject.toml",
        "tracker/snapshot.html",
    ],
)
def test_no_file_and_no_list_is_given_away(url, path):
    made = requests.Request("GET", url).prepare()
    made.url = url + path  # as it is; requests would tidy it up
    answer = requests.Session().send(made, timeout=60)
    # Of a path below voila/templates that is none, Voila says 500, and no more.
    assert answer.status_code in (400, 403, 404, 500 if "templates" in path else 404), answer.text[:200]
    assert not re.search(r"root:|\[project\]|nbformat|Traceback|\.ipynb\"", answer.text)


def test_a_forged_channel_writes_no_line_of_its_own_into_the_log(kernel, scratch):
    with talk(kernel) as socket:
        socket.send(message("comm_msg", {}, "\x1b[2J\n[Voila] FAKE"))
        assert closed(socket) in (1007, 1008)
    log = (scratch / "log").read_text()
    assert "\x1b" not in log
    assert "\n[Voila] FAKE" not in log


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["", "api/kernels", "voila/api/shutdown/00000000-0000-0000-0000-000000000000"])
def test_nothing_can_be_changed_from_another_page(url, method, path):
    assert requests.request(method, url + path, timeout=60).status_code in (403, 404, 405)


@pytest.mark.parametrize(
    "path", ["", "tracker/snapshot", "tracker/room", "api/kernels/00000000-0000-0000-0000-000000000000"]
)
def test_a_foreign_name_that_leads_here_is_answered_by_nobody(url, scratch, path):
    """A page's name can be made to mean 127.0.0.1, and then what is here would be its own to read."""
    before = len((scratch / "log").read_text())
    assert requests.get(f"{url}{path}", headers={"Host": "evil.example"}, timeout=60).status_code == 403
    fine(scratch / "log", before)


def test_a_foreign_page_can_lead_here_but_makes_nobody_start_kernels(url, scratch, browser):
    before = kernels(scratch / "log")
    html = f'<img src="{url}?1"><iframe src="{url}?2"></iframe><script src="{url}?3"></script><a href="{url}?4">in</a>'
    with serving(html) as foreign, tab(browser, "about:blank") as seen:
        said = len((scratch / "log").read_text())
        seen.page.goto(foreign)
        # In the log: the browser keeps some of it from the page's own eyes.
        refusal = "cannot be embedded in another site"
        seen.wait(lambda: (scratch / "log").read_text()[said:].count(refusal) == 3, "each is refused")
        assert kernels(scratch / "log") == before
        fine(scratch / "log", said)
        seen.page.get_by_role("link").click()
        seen.page.locator(".bt-chart").first.wait_for(timeout=60_000)


def test_what_nobody_looks_at_yet_starts_nothing(url, scratch):
    before = kernels(scratch / "log")
    assert requests.get(url, headers={"Sec-Purpose": "prefetch;prerender"}, timeout=60).status_code == 403
    assert kernels(scratch / "log") == before


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "prices.localhost", "127.0.0.1", "[::1]"])
def test_this_machines_own_names_are_answered(url, name):
    port = url.split(":")[-1].strip("/")
    assert requests.get(f"{url}tracker/room", headers={"Host": f"{name}:{port}"}, timeout=60).status_code == 204


def test_who_asks_for_many_connections_at_once_gets_four(kernel):
    def ask(stack):
        with suppress(InvalidStatus):
            return stack.enter_context(talk(kernel))

    with ExitStack() as stack, ThreadPoolExecutor(18) as together:
        found = list(together.map(ask, [stack] * 18))
    assert 1 <= sum(each is not None for each in found) <= 4


def test_one_page_cannot_take_all_of_the_servers_connections(url):
    page = requests.get(url, timeout=60).text
    mine = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])["kernelId"]
    address = f"{url.replace('http', 'ws')}api/kernels/{mine}/channels"
    refused, held = 0, 0
    with ExitStack() as stack:
        for _ in range(50):
            try:
                stack.enter_context(talk(address))
                held += 1
            except InvalidStatus as error:
                refused += error.response.status_code == 429
    assert (held, refused) == (4, 46)
    assert requests.get(url, timeout=60).status_code == 200


def test_what_another_viewer_asked_for_is_told_to_nobody(url, other):
    """Voila would tell his address, in which a token may be, to who names his kernel."""
    config = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    theirs = other.page.evaluate(config)
    for known in (theirs, str(uuid4())):
        with pytest.raises(InvalidStatus) as refused:
            connect(f"{url.replace('http', 'ws')}voila/query/{known}", open_timeout=60)
        assert refused.value.response.status_code == 404


@pytest.mark.parametrize(
    ("cookie", "word", "origin"),
    [
        ("", "", None),
        ("", "a1b2c3d4", None),
        ("a1b2c3d4", "", None),
        ("a1b2c3d4", "d4c3b2a1", None),
        ("a1b2c3d4", "a1b2c3d4", "https://elsewhere.example"),
    ],
)
def test_another_viewers_kernel_cannot_be_ended_from_a_foreign_page(url, other, cookie, word, origin):
    """Not even by who knows its name."""
    config = "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
    theirs = other.page.evaluate(config)
    headers = {"Cookie": f"_xsrf={cookie}"} | ({"Origin": origin} if origin else {})
    answer = requests.post(f"{url}voila/api/shutdown/{theirs}", data={"_xsrf": word}, headers=headers, timeout=60)
    assert answer.status_code in (403, 404)
    assert requests.get(f"{url}api/kernels/{theirs}", timeout=60).status_code == 200


def test_the_page_shows_no_source_and_takes_no_other_template(url):
    queries = ("", "?template=lab&theme=dark")
    plain, asked = (requests.get(url + query, timeout=60).content.decode() for query in queries)
    assert "App.start" not in plain
    assert "Starting…" in asked  # the own template's
    assert "theme-dark" not in asked
