"""The sandbox's Kraken dialect, without HTTP: what is documented, exactly."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tracker.core.market import Market
from tracker.sandbox import Recording, Simulated, price
from tracker.sandbox.dialects import kraken

NOW = 1_763_900_020_000
USD = Market("kraken", "BTC", "USD")


def ask(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = kraken.answer(f"/0/public/{path}", query, source or Simulated(1), now)
    assert status == 200, "Kraken answers 200 even when it refuses"
    return body


def test_the_ticker_is_keyed_and_shaped_as_kraken_s_is():
    body = ask("Ticker", pair="XBTUSD,XBTCHF,PAXGXBT")
    assert body["error"] == []
    assert list(body["result"]) == ["XXBTZUSD", "XBTCHF", "PAXGXBT"]
    ticker = body["result"]["XXBTZUSD"]
    assert {key: len(value) for key, value in ticker.items() if key != "o"} == {
        **{"a": 3, "b": 3, "c": 2},
        **{"v": 2, "p": 2, "t": 2, "l": 2, "h": 2},
    }
    assert isinstance(ticker["c"][0], str)
    assert float(ticker["c"][0]) == price(1, USD, NOW)
    assert float(ticker["l"][1]) <= float(ticker["c"][0]) <= float(ticker["h"][1])


@pytest.mark.parametrize("name", ["XBTUSD", "XBT/USD", "XXBTZUSD"])
def test_a_pair_may_be_asked_for_by_any_of_its_names(name):
    assert list(ask("Ticker", pair=name)["result"]) == ["XXBTZUSD"]


def test_one_unknown_pair_fails_the_whole_list():
    assert ask("Ticker", pair="XBTUSD,XBTQQQ") == {"error": ["EQuery:Unknown asset pair"]}
    assert ask("OHLC", pair="XBTQQQ") == {"error": ["EQuery:Unknown asset pair"]}


def test_without_a_pair_the_ticker_holds_all_of_them():
    assert len(ask("Ticker")["result"]) == len(Simulated().pairs) == len(ask("AssetPairs")["result"])


def test_asset_pairs_name_base_and_quote_as_kraken_does():
    pairs = ask("AssetPairs")["result"]
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
def test_candles_are_720_however_far_back_since_reaches_and_the_last_one_is_open(minutes):
    result = ask("OHLC", pair="XBTUSD", interval=str(minutes), since="0")["result"]
    rows = result["XXBTZUSD"]
    starts = [row[0] for row in rows]
    assert len(rows) == 720
    assert {after - before for before, after in pairwise(starts)} == {minutes * 60}
    assert starts[-1] * 1000 <= NOW < (starts[-1] + minutes * 60) * 1000
    assert result["last"] == starts[-2]
    assert all(len(row) == 8 and isinstance(row[4], str) for row in rows)


def test_since_leaves_out_the_candle_that_starts_at_it_but_never_the_open_one():
    starts = [row[0] for row in ask("OHLC", pair="XBTUSD")["result"]["XXBTZUSD"]]
    later = ask("OHLC", pair="XBTUSD", since=str(starts[-4]))["result"]["XXBTZUSD"]
    assert [row[0] for row in later] == starts[-3:]
    assert [row[0] for row in ask("OHLC", pair="XBTUSD", since="99999999999")["result"]["XXBTZUSD"]] == starts[-1:]


def test_closes_are_what_live_polls_got_at_those_times():
    rows = ask("OHLC", pair="XBTUSD", interval="5")["result"]["XXBTZUSD"]
    for row in rows[-20:-1]:
        polled = ask("Ticker", now=(row[0] + 300) * 1000, pair="XBTUSD")["result"]["XXBTZUSD"]["c"][0]
        assert float(row[4]) == float(polled)


def test_a_new_candle_opens_on_the_minute():
    rows = ask("OHLC", now=NOW - NOW % 60_000, pair="XBTUSD")["result"]["XXBTZUSD"]
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
def test_arguments_that_cannot_be_are_refused(query):
    assert ask("OHLC", **query) == {"error": ["EGeneral:Invalid arguments"]}


def test_tells_time_and_status():
    assert ask("Time")["result"] == {"unixtime": 1763900020, "rfc1123": "Sun, 23 Nov 25 12:13:40 +0000"}
    assert ask("SystemStatus")["result"] == {"status": "online", "timestamp": "2025-11-23T12:13:40Z"}


def test_an_unknown_method_is_refused():
    assert ask("Nothing") == {"error": ["EGeneral:Unknown method"]}


def test_refuses_with_its_own_words_or_those_asked_for():
    assert kraken.refusal() == (200, {"error": ["EGeneral:Too many requests"]})
    assert kraken.refusal("EService:Unavailable") == (200, {"error": ["EService:Unavailable"]})


@pytest.fixture
def recording(tmp_path: Path) -> Recording:
    """Two markets; EUR is silent from 10:00 to 10:20, and for the minute from 09:58."""
    ten = 1_522_836_000
    euro = [ten - 180, ten - 60, ten, ten + 1200, ten + 1260]
    (tmp_path / "btceur.csv").write_text(
        "".join(f"{time},{time % 1000 + 0.123456}\n" for time in euro), encoding="utf-8"
    )
    dollar = range(ten - 600, ten + 1320, 60)
    (tmp_path / "btcusd.csv").write_text("".join(f"{time},7000\n" for time in dollar), encoding="utf-8")
    return Recording(tmp_path)


def test_in_a_hole_of_the_recording_the_market_is_missing_from_the_ticker(recording):
    ten = 1_522_836_000_000
    for after, keys in [(0, ["XXBTZUSD", "XXBTZEUR"]), (600_000, ["XXBTZUSD"]), (1_200_000, ["XXBTZUSD", "XXBTZEUR"])]:
        assert list(ask("Ticker", now=ten + after, source=recording, pair="XBTUSD,XBTEUR")["result"]) == keys


def test_a_recording_s_candles_leave_out_minutes_without_a_row(recording):
    ten = 1_522_836_000
    rows = ask("OHLC", now=(ten + 1230) * 1000, source=recording, pair="XBTEUR")["result"]["XXBTZEUR"]
    assert [row[0] + 60 - ten for row in rows] == [-180, -60, 0, 1200]


def test_a_recorded_price_keeps_all_its_digits(recording):
    ten = 1_522_836_000
    body = ask("Ticker", now=ten * 1000, source=recording, pair="XBTEUR")
    assert float(body["result"]["XXBTZEUR"]["c"][0]) == ten % 1000 + 0.123456


def test_offers_only_what_was_recorded(recording):
    assert list(ask("AssetPairs", source=recording)["result"]) == ["XXBTZEUR", "XXBTZUSD"]
    assert ask("Ticker", source=recording, pair="XBTJPY") == {"error": ["EQuery:Unknown asset pair"]}


def test_just_after_midnight_the_day_before_stands_in_for_today(recording, tmp_path):
    midnight = 1_522_800_000_000 - 1_522_800_000_000 % 86_400_000
    folder = tmp_path / "night"
    folder.mkdir()
    (folder / "btcusd.csv").write_text(f"{midnight // 1000 - 30},5.5\n", encoding="utf-8")
    ticker = ask("Ticker", now=midnight + 10_000, source=Recording(folder), pair="XBTUSD")["result"]["XXBTZUSD"]
    assert float(ticker["o"]) == 5.5
