"""RequestsHttp on real sockets: each way an exchange fails becomes an ExchangeError in plain words."""

import asyncio
import contextlib
import socket
import threading
import time
import zlib

import pytest
import requests

from tracker.collector.client import http as fetch
from tracker.collector.client.http import RequestsHttp
from tracker.core.errors import ExchangeError, RateLimited, Refused, Unreachable
from tracker.core.ticks import Origin
from tracker.sandbox import Sandbox, Simulated

PATH = "/kraken/0/public/Ticker?pair=XBTUSD"


@pytest.fixture
def sandbox():
    with Sandbox(Simulated(1), lambda: round(time.time() * 1000)) as running:
        yield running


@pytest.fixture
def http():
    fetch = RequestsHttp()
    yield fetch
    fetch.close()


def get(http, sandbox, path=PATH):
    return asyncio.run(http(sandbox.url + path, {}))


def refusal_of(http, url):
    with pytest.raises(ExchangeError) as error:
        asyncio.run(http(url, {}))
    return str(error.value)


def test_an_answer_is_parsed_and_carries_what_the_sandbox_declares(http, sandbox):
    answer = get(http, sandbox)
    assert float(answer.body["result"]["XXBTZUSD"]["c"][0]) > 0
    assert answer.origin is Origin.SIMULATED


def test_a_connection_is_used_again(http, sandbox):
    get(http, sandbox)
    session = http._idle[0]
    get(http, sandbox)
    assert http._idle == [session]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"mode": "status", "status": 503}, r"127\.0\.0\.1 answers 503 \(Service Unavailable\)"),
        ({"mode": "status", "status": 429, "retry_after": 7}, r"answers 429 \(Too Many Requests\)"),
        ({"mode": "html"}, "answers no JSON, but '<!DOCTYPE html>"),
        ({"mode": "truncated"}, "answers no JSON"),
        ({"mode": "reset"}, "broke off its answer"),
        ({"mode": "reset", "mid_body": True}, "broke off its answer"),
    ],
)
def test_a_fault_is_told_in_words(http, sandbox, fault, words):
    sandbox.faults.apply(fault)
    with pytest.raises(ExchangeError, match=words):
        get(http, sandbox)
    sandbox.faults.set("none")
    assert get(http, sandbox).body["error"] == []


def test_an_exchange_that_hangs_is_given_up(http, sandbox, monkeypatch):
    monkeypatch.setattr(fetch, "READ_TIMEOUT", 0.2)
    sandbox.faults.set("hang")
    with pytest.raises(ExchangeError, match=r"did not answer within 0\.2 s"):
        get(http, sandbox)


def test_nobody_listening_and_no_such_name_are_told_apart(http):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert refusal_of(http, f"http://127.0.0.1:{port}/") == "127.0.0.1 refuses the connection"
    assert "the name exchange.invalid could not be found" in refusal_of(http, "http://exchange.invalid/")


def test_a_body_without_an_end_is_cut_off(http, sandbox, monkeypatch):
    monkeypatch.setattr(fetch, "MAX_BODY", 20)
    with pytest.raises(ExchangeError, match="answers more than"):
        get(http, sandbox)


