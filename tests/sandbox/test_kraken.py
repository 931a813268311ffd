"""The sandbox's Kraken dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support.sandbox import NOW, TEN, market, recording_with_gaps
from tracker.sandbox import Recording, Simulated, price
from tracker.sandbox.dialects import kraken


def request(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = kraken.answer(f"/0/public/{path}", query, source or Simulated(1), now)
    assert status == 200, "Kraken refuses with status 200"
    return body


def test_the_ticker_has_the_keys_and_the_form_of_kraken_s():
    body = request("Ticker", pair="XBTUSD,XBTCHF,PAXGXBT")
    assert body["error"] == []
    assert list(body["result"]) == ["XXBTZUSD", "XBTCHF", "PAXGXBT"]
    ticker = body["result"]["XXBTZUSD"]
    assert {key: len(value) for key, value in ticker.items() if key != "o"} == {
        **{"a": 3, "b": 3, "c": 2},
        **{"v": 2, "p": 2, "t": 2, "l": 2, "h": 2},
    }
    assert isinstance(ticker["c"][0], str)
    assert float(ticker["c"][0]) == price(1, market("USD"), NOW)
    assert float(ticker["l"][1]) <= float(ticker["c"][0]) <= float(ticker["h"][1])


@pytest.mark.parametrize("name", ["XBTUSD", "XBT/USD", "XXBTZUSD"])
def test_a_pair_can_be_requested_by_any_of_its_names(name):
    assert list(request("Ticker", pair=name)["result"]) == ["XXBTZUSD"]


def test_one_unknown_pair_fails_the_whole_request():
    assert request("Ticker", pair="XBTUSD,XBTQQQ") == {"error": ["EQuery:Unknown asset pair"]}
    assert request("OHLC", pair="XBTQQQ") == {"error": ["EQuery:Unknown asset pair"]}


def test_without_a_pair_the_ticker_holds_all_of_them():
    assert len(request("Ticker")["result"]) == len(Simulated().pairs) == len(request("AssetPairs")["result"])


def test_asset_pairs_name_base_and_quote_as_kraken_does():
    pairs = request("AssetPairs")["result"]
    assert pairs["XXBTZEUR"] | {"lot": ""} == {
        "altname": "XBTEUR",
        "wsname": "XBT/EUR",
        "aclass_base": "currency",
        "base": "XXBT",
        "aclass_quote": "currency",
        "quote": "ZEUR",
        "lot": "",
        "status": "online",
    }
    assert (pairs["XBTAUD"]["base"], pairs["XBTAUD"]["quote"]) == ("XXBT", "AUD")


@pytest.mark.parametrize("minutes", [1, 5, 60, 1440])
def test_candles_are_at_most_720_and_the_last_one_is_open(minutes):
    result = request("OHLC", pair="XBTUSD", interval=str(minutes), since="0")["result"]
    rows = result["XXBTZUSD"]
    starts = [row[0] for row in rows]
    assert len(rows) == 720
    assert {after - before for before, after in pairwise(starts)} == {minutes * 60}
    assert starts[-1] * 1000 <= NOW < (starts[-1] + minutes * 60) * 1000
    assert result["last"] == starts[-2]
    assert all(len(row) == 8 and isinstance(row[4], str) for row in rows)


def test_since_excludes_the_candle_that_starts_at_it_but_never_the_open_one():
    starts = [row[0] for row in request("OHLC", pair="XBTUSD")["result"]["XXBTZUSD"]]
    later = request("OHLC", pair="XBTUSD", since=str(starts[-4]))["result"]["XXBTZUSD"]
    assert [row[0] for row in later] == starts[-3:]
    assert [row[0] for row in request("OHLC", pair="XBTUSD", since="99999999999")["result"]["XXBTZUSD"]] == starts[-1:]


def test_closes_are_what_live_polls_got_at_those_times():
    rows = request("OHLC", pair="XBTUSD", interval="5")["result"]["XXBTZUSD"]
    for row in rows[-20:-1]:
        polled = request("Ticker", now=(row[0] + 300) * 1000, pair="XBTUSD")["result"]["XXBTZUSD"]["c"][0]
        assert float(row[4]) == float(polled)


def test_a_new_candle_opens_on_the_minute():
    rows = request("OHLC", now=NOW - NOW % 60_000, pair="XBTUSD")["result"]["XXBTZUSD"]
    assert rows[-1][0] * 1000 == NOW - NOW % 60_000
    assert rows[-1][1] == rows[-1][4]


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"pair": "XBTUSD", "interval": "2"},
        {"pair": "XBTUSD", "since": "x"},
        {"pair": "XBTUSD", "since": "inf"},
        {"pair": "XBTUSD,XBTEUR"},
    ],
    ids=str,
)
def test_invalid_arguments_are_rejected(query):
    assert request("OHLC", **query) == {"error": ["EGeneral:Invalid arguments"]}


def test_serves_time_and_status():
    assert request("Time")["result"] == {"unixtime": 1763900020, "rfc1123": "Sun, 23 Nov 25 12:13:40 +0000"}
    assert request("SystemStatus")["result"] == {"status": "online", "timestamp": "2025-11-23T12:13:40Z"}


def test_an_unknown_method_is_refused():
    assert request("Nothing") == {"error": ["EGeneral:Unknown method"]}


def test_a_refusal_has_the_usual_message_or_the_requested_one():
    assert kraken.refusal() == (200, {"error": ["EGeneral:Too many requests"]})
    assert kraken.refusal("EService:Unavailable") == (200, {"error": ["EService:Unavailable"]})


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    return recording_with_gaps(tmp_path)


def test_in_a_gap_of_the_recording_the_market_is_missing_from_the_ticker(recording):
    for after, keys in [(0, ["XXBTZUSD", "XXBTZEUR"]), (600_000, ["XXBTZUSD"]), (1_200_000, ["XXBTZUSD", "XXBTZEUR"])]:
        assert list(request("Ticker", now=TEN + after, source=recording, pair="XBTUSD,XBTEUR")["result"]) == keys


def test_candles_of_a_recording_leave_out_minutes_without_a_row(recording):
    rows = request("OHLC", now=TEN + 1_230_000, source=recording, pair="XBTEUR")["result"]["XXBTZEUR"]
    assert [row[0] + 60 - TEN // 1000 for row in rows] == [-180, -60, 0, 1200]


def test_a_recorded_price_keeps_all_its_digits(recording):
    body = request("Ticker", now=TEN, source=recording, pair="XBTEUR")
    assert float(body["result"]["XXBTZEUR"]["c"][0]) == TEN // 1000 % 1000 + 0.123456


def test_lists_only_recorded_markets(recording):
    assert list(request("AssetPairs", source=recording)["result"]) == ["XXBTZEUR", "XXBTZUSD"]
    assert request("Ticker", source=recording, pair="XBTJPY") == {"error": ["EQuery:Unknown asset pair"]}


def test_just_after_midnight_the_last_24_hours_replace_today(recording, tmp_path):
    midnight = 1_522_800_000_000 - 1_522_800_000_000 % 86_400_000
    folder = tmp_path / "night"
    folder.mkdir()
    (folder / "btcusd.csv").write_text(f"{midnight // 1000 - 30},5.5\n", encoding="utf-8")
    ticker = request("Ticker", now=midnight + 10_000, source=Recording(folder), pair="XBTUSD")["result"]["XXBTZUSD"]
    assert float(ticker["o"]) == 5.5
