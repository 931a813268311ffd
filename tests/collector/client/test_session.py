"""AbortableSession: a request that no socket time-out ends leaves no thread behind."""

import asyncio
import contextlib
import socket
import threading
import time

import pytest

from tests.support.collector_services import PATIENCE
from tracker.collector.client import http as http_module
from tracker.core.errors import ExchangeError


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Drip: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["headers", "chunk", "chunk of a connection that will close"],
)
def test_an_abandoned_request_ends_its_thread_wherever_the_response_drips(http, monkeypatch, start):
    monkeypatch.setattr(http_module, "TOTAL_TIMEOUT", 0.2)
    monkeypatch.setattr(http_module, "CONNECT_TIMEOUT", 0.2)
    ended = threading.Event()

    def serve(listener):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(start)
            while not ended.wait(0.02):
                connection.sendall(b"a")

    def request_threads():
        return {thread for thread in threading.enumerate() if thread.name == "tracker-call"}

    earlier = request_threads()  # of other tests

    async def scenario():
        with pytest.raises(ExchangeError, match="had not answered"):
            await http(f"http://127.0.0.1:{listener.getsockname()[1]}/", {})
        end = time.monotonic() + PATIENCE
        while request_threads() - earlier and time.monotonic() < end:  # noqa: ASYNC110 - a thread's end is no event
            await asyncio.sleep(0.01)
        return request_threads() - earlier

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        try:
            assert asyncio.run(scenario()) == set()
        finally:
            ended.set()
            server.join()
    assert http._idle == []
