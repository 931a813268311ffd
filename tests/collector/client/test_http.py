"""RequestsHttp on real sockets: bounded in time and size, and no connection is used again after a failure."""

import asyncio
import contextlib
import socket
import threading
import zlib

import pytest

from tests.collector.client.conftest import PATH
from tracker.collector.client import http as http_module
from tracker.core.errors import ExchangeError


@pytest.fixture
def no_dns(monkeypatch):
    """Names below .invalid are unknown at once; a real name server may take seconds, or know every name."""
    real = socket.getaddrinfo

    def getaddrinfo(host, *arguments, **more):
        if str(host).endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def error_text(http, url):
    """Return the text of the error that a request to *url* raises."""
    with pytest.raises(ExchangeError) as error:
        asyncio.run(http(url, {}))
    return str(error.value)


def test_a_connection_is_reused(http, get):
    get()
    session = http._idle[0]
    get()
    assert http._idle == [session]


def test_an_exchange_that_hangs_is_given_up(sandbox, monkeypatch, get):
    monkeypatch.setattr(http_module, "READ_TIMEOUT", 0.2)
    sandbox.faults.set("hang")
    with pytest.raises(ExchangeError, match=r"did not answer within 0\.2 s"):
        get()


def test_the_error_distinguishes_a_closed_port_from_an_unknown_name(http, no_dns):
    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        port = closed_port.getsockname()[1]
        assert error_text(http, f"http://127.0.0.1:{port}/") == "127.0.0.1 refuses the connection"
    assert "the name exchange.invalid could not be found" in error_text(http, "http://exchange.invalid/")


def test_no_more_of_a_body_is_read_than_the_limit(monkeypatch, get):
    monkeypatch.setattr(http_module, "MAX_BODY", 20)
    with pytest.raises(ExchangeError, match="answers more than"):
        get()


def test_a_response_that_drips_is_given_up(monkeypatch, error_of):
    monkeypatch.setattr(http_module, "TOTAL_TIMEOUT", 0.5)
    assert "was still sending after 0.5 s" in str(error_of({"mode": "drip", "seconds": 0.05}))


def test_a_call_ends_at_the_total_time_limit_even_without_a_socket_time_out(http, sandbox, monkeypatch):
    monkeypatch.setattr(http_module, "TOTAL_TIMEOUT", 0.2)
    monkeypatch.setattr(http_module, "CONNECT_TIMEOUT", 0.1)
    sandbox.faults.set("hang")
    assert "had not answered after 0.3 s" in error_text(http, sandbox.url + PATH)


def test_a_configured_proxy_is_not_used_for_a_sandbox_on_this_machine(http, monkeypatch, get):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert get().body["error"] == []
    assert "through the proxy" in error_text(http, "http://exchange.invalid/")


@pytest.mark.parametrize("url", ["http://user:SECRET@a..b/", "http://[::1/SECRET"])
def test_the_error_for_an_invalid_url_does_not_show_it(http, url):
    with pytest.raises((ExchangeError, ValueError)) as error:
        asyncio.run(http(url, {}))
    assert "SECRET" not in str(error.value)


def test_a_connection_that_failed_is_not_reused(http, sandbox, get):
    sandbox.faults.set("reset", mid_body=True)
    with pytest.raises(ExchangeError):
        get()
    assert http._idle == []


def test_no_error_shows_the_query_which_may_hold_a_key(http, sandbox, no_dns):
    sandbox.faults.set("status", status=500)
    assert "SECRET" not in error_text(http, sandbox.url + PATH + "&key=SECRET")
    assert "SECRET" not in error_text(http, "http://exchange.invalid/?key=SECRET")


def test_the_body_of_a_redirect_is_bounded_like_any_other(http):
    """requests would read all of it, 64 MB here, to keep the connection."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    body = b"".join(packer.compress(b"x" * 2**20) for _ in range(64)) + packer.flush()
    head = b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"

    def serve(server):
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(head % len(body) + body)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=[server], daemon=True).start()
        with pytest.raises(ExchangeError, match="more than 8 MB"):
            asyncio.run(http(f"http://127.0.0.1:{server.getsockname()[1]}/", {}))


@pytest.mark.parametrize("mode", ["gigantic", "bomb"])
def test_a_body_beyond_the_limit_is_refused_and_the_next_request_succeeds(sandbox, mode, get, error_of):
    assert "answers more than 8 MB" in str(error_of({"mode": mode}))
    sandbox.faults.set("none")
    assert get().body["error"] == []
