"""What is particular to Cryptowatch; see tests/support/exchange_contract.py for what all exchanges share."""

import pytest

from tracker.core.market import Market
from tracker.core.quotes import Candle
from tracker.exchanges import cryptowatch

USD = Market("cryptowatch", "BTC", "USD")
FIRST = 1_763_899_920
NOW = (FIRST + 90) * 1000


def test_a_row_begins_with_its_closing_time():
    rows = [[FIRST, 1, 3, 1, 1.5, 9, 9], [FIRST + 60, 1, 3, 1, 2.5, 9, 9], [FIRST + 120, 1, 3, 1, 3.5, 9, 9]]
    assert cryptowatch.history({"result": {"60": rows}}, USD, 60, NOW) == [
        Candle(FIRST * 1000, 1.5, 1, 1, 3),
        Candle((FIRST + 60) * 1000, 2.5, 1, 1, 3),
    ]


def test_a_minute_of_zeros_is_a_gap():
    rows = [[FIRST, 0, 0, 0, 0, 0, 0], [FIRST + 60, 1, 3, 1, 2.5, 9, 9]]
    assert cryptowatch.history({"result": {"60": rows}}, USD, 60, NOW) == [Candle((FIRST + 60) * 1000, 2.5, 1, 1, 3)]


def test_a_page_of_zeros_has_no_candle_and_is_not_an_error():
    rows = [[FIRST, 0, 0, 0, 0, 0, 0], [FIRST + 60, 0, 0.0, 0, 0, 0, 0]]
    assert cryptowatch.history({"result": {"60": rows}}, USD, 60, NOW) == []


@pytest.mark.parametrize("row", [[FIRST, 1, 1, 1, 0, 9, 9], [FIRST, 0, 0, 0], [FIRST, 0, 0, 0, False, 0, 0], 0])
def test_a_price_of_zero_beside_other_values_is_rejected(row):
    with pytest.raises((TypeError, ValueError)):
        cryptowatch.history({"result": {"60": [row]}}, USD, 60, NOW)


def test_candles_of_another_length_raise():
    with pytest.raises(KeyError):
        cryptowatch.history({"result": {"3600": [[FIRST, 1, 3, 1, 1.5, 9, 9]]}}, USD, 60, NOW)


def test_its_markets_are_those_of_kraken():
    assert cryptowatch.ticker_path([USD]) == "/markets/kraken/btcusd/price"
    [(path, _)] = cryptowatch.history_requests(USD, NOW - 3_600_000, NOW, NOW)
    assert path.startswith("/markets/kraken/btcusd/ohlc?periods=60&after=")
