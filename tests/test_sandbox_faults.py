"""Each fault of the sandbox, on a real socket, is what it says."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import requests

from tracker.errors import ConfigError, ExchangeError
from tracker.exchanges import kraken
from tracker.market import Market
from tracker.sandbox import Faults, Sandbox, Simulated, price

NOW = 1_763_900_020_000
USD = Market("kraken", "BTC", "USD")
SOON = 10  # seconds; no test waits that long unless it fails


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Simulated(1), lambda: NOW) as running:
        yield running


def get(sandbox: Sandbox, path: str = "/0/public/Ticker?pair=XBTUSD", timeout: float = SOON) -> requests.Response:
    return requests.get(f"{sandbox.url}/kraken{path}", timeout=timeout)


def post(sandbox: Sandbox, spec: object) -> requests.Response:
    return requests.post(f"{sandbox.url}/faults", json=spec, timeout=SOON)


def test_a_status_is_answered_as_often_as_was_said(sandbox):
    assert post(sandbox, {"mode": "status", "status": 500, "count": 2}).json()["count"] == 2
    assert [get(sandbox).status_code for _ in range(3)] == [500, 500, 200]
    assert sandbox.faults.show() == {"mode": "none"}


def test_429_says_when_to_come_back(sandbox):
    post(sandbox, {"mode": "status", "status": 429, "retry_after": 7})
    answer = get(sandbox)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.headers["X-Tracker-Origin"] == "simulated"


def test_a_status_without_a_name_is_answered_too(sandbox):
    sandbox.faults.set("status", status=520)
    assert get(sandbox).status_code == 520


def test_latency_delays_a_right_answer(sandbox):
    post(sandbox, {"mode": "latency", "seconds": 0.3})
    answer = get(sandbox)
    assert answer.elapsed.total_seconds() >= 0.3
    assert float(answer.json()["result"]["XXBTZUSD"]["c"][0]) == price(1, USD, NOW)


def test_a_hang_gives_no_answer(sandbox):
    post(sandbox, {"mode": "hang"})
    with pytest.raises(requests.ReadTimeout):
        get(sandbox, timeout=0.2)


@pytest.mark.parametrize("end", ["stop", "clear"])
def test_a_hang_ends_when_the_sandbox_stops_or_the_fault_is_cleared(sandbox, end):
    sandbox.faults.set("hang", count=1)
    hung, held = threading.Event(), []
    take = sandbox.faults.take

    def noticed(exchange, path):
        taken = take(exchange, path)
        held.append(threading.current_thread())
        hung.set()
        return taken

    sandbox.faults.take = noticed  # type: ignore[method-assign]
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(get, sandbox)
        assert hung.wait(SOON)
        if end == "stop":
            sandbox.stop()
        else:
            sandbox.faults.set("none")
        with pytest.raises(requests.ConnectionError):
            answer.result(SOON)
    held[0].join(SOON)
    assert not held[0].is_alive()


def test_a_reset_cuts_the_connection_before_the_answer(sandbox):
    post(sandbox, {"mode": "reset", "count": 1})
    with pytest.raises(requests.ConnectionError, match="reset"):
        get(sandbox)
    assert get(sandbox).ok


def test_a_reset_in_the_body_cuts_it_in_the_middle(sandbox):
    post(sandbox, {"mode": "reset", "mid_body": True, "count": 1})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        get(sandbox)
    assert get(sandbox).ok


def test_html_is_a_page_with_status_200(sandbox):
    post(sandbox, {"mode": "html"})
    answer = get(sandbox)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "<html>" in answer.text


def test_truncated_is_half_of_the_json_as_if_that_were_all(sandbox):
    whole = get(sandbox).text
    post(sandbox, {"mode": "truncated"})
    answer = get(sandbox)
    assert answer.status_code == 200
    assert answer.text == whole[: len(whole) // 2]
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.text)


@pytest.mark.parametrize("words", [None, "EService:Unavailable"])
def test_refused_is_the_exchange_s_own_refusal(sandbox, words):
    post(sandbox, {"mode": "refused"} | ({"words": words} if words else {}))
    with pytest.raises(ExchangeError, match=words or "EGeneral:Too many requests"):
        kraken.last_prices(get(sandbox).json(), [USD])


def test_a_fault_hits_only_the_exchange_and_path_it_names(sandbox):
    sandbox.faults.set("status", status=500, path="OHLC")
    assert [get(sandbox).status_code, get(sandbox, "/0/public/OHLC?pair=XBTUSD").status_code] == [200, 500]
    sandbox.faults.set("status", status=500, exchange="binance")
    assert get(sandbox).status_code == 200


def test_none_clears_a_fault(sandbox):
    post(sandbox, {"mode": "html"})
    assert requests.get(f"{sandbox.url}/faults", timeout=SOON).json() == {"mode": "html"}
    assert post(sandbox, {"mode": "none"}).json() == {"mode": "none"}
    assert get(sandbox).json()["error"] == []


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"mode": "sleep"}, "expected a mode, one of none, status"),
        ({"status": 500}, "expected a mode"),
        ([], "expected a mode"),
        ({"mode": ["hang"]}, "expected a mode"),
        ({"mode": "status"}, "expected also 'status', a whole number from 400 to 599"),
        ({"mode": "status", "status": 200}, "status = 200: expected a whole number from 400 to 599"),
        ({"mode": "html", "count": True}, "count = True: expected"),
        ({"mode": "latency"}, "expected also 'seconds'"),
        ({"mode": "latency", "seconds": 0}, "seconds = 0: expected seconds above 0"),
        ({"mode": "hang", "seconds": 1}, "no 'seconds'; there are count, exchange, path"),
        ({"mode": "html", "count": 0}, "count = 0: expected a whole number from 1"),
        ({"mode": "reset", "mid_body": "yes"}, "expected true or false"),
        ({"mode": "refused", "words": ""}, "expected the exchange's words"),
    ],
    ids=str,
)
def test_a_bad_fault_is_refused_with_what_was_expected_and_changes_nothing(sandbox, spec, expected):
    sandbox.faults.set("html")
    answer = post(sandbox, spec)
    assert answer.status_code == 400
    assert expected in answer.json()["error"]
    assert sandbox.faults.show() == {"mode": "html"}


def test_a_fault_that_is_no_json_is_refused(sandbox):
    answer = requests.post(f"{sandbox.url}/faults", data="mode=hang", timeout=SOON)
    assert (answer.status_code, "expected a JSON object" in answer.json()["error"]) == (400, True)


def test_a_body_that_is_too_long_is_not_read(sandbox):
    connection = HTTPConnection("127.0.0.1", sandbox.port, timeout=SOON)
    connection.putrequest("POST", "/faults")
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    connection.close()


def test_faults_are_refused_in_process_too():
    with pytest.raises(ConfigError, match="expected a mode"):
        Faults().set("sleep")
