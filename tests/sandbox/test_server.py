"""The sandbox on a real socket, read by the Kraken adapter; its faults are in test_fault_responses.py."""

import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from itertools import pairwise

import numpy as np
import pytest
import requests

import tracker.sandbox
from tests.support.sandbox import NOW, TIMEOUT, get, get_ticker
from tracker.core.errors import ConfigError, ExchangeError
from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.exchanges import kraken
from tracker.sandbox import Recording, Sandbox, Simulated, price, prices, server

USD, CHF = Market("kraken", "BTC", "USD"), Market("kraken", "BTC", "CHF")
TICKER = "/0/public/Ticker"


def test_the_adapter_reads_last_prices(sandbox):
    body = get(sandbox, kraken.ticker_path([USD, CHF])).json()
    assert kraken.last_prices(body, [USD, CHF]) == {USD: Quote(price(1, USD, NOW)), CHF: Quote(price(1, CHF, NOW))}


def test_the_adapter_reads_a_day_of_history_with_the_prices_of_live_polls(sandbox):
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
    listed = kraken.pairs(get(sandbox, kraken.pairs_path()).json())
    assert {(market.base, market.quote) for market in listed} == Simulated().pairs


def test_the_adapter_reads_a_refusal(sandbox):
    body = get(sandbox, kraken.ticker_path([USD, Market("kraken", "BTC", "QQQ")])).json()
    with pytest.raises(ExchangeError, match="EQuery:Unknown asset pair"):
        kraken.last_prices(body, [USD])


@pytest.mark.parametrize("path", ["/kraken/0/public/Time", "/kraken/nothing", "/faults", "/stats", "/", "/nobody/x"])
def test_every_response_names_its_origin_and_the_time_of_the_sandbox(sandbox, path):
    response = requests.get(sandbox.url + path, timeout=TIMEOUT)
    assert response.headers["X-Tracker-Origin"] == "simulated"
    assert parsedate_to_datetime(response.headers["Date"]).timestamp() == NOW / 1000


def test_the_origin_of_a_recording_is_replay(tmp_path):
    (tmp_path / "btcusd.csv").write_text(f"{NOW // 1000},95000.5\n", encoding="utf-8")
    with Sandbox(Recording(tmp_path), lambda: NOW) as sandbox:
        response = get_ticker(sandbox)
    assert response.headers["X-Tracker-Origin"] == "replay"
    assert kraken.last_prices(response.json(), [USD]) == {USD: Quote(95000.5)}


def test_a_connection_is_kept_for_the_next_request(sandbox):
    with requests.Session() as session:
        connections = set()
        for _ in range(3):
            with session.get(f"{sandbox.url}/kraken{TICKER}", stream=True, timeout=TIMEOUT) as response:
                connections.add(response.raw.connection.sock.getsockname())
                response.json()
    assert len(connections) == 1


def test_an_unknown_exchange_is_404_and_the_known_ones_are_named(sandbox):
    response = requests.get(f"{sandbox.url}/krakn/0/public/Time", timeout=TIMEOUT)
    assert (response.status_code, "there are binance, bitstamp" in response.json()["error"]) == (404, True)


def test_counts_requests_by_path_including_those_that_fail(sandbox):
    sandbox.faults.set("status", status=500, count=1)
    for path in (TICKER, TICKER, "/0/public/Time"):
        get(sandbox, path)
    expected = {"/kraken/0/public/Ticker": 2, "/kraken/0/public/Time": 1}
    assert requests.get(f"{sandbox.url}/stats", timeout=TIMEOUT).json() == {"requests": expected}
    assert sandbox.stats() == expected


def test_no_other_path_accepts_a_post(sandbox):
    assert requests.post(f"{sandbox.url}/kraken{TICKER}", timeout=TIMEOUT).status_code == 404


def test_a_stopped_sandbox_responds_to_nothing_not_even_on_open_connections(sandbox):
    with requests.Session() as session:
        address = f"{sandbox.url}/kraken{TICKER}"
        assert session.get(address, timeout=TIMEOUT).ok
        sandbox.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(address, timeout=TIMEOUT)
        sandbox.stop()


def test_a_sandbox_restarts_at_the_same_address(sandbox):
    address = sandbox.url
    assert get_ticker(sandbox).ok
    sandbox.stop()
    sandbox.start()
    sandbox.start()
    assert sandbox.url == address
    assert get_ticker(sandbox).ok


def test_a_taken_port_is_an_error_that_names_the_option(sandbox):
    second = Sandbox(Simulated(1), lambda: NOW, sandbox.port)
    with pytest.raises(ConfigError, match=f"port {sandbox.port}: .*--port"):
        second.start()


def test_many_clients_at_once_get_the_same_prices(sandbox):
    with ThreadPoolExecutor(16) as pool:
        texts = {response.text for response in pool.map(lambda _: get_ticker(sandbox), range(64))}
    assert len(texts) == 1


def test_a_client_that_disconnects_is_not_an_error(sandbox, caplog, monkeypatch):
    ended = threading.Event()
    end = server.Server.shutdown_request
    monkeypatch.setattr(server.Server, "shutdown_request", lambda *args: (end(*args), ended.set()))
    with socket.create_connection(("127.0.0.1", sandbox.port)) as client:
        client.sendall(b"GET /kraken")
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert ended.wait(TIMEOUT)
    assert caplog.records == []


def test_an_unknown_method_is_rejected_without_a_log(sandbox, capfd):
    response = requests.put(f"{sandbox.url}/kraken{TICKER}", timeout=TIMEOUT)
    assert (response.status_code, response.headers["X-Tracker-Origin"]) == (501, "simulated")
    assert capfd.readouterr().err == ""


def test_an_error_of_the_source_is_logged_and_closes_one_connection(sandbox, caplog, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "source", object())
        with pytest.raises(requests.ConnectionError):
            get_ticker(sandbox)
    assert "a request failed" in caplog.text
    assert get_ticker(sandbox).ok


def test_an_unknown_name_of_the_package_raises():
    with pytest.raises(AttributeError, match="no attribute 'Market'"):
        tracker.sandbox.Market  # noqa: B018
