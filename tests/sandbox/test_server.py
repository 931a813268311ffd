"""The sandbox on a real socket, read by the Kraken adapter; its faults are in test_sandbox_faults.py."""

import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import pairwise

import numpy as np
import pytest
import requests

import tracker.sandbox
from tracker.core.errors import ConfigError, ExchangeError
from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.exchanges import kraken
from tracker.sandbox import Recording, Sandbox, Simulated, price, prices, server

NOW = 1_763_900_020_000
USD, CHF = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "CHF")
TICKER = "/0/public/Ticker"
SOON = 10  # seconds; no test waits that long unless it fails


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Simulated(1), lambda: NOW) as running:
        yield running


def get(sandbox: Sandbox, path: str = f"{TICKER}?pair=XBTUSD", timeout: float = SOON) -> requests.Response:
    return requests.get(f"{sandbox.url}/kraken{path}", timeout=timeout)


def test_the_adapter_reads_last_prices(sandbox):
    body = get(sandbox, kraken.ticker_path([USD, CHF])).json()
    assert kraken.last_prices(body, [USD, CHF]) == {USD: Quote(price(1, USD, NOW)), CHF: Quote(price(1, CHF, NOW))}


def test_the_adapter_reads_a_day_of_history_that_equals_what_live_polls_got(sandbox):
    start = NOW - 24 * 3_600_000
    pages = [
        kraken.history(get(sandbox, path).json(), CHF, seconds, NOW)
        for path, seconds in kraken.history_requests(CHF, start, NOW, NOW)
    ]
    assert [len(page) for page in pages] == [715, 288]
    times = sorted({candle.close_time for page in pages for candle in page})
    assert times[0] <= start + 300_000
    assert NOW - times[-1] < 60_000
    assert max(after - before for before, after in pairwise(times)) == 300_000
    for page in pages:
        polled = prices(1, CHF, np.array([candle.close_time for candle in page]))
        assert [candle.close for candle in page] == polled.tolist()


def test_the_adapter_reads_the_pairs(sandbox):
    offered = kraken.pairs(get(sandbox, kraken.pairs_path()).json())
    assert {(market.base, market.quote) for market in offered} == Simulated().pairs


def test_the_adapter_reads_a_refusal(sandbox):
    body = get(sandbox, kraken.ticker_path([USD, Market("kraken", "BTC", "QQQ")])).json()
    with pytest.raises(ExchangeError, match="EQuery:Unknown asset pair"):
        kraken.last_prices(body, [USD])


@pytest.mark.parametrize("path", ["/kraken/0/public/Time", "/kraken/nothing", "/faults", "/stats", "/", "/nobody/x"])
def test_every_answer_says_where_it_comes_from_and_what_time_it_is_there(sandbox, path):
    answer = requests.get(sandbox.url + path, timeout=SOON)
    assert answer.headers["X-Tracker-Origin"] == "simulated"
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == NOW / 1000


def test_a_recording_says_replay(tmp_path):
    (tmp_path / "btcusd.csv").write_text(f"{NOW // 1000},95000.5\n", encoding="utf-8")
    with Sandbox(Recording(tmp_path), lambda: NOW) as sandbox:
        answer = get(sandbox)
    assert answer.headers["X-Tracker-Origin"] == "replay"
    assert kraken.last_prices(answer.json(), [USD]) == {USD: Quote(95000.5)}


def test_a_connection_is_kept_for_the_next_request(sandbox):
    with requests.Session() as session:
        connections = set()
        for _ in range(3):
            with session.get(f"{sandbox.url}/kraken{TICKER}", stream=True, timeout=SOON) as answer:
                connections.add(answer.raw.connection.sock.getsockname())
                answer.json()
    assert len(connections) == 1


def test_an_unknown_exchange_is_404_and_names_those_there_are(sandbox):
    answer = requests.get(f"{sandbox.url}/krakn/0/public/Time", timeout=SOON)
    assert (answer.status_code, "there are binance, bitstamp" in answer.json()["error"]) == (404, True)


def test_counts_requests_by_path_also_those_that_fail(sandbox):
    sandbox.faults.set("status", status=500, count=1)
    for path in (TICKER, TICKER, "/0/public/Time"):
        get(sandbox, path)
    expected = {"/kraken/0/public/Ticker": 2, "/kraken/0/public/Time": 1}
    assert requests.get(f"{sandbox.url}/stats", timeout=SOON).json() == {"requests": expected}
    assert sandbox.stats() == expected


def test_nothing_else_takes_a_post(sandbox):
    assert requests.post(f"{sandbox.url}/kraken{TICKER}", timeout=SOON).status_code == 404


def test_a_stopped_sandbox_answers_nobody_not_even_on_kept_connections(sandbox):
    with requests.Session() as session:
        address = f"{sandbox.url}/kraken{TICKER}"
        assert session.get(address, timeout=SOON).ok
        sandbox.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(address, timeout=SOON)
        sandbox.stop()


def test_a_sandbox_comes_back_at_the_same_address(sandbox):
    address = sandbox.url
    assert get(sandbox).ok
    sandbox.stop()
    sandbox.start()
    sandbox.start()
    assert sandbox.url == address
    assert get(sandbox).ok


def test_a_taken_port_is_refused_with_what_to_type(sandbox):
    second = Sandbox(Simulated(1), lambda: NOW, sandbox.port)
    with pytest.raises(ConfigError, match=f"port {sandbox.port}: .*--port"):
        second.start()


def test_many_clients_at_once_get_the_same_prices(sandbox):
    with ThreadPoolExecutor(16) as pool:
        answers = {answer.text for answer in pool.map(lambda _: get(sandbox), range(64))}
    assert len(answers) == 1


def test_a_client_that_goes_away_is_no_error(sandbox, caplog, monkeypatch):
    ended = threading.Event()
    end = server.Server.shutdown_request
    monkeypatch.setattr(server.Server, "shutdown_request", lambda *args: (end(*args), ended.set()))
    with socket.create_connection(("127.0.0.1", sandbox.port)) as client:
        client.sendall(b"GET /kraken")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert ended.wait(SOON)
    assert caplog.records == []


def test_a_request_that_is_none_is_refused_in_silence(sandbox, capfd):
    answer = requests.put(f"{sandbox.url}/kraken{TICKER}", timeout=SOON)
    assert (answer.status_code, answer.headers["X-Tracker-Origin"]) == (501, "simulated")
    assert capfd.readouterr().err == ""


def test_a_mistake_in_a_source_is_logged_and_costs_one_connection(sandbox, caplog, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "source", object())
        with pytest.raises(requests.ConnectionError):
            get(sandbox)
    assert "a request failed" in caplog.text
    assert get(sandbox).ok


def test_the_package_says_what_it_does_not_have():
    with pytest.raises(AttributeError, match="no attribute 'Market'"):
        tracker.sandbox.Market  # noqa: B018
