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
        Candle((first + 60) * 1000, 1.5, 2, 1, 3),
        Candle((first + 360) * 1000, 2.5, 2, 1, 3),
    ]


def test_a_ticker_is_read_for_a_single_market_only():
    with pytest.raises(ValueError, match="unpack"):
        coinbase.last_prices({"price": "95012.34"}, [USD, Market("coinbase", "BTC", "EUR")])


def product(**state: object) -> dict[str, object]:
    return {"base_currency": "BTC", "quote_currency": "USD", "status": "online", "trading_disabled": False, **state}


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({}, ""),
        ({"limit_only": True}, ""),  # limit orders trade
        ({"status": "offline"}, "offline"),
        ({"trading_disabled": True}, "trading_disabled"),
        ({"cancel_only": True}, "cancel_only"),
        ({"post_only": True}, "post_only"),
        ({"cancel_only": "yes", "status": None}, ""),  # not the documented form: unknown
    ],
)
def test_a_product_without_trades_is_listed_with_the_word_for_its_state(state, word):
    assert coinbase.pairs([product(**state)]) == {USD: word}


def test_a_delisted_product_is_not_offered():
    assert coinbase.pairs([product(status="delisted", trading_disabled=True)]) == {}
