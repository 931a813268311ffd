"""What the handler of a websocket does: a browser that reads too little is ended, which frees what waits for it."""

import asyncio
import gc
import logging
from types import SimpleNamespace

import pytest
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.log import gen_log
from tornado.websocket import WebSocketClosedError

from tracker.dashboard.server.websocket import GuardedConnection
from tracker.dashboard.server.websocket_handler import TrackerWebsocketHandler, websocket_handlers

LIMIT = 100_000  # bytes


class Unread:
    """Tornado's side of a websocket whose browser reads only when it is told to."""

    def __init__(self):
        self.stream = self
        self.writes = []
        self._is_closed = False

    def write_message(self, message, binary):
        if self._is_closed:
            raise WebSocketClosedError
        self.writes.append(asyncio.get_running_loop().create_future())
        return self.writes[-1]

    def read_all(self):
        for write in self.writes:
            write.set_result(None)
        self.writes.clear()

    def close(self):
        self._is_closed = True
        for write in self.writes:
            write.set_exception(WebSocketClosedError())
        self.writes.clear()

    def closed(self):
        return self._is_closed

    is_closing = closed


@pytest.fixture
def page():
    """What is common to all websockets of a page."""
    return SimpleNamespace(limiter=SimpleNamespace(unsent=0), max_unsent=LIMIT)


@pytest.fixture
def handler(page, monkeypatch):
    """Make the handler of a websocket of the page."""
    monkeypatch.setattr(TrackerWebsocketHandler, "log", logging.getLogger("page"))

    def new():
        made = TrackerWebsocketHandler.__new__(TrackerWebsocketHandler)
        made.connection, made.ws_connection = page, Unread()
        return made

    return new


def test_a_browser_that_reads_nothing_is_ended_before_much_waits_for_it(handler, page, caplog):
    async def run():
        websocket = handler()
        for _ in range(1_000):
            websocket.write_message(bytes(10_000))
            assert page.limiter.unsent <= LIMIT + 13_000
        assert websocket.ws_connection.closed()
        await asyncio.sleep(0)
        assert page.limiter.unsent == 0

    asyncio.run(run())
    assert caplog.messages == ["ending a viewer's connection: more than 100,000 bytes unsent"]


def test_many_small_messages_count_too(handler):
    async def run():
        websocket = handler()
        for _ in range(100):
            websocket.write_message(b"x")
        assert websocket.ws_connection.closed()

    asyncio.run(run())


def test_a_browser_that_reads_gets_any_amount_and_a_message_of_any_size(handler):
    async def run():
        websocket = handler()
        for _ in range(100):
            websocket.write_message(bytes(10 * LIMIT))
            websocket.ws_connection.read_all()
            await asyncio.sleep(0)
        assert not websocket.ws_connection.closed()

    asyncio.run(run())


def test_all_websockets_of_a_page_share_the_limit(handler, page):
    async def run():
        websockets = [handler() for _ in range(4)]
        for _ in range(100):
            for each in websockets:
                each.write_message(bytes(5_000))
        assert page.limiter.unsent <= LIMIT + 8_000
        assert any(each.ws_connection.closed() for each in websockets)

    asyncio.run(run())


def test_nothing_is_logged_of_messages_that_were_unsent_at_the_end(handler):
    logged = []

    async def run():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: logged.append(context))
        websocket = handler()
        for _ in range(5):
            websocket.write_message(b"x")
        websocket.ws_connection.close()
        websocket.write_message(b"x")
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(run())
    assert logged == []


def test_what_is_sent_to_or_by_a_viewer_who_has_left_is_dropped(handler):
    websocket = handler()
    websocket.connection = None
    websocket.write_message(b"x")
    websocket.on_message(b"x")
    websocket.on_frame()
    websocket.on_close()


@pytest.mark.parametrize("has_left", [False, True])
def test_pings_end_with_their_websocket(handler, has_left):
    """Otherwise each websocket that there ever was would keep a timer."""
    websocket, stopped = handler(), []
    websocket.ws_connection.close()
    if has_left:
        websocket.ws_connection = None
    websocket.ping_callback = SimpleNamespace(stop=lambda: stopped.append(True))
    websocket.send_ping()
    assert stopped == [True]


def test_messages_on_their_way_when_a_websocket_ends_are_no_line_in_the_log(caplog):
    websocket_handlers(SimpleNamespace(server_url="/"))
    gen_log.warning("Got events for closed stream %s", "x")
    gen_log.warning("another warning")
    assert caplog.messages == ["another warning"]


@pytest.mark.parametrize(
    ("kind", "is_sent"), [("execute_input", False), ("error", False), ("stream", False), ("status", True)]
)
def test_the_notebooks_source_and_what_its_kernel_prints_are_not_sent(monkeypatch, kind, is_sent):
    sent = []
    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "_on_zmq_reply", lambda *arguments: sent.append(arguments))
    GuardedConnection.__new__(GuardedConnection)._on_zmq_reply(None, [b'{"msg_type": "%s"}' % kind.encode(), b"{}"])
    assert bool(sent) == is_sent