@pytest.fixture
def dripping():
    """A server that promises 4,000 bytes and sends one every 50 ms; its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n")
                    while not ended.wait(0.05):
                        connection.sendall(b" ")

        ended = threading.Event()
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        ended.set()
        thread.join()


def test_an_answer_that_drips_is_given_up(http, dripping, monkeypatch):
    monkeypatch.setattr(fetch, "TOTAL_TIMEOUT", 0.5)
    assert "was still sending after 0.5 s" in refusal_of(http, dripping)


def test_a_call_that_nothing_else_ends_is_given_up(http, sandbox, monkeypatch):
    monkeypatch.setattr(fetch, "TOTAL_TIMEOUT", 0.2)
    monkeypatch.setattr(fetch, "CONNECT_TIMEOUT", 0.1)
    sandbox.faults.set("hang")
    assert "had not answered after 0.3 s" in refusal_of(http, sandbox.url + PATH)


def test_a_proxy_for_the_world_outside_is_not_asked_for_a_sandbox(http, sandbox, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert get(http, sandbox).body["error"] == []
    assert "through the proxy" in refusal_of(http, "http://exchange.invalid/")


@pytest.mark.parametrize("url", ["http://user:SECRET@a..b/", "http://[::1/SECRET"])
def test_an_address_that_is_none_is_an_error_without_its_text(http, url):
    with pytest.raises((ExchangeError, ValueError)) as error:
        asyncio.run(http(url, {}))
    assert "SECRET" not in str(error.value)


def test_a_connection_that_failed_is_not_used_again(http, sandbox):
    sandbox.faults.set("reset", mid_body=True)
    with pytest.raises(ExchangeError):
        get(http, sandbox)
    assert http._idle == []


def test_an_unknown_address_answers_an_error_with_its_own_words(http, sandbox):
    assert "answers 404" in refusal_of(http, sandbox.url + "/nobody/x")


def test_no_error_shows_the_address_whole_because_it_may_hold_a_key(http, sandbox):
    sandbox.faults.set("status", status=500)
    assert "SECRET" not in refusal_of(http, sandbox.url + PATH + "&key=SECRET")
    assert "SECRET" not in refusal_of(http, "http://exchange.invalid/?key=SECRET")


def error_of(http, sandbox, fault):
    sandbox.faults.apply(fault)
    with pytest.raises(ExchangeError) as error:
        get(http, sandbox)
    return error.value


@pytest.mark.parametrize(
    ("fault", "pause"),
    [
        ({"status": 429, "retry_after": 7}, 7.0),
        ({"status": 418, "retry_after": 259_200}, 259_200.0),
        ({"status": 503, "retry_after": 30}, 30.0),
        ({"status": 429}, 0.0),
        ({"status": 418}, 0.0),
        ({"status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
    ids=str,
)
def test_the_pause_an_exchange_wants_comes_with_the_error(http, sandbox, fault, pause):
    error = error_of(http, sandbox, {"mode": "status", **fault})
    assert type(error) is RateLimited
    assert error.retry_after == pause


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        *[({"mode": "status", "status": status}, Refused) for status in (400, 404, 422)],
        *[({"mode": "status", "status": status}, Unreachable) for status in (401, 403, 451, 500, 503)],
        *[({"mode": mode}, Unreachable) for mode in ("html", "truncated", "reset")],
    ],
    ids=str,
)
def test_a_refused_request_is_told_apart_from_an_exchange_in_trouble(http, sandbox, fault, kind):
    assert type(error_of(http, sandbox, fault)) is kind


def test_a_date_to_come_back_at_is_read_by_the_exchange_s_own_clock(http, sandbox):
    sandbox.clock = lambda: 1_445_412_480_000 - 90_000  # years away from this computer's
    error = error_of(http, sandbox, {"mode": "status", "status": 429, "retry_after": "Wed, 21 Oct 2015 07:28:00 GMT"})
    assert error.retry_after == 90.0


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-7", 0.0),
        ("7.5", 0.0),
        ("soon", 0.0),
        ("", 0.0),
        ("9" * 99, 999_999_999.0),
        ("٣", 0.0),
    ],
)
def test_a_header_that_is_no_number_counts_as_none(header, pause):
    response = requests.Response()
    response.status_code = 429
    response.headers["Retry-After"] = header
    assert fetch._retry_after(response, None) == pause


def test_of_a_redirect_no_more_is_read_than_of_any_answer(http):
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


def test_a_redirect_is_not_followed_and_says_where_it_leads(http, sandbox):
    there = "https://elsewhere.example/x?key=SECRET"
    words = str(error_of(http, sandbox, {"mode": "redirect", "status": 302, "location": there}))
    assert "answers 302" in words
    assert "it has moved to elsewhere.example" in words
    assert "SECRET" not in words
    assert list(sandbox.stats()) == ["/kraken/0/public/Ticker"]


def test_one_that_does_not_serve_this_country_says_what_can_be_done(http, sandbox):
    assert "does not serve this country" in str(error_of(http, sandbox, {"mode": "status", "status": 451}))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"mode": "gigantic"}, "answers more than 8 MB"),
        ({"mode": "bomb"}, "answers more than 8 MB"),
        ({"mode": "body", "text": '{"error":[],"result":{"XXBTZUSD":{"c":[NaN]}}}'}, "answers no JSON"),
        ({"mode": "body", "text": ""}, "answers no JSON"),
        ({"mode": "body", "text": "[" * 100_000}, "answers no JSON"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_body_that_cannot_be_read_is_refused(http, sandbox, fault, words):
    assert words in str(error_of(http, sandbox, fault))
    sandbox.faults.set("none")
    assert get(http, sandbox).body["error"] == []


def test_an_answer_that_drips_is_given_up_in_time(http, sandbox, monkeypatch):
    monkeypatch.setattr(fetch, "TOTAL_TIMEOUT", 0.5)
    assert "still sending" in str(error_of(http, sandbox, {"mode": "drip", "seconds": 0.05}))


def test_an_answer_tells_the_clock_of_who_gave_it(http, sandbox):
    sandbox.clock = lambda: 1_763_900_000_400
    assert get(http, sandbox).date == 1_763_900_000.0


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nX-Drip: ",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
    ids=["headers", "chunk", "chunk of a connection that will close"],
)
def test_an_answer_that_drips_where_no_time_out_sees_it_leaves_no_thread_behind(http, monkeypatch, start):
    monkeypatch.setattr(fetch, "TOTAL_TIMEOUT", 0.2)
    monkeypatch.setattr(fetch, "CONNECT_TIMEOUT", 0.2)
    over = threading.Event()

    def serve(listener):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(start)
            while not over.wait(0.02):
                connection.sendall(b"a")

    def calls():
        return [thread for thread in threading.enumerate() if thread.name == "tracker-call"]

    async def story():
        with pytest.raises(ExchangeError, match="had not answered"):
            await http(f"http://127.0.0.1:{listener.getsockname()[1]}/", {})
        end = time.monotonic() + 1
        while calls() and time.monotonic() < end:  # noqa: ASYNC110 - no event tells that a thread has ended
            await asyncio.sleep(0.01)
        return calls()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=serve, args=(listener,))
        server.start()
        try:
            assert asyncio.run(story()) == []
        finally:
            over.set()
            server.join()
    assert http._idle == []
