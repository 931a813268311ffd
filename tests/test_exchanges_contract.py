"""
The contract that every exchange fulfils, run over each file in tracker/exchanges and its sample answer.

A new exchange adds ``tests/exchanges/<name>.json``, written for the test in the documented format:
``tickers`` (markets, path, body, prices; a market without a price is one that the body lacks),
``refusals`` (body, words), ``history`` (market, now, body, closes; null if there is none),
``pairs`` (body, markets; null if there is none).
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tracker.adapters import load, names
from tracker.errors import ExchangeError
from tracker.market import Market

SAMPLES = {path.stem: path for path in sorted((Path(__file__).parent / "exchanges").glob("*.json"))}
NOW = 1_763_900_000_000
HOUR = 3_600_000


@pytest.fixture(params=sorted(SAMPLES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def exchange(name: str) -> Any:
    return load("exchanges", name)


@pytest.fixture
def sample(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(SAMPLES[name].read_text(encoding="utf-8"))
    return content


def markets_of(texts: list[str]) -> list[Market]:
    return [Market.parse(text) for text in texts]


def test_every_exchange_has_a_sample_answer():
    assert set(SAMPLES) == set(names("exchanges"))


def test_says_where_and_how_often_to_ask(exchange):
    assert exchange.BASE_URL.startswith("https://")
    assert not exchange.BASE_URL.endswith("/")
    assert exchange.LIMITS
    assert all(count >= 1 and seconds > 0 for count, seconds in exchange.LIMITS)
    assert exchange.MAX_BATCH >= 1
    assert exchange.ATTRIBUTION is None or exchange.ATTRIBUTION.strip()


def test_asks_for_last_prices_by_a_path_relative_to_its_address(exchange, sample):
    for ticker in sample["tickers"]:
        path = exchange.ticker_path(markets_of(ticker["markets"]))
        assert path == ticker["path"]
        assert path.startswith("/")


def test_reads_the_last_price_of_each_market_and_leaves_out_one_that_the_answer_lacks(exchange, sample):
    for ticker in sample["tickers"]:
        prices = exchange.last_prices(ticker["body"], markets_of(ticker["markets"]))
        assert {str(market): price for market, price in prices.items()} == ticker["prices"]


def test_a_refusal_raises_with_the_exchange_s_own_words(exchange, sample):
    assert sample["refusals"]
    for refusal in sample["refusals"]:
        for ticker in sample["tickers"]:
            with pytest.raises(ExchangeError) as raised:
                exchange.last_prices(refusal["body"], markets_of(ticker["markets"]))
            assert refusal["words"] in str(raised.value)
        if sample["history"]:
            with pytest.raises(ExchangeError) as raised:
                exchange.history(refusal["body"], Market.parse(sample["history"]["market"]), 60.0, NOW)
            assert refusal["words"] in str(raised.value)


@pytest.mark.parametrize("body", [None, [], "busy", {}, {"result": 1}, 7], ids=repr)
def test_an_answer_of_another_kind_raises_what_the_collector_expects(exchange, sample, body):
    market = markets_of(sample["tickers"][0]["markets"])[:1]
    with pytest.raises((LookupError, TypeError, ValueError, ExchangeError)):
        assert exchange.last_prices(body, market) != {}, "nothing was read, and nothing said so"


def test_history_is_closed_candles_only_oldest_first(exchange, sample):
    history = sample["history"]
    if history is None:
        assert exchange.history_requests(sample_market(sample), NOW - HOUR, NOW, NOW) == []
        return
    closes = exchange.history(history["body"], Market.parse(history["market"]), history["seconds"], history["now"])
    assert [list(close) for close in closes] == history["closes"]
    assert closes == sorted(closes)
    assert all(time * 1000 <= history["now"] for time, _ in closes)


def test_asks_for_history_by_relative_paths_finest_candles_first(exchange, sample):
    requests = exchange.history_requests(sample_market(sample), NOW - 24 * HOUR, NOW, NOW)
    lengths = [seconds for _, seconds in requests]
    assert bool(requests) == bool(sample["history"])
    assert lengths == sorted(lengths)
    assert all(path.startswith("/") and seconds > 0 for path, seconds in requests)


def test_asks_for_no_history_of_a_time_that_is_empty_or_to_come(exchange, sample):
    market = sample_market(sample)
    assert exchange.history_requests(market, NOW - HOUR, NOW - HOUR, NOW) == []
    assert exchange.history_requests(market, NOW + HOUR, NOW + 2 * HOUR, NOW) == []


def test_lists_the_markets_it_offers(exchange, name, sample):
    if sample["pairs"] is None:
        assert not hasattr(exchange, "pairs")
        return
    assert exchange.pairs_path().startswith("/")
    assert exchange.pairs(sample["pairs"]["body"]) == set(markets_of(sample["pairs"]["markets"]))
    assert {market.exchange for market in exchange.pairs(sample["pairs"]["body"])} == {name}


def sample_market(sample: dict[str, Any]) -> Market:
    return Market.parse(sample["tickers"][0]["markets"][0])
