"""The sandbox's Coinbase dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import coinbase

MINUTE = NOW // 60_000 * 60_000


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return coinbase.answer(path, query, source or Simulated(1), now)


def get(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = request(path, now, source, **query)
    assert status == 200
    return body


def test_the_ticker_s_price_is_a_string_and_its_time_an_iso_time():
    ticker = get("/products/BTC-USD/ticker")
    assert set(ticker) == {"ask", "bid", "volume", "trade_id", "price", "size", "time"}
    assert isinstance(ticker["price"], str)
    assert float(ticker["price"]) == price(1, market("USD"), NOW)
    assert ticker["time"] == "2025-11-23T12:13:40.000000Z"


def test_the_products_are_all_markets():
    products = get("/products")
    assert {(product["base_currency"], product["quote_currency"]) for product in products} == Simulated().pairs
    euro = next(product for product in products if product["id"] == "BTC-EUR")
    assert (euro["status"], euro["trading_disabled"]) == ("online", False)
    assert get("/products/btc-eur") == euro


@pytest.mark.parametrize("path", ["/products/BTC-QQQ/ticker", "/products/BTC-QQQ/candles", "/products/X", "/nothing"])
def test_an_unknown_path_is_not_found(path):
    assert request(path) == (404, {"message": "NotFound"})


@pytest.mark.parametrize("seconds", [60, 300, 3600, 86_400])
def test_candles_are_the_300_newest_and_the_newest_comes_first(seconds):
    rows = get("/products/BTC-USD/candles", granularity=str(seconds))
    starts = [row[0] for row in rows]
    assert len(rows) == 300
    assert {before - after for before, after in pairwise(starts)} == {seconds}
    assert starts[0] * 1000 <= NOW < (starts[0] + seconds) * 1000


def test_a_candle_is_time_low_high_open_close_volume_in_numbers():
    for row in get("/products/BTC-EUR/candles")[1:20]:
        start, low, high, first, last, volume = row
        assert isinstance(start, int)
        assert all(isinstance(value, float) for value in row[1:])
        assert first == price(1, market("EUR"), start * 1000)
        assert last == float(get("/products/BTC-EUR/ticker", (start + 60) * 1000)["price"])
        assert low <= min(first, last) <= max(first, last) <= high
        assert volume > 0


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2025-11-23T12:00:00Z", "2025-11-23T12:03:00Z"),
        ("2025-11-23T12:00:00", "2025-11-23T12:03:59.999"),
        ("2025-11-23T13:00:00+01:00", "2025-11-23T13:03:00 01:00"),
        ("1763899200", "1763899380"),
        ("2025-11-23T11:59:01Z", "2025-11-23T12:03:00Z"),
    ],
)
def test_a_range_is_of_iso_times_or_epoch_seconds_and_includes_its_ends(start, end):
    rows = get("/products/BTC-USD/candles", granularity="60", start=start, end=end)
    assert [row[0] for row in rows] == [1_763_899_380, 1_763_899_320, 1_763_899_260, 1_763_899_200]


def test_a_range_of_more_than_300_candles_is_rejected_and_at_most_300_are_sent():
    first = MINUTE // 1000 - 300 * 60
    rows = get("/products/BTC-USD/candles", start=str(first), end=str(MINUTE // 1000))
    assert len(rows) == 300
    status, body = request("/products/BTC-USD/candles", start=str(first - 1), end=str(MINUTE // 1000))
    assert status == 400
    assert body["message"].startswith("granularity too small for the requested time range.")


def test_a_start_alone_is_ignored_and_a_future_range_is_empty():
    assert len(get("/products/BTC-USD/candles", start="2025-11-23T12:00:00Z")) == 300
    later = {"start": str(NOW // 1000 + 600), "end": str(NOW // 1000 + 1200)}
    assert get("/products/BTC-USD/candles", **later) == []


@pytest.mark.parametrize(
    "query",
    [
        {"granularity": "120"},
        {"granularity": "1m"},
        {"granularity": "9" * 5000},
        {"start": "x", "end": "1763899380"},
        {"start": "9", "end": "8"},
    ],
)
def test_invalid_arguments_are_rejected(query):
    status, body = request("/products/BTC-USD/candles", **query)
    assert (status, list(body)) == (400, ["message"])


def test_serves_the_time():
    assert get("/time") == {"iso": "2025-11-23T12:13:40.000Z", "epoch": 1763900020.0}


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    assert coinbase.refusal() == (429, {"message": "Public rate limit exceeded"})
    assert coinbase.refusal("busy") == (429, {"message": "busy"})


def test_a_gap_of_the_recording_has_no_price_and_no_candles(tmp_path):
    recording = recording_with_gaps(tmp_path)
    assert request("/products/BTC-EUR/ticker", TEN + 600_000, recording) == (404, {"message": "NotFound"})
    assert float(get("/products/BTC-EUR/ticker", TEN, recording)["price"]) == TEN // 1000 % 1000 + 0.123456
    rows = get("/products/BTC-EUR/candles", TEN + 1_230_000, recording)
    assert [row[0] + 60 - TEN // 1000 for row in rows] == [1200, 0, -60, -180]
    assert [product["id"] for product in get("/products", source=recording)] == ["BTC-EUR", "BTC-USD"]
