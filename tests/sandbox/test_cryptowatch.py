"""The sandbox's Cryptowatch dialect, without HTTP: what was documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import cryptowatch

MINUTE = NOW // 60_000 * 60
KRAKEN = "/markets/kraken"


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return cryptowatch.answer(path, query, source or Simulated(1), now)


def get(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = request(path, now, source, **query)
    assert status == 200
    assert body["allowance"]["cost"] >= 0
    return body["result"]


def candles(now: int = NOW, source: Any = None, **query: str) -> Any:
    return get(f"{KRAKEN}/btceur/ohlc", now, source, **({"periods": "60"} | query))["60"]


def test_the_price_is_a_number_beside_the_allowance():
    assert get(f"{KRAKEN}/btcusd/price") == {"price": price(1, market("USD"), NOW)}
    assert get(f"{KRAKEN}/BTCUSD/price") == get(f"{KRAKEN}/btcusd/price")


def test_all_prices_can_be_requested_at_once():
    prices = get("/markets/prices")
    assert len(prices) == len(Simulated().pairs)
    assert prices["market:kraken:btceur"] == price(1, market("EUR"), NOW)


@pytest.mark.parametrize("path", ["/markets", KRAKEN])
def test_lists_its_markets(path):
    listed = get(path)
    assert {market["pair"] for market in listed} == {(base + quote).lower() for base, quote in Simulated().pairs}
    assert {(market["exchange"], market["active"]) for market in listed} == {("kraken", True)}


def test_a_candle_begins_with_the_time_it_closes_and_closes_at_what_live_polls_got():
    rows = candles()
    assert len(rows) == 500
    assert {after[0] - before[0] for before, after in pairwise(rows)} == {60}
    assert rows[-1][0] * 1000 > NOW >= rows[-2][0] * 1000
    for close_time, first, high, low, last, volume, quote_volume in rows[-20:-1]:
        assert last == get(f"{KRAKEN}/btceur/price", close_time * 1000)["price"]
        assert first == price(1, market("EUR"), (close_time - 60) * 1000)
        assert low <= min(first, last) <= max(first, last) <= high
        assert 0 < volume < quote_volume


def test_each_requested_period_has_a_key_and_without_periods_all_are_sent():
    assert list(get(f"{KRAKEN}/btcusd/ohlc", periods="180,3600")) == ["180", "3600"]
    assert len(get(f"{KRAKEN}/btcusd/ohlc")) == 13
    assert get(f"{KRAKEN}/btcusd/ohlc", periods="77") == {}


def test_after_and_before_are_compared_with_the_opening_time():
    def offsets(**query: str) -> list[int]:
        return [row[0] - 60 - MINUTE for row in candles(**query)]

    assert offsets(after=str(MINUTE - 120)) == [-120, -60, 0]
    assert offsets(after=str(MINUTE - 179)) == [-120, -60, 0]
    assert offsets(after=str(MINUTE - 240), before=str(MINUTE - 60)) == [-240, -180, -120]
    assert offsets(before=str(MINUTE - 60))[-1] == -120
    assert offsets(after=str(MINUTE + 600)) == []
    assert len(offsets(after="0")) == 6000
    assert offsets(after="0")[-1] == 0


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        (f"{KRAKEN}/btcqqq/price", 404, "Market not found"),
        (f"{KRAKEN}/btcqqq/ohlc", 404, "Market not found"),
        ("/markets/nyse/btcusd/price", 404, "Exchange not found"),
        (f"{KRAKEN}/btcusd/nothing", 404, "Route not found"),
        ("/nothing", 404, "Route not found"),
    ],
)
def test_an_unknown_path_is_an_error_with_a_message(path, status, message):
    actual, body = request(path)
    assert (actual, body["error"]) == (status, message)


@pytest.mark.parametrize("query", [{"periods": "1m"}, {"after": "x"}, {"before": "-1"}], ids=str)
def test_invalid_arguments_are_rejected(query):
    assert request(f"{KRAKEN}/btcusd/ohlc", **query)[0] == 400


def test_the_root_holds_only_the_allowance():
    assert list(request("/")[1]) == ["allowance"]


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    status, body = cryptowatch.refusal()
    assert (status, body["error"].startswith("Out of allowance")) == (429, True)
    assert cryptowatch.refusal("busy")[1]["error"] == "busy"


def test_a_gap_of_the_recording_is_left_out_everywhere(tmp_path):
    recording = recording_with_gaps(tmp_path)
    now = TEN + 600_000
    assert list(get("/markets/prices", now, recording)) == ["market:kraken:btcusd"]
    assert request(f"{KRAKEN}/btceur/price", now, recording)[0] == 404
    rows = candles(TEN + 1_230_000, recording)
    assert [row[0] - TEN // 1000 for row in rows] == [-180, -60, 0, 1200]
    assert rows[2][4] == TEN // 1000 % 1000 + 0.123456
