"""
Every adapter in tracker/exchanges reads its dialect of the sandbox, over a real socket.

Runs over all exchanges that have both files, so a new adapter needs no test code here.
"""

import pkgutil
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import requests

from tests.support.dialects import NOW, TEN, silent_euro
from tracker.core.adapters import load, names
from tracker.core.errors import ExchangeError
from tracker.core.market import Market
from tracker.sandbox import Sandbox, Simulated, dialects, price, prices

HOUR = 3_600_000
SOON = 10  # seconds; no test waits that long unless it fails
DIALECTS = {module.name for module in pkgutil.iter_modules(dialects.__path__)}


@pytest.fixture(params=sorted(DIALECTS & set(names("exchanges"))))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def exchange(name: str) -> Any:
    return load("exchanges", name)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(Simulated(1), lambda: NOW) as running:
        yield running


def markets(name: str, *quotes: str) -> list[Market]:
    return [Market(name, "BTC", quote) for quote in quotes]


def get(sandbox: Sandbox, name: str, path: str) -> requests.Response:
    return requests.get(f"{sandbox.url}/{name}{path}", timeout=SOON)


def poll(sandbox: Sandbox, exchange: Any, wanted: list[Market]) -> dict[Market, float]:
    """As the collector does it: a batch that is refused or cannot be read gives no prices."""
    found: dict[Market, float] = {}
    for start in range(0, len(wanted), exchange.MAX_BATCH):
        batch = wanted[start : start + exchange.MAX_BATCH]
        answer = get(sandbox, batch[0].exchange, exchange.ticker_path(batch))
        try:
            quotes = exchange.last_prices(answer.json(), batch) if answer.ok else {}
            found |= {market: quote.price for market, quote in quotes.items()}
        except (ExchangeError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
            continue
    return found


def test_the_six_exchanges_have_a_dialect():
    assert sorted(DIALECTS) == ["binance", "bitstamp", "coinbase", "coingecko", "cryptowatch", "kraken"]


def test_the_last_price_is_read_to_the_last_digit(sandbox, exchange, name):
    wanted = markets(name, "USD", "EUR")
    assert poll(sandbox, exchange, wanted) == {market: price(1, market, NOW) for market in wanted}


def test_a_day_of_history_is_what_live_polls_got_without_a_hole(sandbox, exchange, name):
    [market] = markets(name, "EUR")
    requested = exchange.history_requests(market, NOW - 24 * HOUR, NOW, NOW)
    assert requested
    found: dict[int, float] = {}
    for path, seconds in requested:
        answer = get(sandbox, name, path)
        assert answer.ok, answer.text
        candles = exchange.history(answer.json(), market, seconds, NOW)
        found |= {candle.close_time: candle.close for candle in candles}
    times = sorted(found)
    polled = prices(1, market, np.array(times))
    assert [found[time] for time in times] == polled.tolist()
    lengths = [seconds for _, seconds in requested]
    assert times[0] <= NOW - 24 * HOUR + 1.25 * max(lengths) * 1000
    assert NOW - 1.25 * min(lengths) * 1000 <= times[-1] <= NOW
    # A quarter more, since CoinGecko's points come up to a minute late.
    assert max(after - before for before, after in pairwise(times)) <= 1.25 * max(lengths) * 1000


def test_the_pairs_hold_btc_in_dollars(sandbox, exchange, name):
    if not hasattr(exchange, "pairs"):
        assert not hasattr(exchange, "pairs_path")
        return
    answer = get(sandbox, name, exchange.pairs_path())
    assert set(markets(name, "USD", "EUR")) <= exchange.pairs(answer.json()).keys()


def test_a_market_that_has_no_price_or_is_unknown_is_absent_and_costs_no_other_one_its_own(exchange, name, tmp_path):
    dollar, euro, unknown = markets(name, "USD", "EUR", "QQQ")
    with Sandbox(silent_euro(tmp_path), lambda: TEN + 600_000) as silent:
        assert poll(silent, exchange, [dollar, euro]) == {dollar: 7000.0}
        assert poll(silent, exchange, [euro]) == {}
        assert poll(silent, exchange, [unknown]) == {}


def test_a_refusal_is_told_in_the_exchange_s_words(sandbox, exchange, name):
    sandbox.faults.set("refused", words="not today")
    wanted = markets(name, "USD")
    body = get(sandbox, name, exchange.ticker_path(wanted)).json()
    with pytest.raises(ExchangeError, match="not today"):
        exchange.last_prices(body, wanted)
