"""What is particular to Coinbase; see tests/support/exchange_contract.py for what all exchanges share."""

import pytest

from tracker.core.market import Market
from tracker.core.quotes import Candle
from tracker.exchanges import coinbase

USD = Market("coinbase", "BTC", "USD")
MINUTE = 60_000
NOW = 1_763_900_020_000  # 2025-11-23 12:13:40


def test_a_page_is_requested_from_an_opening_to_the_second_before_a_close():
    [(path, seconds)] = coinbase.history_requests(USD, NOW - 2 * MINUTE, NOW, NOW)
    assert path == ("/products/BTC-USD/candles?granularity=60&start=2025-11-23T12:11:00Z&end=2025-11-23T12:13:59Z")
    assert seconds == 60


def test_a_minute_without_a_trade_remains_a_gap():
    first = 1_763_899_860
    rows = [[first + 300, 1, 3, 2, 2.5, 9], [first, 1, 3, 2, 1.5, 9]]
    assert coinbase.history(rows, USD, 60, NOW + 10 * MINUTE) == [
        Candle((first + 60) * 1000, 1.5),
        Candle((first + 360) * 1000, 2.5),
    ]


def test_a_ticker_is_read_for_a_single_market_only():
    with pytest.raises(ValueError, match="unpack"):
        coinbase.last_prices({"price": "95012.34"}, [USD, Market("coinbase", "BTC", "EUR")])
