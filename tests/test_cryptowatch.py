"""What is odd about Cryptowatch's dialect; what all exchanges share is in exchange_checks.py."""

import pytest

from tracker.exchanges import cryptowatch
from tracker.market import Market

USD = Market("cryptowatch", "BTC", "USD")
FIRST = 1_763_899_920
NOW = (FIRST + 90) * 1000


def test_a_row_begins_with_the_time_it_closes():
    rows = [[FIRST, 1, 3, 1, 1.5, 9, 9], [FIRST + 60, 1, 3, 1, 2.5, 9, 9], [FIRST + 120, 1, 3, 1, 3.5, 9, 9]]
    assert cryptowatch.history({"result": {"60": rows}}, USD, 60, NOW) == [(FIRST, 1.5), (FIRST + 60, 2.5)]


def test_a_minute_of_noughts_is_a_gap():
    rows = [[FIRST, 0, 0, 0, 0, 0, 0], [FIRST + 60, 1, 3, 1, 2.5, 9, 9]]
    assert cryptowatch.history({"result": {"60": rows}}, USD, 60, NOW) == [(FIRST + 60, 2.5)]


def test_candles_of_another_length_raise():
    with pytest.raises(KeyError):
        cryptowatch.history({"result": {"3600": [[FIRST, 1, 3, 1, 1.5, 9, 9]]}}, USD, 60, NOW)


def test_its_markets_are_those_it_showed_of_kraken():
    assert cryptowatch.ticker_path([USD]) == "/markets/kraken/btcusd/price"
    [(path, _)] = cryptowatch.history_requests(USD, NOW - 3_600_000, NOW, NOW)
    assert path.startswith("/markets/kraken/btcusd/ohlc?periods=60&after=")
