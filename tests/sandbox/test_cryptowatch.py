"""The sandbox's Cryptowatch dialect, without HTTP: what was documented, exactly."""

from itertools import pairwise
from typing import Any

import pytest

from tests.support.dialects import NOW, TEN, market, silent_euro
from tracker.sandbox import Simulated, price
from tracker.sandbox.dialects import cryptowatch

MINUTE = NOW // 60_000 * 60
KRAKEN = "/markets/kraken"


def ask(path: str, now: int = NOW, source: Any = None, **query: str) -> tuple[int, Any]:
    return cryptowatch.answer(path, query, source or Simulated(1), now)


def good(path: str, now: int = NOW, source: Any = None, **query: str) -> Any:
    status, body = ask(path, now, source, **query)
    assert status == 200
    assert body["allowance"]["cost"] >= 0
    return body["result"]


def candles(now: int = NOW, source: Any = None, **query: str) -> Any:
    return good(f"{KRAKEN}/btceur/ohlc", now, source, **({"periods": "60"} | query))["60"]


def test_the_price_is_a_number_beside_the_allowance():
    assert good(f"{KRAKEN}/btcusd/price") == {"price": price(1, market("USD"), NOW)}
    assert good(f"{KRAKEN}/BTCUSD/price") == good(f"{KRAKEN}/btcusd/price")


def test_all_prices_can_be_had_at_once():
    found = good("/markets/prices")
    assert len(found) == len(Simulated().pairs)
    assert found["market:kraken:btceur"] == price(1, market("EUR"), NOW)


@pytest.mark.parametrize("path", ["/markets", KRAKEN])
def test_lists_its_markets(path):
    listed = good(path)
    assert {each["pair"] for each in listed} == {(base + quote).lower() for base, quote in Simulated().pairs}
    assert {(each["exchange"], each["active"]) for each in listed} == {("kraken", True)}


def test_a_candle_begins_with_the_time_it_closes_and_closes_at_what_live_polls_got():
    rows = candles()
    assert len(rows) == 500
    assert {after[0] - before[0] for before, after in pairwise(rows)} == {60}
    assert rows[-1][0] * 1000 > NOW >= rows[-2][0] * 1000
    for close_time, first, high, low, last, volume, quote_volume in rows[-20:-1]:
        assert last == good(f"{KRAKEN}/btceur/price", close_time * 1000)["price"]
        assert first == price(1, market("EUR"), (close_time - 60) * 1000)
        assert low <= min(first, last) <= max(first, last) <= high
        assert 0 < volume < quote_volume


def test_each_period_asked_for_has_its_key_and_without_periods_all_come():
    assert list(good(f"{KRAKEN}/btcusd/ohlc", periods="180,3600")) == ["180", "3600"]
    assert len(good(f"{KRAKEN}/btcusd/ohlc")) == 13
    assert good(f"{KRAKEN}/btcusd/ohlc", periods="77") == {}


def test_after_and_before_count_by_the_time_a_candle_opens():
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
    ("path", "status", "words"),
    [
        (f"{KRAKEN}/btcqqq/price", 404, "Market not found"),
        (f"{KRAKEN}/btcqqq/ohlc", 404, "Market not found"),
        ("/markets/nyse/btcusd/price", 404, "Exchange not found"),
        (f"{KRAKEN}/btcusd/nothing", 404, "Route not found"),
        ("/nothing", 404, "Route not found"),
    ],
)
def test_what_is_unknown_is_an_error_in_words(path, status, words):
    found, body = ask(path)
    assert (found, body["error"]) == (status, words)


@pytest.mark.parametrize("query", [{"periods": "1m"}, {"after": "x"}, {"before": "-1"}], ids=str)
def test_arguments_that_cannot_be_are_refused(query):
    assert ask(f"{KRAKEN}/btcusd/ohlc", **query)[0] == 400


def test_the_root_tells_the_allowance_alone():
    assert list(ask("/")[1]) == ["allowance"]


def test_refuses_with_its_own_words_or_those_asked_for():
    status, body = cryptowatch.refusal()
    assert (status, body["error"].startswith("Out of allowance")) == (429, True)
    assert cryptowatch.refusal("busy")[1]["error"] == "busy"


def test_a_recording_s_hole_is_left_out_everywhere(tmp_path):
    recording = silent_euro(tmp_path)
    silent = TEN + 600_000
    assert list(good("/markets/prices", silent, recording)) == ["market:kraken:btcusd"]
    assert ask(f"{KRAKEN}/btceur/price", silent, recording)[0] == 404
    rows = candles(TEN + 1_230_000, recording)
    assert [row[0] - TEN // 1000 for row in rows] == [-180, -60, 0, 1200]
    assert rows[2][4] == TEN // 1000 % 1000 + 0.123456
