"""The bounded HTTP server in the test's own event loop, with handlers that answer in several ways, and its clients."""

import asyncio
from contextlib import asynccontextmanager, suppress

from tornado.httputil import parse_response_start_line
from tornado.web import Application, RequestHandler

from tests.support.page_server import free_port
from tracker.dashboard.server.http_limits import HttpLimits
from tracker.dashboard.server.http_server import BoundedHttpServer

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


class Counted(RequestHandler):
    """Counts its requests."""

    def get(self):
        self.settings["counted"].append(self.request.uri)


class Large(RequestHandler):
    """Answers with more than can be sent to a client that does not read."""

    def get(self):
        self.finish(LARGE)


class Served:
    """A server in this process's loop, and connections to it."""

    def __init__(self, port, settings):
        self._port, self._writers = port, []
        self.go_on, self.counted = settings["go_on"], settings["counted"]

    async def connect(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers.append(writer)
        return reader, writer

    async def close(self):
        """Close the connections."""
        for writer in self._writers:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def ask(self, text):
        """Send *text* alone; return the status and the body of the answer, or None if there is none."""
        reader, writer = await self.connect()
        writer.write(text.encode("latin1"))
        answer = await until_closed(reader)
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
    settings = {"go_on": asyncio.Event(), "counted": [], "log_function": print}
    handlers = [("/", Seen), ("/slow", Slow), ("/large", Large), ("/counted", Counted)]
    application = Application(handlers, **settings)
    server = BoundedHttpServer(application, limits=HttpLimits(**limits))
    port = free_port()
    server.listen(port, "127.0.0.1")
    clients = Served(port, settings)
    try:
        yield clients
    finally:
        await clients.close()
        server.stop()
        await server.close_all_connections()
