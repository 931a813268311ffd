"""The HTTP server bounds what a client can hold, and believes a proxy on this machine only."""

import asyncio
import json
from contextlib import asynccontextmanager, suppress

from tornado.httputil import parse_response_start_line
from tornado.web import Application, RequestHandler

from tests.support.page_server import free_port
from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.http_server import BoundedHttpServer

HOST = "Host: prices.example:8866\r\n"
LARGE = b"x" * 8_000_000  # more than the buffers of a connection's two sockets
PATIENCE = 20.0  # s


class Seen(RequestHandler):
    """Answers with what a handler sees of its request."""

    def get(self):
        self.finish({"ip": self.request.remote_ip, "protocol": self.request.protocol, "host": self.request.host})

    def post(self):
        self.finish({"body": len(self.request.body)})


class Slow(RequestHandler):
    """Answers when the test says so, as the page does when its kernel has started."""

    async def get(self):
        self.write("begins ")
        await self.flush()
        await self.settings["go_on"].wait()
        self.finish("ends")


class Large(RequestHandler):
    """Answers with more than can be sent to a client that does not read."""

    def get(self):
        self.finish(LARGE)


class Served:
    """A server in this process's loop, and connections to it."""

    def __init__(self, port, go_on):
        self._port, self.go_on = port, go_on

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def ask(self, text):
        """Send *text* alone; return the status and the body of the answer, or None if there is none."""
        reader, writer = await self.connect()
        writer.write(text.encode("latin1"))
        answer = await until_closed(reader)
        writer.close()
        if not answer:
            return None
        head, body = answer.split(b"\r\n\r\n", 1)
        return parse_response_start_line(head.split(b"\r\n")[0].decode()).code, body


async def until_closed(reader):
    """Return what comes until the server closes the connection."""
    received = b""
    with suppress(ConnectionError):
        while part := await asyncio.wait_for(reader.read(65_536), PATIENCE):
            received += part
    return received


@asynccontextmanager
async def served(**limits):
    """Serve the handlers above within *limits*."""
    go_on = asyncio.Event()
    application = Application([("/", Seen), ("/slow", Slow), ("/large", Large)], go_on=go_on, log_function=print)
    server = BoundedHttpServer(application, limits=HttpLimits(**limits))
    port = free_port()
    server.listen(port, "127.0.0.1")
    try:
        yield Served(port, go_on)
    finally:
        server.stop()
        await server.close_all_connections()


def asked(text, **limits):
    """Return the answer to *text* of a server within *limits*."""

    async def ask():
        async with served(**limits) as server:
            return await server.ask(text)

    return asyncio.run(ask())


def seen(headers):
    """Return what a handler sees of a request with *headers*."""
    status, body = asked(f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n{headers}\r\n")
    assert status == 200
    return json.loads(body)


def test_the_viewers_address_and_https_are_those_that_a_proxy_on_this_machine_tells():
    told = seen("X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")
    assert (told["ip"], told["protocol"]) == ("198.51.100.7", "https")


def test_what_a_client_writes_before_its_proxy_is_not_believed():
    """A proxy appends to X-Forwarded-For, and passes the other headers on as they are."""
    forged = "X-Real-Ip: 192.0.2.1\r\nX-Scheme: https\r\n"
    told = seen(f"X-Forwarded-For: 192.0.2.1, 198.51.100.7\r\nX-Forwarded-Proto: http\r\n{forged}")
    assert (told["ip"], told["protocol"]) == ("198.51.100.7", "http")


def test_another_machine_is_not_believed_to_be_a_proxy(monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.http_server.is_loopback", lambda address: False)
    told = seen("X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")
    assert (told["ip"], told["protocol"]) == ("127.0.0.1", "http")
