"""The HTTP server bounds what a client can hold, and believes a proxy on this machine only."""

import asyncio
import json

import pytest

from tests.support.bounded_server import LARGE, PATIENCE, served, until_closed
from tracker.dashboard.server.http_limits import HttpLimits

HOST = "Host: prices.example:8866\r\n"


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
    request = seen("X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")
    assert (request["ip"], request["protocol"]) == ("198.51.100.7", "https")


def test_what_a_client_writes_before_its_proxy_is_not_believed():
    """A proxy appends to X-Forwarded-For, and passes the other headers on as they are."""
    forged = "X-Real-Ip: 192.0.2.1\r\nX-Scheme: https\r\n"
    request = seen(f"X-Forwarded-For: 192.0.2.1, 198.51.100.7\r\nX-Forwarded-Proto: http\r\n{forged}")
    assert (request["ip"], request["protocol"]) == ("198.51.100.7", "http")


def test_another_machine_is_not_believed_to_be_a_proxy(monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.http_server.is_loopback", lambda address: False)
    request = seen("X-Forwarded-For: 198.51.100.7\r\nX-Forwarded-Proto: https\r\n")
    assert (request["ip"], request["protocol"]) == ("127.0.0.1", "http")


def test_a_body_of_the_size_allowed_is_read_and_a_larger_one_is_refused_before_it_comes():
    head = f"POST / HTTP/1.1\r\n{HOST}Connection: close\r\nContent-Length: "
    status, body = asked(f"{head}1000\r\n\r\n{'x' * 1_000}", max_body_size=1_000)
    assert (status, json.loads(body)) == (200, {"body": 1_000})
    assert asked(f"{head}1001\r\n\r\n", max_body_size=1_000) == (413, b"")
    assert asked(f"{head}1001\r\nExpect: 100-continue\r\n\r\n", max_body_size=1_000) == (413, b"")


def test_a_chunked_body_is_cut_off_at_the_size_allowed():
    chunks = f"3e8\r\n{'x' * 1_000}\r\n" * 2 + "0\r\n\r\n"
    head = f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"
    assert asked(head + chunks, max_body_size=1_999)[0] == 400
    assert asked(head.replace("Transfer", "Connection: close\r\nTransfer") + chunks, max_body_size=2_000)[0] == 200


def test_a_header_that_is_too_long_ends_the_connection():
    assert asked(f"GET / HTTP/1.1\r\n{HOST}A: {'x' * 5_000}\r\n\r\n", max_header_size=4_000) is None


def test_a_refused_request_is_not_followed_by_another_on_its_connection():
    """Its body, which is not read, could look like one."""
    hidden = f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
    assert asked(f"POST / HTTP/1.1\r\nHost: %2F\r\nContent-Length: {len(hidden)}\r\n\r\n{hidden}") == (400, b"")


def test_requests_that_are_sent_at_once_are_answered_in_their_order():
    async def ask():
        async with served() as server:
            reader, writer = await server.connect()
            paths = ["/", "/nothing"] * 20
            last = f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n"
            writer.write(("".join(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in paths) + last).encode())
            answers = await until_closed(reader)
            return [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]

    assert asyncio.run(ask()) == [200, 404] * 20 + [200]


def test_what_a_client_sent_before_it_left_is_not_answered():
    async def ask():
        async with served() as server:
            reader, writer = await server.connect()
            requests = ["/slow", *["/counted"] * 50]
            writer.write("".join(f"GET {path} HTTP/1.1\r\n{HOST}\r\n" for path in requests).encode())
            await reader.readuntil(b"begins")
            writer.transport.abort()
            for _ in range(5):  # as many turns of the loop as it takes to notice, and more
                assert await server.ask(f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
            server.go_on.set()
            for _ in range(5):
                assert await server.ask(f"GET / HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n")
            return server.counted

    assert asyncio.run(ask()) == []


@pytest.fixture
def _checked_often(monkeypatch):
    monkeypatch.setattr("tracker.dashboard.server.http_server._CHECK_INTERVAL", 0.02)


@pytest.mark.usefixtures("_checked_often")
@pytest.mark.parametrize(
    ("limit", "text"),
    [
        ("idle_timeout", ""),
        ("idle_timeout", f"GET / HTTP/1.1\r\n{HOST}\r\n"),
        ("header_timeout", "G"),
        ("idle_timeout", f"GET / HTTP/1.1\r\n{HOST}\r\nGET / HTTP/1.1\r\n{HOST}"),
        ("body_timeout", f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\n\r\n"),
        ("body_timeout", f"POST / HTTP/1.1\r\n{HOST}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n"),
        ("body_timeout", f"POST / HTTP/1.1\r\n{HOST}Transfer-Encoding: chunked\r\n\r\n"),
    ],
)
def test_a_client_that_does_not_go_on_is_given_up(limit, text):
    """Only the *limit* named is short."""
    asyncio.run(asyncio.wait_for(_closed_after(text, **{limit: 0.1}), PATIENCE))


async def _closed_after(text, **limits):
    async with served(**limits) as server:
        reader, writer = await server.connect()
        writer.write(text.encode())
        await until_closed(reader)


@pytest.mark.usefixtures("_checked_often")
def test_an_answer_that_takes_its_time_is_not_cut_off():
    async def ask():
        async with served(idle_timeout=0.1, header_timeout=0.1, body_timeout=0.1, write_timeout=0.1) as server:
            slow, idle = await server.connect(), await server.connect()
            slow[1].write(f"GET /slow HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
            await until_closed(idle[0])  # so the other one's time would be over, too
            server.go_on.set()
            return await until_closed(slow[0])

    assert b"ends" in asyncio.run(ask())


def test_of_too_many_connections_the_one_that_waits_longest_for_its_client_is_closed():
    """It may have sent no request or not read its answer, but its answer is not being made."""

    async def ask():
        async with served(max_connections=3) as server:
            slow, unread, idle = [await server.connect() for _ in range(3)]
            await begin_slow(*slow)
            unread[1].transport.pause_reading()
            unread[1].write(f"GET /large HTTP/1.1\r\n{HOST}\r\n".encode())
            slow_too = await server.connect()
            assert await until_closed(idle[0]) == b""
            await begin_slow(*slow_too)
            await begin_slow(*await server.connect())
            unread[1].transport.resume_reading()
            assert len(await until_closed(unread[0])) < len(LARGE)
            server.go_on.set()
            assert b"ends" in await until_closed(slow[0])
            assert b"ends" in await until_closed(slow_too[0])

    asyncio.run(ask())


async def begin_slow(reader, writer):
    """Ask for what takes its time, and wait until the answer begins."""
    writer.write(f"GET /slow HTTP/1.1\r\n{HOST}Connection: close\r\n\r\n".encode())
    await reader.readuntil(b"begins")


@pytest.mark.parametrize(("files", "expected"), [(8_192, 1_000), (1_024, 512), (-1, 1_000)])
def test_connections_leave_half_of_the_files_to_kernels(monkeypatch, files, expected):
    monkeypatch.setattr("resource.getrlimit", lambda _: (files, files))
    assert HttpLimits().max_connections == expected
