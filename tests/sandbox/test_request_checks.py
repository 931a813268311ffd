"""Requests that the sandbox refuses: those of web pages, for other hosts, and with bodies that it does not read."""

import socket
from http.client import HTTPConnection

import pytest
import requests

from tests.support.sandbox import NOW, TIMEOUT, get_ticker, post_faults
from tracker.core.adapters import names
from tracker.dashboard.server import launcher
from tracker.dashboard.server.access import Access
from tracker.runtime.settings import read_settings
from tracker.sandbox import Sandbox, Simulated
from tracker.sandbox.demo import Demo
from tracker.sandbox.handler import Handler

FAULT = b'{"mode": "html"}'
STATED = (f"Content-Length: {len(FAULT)}",)
PATHS = ("/faults", "/stats", "/kraken/0/public/Ticker?pair=XBTUSD")


@pytest.fixture(scope="module")
def running():
    with Sandbox(Simulated(1), lambda: NOW, controls=True) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    """The same one for all tests, which takes no time, without faults."""
    running.faults.set("none")
    return running


@pytest.fixture
def send(sandbox):
    """Send a request with exactly these header lines; return status, the value of Connection, and the error."""

    def send(method: str, path: str, *lines: str, body: bytes = b"") -> tuple[int, str | None, str]:
        connection = HTTPConnection("127.0.0.1", sandbox.port, timeout=TIMEOUT)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in (line.split(": ", 1) for line in lines):
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.headers["Connection"], text

    return send


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "line",
    [
        "Origin: https://elsewhere.example",
        "Origin: null",
        "origin: http://127.0.0.1:8081",
        "Origin: ",
        "Sec-Fetch-Site: cross-site",
        "sec-fetch-site: same-origin",
        "Sec-Fetch-Site: none",
    ],
)
def test_a_request_that_a_browser_sent_is_refused_with_the_reason(sandbox, send, path, line):
    sandbox.faults.set("status", status=500, count=1)
    before = sandbox.stats()
    status, connection, text = send("GET", path, "Host: localhost", line)
    assert (status, connection, line.split(":")[0].lower() in text.lower()) == (403, "close", True)
    status, connection, text = send("POST", path, "Host: localhost", line, *STATED, body=FAULT)
    assert (status, connection, "expected a program such as curl" in text) == (403, "close", True)
    assert sandbox.faults.show() == {"mode": "status", "status": 500, "count": 1}
    assert sandbox.stats() == before


@pytest.mark.parametrize(
    "hosts",
    [
        *(
            ("elsewhere.example",),
            ("elsewhere.example:8081",),
            ("elsewhere.example.",),
            ("127.0.0.1.elsewhere.example",),
        ),
        *(("192.0.2.7:8081",), ("0.0.0.0",), ("[::2]:8081",), ("localhost@elsewhere.example",)),
        *((), ("",), (":8081",), ("localhost", "localhost"), ("localhost", "elsewhere.example")),
    ],
    ids=" and ".join,
)
def test_a_request_for_another_host_is_refused_with_the_reason(sandbox, send, hosts):
    """A name of a web page may be made to point to this machine, which would make its responses readable."""
    lines = [f"Host: {host}" for host in hosts]
    for path in PATHS:
        status, connection, text = send("GET", path, *lines)
        assert (status, connection, "expected this machine" in text) == (403, "close", True)
    assert send("POST", "/faults", *lines, *STATED, body=FAULT)[0] == 403
    assert sandbox.faults.show() == {"mode": "none"}


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:9", "127.0.0.2:8081", "localhost:8081", "LOCALHOST.:8081", "[::1]", "[::1]:8081"]
)
def test_a_program_reaches_the_sandbox_by_every_name_of_this_machine_at_any_port(sandbox, send, host):
    assert send("POST", "/faults", f"Host: {host}", *STATED, body=FAULT)[0] == 200
    assert sandbox.faults.show() == {"mode": "html"}


