"""The wrong responses of the sandbox, mode by mode, on a real socket."""

import json
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.sandbox import NOW, TIMEOUT, get, get_ticker, market, post_faults
from tracker.core.errors import ExchangeError
from tracker.exchanges import kraken
from tracker.sandbox import price

TIME = "/kraken/0/public/Time"


def test_a_status_is_sent_as_often_as_count_says(sandbox):
    assert post_faults(sandbox, {"mode": "status", "status": 500, "count": 2}).json()["count"] == 2
    assert [get_ticker(sandbox).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.faults.show() == {"mode": "none"}


def test_429_names_the_seconds_to_wait(sandbox):
    post_faults(sandbox, {"mode": "status", "status": 429, "retry_after": 7})
    response = get_ticker(sandbox)
    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert response.headers["X-Tracker-Origin"] == "simulated"


def test_the_time_to_retry_can_be_a_date(sandbox):
    date = "Sun, 23 Nov 2025 12:20:00 GMT"
    post_faults(sandbox, {"mode": "status", "status": 503, "retry_after": date})
    response = get_ticker(sandbox)
    assert (response.status_code, response.headers["Retry-After"]) == (503, date)


@pytest.mark.parametrize("status", [403, 418, 451, 503, 520])
def test_any_error_status_is_sent_even_one_without_a_name(sandbox, status):
    sandbox.faults.set("status", status=status)
    assert get_ticker(sandbox).status_code == status


@pytest.mark.parametrize("status", [None, 301, 307, 308])
def test_a_redirect_leads_elsewhere(sandbox, status):
    location = f"{sandbox.url}/stats"
    post_faults(sandbox, {"mode": "redirect", "location": location} | ({"status": status} if status else {}))
    response = requests.get(f"{sandbox.url}{TIME}", timeout=TIMEOUT, allow_redirects=False)
    assert (response.status_code, response.headers["Location"]) == (status or 302, location)
    assert "requests" in get_ticker(sandbox).json()


def test_latency_delays_a_right_response(sandbox):
    post_faults(sandbox, {"mode": "latency", "seconds": 0.3})
    response = get_ticker(sandbox)
    assert response.elapsed.total_seconds() >= 0.3
    assert float(response.json()["result"]["XXBTZUSD"]["c"][0]) == price(1, market("USD"), NOW)


def thread_started_since(before: set[threading.Thread]) -> threading.Thread:
    [thread] = set(threading.enumerate()) - before
    return thread


def read_bytes(response: requests.Response, size: int) -> bytes:
    data = b""
    while len(data) < size and (part := response.raw.read1(size - len(data))):
        data += part
    return data


def test_a_drip_sends_the_right_response_byte_by_byte_until_the_fault_is_cleared(sandbox):
    whole = get(sandbox, "/0/public/Time").content
    post_faults(sandbox, {"mode": "drip", "seconds": 0.01})
    start = time.monotonic()
    with requests.get(f"{sandbox.url}{TIME}", stream=True, timeout=TIMEOUT) as response:
        assert read_bytes(response, len(whole)) == whole
        assert time.monotonic() - start >= 0.01 * (len(whole) - 1)
        assert int(response.headers["Content-Length"]) * 0.01 >= 600
        sandbox.faults.set("none")
        assert response.raw.read().strip() == b""


def test_a_drip_ends_when_the_sandbox_stops(sandbox):
    sandbox.faults.set("drip", seconds=3600)
    before = set(threading.enumerate())
    with requests.get(f"{sandbox.url}{TIME}", stream=True, timeout=TIMEOUT) as response:
        assert read_bytes(response, 1) == b"{"
        thread = thread_started_since(before)
        sandbox.stop()
        assert response.raw.read1() == b""
    thread.join(TIMEOUT)
    assert not thread.is_alive()


def test_a_hang_sends_no_response(sandbox):
    post_faults(sandbox, {"mode": "hang"})
    with pytest.raises(requests.ReadTimeout):
        get_ticker(sandbox, timeout=0.2)


@pytest.mark.parametrize("end", ["stop", "clear"])
def test_a_hang_ends_when_the_sandbox_stops_or_the_fault_is_cleared(sandbox, end):
    sandbox.faults.set("hang", count=1)
    is_hanging, threads = threading.Event(), []
    take = sandbox.faults.take

    def take_and_signal(exchange, path):
        taken = take(exchange, path)
        threads.append(threading.current_thread())
        is_hanging.set()
        return taken

    sandbox.faults.take = take_and_signal  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        response = pool.submit(get_ticker, sandbox)
        assert is_hanging.wait(TIMEOUT)
        if end == "stop":
            sandbox.stop()
        else:
            sandbox.faults.set("none")
        with pytest.raises(requests.ConnectionError):
            response.result(TIMEOUT)
    threads[0].join(TIMEOUT)
    assert not threads[0].is_alive()


def test_a_reset_closes_the_connection_before_the_response(sandbox):
    post_faults(sandbox, {"mode": "reset", "count": 1})
    with pytest.raises(requests.ConnectionError, match="reset"):
        get_ticker(sandbox)
    assert get_ticker(sandbox).ok


def test_a_reset_in_the_body_closes_the_connection_in_the_middle(sandbox):
    post_faults(sandbox, {"mode": "reset", "mid_body": True, "count": 1})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get_ticker(sandbox)
    assert get_ticker(sandbox).ok


def test_html_is_a_page_with_status_200(sandbox):
    post_faults(sandbox, {"mode": "html"})
    response = get_ticker(sandbox)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<html>" in response.text


def test_truncated_is_half_of_the_json_with_a_matching_length(sandbox):
    whole = get_ticker(sandbox).text
    post_faults(sandbox, {"mode": "truncated"})
    response = get_ticker(sandbox)
    assert response.status_code == 200
    assert response.text == whole[: len(whole) // 2]
    with pytest.raises(json.JSONDecodeError):
        json.loads(response.text)


@pytest.mark.parametrize("text", ['{"error":[],"result":{"XXBTZUSD":{"c":[NaN]}}}', "null", "", "7 €"])
def test_a_body_is_sent_as_it_is(sandbox, text):
    post_faults(sandbox, {"mode": "body", "text": text})
    response = get_ticker(sandbox)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/json")
    assert response.content == text.encode()


def test_a_body_can_have_the_status_of_a_ban(sandbox):
    text = '{"code":-1003,"msg":"Way too many requests; IP(203.0.113.7) banned until 1763901900000."}'
    post_faults(sandbox, {"mode": "body", "text": text, "status": 418})
    response = get_ticker(sandbox)
    assert (response.status_code, response.text) == (418, text)


def test_gigantic_is_64_mb_of_json_without_an_end(sandbox):
    post_faults(sandbox, {"mode": "gigantic"})
    with requests.get(f"{sandbox.url}{TIME}", stream=True, timeout=TIMEOUT) as response:
        assert "Content-Length" not in response.headers
        beginning = read_bytes(response, 100_001)
        assert json.loads(beginning.removesuffix(b",") + b"]") == [0] * 50_000
        rest = sum(len(part) for part in response.iter_content(2**20))
    assert 64 * 2**20 <= len(beginning) + rest <= 64 * 2**20 + 65_536


def test_gigantic_stops_when_the_client_disconnects(sandbox, caplog):
    sandbox.faults.set("gigantic", count=1)
    before = set(threading.enumerate())
    with requests.get(f"{sandbox.url}{TIME}", stream=True, timeout=TIMEOUT) as response:
        assert read_bytes(response, 1) == b"["
        thread = thread_started_since(before)
    thread.join(TIMEOUT)
    assert not thread.is_alive()
    assert caplog.records == []
    assert get_ticker(sandbox).ok


def test_a_bomb_is_a_small_response_that_inflates_to_more_than_64_mb(sandbox):
    post_faults(sandbox, {"mode": "bomb"})
    with requests.get(f"{sandbox.url}{TIME}", stream=True, timeout=TIMEOUT) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        packed = response.raw.read(decode_content=False)
    assert len(packed) < 100_000
    assert len(packed) == int(response.headers["Content-Length"])
    inflated = zlib.decompress(packed, wbits=31)
    assert len(inflated) > 64 * 2**20
    assert inflated.replace(b" ", b"") == b"[]"


@pytest.mark.parametrize("words", [None, "EService:Unavailable"])
def test_refused_is_the_refusal_of_the_exchange(sandbox, words):
    post_faults(sandbox, {"mode": "refused"} | ({"words": words} if words else {}))
    with pytest.raises(ExchangeError, match=words or "EGeneral:Too many requests"):
        kraken.last_prices(get_ticker(sandbox).json(), [market("USD")])
