"""The sandbox's Coinbase dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.dialects import NOW, TEN, market, silent_euro
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import coinbase

MINUTE = NOW // 60_000 * 60_000


def ask(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return coinbase.answer(path, query, source or Simulated(1), now)


def good(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = ask(path, now, source, **query)
    assert status == 200
    return body


def test_the_ticker_s_price_is_a_string_and_its_time_an_iso_time():
    ticker = good("/products/BTC-USD/ticker")
    assert set(ticker) == {"ask", "bid", "volume", "trade_id", "price", "size", "time"}
    assert isinstance(ticker["price"], str)
    assert float(ticker["price"]) == price(1, market("USD"), NOW)
    assert ticker["time"] == "2025-11-23T12:13:40.000000Z"


def test_the_products_are_the_markets_there_are():
    products = good("/products")
    assert {(each["base_currency"], each["quote_currency"]) for each in products} == Simulated().pairs
    euro = next(each for each in products if each["id"] == "BTC-EUR")
    assert (euro["status"], euro["trading_disabled"]) == ("online", False)
    assert good("/products/btc-eur") == euro


@pytest.mark.parametrize("path", ["/products/BTC-QQQ/ticker", "/products/BTC-QQQ/candles", "/products/X", "/nothing"])
def test_what_is_unknown_is_not_found(path):
    assert ask(path) == (404, {"message": "NotFound"})


@pytest.mark.parametrize("seconds", [60, 300, 3600, 86_400])
def test_candles_are_the_300_newest_and_the_newest_comes_first(seconds):
    rows = good("/products/BTC-USD/candles", granularity=str(seconds))
    starts = [row[0] for row in rows]
    assert len(rows) == 300
    assert {before - after for before, after in pairwise(starts)} == {seconds}
    assert starts[0] * 1000 <= NOW < (starts[0] + seconds) * 1000


def test_a_candle_is_time_low_high_open_close_volume_in_numbers():
    for row in good("/products/BTC-EUR/candles")[1:20]:
        start, low, high, first, last, volume = row
        assert isinstance(start, int)
        assert all(isinstance(value, float) for value in row[1:])
        assert first == price(1, market("EUR"), start * 1000)
        assert last == float(good("/products/BTC-EUR/ticker", (start + 60) * 1000)["price"])
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
def test_a_range_is_taken_as_iso_times_or_epoch_seconds_ends_included(start, end):
    rows = good("/products/BTC-USD/candles", granularity="60", start=start, end=end)
    assert [row[0] for row in rows] == [1_763_899_380, 1_763_899_320, 1_763_899_260, 1_763_899_200]


def test_a_range_of_more_than_300_candles_is_refused_and_never_more_than_300_come():
    first = MINUTE // 1000 - 300 * 60
    rows = good("/products/BTC-USD/candles", start=str(first), end=str(MINUTE // 1000))
    assert len(rows) == 300
    status, body = ask("/products/BTC-USD/candles", start=str(first - 1), end=str(MINUTE // 1000))
    assert status == 400
    assert body["message"].startswith("granularity too small for the requested time range.")


def test_a_start_alone_is_ignored_and_a_time_to_come_is_empty():
    assert len(good("/products/BTC-USD/candles", start="2025-11-23T12:00:00Z")) == 300
    later = {"start": str(NOW // 1000 + 600), "end": str(NOW // 1000 + 1200)}
    assert good("/products/BTC-USD/candles", **later) == []


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
def test_arguments_that_cannot_be_are_refused(query):
    status, body = ask("/products/BTC-USD/candles", **query)
    assert (status, list(body)) == (400, ["message"])


def test_tells_the_time():
    assert good("/time") == {"iso": "2025-11-23T12:13:40.000Z", "epoch": 1763900020.0}


def test_refuses_with_its_own_words_or_those_asked_for():
    assert coinbase.refusal() == (429, {"message": "Public rate limit exceeded"})
    assert coinbase.refusal("busy") == (429, {"message": "busy"})


def test_a_recording_s_hole_is_no_price_and_leaves_candles_out(tmp_path):
    recording = silent_euro(tmp_path)
    assert ask("/products/BTC-EUR/ticker", TEN + 600_000, recording) == (404, {"message": "NotFound"})
    assert float(good("/products/BTC-EUR/ticker", TEN, recording)["price"]) == TEN // 1000 % 1000 + 0.123456
    rows = good("/products/BTC-EUR/candles", TEN + 1_230_000, recording)
    assert [row[0] + 60 - TEN // 1000 for row in rows] == [1200, 0, -60, -180]
    assert [each["id"] for each in good("/products", source=recording)] == ["BTC-EUR", "BTC-USD"]
