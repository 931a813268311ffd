"""Each fault of the sandbox, on a real socket, is what it says."""

import json
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest
import requests

from tracker.core.errors import ConfigError, ExchangeError
from tracker.core.market import Market
from tracker.exchanges import kraken
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


def test_when_to_come_back_can_be_a_date(sandbox):
    date = "Sun, 23 Nov 2025 12:20:00 GMT"
    post(sandbox, {"mode": "status", "status": 503, "retry_after": date})
    answer = get(sandbox)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, date)


@pytest.mark.parametrize("status", [403, 418, 451, 503, 520])
def test_any_error_status_is_answered_also_one_without_a_name(sandbox, status):
    sandbox.faults.set("status", status=status)
    assert get(sandbox).status_code == status


@pytest.mark.parametrize("status", [None, 301, 307, 308])
def test_a_redirect_leads_elsewhere(sandbox, status):
    location = f"{sandbox.url}/stats"
    post(sandbox, {"mode": "redirect", "location": location} | ({"status": status} if status else {}))
    answer = requests.get(f"{sandbox.url}/kraken/0/public/Time", timeout=SOON, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (status or 302, location)
    assert "requests" in get(sandbox).json()


def test_latency_delays_a_right_answer(sandbox):
    post(sandbox, {"mode": "latency", "seconds": 0.3})
    answer = get(sandbox)
    assert answer.elapsed.total_seconds() >= 0.3
    assert float(answer.json()["result"]["XXBTZUSD"]["c"][0]) == price(1, USD, NOW)


def handling(before: set[threading.Thread]) -> threading.Thread:
    """The thread that was begun for a request."""
    [thread] = [each for each in threading.enumerate() if each not in before]
    return thread


def reading(answer: requests.Response, size: int) -> bytes:
    found = b""
    while len(found) < size and (part := answer.raw.read1(size - len(found))):
        found += part
    return found


def test_a_drip_is_the_right_answer_byte_by_byte_until_the_fault_is_cleared(sandbox):
    whole = get(sandbox, "/0/public/Time").content
    post(sandbox, {"mode": "drip", "seconds": 0.01})
    begun = time.monotonic()
    with requests.get(f"{sandbox.url}/kraken/0/public/Time", stream=True, timeout=SOON) as answer:
        assert reading(answer, len(whole)) == whole
        assert time.monotonic() - begun >= 0.01 * (len(whole) - 1)
        assert int(answer.headers["Content-Length"]) * 0.01 >= 600
        sandbox.faults.set("none")
        assert answer.raw.read().strip() == b""


def test_a_drip_ends_when_the_sandbox_stops(sandbox):
    sandbox.faults.set("drip", seconds=3600)
    before = set(threading.enumerate())
    with requests.get(f"{sandbox.url}/kraken/0/public/Time", stream=True, timeout=SOON) as answer:
        assert reading(answer, 1) == b"{"
        thread = handling(before)
        sandbox.stop()
        assert answer.raw.read1() == b""
    thread.join(SOON)
    assert not thread.is_alive()


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


@pytest.mark.parametrize("text", ['{"error":[],"result":{"XXBTZUSD":{"c":[NaN]}}}', "null", "", "7 €"])
def test_a_body_is_what_was_given(sandbox, text):
    post(sandbox, {"mode": "body", "text": text})
    answer = get(sandbox)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.content == text.encode()


def test_gigantic_is_json_without_an_end_up_to_64_mb(sandbox):
    post(sandbox, {"mode": "gigantic"})
    with requests.get(f"{sandbox.url}/kraken/0/public/Time", stream=True, timeout=SOON) as answer:
        assert "Content-Length" not in answer.headers
        start = reading(answer, 100_001)
        assert json.loads(start.removesuffix(b",") + b"]") == [0] * 50_000
        rest = sum(len(part) for part in answer.iter_content(2**20))
    assert 64 * 2**20 <= len(start) + rest <= 64 * 2**20 + 65_536


def test_gigantic_stops_when_the_client_hangs_up(sandbox, caplog):
    sandbox.faults.set("gigantic", count=1)
    before = set(threading.enumerate())
    with requests.get(f"{sandbox.url}/kraken/0/public/Time", stream=True, timeout=SOON) as answer:
        assert reading(answer, 1) == b"["
        thread = handling(before)
    thread.join(SOON)
    assert not thread.is_alive()
    assert caplog.records == []
    assert get(sandbox).ok


def test_a_bomb_is_a_small_answer_that_inflates_to_more_than_64_mb(sandbox):
    post(sandbox, {"mode": "bomb"})
    with requests.get(f"{sandbox.url}/kraken/0/public/Time", stream=True, timeout=SOON) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        packed = answer.raw.read(decode_content=False)
    assert len(packed) < 100_000
    assert len(packed) == int(answer.headers["Content-Length"])
    inflated = zlib.decompress(packed, wbits=31)
    assert len(inflated) > 64 * 2**20
    assert inflated.replace(b" ", b"") == b"[]"


def tickers(sandbox: Sandbox) -> dict[str, float]:
    result = get(sandbox, "/0/public/Ticker?pair=XBTUSD,XBTEUR").json()["result"]
    return {key: float(ticker["c"][0]) for key, ticker in result.items()}


def closes(sandbox: Sandbox, pair: str) -> list[str]:
    return [row[4] for row in next(iter(get(sandbox, f"/0/public/OHLC?pair={pair}").json()["result"].values()))]


def test_a_missing_market_has_no_price_anywhere_and_is_offered_all_the_same(sandbox):
    right = tickers(sandbox)
    post(sandbox, {"mode": "missing", "market": "BTC/EUR"})
    assert tickers(sandbox) == {"XXBTZUSD": right["XXBTZUSD"]}
    assert (len(closes(sandbox, "XBTEUR")), len(closes(sandbox, "XBTUSD"))) == (0, 720)
    assert "XXBTZEUR" in get(sandbox, "/0/public/AssetPairs").json()["result"]
    answer = requests.get(f'{sandbox.url}/binance/api/v3/ticker/price?symbols=["BTCEUR","BTCJPY"]', timeout=SOON)
    assert [row["symbol"] for row in answer.json()] == ["BTCJPY"]


def test_a_jump_multiplies_last_prices_and_leaves_history_alone(sandbox):
    right, history = tickers(sandbox), closes(sandbox, "XBTEUR")
    post(sandbox, {"mode": "jump", "factor": 10})
    assert tickers(sandbox) == {key: price * 10 for key, price in right.items()}
    assert closes(sandbox, "XBTEUR") == history


def test_a_jump_may_be_that_of_one_market_and_of_its_history_too(sandbox):
    right, history, other = tickers(sandbox), closes(sandbox, "XBTEUR"), closes(sandbox, "XBTUSD")
    post(sandbox, {"mode": "jump", "factor": 0.5, "market": "BTC/EUR", "history": True})
    assert tickers(sandbox) == {"XXBTZUSD": right["XXBTZUSD"], "XXBTZEUR": right["XXBTZEUR"] / 2}
    assert [float(close) for close in closes(sandbox, "XBTEUR")] == [float(close) / 2 for close in history]
    assert closes(sandbox, "XBTUSD") == other


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


def test_of_several_faults_the_first_that_fits_hits_and_each_counts_for_itself(sandbox):
    faults = [
        {"mode": "status", "status": 500, "exchange": "binance"},
        {"mode": "status", "status": 503, "exchange": "kraken", "count": 2},
        {"mode": "status", "status": 418},
    ]
    assert post(sandbox, [*faults, {"mode": "none"}]).json() == faults
    assert requests.get(f"{sandbox.url}/binance/api/v3/ping", timeout=SOON).status_code == 500
    assert get(sandbox).status_code == 503
    assert sandbox.faults.show() == [faults[0], faults[1] | {"count": 1}, faults[2]]
    assert [get(sandbox).status_code for _ in range(2)] == [503, 418]
    assert sandbox.faults.show() == [faults[0], faults[2]]
    sandbox.faults.apply([faults[0]])
    assert sandbox.faults.show() == faults[0]
    assert get(sandbox).ok


def test_one_bad_fault_of_several_changes_nothing(sandbox):
    sandbox.faults.set("html")
    assert "expected also 'seconds'" in post(sandbox, [{"mode": "hang"}, {"mode": "drip"}]).json()["error"]
    assert sandbox.faults.show() == {"mode": "html"}


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
        ({"mode": "status", "status": 429, "retry_after": "soon"}, "expected whole seconds from 0, or a date like Sun"),
        ({"mode": "status", "status": 429, "retry_after": "23 Nov 2025 12:20"}, "expected whole seconds from 0, or"),
        ({"mode": "status", "status": 429, "retry_after": 1.5}, "expected whole seconds from 0, or a date"),
        ({"mode": "redirect"}, "expected also 'location', the address to go to"),
        ({"mode": "redirect", "location": "/", "status": 500}, "expected 301, 302, 307 or 308"),
        ({"mode": "redirect", "location": "/\r\nX: y"}, "expected the address to go to"),
        ({"mode": "body"}, "expected also 'text', the whole body as a string"),
        ({"mode": "body", "text": {}}, "expected the whole body as a string"),
        ({"mode": "missing"}, "expected also 'market', base and quote of a market, e.g. BTC/EUR"),
        ({"mode": "missing", "market": "btceur"}, "expected base and quote of a market, e.g. BTC/EUR"),
        ({"mode": "jump", "factor": -1}, "expected a number above 0"),
        ({"mode": "jump", "factor": 2, "market": "BTCEUR"}, "expected base and quote"),
        ({"mode": "jump", "factor": 2, "history": 1}, "expected true or false"),
        ([[{"mode": "html"}]], "expected a mode"),
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
