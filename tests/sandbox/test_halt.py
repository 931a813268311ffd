"""The fault ``halt``: a market keeps its last price, and its exchange states that it is not traded, where it does."""

from typing import Any

import pytest

from tests.support.sandbox import NOW, get, post_faults
from tracker.core.adapters import load
from tracker.core.durations import HOUR, MINUTE
from tracker.core.exchange_contract import StatesTrading
from tracker.core.market import Market
from tracker.core.quotes import Quote
from tracker.sandbox import Sandbox, price

SINCE = NOW - HOUR
HALT = {"mode": "halt", "market": "BTC/EUR", "since": "2025-11-23T11:13:40Z"}
STATED = {"coinbase": "cancel_only", "kraken": "cancel_only", "binance": "BREAK", "bitstamp": ""}
DATED = ("coinbase", "bitstamp", "coingecko")


def quote(sandbox: Sandbox, name: str, code: str) -> Quote:
    exchange: Any = load("exchanges", name)
    market = Market(name, "BTC", code)
    return exchange.last_prices(get(sandbox, exchange.ticker_path([market]), name).json(), [market])[market]


def state(sandbox: Sandbox, name: str, code: str) -> str:
    exchange: Any = load("exchanges", name)
    market = Market(name, "BTC", code)
    path = exchange.states_path([market]) if isinstance(exchange, StatesTrading) else exchange.pairs_path()
    return exchange.pairs(get(sandbox, path, name).json())[market]


@pytest.mark.parametrize("name", ["binance", "bitstamp", "coinbase", "coingecko", "kraken"])
def test_a_halted_market_keeps_the_price_of_its_last_trade(sandbox, name):
    right = quote(sandbox, name, "USD" if name != "binance" else "USDT")
    post_faults(sandbox, HALT)
    halted = quote(sandbox, name, "EUR")
    assert halted.price == price(sandbox.source.seed, Market("kraken", "BTC", "EUR"), SINCE)
    assert halted.traded_at == (SINCE if name in DATED else None)
    assert quote(sandbox, name, "USD" if name != "binance" else "USDT") == right
    assert right.traded_at == (NOW if name in DATED else None)


@pytest.mark.parametrize(("name", "word"), STATED.items())
def test_its_state_is_the_exchanges_own_word(sandbox, name, word):
    assert state(sandbox, name, "EUR") == ""
    post_faults(sandbox, HALT)
    assert state(sandbox, name, "EUR") == word
    assert state(sandbox, name, "GBP") == ""


def test_an_exchange_may_also_state_nothing(sandbox):
    post_faults(sandbox, HALT | {"stated": False})
    halted = quote(sandbox, "coinbase", "EUR")
    assert halted.price == price(sandbox.source.seed, Market("kraken", "BTC", "EUR"), SINCE)
    assert (halted.traded_at, state(sandbox, "coinbase", "EUR")) == (NOW, "")


def test_a_market_that_halts_later_is_traded_until_then(sandbox):
    right = quote(sandbox, "coinbase", "EUR")
    post_faults(sandbox, HALT | {"since": "2025-11-23T12:13:41Z"})
    assert (quote(sandbox, "coinbase", "EUR"), state(sandbox, "coinbase", "EUR")) == (right, "")


def test_a_ticker_goes_on_answering_for_years(sandbox):
    post_faults(sandbox, HALT | {"since": "2020-11-23T12:13:40Z"})
    for name in ("binance", "bitstamp", "coinbase", "coingecko", "kraken"):
        assert quote(sandbox, name, "EUR").price > 0


def test_a_halted_market_has_no_candles_after_its_last_trade(sandbox):
    exchange: Any = load("exchanges", "coinbase")
    market = Market("coinbase", "BTC", "EUR")
    post_faults(sandbox, HALT)
    [(path, seconds)] = exchange.history_requests(market, NOW - 2 * HOUR, NOW, NOW)
    closes = [
        candle.close_time for candle in exchange.history(get(sandbox, path, "coinbase").json(), market, seconds, NOW)
    ]
    assert closes
    assert SINCE <= max(closes) < SINCE + MINUTE
