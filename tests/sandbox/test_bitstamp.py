"""The sandbox's Bitstamp dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import bitstamp

MINUTE = NOW // 60_000 * 60


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return bitstamp.answer(f"/api/v2/{path}", query, source or Simulated(1), now)


def get(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = request(path, now, source, **query)
    assert status == 200
    return body


def candles(now: int = NOW, source: Any = None, pair: str = "btceur", **query: str) -> Any:
    body = get(f"ohlc/{pair}/", now, source, **query)
    assert body["data"]["pair"] == f"{pair[:3]}/{pair[3:]}".upper()
    return body["data"]["ohlc"]


def test_the_ticker_is_a_list_of_all_pairs():
    tickers = get("ticker/")
    assert {tuple(ticker["pair"].split("/")) for ticker in tickers} == Simulated().pairs
    for ticker in tickers:
        base, _, quote = ticker["pair"].partition("/")
        assert float(ticker["last"]) == price(1, market(quote, base), NOW)


@pytest.mark.parametrize("path", ["ticker/btcusd/", "ticker/btcusd"])
def test_one_pair_s_ticker_is_all_strings(path):
    ticker = get(path)
    assert {"timestamp", "open", "high", "low", "last", "volume", "vwap", "bid", "ask"} <= set(ticker)
    assert all(isinstance(value, str) for value in ticker.values())
    assert float(ticker["last"]) == price(1, market("USD"), NOW)
    assert float(ticker["low"]) <= float(ticker["last"]) <= float(ticker["high"])
    assert ticker["timestamp"] == str(NOW // 1000)


@pytest.mark.parametrize("step", ["60", "300", "259200"])
def test_candles_are_the_newest_of_them_oldest_first_the_last_one_open(step):
    rows = candles(step=step, limit="1000")
    times = [int(row["timestamp"]) for row in rows]
    assert len(rows) == 1000
    assert {after - before for before, after in pairwise(times)} == {int(step)}
    assert times[-1] * 1000 <= NOW < (times[-1] + int(step)) * 1000


def test_a_candle_is_strings_and_closes_at_what_live_polls_got():
    for row in candles(step="60", limit="20")[:-1]:
        assert set(row) == {"timestamp", "open", "high", "low", "close", "volume"}
        assert all(isinstance(value, str) for value in row.values())
        closed = (int(row["timestamp"]) + 60) * 1000
        assert float(row["close"]) == float(get("ticker/btceur/", closed)["last"])
        assert float(row["low"]) <= float(row["open"]) <= float(row["high"])


def test_a_start_alone_counts_forward_and_an_end_counts_backward_whatever_the_start():
    start = MINUTE - 600

    def offsets(**query: str) -> list[int]:
        return [int(row["timestamp"]) - MINUTE for row in candles(step="60", **query)]

    assert offsets(limit="3", start=str(start)) == [-600, -540, -480]
    assert offsets(limit="3", start=str(start - 59)) == [-600, -540, -480]
    assert offsets(limit="3", end=str(start + 59)) == [-720, -660, -600]
    assert offsets(limit="3", start=str(start), end=str(start)) == [-720, -660, -600]
    assert offsets(limit="3", start=str(MINUTE - 60)) == [-60, 0]
    assert offsets(limit="3", end=str(MINUTE + 6000)) == [-120, -60, 0]
    assert offsets(limit="3", start=str(MINUTE + 6000)) == []


def test_the_open_candle_can_be_excluded():
    rows = candles(step="60", limit="2", exclude_current_candle="true")
    assert [int(row["timestamp"]) for row in rows] == [MINUTE - 60]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "10"}, "step"),
        ({"step": "60"}, "limit"),
        ({"step": "61", "limit": "10"}, "step"),
        ({"step": "60", "limit": "1001"}, "limit"),
        ({"step": "60", "limit": "0"}, "limit"),
        ({"step": "60", "limit": "10", "start": "x"}, "start"),
        ({"step": "60", "limit": "10", "end": "-1"}, "end"),
    ],
    ids=str,
)
def test_an_invalid_argument_is_named_in_an_object(query, field):
    status, body = request("ohlc/btcusd/", **query)
    assert (status, body["status"], list(body["reason"])) == (400, "error", [field])


@pytest.mark.parametrize("path", ["ticker/btcqqq/", "ohlc/btcqqq/", "nothing/", ""])
def test_an_unknown_path_is_an_error(path):
    status, body = request(path, step="60", limit="1")
    assert (status, body["status"], body["reason"]) == (404, "error", "Not found.")


def test_lists_its_pairs_in_the_old_form_and_in_the_new():
    pairs = get("trading-pairs-info/")
    assert {tuple(pair["name"].split("/")) for pair in pairs} == Simulated().pairs
    euro = next(pair for pair in pairs if pair["url_symbol"] == "btceur")
    assert (euro["name"], euro["trading"]) == ("BTC/EUR", "Enabled")
    markets = get("markets/")
    assert {(pair["base_currency"], pair["counter_currency"]) for pair in markets} == Simulated().pairs


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    message = "Request rejected due to exceeded rate limit."
    assert bitstamp.refusal() == (400, {"status": "error", "reason": message, "code": "400.002"})
    assert bitstamp.refusal("busy")[1]["reason"] == "busy"


def test_a_gap_of_the_recording_is_left_out_everywhere(tmp_path):
    recording = recording_with_gaps(tmp_path)
    for after, pairs in [(0, ["BTC/EUR", "BTC/USD"]), (600_000, ["BTC/USD"]), (1_200_000, ["BTC/EUR", "BTC/USD"])]:
        assert [ticker["pair"] for ticker in get("ticker/", TEN + after, recording)] == pairs
    assert request("ticker/btceur/", TEN + 600_000, recording)[0] == 404
    rows = candles(TEN + 1_230_000, recording, step="60", limit="100")
    assert [int(row["timestamp"]) + 60 - TEN // 1000 for row in rows] == [-180, -60, 0, 1200]
    assert float(rows[2]["close"]) == TEN // 1000 % 1000 + 0.123456
