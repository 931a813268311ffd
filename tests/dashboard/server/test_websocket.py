"""A websocket to a kernel of the real server: which are opened, how many, and how they end."""

import os
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import quote
from uuid import uuid4

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.support.hostile_page import Page
from tests.support.kernels import (
    LASTING,
    V1,
    channels,
    close_code,
    connected,
    connections,
    fine,
    id_of,
    message,
    pid_of,
    small_notebook,
)
from tests.support.page_server import mark_as_checkout, settings, voila, wait_for
from tests.support.raw_websocket import BINARY, CONTINUATION, PONG, RawWebsocket, frame

pytestmark = pytest.mark.service

PINGS = '--Voila.tornado_settings={"ws_ping_interval": 500, "ws_ping_timeout": 1500}'  # ms


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """A project whose notebook starts fast."""
    folder = tmp_path_factory.mktemp("project")
    mark_as_checkout(folder)
    (folder / "notebooks").mkdir()
    return folder


@pytest.fixture(scope="module")
def url(scratch):
    notebook, environment = small_notebook(scratch / "notebooks"), settings(scratch / "data", "http://127.0.0.1:9")
    with voila(scratch / "log", LASTING, PINGS, notebook=notebook, **environment) as address:
        yield address


@pytest.fixture(autouse=True)
def _no_error_is_logged(scratch, url):
    before = len((scratch / "log").read_text())
    yield
    fine(scratch / "log", before)


@pytest.fixture(scope="module")
def page(url):
    """The id of the kernel of a page."""
    return id_of(requests.get(url, timeout=60).text)


@pytest.fixture
def new_page(url):
    """The id of the kernel of a page that nothing has been connected to."""
    return id_of(requests.get(url, timeout=60).text)


def test_a_client_without_the_protocol_is_refused(url, page):
    with pytest.raises(InvalidStatus) as refused:
        connect(channels(url, page), open_timeout=60)
    assert refused.value.response.status_code == 400
    assert V1.encode() in refused.value.response.body


def test_a_websocket_from_a_foreign_page_is_refused(url, page):
    with pytest.raises(InvalidStatus) as refused:
        connect(channels(url, page), subprotocols=[V1], origin="https://elsewhere.example", open_timeout=60)
    assert refused.value.response.status_code == 403


def test_websockets_that_are_refused_take_none_of_the_pages_places(url, new_page):
    refused = [{"origin": "https://elsewhere.example"}, {"additional_headers": {"Sec-WebSocket-Version": "7"}}]
    for options in 3 * refused:
        with pytest.raises(InvalidStatus):
            connect(channels(url, new_page), subprotocols=[V1], open_timeout=60, **options)
    keyless = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    for _ in range(4):
        address = channels(url, new_page).replace("ws", "http", 1)
        assert requests.get(address, headers={**keyless, "Sec-WebSocket-Protocol": V1}, timeout=60).status_code == 400
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connected(url, new_page))


def test_a_websocket_that_was_refused_leaves_no_session_behind(url, page, scratch):
    logged = len((scratch / "log").read_text())
    address = channels(url, page)
    for _ in range(2):
        with pytest.raises(InvalidStatus):
            connect(address, subprotocols=[V1], origin="https://elsewhere.example", open_timeout=60)
    assert "Replacing stale connection" not in (scratch / "log").read_text()[logged:]


def handshake_status(url, page):
    """Open and leave a websocket; fails if the server has not answered after five seconds."""
    socket = RawWebsocket(url, page)
    socket.abandon()
    return socket.status


def test_a_page_that_opens_websockets_all_the_time_is_refused(url, new_page):
    wait_for(lambda: handshake_status(url, new_page) == 429, "it has opened too many", 20)


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
def test_malformed_frames_end_the_connection(url, page, frame, code):
    with connected(url, page) as socket:
        socket.send(frame)
        assert close_code(socket) == code


def test_one_page_gets_four_connections_however_many_it_asks_for_at_once_or_later(url, new_page):
    def status_of_a_connection(stack):
        try:
            stack.enter_context(connected(url, new_page))
        except InvalidStatus as error:
            return error.response.status_code
        return 101

    with ExitStack() as stack:
        with ThreadPoolExecutor(18) as threads:
            at_once = Counter(threads.map(status_of_a_connection, [stack] * 18))
        assert at_once == {101: 4, 429: 14}
        later = Counter(status_of_a_connection(stack) for _ in range(46))
        assert later == {429: 46}


