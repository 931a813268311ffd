"""What is particular to Kraken; see tests/support/exchange_contract.py for what all exchanges share."""

from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.exchanges import kraken

USD = Market("kraken", "BTC", "USD")
NOW = 1_763_900_020_000  # 20 s into a minute
MINUTE = 60_000
HOUR = 60 * MINUTE


def ticker(**prices: str) -> dict[str, Any]:
    return {"error": [], "result": {key: {"c": [price, "0.1"]} for key, price in prices.items()}}


def candles(*starts: int, key: str = "XXBTZUSD") -> dict[str, Any]:
    rows = [[start, "1", "1", "1", str(start / 1000), "1", "1", 1] for start in starts]
    return {"error": [], "result": {key: rows, "last": 17}}


def requested(start: int, end: int) -> list[tuple[int, int]]:
    """Return (candle minutes, since) of each request."""
    queries = [parse_qs(urlsplit(path).query) for path, _ in kraken.history_requests(USD, start, end, NOW)]
    return [(int(query["interval"][0]), int(query["since"][0])) for query in queries]


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        ("BTC/USD", "XXBTZUSD"),
        ("BTC/USD", "XBTUSD"),
        ("BTC/USD", "XBT/USD"),
        ("BTC/USD", "BTC/USD"),
        ("BTC/JPY", "XXBTZJPY"),
        ("BTC/CHF", "XBTCHF"),
        ("BTC/USDT", "XBTUSDT"),
        ("ETH/BTC", "XETHXXBT"),
        ("PAXG/BTC", "PAXGXBT"),
        ("DOGE/EUR", "XDGEUR"),
        ("XBT/EUR", "BTCEUR"),
        ("XDG/EUR", "DOGEEUR"),
        ("DOGE/BTC", "XXDGXXBT"),
        ("DOGE/BTC", "XDG/BTC"),
        ("DOGE/BTC", "DOGEXBT"),
    ],
)
def test_a_market_is_found_under_any_name_that_kraken_uses(pair, key):
    market = Market.parse(f"kraken:{pair}")
    assert kraken.last_prices(ticker(**{key: "12.5"}), [market]) == {market: Quote(12.5)}


def test_an_answer_and_a_list_of_pairs_may_mix_old_and_new_names():
    markets = [Market.parse(f"kraken:{pair}") for pair in ("BTC/USD", "BTC/CHF", "DOGE/USD", "DOGE/EUR", "DOGE/BTC")]
    body = ticker(**{"XXBTZUSD": "1", "BTC/CHF": "2", "XDGUSD": "3", "DOGE/EUR": "4", "XXDGXXBT": "5"})
    assert [quote.price for quote in kraken.last_prices(body, markets).values()] == [1, 2, 3, 4, 5]
    names = ["XBT/USD", "BTC/CHF", "XDG/USD", "DOGE/EUR", "XDG/XBT"]
    assert list(kraken.pairs({"error": [], "result": {name: {"wsname": name} for name in names}})) == markets


@pytest.mark.parametrize("words", [("online", "cancel_only"), ("cancel_only", "online"), ("cancel_only", "limit_only")])
def test_a_pair_listed_by_its_old_and_its_new_code_is_traded_if_one_of_them_is(words):
    names = ["XBT/EUR", "BTC/EUR"]
    result = {name: {"wsname": name, "status": word} for name, word in zip(names, words, strict=True)}
    assert kraken.pairs({"error": [], "result": result}) == {Market("kraken", "BTC", "EUR"): ""}


def test_the_price_of_another_market_is_ignored():
    body = ticker(XXBTZEUR="1.0", XBTUSDT="2.0", XETHZUSD="3.0")
    assert kraken.last_prices(body, [USD]) == {}


def test_a_warning_beside_a_result_is_not_a_refusal():
    body = ticker(XXBTZUSD="12.5") | {"error": ["WGeneral:Maintenance soon"]}
    assert kraken.last_prices(body, [USD]) == {USD: Quote(12.5)}