def test_an_address_with_another_host_in_the_first_line_is_none_of_the_sandbox(send):
    assert send("GET", "http://elsewhere.example/faults", "Host: localhost")[0] == 404


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Transfer-Encoding: chunked"], 411),
        (["Transfer-Encoding: chunked", *STATED], 411),
        (["Content-Length: 65537"], 413),
        (["Content-Length: " + "9" * 5000], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: x"], 400),
        ([*STATED, *STATED], 400),
    ],
    ids=lambda value: value[0][:30] if isinstance(value, list) else "",
)
@pytest.mark.parametrize("request_line", ["GET /faults", "GET /kraken/0/public/Time", "POST /faults", "POST /"])
def test_a_body_that_is_too_long_or_has_no_one_length_is_not_read(sandbox, send, caplog, request_line, lines, status):
    method, path = request_line.split()
    assert send(method, path, "Host: localhost", *lines)[:2] == (status, "close")
    assert caplog.records == []


@pytest.mark.parametrize("start", ["GET /stats", "POST /faults", "POST /elsewhere"])
def test_a_body_is_never_taken_for_the_next_request(sandbox, start):
    hidden = b"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(FAULT), FAULT)
    last = b"GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    head = f"{start} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(hidden)}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=TIMEOUT) as client:
        client.sendall(head + hidden + last)
        answer = client.makefile("rb").read()
    assert answer.count(b"HTTP/1.1 ") == 2
    assert sandbox.faults.show() == {"mode": "none"}


def test_a_body_that_ends_too_early_changes_nothing(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=TIMEOUT) as client:
        client.sendall(b"POST /faults HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n" + FAULT)
        client.shutdown(socket.SHUT_WR)
        answer = client.makefile("rb").read()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"the body ended after 16 of 99 bytes" in answer
    assert sandbox.faults.show() == {"mode": "none"}


@pytest.mark.parametrize("begin", [b"", b"GET /fau", b"POST /faults HTTP/1.1\r\nContent-Length: 9\r\n\r\n{"])
def test_a_client_that_sends_nothing_more_is_disconnected(sandbox, monkeypatch, caplog, begin):
    assert 30 <= Handler.timeout <= 120
    monkeypatch.setattr(Handler, "timeout", 0.1)
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=TIMEOUT) as client:
        client.sendall(begin)
        assert client.recv(1) == b""
    assert caplog.records == []


def assert_an_exchange_without_controls(url: str) -> None:
    assert requests.get(f"{url}/kraken/0/public/Ticker?pair=XBTUSD", timeout=TIMEOUT).json()["error"] == []
    refused = [
        requests.get(f"{url}/faults", timeout=TIMEOUT),
        requests.get(f"{url}/stats", timeout=TIMEOUT),
        requests.post(f"{url}/faults", data=FAULT, timeout=TIMEOUT),
    ]
    assert [response.status_code for response in refused] == [404, 404, 404]
    assert "/stats" not in refused[0].text, "a path is offered that is not served"


def test_a_sandbox_has_no_controls_unless_it_is_told_to_but_its_owner_can_use_them():
    with Sandbox(Simulated(1), lambda: NOW) as sandbox:
        assert_an_exchange_without_controls(sandbox.url)
        assert sandbox.stats() == {"/kraken/0/public/Ticker": 1}
        sandbox.faults.set("status", status=503)
        assert get_ticker(sandbox).status_code == 503
        assert post_faults(sandbox, {"mode": "none"}).status_code == 404


def test_the_market_of_start_simulation_has_no_controls(tmp_path):
    demo = Demo(lambda: NOW, ())
    try:
        simulated = demo.settings(read_settings(tmp_path), names("exchanges"))
        assert_an_exchange_without_controls(simulated.exchanges["kraken"].url.removesuffix("/kraken"))
    finally:
        demo.stop()


def test_the_market_of_the_demo_has_no_controls(tmp_path, monkeypatch):
    def serve_page(settings, port, access, urls):
        assert_an_exchange_without_controls(urls["TRACKER_EXCHANGES__KRAKEN__URL"].removesuffix("/kraken"))
        return 7

    monkeypatch.setattr(launcher, "serve_page", serve_page)
    assert launcher.demo(read_settings(tmp_path), 0, Access(), 1) == 7