@pytest.mark.parametrize("session", ["x" * 300, "\x1b[2J", "é"])
def test_a_session_that_zeromq_or_the_log_could_not_take_is_refused(url, page, session):
    address = channels(url, page).split("=")[0]
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{address}={quote(session)}", subprotocols=[V1], open_timeout=60)
    assert refused.value.response.status_code == 400


def test_a_client_that_leaves_during_the_handshake_is_not_counted(url, new_page):
    for _ in range(10):
        RawWebsocket(url, new_page, reads=False).abandon()
    with ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(connected(url, new_page))
        assert connections(url, new_page) == 4
    wait_for(lambda: connections(url, new_page) == 0, "all are closed")


def test_parts_of_messages_are_counted_though_the_message_never_ends(url, new_page):
    socket = RawWebsocket(url, new_page)
    socket.send(frame(BINARY, b"x", final=False) + 3_000 * frame(CONTINUATION, final=False))
    assert socket.close_code() == 1008
    wait_for(lambda: connections(url, new_page) == 0, "it is ended, and what was sent is not read to its end", 3)
    socket.abandon()


def test_websockets_end_with_their_kernel(url):
    """Otherwise a viewer could open and end pages until the server can open no more sockets to kernels."""
    page = Page(url)
    with connected(url, page.kernel) as one, connected(url, page.kernel) as other:
        page.end()
        assert [close_code(one), close_code(other)] == [1001, 1001]


@pytest.mark.parametrize("has_answered", [False, True])
def test_a_websocket_to_a_kernel_that_has_ended_is_refused_at_once(url, new_page, has_answered):
    if has_answered:
        with connected(url, new_page):
            pass
    os.kill(pid_of(new_page), signal.SIGKILL)
    wait_for(lambda: handshake_status(url, new_page) == 404, "a websocket is refused", 5)


def test_costly_requests_are_counted_whatever_else_they_contain(url, new_page):
    with connected(url, new_page) as socket:
        for number in range(20):
            socket.send(message("comm_info_request", {"data": {"method": f"method-{number}"}}))
        assert close_code(socket) == 1008


def test_bytes_of_messages_are_counted(url, new_page):
    with connected(url, new_page) as socket:
        with suppress(ConnectionClosed):  # it may be closed while this still sends
            for _ in range(40):
                large = {"comm_id": "unknown", "data": {"method": "update", "state": {"value": 60_000 * "x"}}}
                socket.send(message("comm_msg", large))
        assert close_code(socket) == 1008


def test_a_message_that_comes_twice_is_no_traceback_of_the_kernel(url, page, scratch):
    logged = len((scratch / "log").read_text())
    twice, last = message("kernel_info_request", {}), message("kernel_info_request", {}, msg_id=uuid4().hex + "last")
    with connected(url, page) as socket:
        for each in (twice, twice, last):
            socket.send(each)
        wait_for(lambda: b'last"' in socket.recv(timeout=20), "the last one is answered")
    assert "Duplicate Signature" not in (scratch / "log").read_text()[logged:]


def test_a_message_in_parts_is_read(url):
    with Page(url) as page:
        page.open()
        (socket, *_) = page.sockets
        request = message("kernel_info_request", {})
        socket.send(frame(BINARY, request[:50], final=False) + frame(CONTINUATION, request[50:]))
        assert any(b'"kernel_info_reply"' in payload for _, payload in socket.frames())


def test_a_client_that_reads_nothing_is_ended_though_it_sends_pongs(url, scratch):
    logged = len((scratch / "log").read_text())
    with Page(url) as page, connected(url, page.kernel) as reader:  # which answers pings
        page.open()

        def pongs():
            page.send(frame(PONG), "pongs", to_all=True)
            return page.done["ended connections"] == 3

        wait_for(pongs, "all that do not read are ended", 20)
        log = (scratch / "log").read_text()[logged:]
        assert log.count("no answer to pings for 1.5 s") == 3
        assert "ping_timeout" not in log  # Tornado warns of its own, of which this is independent
        reader.send(message("kernel_info_request", {}))
        wait_for(lambda: b"kernel_info_reply" in reader.recv(timeout=20), "an answer")
