"""Which requests a fault applies to, and how faults are set and cleared."""

import pytest
import requests

from tests.support.sandbox import TIMEOUT, get, get_ticker, post_faults
from tracker.sandbox import Sandbox


def test_a_fault_applies_only_to_the_exchange_and_path_it_names(sandbox):
    sandbox.faults.set("status", status=500, path="OHLC")
    assert [get_ticker(sandbox).status_code, get(sandbox, "/0/public/OHLC?pair=XBTUSD").status_code] == [200, 500]
    sandbox.faults.set("status", status=500, exchange="binance")
    assert get_ticker(sandbox).status_code == 200


def test_of_several_faults_the_first_match_applies_and_each_has_its_own_count(sandbox):
    faults = [
        {"mode": "status", "status": 500, "exchange": "binance"},
        {"mode": "status", "status": 503, "exchange": "kraken", "count": 2},
        {"mode": "status", "status": 418},
    ]
    assert post_faults(sandbox, [*faults, {"mode": "none"}]).json() == faults
    assert get(sandbox, "/api/v3/ping", "binance").status_code == 500
    assert get_ticker(sandbox).status_code == 503
    assert sandbox.faults.show() == [faults[0], faults[1] | {"count": 1}, faults[2]]
    assert [get_ticker(sandbox).status_code for _ in range(2)] == [503, 418]
    assert sandbox.faults.show() == [faults[0], faults[2]]
    sandbox.faults.apply([faults[0]])
    assert sandbox.faults.show() == faults[0]
    assert get_ticker(sandbox).ok


def test_one_invalid_fault_of_several_changes_nothing(sandbox):
    sandbox.faults.set("html")
    assert "expected also 'seconds'" in post_faults(sandbox, [{"mode": "hang"}, {"mode": "drip"}]).json()["error"]
    assert sandbox.faults.show() == {"mode": "html"}


def test_none_clears_a_fault(sandbox):
    post_faults(sandbox, {"mode": "html"})
    assert requests.get(f"{sandbox.url}/faults", timeout=TIMEOUT).json() == {"mode": "html"}
    assert post_faults(sandbox, {"mode": "none"}).json() == {"mode": "none"}
    assert get_ticker(sandbox).json()["error"] == []


def test_a_fault_can_apply_to_one_request_in_several(sandbox):
    fault = {"mode": "status", "status": 500, "every": 3}
    post_faults(sandbox, fault | {"path": "Ticker"})
    statuses = []
    for _ in range(7):
        get(sandbox, "/0/public/OHLC?pair=XBTUSD")  # not counted
        statuses.append(get_ticker(sandbox).status_code)
    assert statuses == [200, 200, 500, 200, 200, 500, 200]
    assert sandbox.faults.show() == fault | {"path": "Ticker"}
    post_faults(sandbox, fault | {"count": 1})
    assert [get_ticker(sandbox).status_code for _ in range(6)] == [200, 200, 500, 200, 200, 200]


def test_history_can_be_empty_one_time_in_five(sandbox):
    path = "/products/BTC-EUR/candles?granularity=60"
    post_faults(sandbox, {"mode": "missing", "market": "BTC/EUR", "path": "candles", "every": 5})
    lengths = [len(get(sandbox, path, "coinbase").json()) for _ in range(6)]
    assert lengths == [300, 300, 300, 300, 0, 300]


@pytest.mark.parametrize("seconds", [7200, -7200.5])
def test_a_clock_that_is_set_apart_dates_and_answers_by_another_time(sandbox, seconds):
    moved = Sandbox(sandbox.source, lambda: sandbox.clock() + round(seconds * 1000))
    with moved:
        expected = get_ticker(moved)
    sandbox.faults.set("clock", seconds=seconds, exchange="kraken")
    answer = get_ticker(sandbox)
    assert (answer.headers["Date"], answer.json()) == (expected.headers["Date"], expected.json())
    assert get(sandbox, "/api/v3/ping", "binance").headers["Date"] != answer.headers["Date"]
    sandbox.faults.set("none")
    assert get_ticker(sandbox).headers["Date"] != answer.headers["Date"]
