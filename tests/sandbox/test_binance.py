"""The sandbox's Binance dialect, without HTTP: what is documented, exactly."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import binance

MINUTE = NOW // 60_000 * 60_000
INVALID_SYMBOL = (400, {"code": -1121, "msg": "Invalid symbol."})


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return binance.answer(f"/api/v3/{path}", query, source or Simulated(1), now)


def get(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = request(path, now, source, **query)
    assert status == 200
    return body


def klines(now: int = NOW, source: Any = None, **query: str) -> Any:
    return get("klines", now, source, **({"symbol": "BTCEUR", "interval": "1m"} | query))


def test_the_prices_of_requested_symbols_are_strings_in_their_order():
    rows = get("ticker/price", symbols='["BTCUSDT","BTCEUR"]')
    assert [row["symbol"] for row in rows] == ["BTCUSDT", "BTCEUR"]
    assert [float(row["price"]) for row in rows] == [price(1, market(quote), NOW) for quote in ("USDT", "EUR")]
    assert all(set(row) == {"symbol", "price"} and len(row["price"].split(".")[1]) == 8 for row in rows)


def test_the_price_of_one_symbol_is_an_object_and_without_a_symbol_all_are_sent():
    assert float(get("ticker/price", symbol="PAXGBTC")["price"]) == price(1, market("BTC", "PAXG"), NOW)
    assert len(get("ticker/price")) == len(Simulated().pairs)
    assert get("ticker/price", symbols="[]") == []


def test_one_unknown_symbol_fails_the_whole_request():
    assert request("ticker/price", symbols='["BTCEUR","BTCQQQ"]') == INVALID_SYMBOL
    assert request("ticker/price", symbol="BTCQQQ") == INVALID_SYMBOL
    assert request("klines", symbol="BTCQQQ", interval="1m") == INVALID_SYMBOL
    assert request("exchangeInfo", symbols='["BTCQQQ"]') == INVALID_SYMBOL


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"symbols": "BTCEUR"}, -1100),
        ({"symbols": '["btceur"]'}, -1100),
        ({"symbols": "[1]"}, -1100),
        ({"symbols": "[" * 50_000}, -1100),
        ({"symbol": "BTC/EUR"}, -1100),
        ({"symbols": '["BTCEUR","BTCEUR"]'}, -1101),
        ({"symbol": "BTCEUR", "symbols": '["BTCEUR"]'}, -1128),
    ],
)
def test_invalid_symbols_are_rejected(query, code):
    status, body = request("ticker/price", **query)
    assert (status, body["code"], set(body)) == (400, code, {"code", "msg"})


@pytest.mark.parametrize(("interval", "seconds"), [("1s", 1), ("1m", 60), ("1h", 3600), ("1d", 86_400)])
def test_klines_are_500_or_up_to_a_thousand_oldest_first_the_last_one_open(interval, seconds):
    rows = klines(interval=interval)
    starts = [row[0] for row in rows]
    assert len(rows) == 500
    assert {after - before for before, after in pairwise(starts)} == {seconds * 1000}
    assert starts[-1] <= NOW < starts[-1] + seconds * 1000
    assert len(klines(interval=interval, limit="5000")) == 1000


def test_a_kline_has_prices_in_strings_times_in_ms_and_closes_at_what_live_polls_got():
    for row in klines(limit="20")[:-1]:
        assert len(row) == 12
        assert row[6] == row[0] + 59_999
        assert all(isinstance(value, str) for value in (*row[1:6], row[7], *row[9:]))
        assert float(row[1]) == price(1, market("EUR"), row[0])
        polled = get("ticker/price", row[0] + 60_000, symbol="BTCEUR")["price"]
        assert row[4] == polled
        assert float(row[3]) <= float(row[4]) <= float(row[2])


def test_klines_begin_at_the_start_time_if_it_is_set_and_else_reach_back_from_the_end():
    def offsets(**query: str) -> list[int]:
        return [(row[0] - MINUTE) // 1000 for row in klines(limit="3", **query)]

    start = MINUTE - 600_000
    assert offsets(startTime=str(start)) == [-600, -540, -480]
    assert offsets(startTime=str(start - 59_999)) == [-600, -540, -480]
    assert offsets(startTime=str(start), endTime=str(start + 60_000)) == [-600, -540]
    assert offsets(endTime=str(start)) == [-720, -660, -600]
    assert offsets(endTime=str(NOW * 10)) == [-120, -60, 0]
    assert offsets(startTime=str(NOW + 1)) == []
    assert offsets(startTime=str(start), endTime=str(start - 1)) == []


def test_a_week_begins_on_a_monday():
    rows = klines(interval="1w", limit="3", startTime=str(NOW - 60 * 86_400_000))
    days = [datetime.fromtimestamp(row[0] / 1000, UTC) for row in [*rows, *klines(interval="1w", limit="2")]]
    assert [(day.weekday(), day.hour) for day in days] == [(0, 0)] * 5


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"interval": "1m"}, -1102),
        ({"symbol": "BTCEUR"}, -1102),
        ({"symbol": "BTCEUR", "interval": "7m"}, -1120),
        ({"symbol": "BTCEUR", "interval": "1m", "startTime": "x"}, -1100),
        ({"symbol": "BTCEUR", "interval": "1m", "endTime": "-1"}, -1100),
        ({"symbol": "BTCEUR", "interval": "1m", "startTime": "9" * 30}, -1100),
        ({"symbol": "BTCEUR", "interval": "1m", "limit": "0"}, -1130),
    ],
    ids=str,
)
def test_invalid_arguments_of_klines_are_rejected(query, code):
    status, body = request("klines", **query)
    assert (status, body["code"]) == (400, code)


def test_exchange_info_names_base_and_quote():
    info = get("exchangeInfo")
    assert {(symbol["baseAsset"], symbol["quoteAsset"]) for symbol in info["symbols"]} == Simulated().pairs
    assert info["serverTime"] == NOW
    [euro] = get("exchangeInfo", symbol="BTCEUR")["symbols"]
    assert (euro["symbol"], euro["status"]) == ("BTCEUR", "TRADING")


def test_serves_the_time_and_a_ping():
    assert (get("time"), get("ping")) == ({"serverTime": NOW}, {})
    assert request("nothing")[0] == 404


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    status, body = binance.refusal()
    assert (status, body["code"]) == (429, -1003)
    assert body["msg"].startswith("Too much request weight used")
    assert binance.refusal("banned") == (429, {"code": -1003, "msg": "banned"})


def test_a_gap_of_the_recording_is_left_out_and_the_price_of_the_symbol_alone_is_zero(tmp_path):
    recording = recording_with_gaps(tmp_path)
    both = '["BTCEUR","BTCUSD"]'
    for after, symbols in [(0, ["BTCEUR", "BTCUSD"]), (600_000, ["BTCUSD"]), (1_200_000, ["BTCEUR", "BTCUSD"])]:
        assert [row["symbol"] for row in get("ticker/price", TEN + after, recording, symbols=both)] == symbols
    assert get("ticker/price", TEN + 600_000, recording, symbol="BTCEUR")["price"] == "0.00000000"
    rows = klines(TEN + 1_230_000, recording)
    assert [row[0] + 60_000 - TEN for row in rows] == [-180_000, -60_000, 0, 1_200_000]
    assert float(rows[2][4]) == TEN // 1000 % 1000 + 0.123456


def test_a_hundred_markets_of_five_hundred_are_priced_together(monkeypatch):
    source = Simulated(1, pairs=frozenset(("BTC", f"C{number:03}") for number in range(500)))
    batches = []
    monkeypatch.setattr(
        source, "latest", lambda markets, now: batches.append(len(markets)) or Simulated.latest(source, markets, now)
    )
    symbols = json.dumps([f"BTCC{number:03}" for number in range(100)])
    assert len(request("ticker/price", NOW, source, symbols=symbols)[1]) == 100
    assert batches == [100]