def test_a_word_in_place_of_a_price_raises():
    with pytest.raises(ValueError, match="soon"):
        kraken.last_prices(ticker(XXBTZUSD="soon"), [USD])


def test_the_last_hour_is_requested_as_minutes_only():
    (minutes, since), *others = requested(NOW - HOUR, NOW)
    assert (minutes, others) == (1, [])
    # The candle that closes at the start, or first after it, opens up to one length before.
    assert since < (NOW - HOUR) // 1000 - 60 < since + 60


def test_a_time_beyond_720_candles_is_requested_in_longer_ones():
    assert [minutes for minutes, _ in requested(NOW - 11 * HOUR, NOW)] == [1]
    assert [minutes for minutes, _ in requested(NOW - 12 * HOUR, NOW)] == [1, 5], (
        "the 720th minute is too close to the edge"
    )
    assert [minutes for minutes, _ in requested(NOW - 24 * HOUR, NOW)] == [1, 5]
    assert [minutes for minutes, _ in requested(NOW - 7 * 24 * HOUR, NOW)] == [1, 5, 15]
    assert [minutes for minutes, _ in requested(NOW - 25 * 24 * HOUR, NOW)] == [1, 5, 15, 30, 60]
    assert [minutes for minutes, _ in requested(NOW - 400 * 24 * HOUR, NOW)] == [1, 5, 15, 30, 60, 240, 1440]


def test_pages_leave_no_gap_and_reach_the_start():
    for days in (1, 2, 5, 7, 20, 100, 700):
        start = NOW - days * 24 * HOUR
        pages = requested(start, NOW)
        for (minutes, _), (_, since) in pairwise(pages):
            assert NOW - 720 * minutes * MINUTE > since * 1000
        assert pages[-1][1] * 1000 <= start


def test_no_page_requests_more_candles_than_a_response_holds():
    for minutes, since in requested(NOW - 400 * 24 * HOUR, NOW):
        assert (NOW // 1000 - since) / (minutes * 60) < 720


def test_a_gap_of_yesterday_requests_no_minutes_that_are_out_of_reach():
    assert [minutes for minutes, _ in requested(NOW - 20 * HOUR, NOW - 15 * HOUR)] == [5]


@pytest.mark.parametrize("minutes", [1, 5, 15, 30, 60, 240, 1440])
def test_a_candle_has_the_time_of_its_close_whatever_its_length(minutes):
    length = minutes * 60
    first = 1_763_900_000 // 86_400 * 86_400
    now = (first + 2 * length) * 1000
    read = kraken.history(candles(first, first + length, first + 2 * length), USD, length, now)
    assert [candle.close_time // 1000 for candle in read] == [first + length, first + 2 * length]


def test_a_single_candle_is_read_like_any_other():
    assert kraken.history(candles(1_763_000_040), USD, 60, NOW)[0].close_time == 1_763_000_100_000


def test_candles_are_returned_oldest_first_even_if_kraken_reverses_them():
    first = 1_763_899_860
    read = kraken.history(candles(first + 60, first), USD, 60, NOW)
    assert [candle.close_time // 1000 for candle in read] == [first + 60, first + 120]


def test_candles_of_another_market_raise():
    with pytest.raises(KeyError, match="BTC/USD"):
        kraken.history(candles(60, 120, key="XXBTZEUR"), USD, 60, NOW)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("online", ""),
        ("limit_only", ""),
        ("reduce_only", ""),
        ("cancel_only", "cancel_only"),
        ("post_only", "post_only"),
        ("delisted", "delisted"),
        (None, ""),
    ],
)
def test_a_pair_without_trades_is_listed_with_the_word_for_its_state(status, word):
    assert kraken.pairs({"error": [], "result": {"XXBTZUSD": {"wsname": "XBT/USD", "status": status}}}) == {USD: word}
