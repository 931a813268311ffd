"""
Every adapter in tracker/exchanges reads its dialect of the sandbox, over a real socket.

Runs over all exchanges that have both files, so a new adapter needs no test code here.
"""

import pkgutil
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from tests.support.sandbox import NOW, TEN, get, recording_with_gaps
from tracker.core.adapters import load, names
from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.sandbox import Sandbox, Simulated, dialects, price, prices

HOUR = 3_600_000
DIALECTS = {module.name for module in pkgutil.iter_modules(dialects.__path__)}


@pytest.fixture(params=sorted(DIALECTS & set(names("exchanges"))))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def exchange(name: str) -> Any:
    return load("exchanges", name)


def markets(name: str, *quotes: str) -> list[Market]:
    return [Market(name, "BTC", quote) for quote in quotes]


def poll(sandbox: Sandbox, exchange: Any, requested: list[Market]) -> dict[Market, float]:
    """Return the prices of *requested*; as in the collector, none of a batch that is refused or unreadable."""
    prices: dict[Market, float] = {}
    for start in range(0, len(requested), exchange.MAX_BATCH):
        batch = requested[start : start + exchange.MAX_BATCH]
        response = get(sandbox, exchange.ticker_path(batch), batch[0].exchange)
        try:
            quotes = exchange.last_prices(response.json(), batch) if response.ok else {}
            prices |= {market: quote.price for market, quote in quotes.items()}
        except (ExchangeError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            continue
    return prices


def test_the_six_exchanges_have_a_dialect():
    assert sorted(DIALECTS) == ["binance", "bitstamp", "coinbase", "coingecko", "cryptowatch", "kraken"]


def test_the_last_price_is_read_to_the_last_digit(sandbox, exchange, name):
    requested = markets(name, "USD", "EUR")
    assert poll(sandbox, exchange, requested) == {market: price(1, market, NOW) for market in requested}


def test_a_day_of_history_has_no_gap_the_prices_of_live_polls_and_true_lows_and_highs(sandbox, exchange, name):
    [market] = markets(name, "EUR")
    requests = exchange.history_requests(market, NOW - 24 * HOUR, NOW, NOW)
    assert requests
    closes: dict[int, float] = {}
    source = Simulated(1)
    for path, seconds in requests:
        response = get(sandbox, path, name)
        assert response.ok, response.text
        candles = exchange.history(response.json(), market, seconds, NOW)
        closes |= {candle.close_time: candle.close for candle in candles}
        length = round(seconds * 1000)
        starts = np.array([candle.close_time - length for candle in candles], dtype=np.int64)
        expected = [served[1:5] for served in source.candles(market, starts, length, NOW)]  # open, high, low, close
        read = [(candle.first, candle.high, candle.low, candle.close) for candle in candles]
        assert read == expected or (name == "coingecko" and {values[:3] for values in read} == {(None, None, None)})
    times = sorted(closes)
    polled = prices(1, market, np.array(times))
    assert [closes[time] for time in times] == polled.tolist()
    lengths = [seconds for _, seconds in requests]
    assert times[0] <= NOW - 24 * HOUR + 1.25 * max(lengths) * 1000
    assert NOW - 1.25 * min(lengths) * 1000 <= times[-1] <= NOW
    # A quarter more, since CoinGecko's points are up to a minute late.
    assert max(after - before for before, after in pairwise(times)) <= 1.25 * max(lengths) * 1000


def test_the_pairs_include_btc_in_dollars_and_euros(sandbox, exchange, name):
    if not hasattr(exchange, "pairs"):
        assert not hasattr(exchange, "pairs_path")
        return
    response = get(sandbox, exchange.pairs_path(), name)
    assert set(markets(name, "USD", "EUR")) <= exchange.pairs(response.json()).keys()


def test_a_market_without_a_price_or_an_unknown_one_is_absent_and_affects_no_other(exchange, name, tmp_path):
    dollar, euro, unknown = markets(name, "USD", "EUR", "QQQ")
    with Sandbox(recording_with_gaps(tmp_path), lambda: TEN + 600_000) as sandbox:
        assert poll(sandbox, exchange, [dollar, euro]) == {dollar: 7000.0}
        assert poll(sandbox, exchange, [euro]) == {}
        assert poll(sandbox, exchange, [unknown]) == {}


def test_a_refusal_has_the_message_of_the_exchange(sandbox, exchange, name):
    sandbox.faults.set("refused", words="not today")
    requested = markets(name, "USD")
    body = get(sandbox, exchange.ticker_path(requested), name).json()
    with pytest.raises(ExchangeError, match="not today"):
        exchange.last_prices(body, requested)
